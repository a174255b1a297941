//! What can go wrong with stored entries.

use std::io;
use std::path::PathBuf;

use crate::format::ParseError;
use crate::packed::error::PackedError;
use crate::verdict::Verdict;

/// A failed cache operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused an operation on a file.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: "read", "write", …
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something other than a file stands where an entry should be.
    #[error("{} is not a regular file; move it away so that the cache entry can be stored there", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
    },
    /// A file that is no cache entry.
    #[error("{} is not a valid cache entry", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: ParseError,
    },
    /// A flat entry with times that do not fit the files that it was made from, so that nobody knows their sums.
    #[error("{} is out of date: {verdict}", path.display())]
    Outdated {
        /// Which file.
        path: PathBuf,
        /// Which of them has changed.
        verdict: Verdict,
    },
    /// A packed file that cannot be used, or one entry in it.
    #[error("{}", path.display())]
    Packed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: PackedError,
    },
    /// A name that is not `category/package-version`, so that it could leave the cache folder.
    #[error("{name:?} cannot name a cache entry; expected category/package-version")]
    BadName {
        /// The name.
        name: String,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Io {
            action,
            path: path.into(),
            source,
        }
    }
}

impl From<ebd_fs::Error> for Error {
    fn from(error: ebd_fs::Error) -> Error {
        match error {
            ebd_fs::Error::Io {
                action,
                path,
                source,
            } => Error::io(action, path, source),
            ebd_fs::Error::NotAFile { path, .. } => Error::NotAFile { path },
            other => Error::io("use", other.path().to_owned(), other.into()),
        }
    }
}
