//! What can go wrong in an image folder.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use ebd_pms::Eapi;

/// An operation on files that failed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The system refused an operation on a path.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: "create", "read", …
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be started.
    #[error("cannot run {program}")]
    Program {
        /// Its name.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed; it has said why.
    #[error("{program} failed ({status})")]
    ProgramFailed {
        /// Its name.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// A program failed and said why.
    #[error("{program} failed ({status}): {said}")]
    ProgramSaid {
        /// Its name.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it wrote to standard error.
        said: String,
    },
    /// A file that should be installed is not there.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// A folder stands where a file is needed.
    #[error("{} is a directory", .0.display())]
    IsFolder(PathBuf),
    /// Source and destination are one file.
    #[error("{} and {} are the same file", file.display(), dest.display())]
    SameFile {
        /// What should be installed.
        file: PathBuf,
        /// Where to.
        dest: PathBuf,
    },
    /// A user or group that does not exist.
    #[error("there is no {kind} {name:?}")]
    UnknownAccount {
        /// "user" or "group".
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// `user:` of a user who has no login group.
    #[error("the login group of {user} is not known")]
    LoginGroup {
        /// The user.
        user: String,
    },
    /// Options for install(1) that cannot be split into words.
    #[error("cannot split the install options {0:?} into words; check the quotes")]
    Options(OsString),
    /// A path outside the image.
    #[error("{} is not below the image folder", .0.display())]
    Outside(PathBuf),
    /// A line of the record of owners that cannot be understood.
    #[error("{}:{line}: not a record of an owner", path.display())]
    OwnershipRecord {
        /// The file.
        path: PathBuf,
        /// The line in it.
        line: usize,
    },
}

/// Why a helper failed.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// Something about files.
    #[error(transparent)]
    Image(#[from] InstallError),
    /// Wrong arguments.
    #[error("{0}")]
    Usage(String),
    /// The EAPI bans the command.
    #[error("banned in EAPI {0}")]
    Banned(Eapi),
    /// The EAPI does not have the command.
    #[error("not supported in EAPI {0}")]
    Absent(Eapi),
    /// Some files could not be installed; each has been named.
    #[error("failed")]
    Failed,
}

impl InstallError {
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
        source: impl Into<io::Error>,
    ) -> Self {
        Self::Io {
            action,
            path: path.into(),
            source: source.into(),
        }
    }
}
