//! What can go wrong with files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::stat::Kind;

/// A refused or failed operation on a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused an operation.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: "read", "create", …
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A symlink stands where none is followed.
    #[error("{} is a symlink, which is not followed there", path.display())]
    Symlink {
        /// The symlink.
        path: PathBuf,
    },
    /// Something other than a regular file stands where one is expected.
    #[error("{} is {kind}, not a regular file", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
        /// What it is.
        kind: Kind,
    },
    /// Something other than a directory stands where one is expected.
    #[error("{} is {kind}, not a directory", path.display())]
    NotADirectory {
        /// Where.
        path: PathBuf,
        /// What it is.
        kind: Kind,
    },
    /// A file has further names, which may be those of another user's file.
    #[error("{} has {links} hard links; only a file with exactly one is used", path.display())]
    HardLinks {
        /// One of its names.
        path: PathBuf,
        /// How many names it has.
        links: u64,
    },
    /// A file belongs to somebody else than those expected.
    #[error("{} belongs to user {owner}, expected {}", path.display(), Users(expected))]
    Owner {
        /// The file.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// The user ids that were expected.
        expected: Vec<u32>,
    },
    /// A file is larger than what is read.
    #[error("{} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size that is read.
        limit: u64,
    },
    /// A symlink or directory of an unprivileged user leads to another owner's place.
    #[error("{} belongs to user {from} and leads to {}, which belongs to user {to}; it is not followed", path.display(), target.display())]
    UnsafeTransition {
        /// What belongs to an unprivileged user.
        path: PathBuf,
        /// That user's id.
        from: u32,
        /// Where it leads.
        target: PathBuf,
        /// The owner there.
        to: u32,
    },
    /// Symlinks that lead in a circle.
    #[error("{}: too many symlinks", path.display())]
    TooManyLinks {
        /// The path that was resolved.
        path: PathBuf,
    },
    /// A file that is being written again and again.
    #[error("{} keeps changing while it is read; try again when nothing writes to it", path.display())]
    KeepsChanging {
        /// The file.
        path: PathBuf,
    },
    /// A name that is empty, absolute, or has `.` or `..` components or a NUL byte.
    #[error("{name:?} does not name a file below a directory")]
    BadName {
        /// The name.
        name: PathBuf,
    },
}

impl Error {
    /// Returns a function that says of an error what was tried, and on which path.
    pub fn at(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(Errno) -> Self {
        let path = path.into();
        move |errno| Self::Io {
            action,
            path,
            source: errno.into(),
        }
    }

    /// Returns the path that the error is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. }
            | Self::Symlink { path }
            | Self::NotAFile { path, .. }
            | Self::NotADirectory { path, .. }
            | Self::HardLinks { path, .. }
            | Self::Owner { path, .. }
            | Self::TooLarge { path, .. }
            | Self::UnsafeTransition { path, .. }
            | Self::TooManyLinks { path }
            | Self::KeepsChanging { path }
            | Self::BadName { name: path } => path,
        }
    }

    /// Returns whether the file, or a directory on the way to it, does not exist.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Io { source, .. } => source.kind() == io::ErrorKind::NotFound,
            // `a/b` where `a` is a file.
            Self::NotADirectory { .. } => true,
            _ => false,
        }
    }
}

impl From<Error> for io::Error {
    /// Returns what the system said, for callers that add action and path themselves; what was refused here is wrapped as it is.
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::Io { source, .. } => return source,
            Error::NotAFile {
                kind: Kind::Directory,
                ..
            } => io::ErrorKind::IsADirectory,
            Error::NotADirectory { .. } => io::ErrorKind::NotADirectory,
            Error::TooLarge { .. } => io::ErrorKind::FileTooLarge,
            Error::BadName { .. } => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::PermissionDenied,
        };
        Self::new(kind, error)
    }
}

struct Users<'a>(&'a [u32]);

impl fmt::Display for Users<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, user) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            write!(f, "{user}")?;
        }
        Ok(())
    }
}
