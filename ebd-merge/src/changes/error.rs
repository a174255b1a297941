//! What can go wrong when packages are merged and unmerged.

use std::io;
use std::path::PathBuf;

use super::plan::Conflict;

/// Why files of a package cannot be merged or unmerged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
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
    /// Something about installed packages, or a path below ROOT.
    #[error(transparent)]
    Vdb(#[from] ebd_vdb::VdbError),
    /// The image cannot be read or copied.
    #[error(transparent)]
    Image(#[from] ebd_image::ImageError),
    /// Things in ROOT stand where things of another kind should go.
    #[error("{}", conflicts(.0))]
    Conflicts(Vec<Conflict>),
    /// Files of other packages would be overwritten.
    #[error("files of other packages would be overwritten: {}", owned(.0))]
    Owned(Vec<(PathBuf, Vec<String>)>),
    /// Files that no package owns would be overwritten.
    #[error("files that no package owns would be overwritten (FEATURES=collision-protect): {}", names(.0))]
    Unowned(Vec<PathBuf>),
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

impl MergeError {
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

impl From<ebd_fs::Error> for MergeError {
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

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("{path:?}")).collect();
    names.join(", ")
}

fn conflicts(conflicts: &[Conflict]) -> String {
    let texts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

fn owned(files: &[(PathBuf, Vec<String>)]) -> String {
    let texts: Vec<String> = files
        .iter()
        .map(|(path, owners)| format!("{} ({})", path.display(), owners.join(", ")))
        .collect();
    texts.join(", ")
}
