//! Binary packages as GLEP 78 has them: a tar archive with a `gpkg-1` file, the metadata and the image as compressed archives, and a Manifest of them.

#![forbid(unsafe_code)]

mod place;
mod read;
mod write;

use std::io;
use std::path::PathBuf;

pub use place::{Place, is_package};
pub use read::unpack;
pub use write::write;

/// The file that says that an archive is a package.
const VERSION_FILE: &str = "gpkg-1";

/// Why a binary package cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GpkgError {
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
    /// It is no package, or not one that can be used.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The package.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The image cannot be read.
    #[error(transparent)]
    Image(#[from] ebd_image::ImageError),
}

impl GpkgError {
    fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    fn damaged(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Self::Damaged {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
