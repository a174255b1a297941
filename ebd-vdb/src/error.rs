//! What can go wrong with the VDB and with paths below a ROOT.

use std::io;
use std::path::PathBuf;

/// Why something of the VDB, or below a ROOT, cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VdbError {
    /// The system refused an operation on a path.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Lines of a CONTENTS file that cannot be understood.
    #[error("{}: {}; nothing was changed, mend the file first", path.display(), list(lines))]
    Contents {
        /// The file.
        path: PathBuf,
        /// Line numbers and what is wrong there.
        lines: Vec<(usize, &'static str)>,
    },
    /// Another process works on the package.
    #[error("another process merges or removes {0}; try again when it has ended")]
    Busy(String),
    /// Symbolic links that lead in a circle.
    #[error("{}: too many symbolic links", .0.display())]
    Links(PathBuf),
    /// A file of the package manager's own that is not as it should be.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is not one that may be used.
    #[error(transparent)]
    File(ebd_fs::Error),
}

impl VdbError {
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Self::Damaged {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}

impl From<ebd_fs::Error> for VdbError {
    fn from(error: ebd_fs::Error) -> Self {
        match error {
            ebd_fs::Error::Io {
                action,
                path,
                source,
            } => Self::Io {
                action,
                path,
                source,
            },
            error => Self::File(error),
        }
    }
}

fn list(lines: &[(usize, &'static str)]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|(number, reason)| format!("line {number}: {reason}"))
        .collect();
    lines.join(", ")
}
