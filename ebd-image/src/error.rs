//! What can go wrong in an image.

use std::io;
use std::path::PathBuf;

/// Why an image cannot be read or finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
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
        /// Its exit status.
        status: std::process::ExitStatus,
    },
    /// A program failed and said why.
    #[error("{program} failed ({status}): {said}")]
    ProgramSaid {
        /// Its name.
        program: String,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// What it wrote to standard error.
        said: String,
    },
    /// Directories in the image cannot be made.
    #[error(transparent)]
    Install(#[from] ebd_helpers::InstallError),
    /// An owner that the ebuild asked for is not known.
    #[error("{}", path.display())]
    Owner {
        /// For which path it was asked.
        path: PathBuf,
        /// What is not known.
        source: ebd_helpers::InstallError,
    },
    /// Names in an image that no VDB entry can hold.
    #[error("names with line breaks cannot be recorded: {}", names(.0))]
    LineBreaks(Vec<PathBuf>),
    /// A file is not one that may be used.
    #[error(transparent)]
    File(ebd_fs::Error),
}

impl ImageError {
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

    pub(crate) fn at(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::io(action, path, source)
    }
}

impl From<ebd_fs::Error> for ImageError {
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
