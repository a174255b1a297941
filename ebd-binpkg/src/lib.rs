//! Binary packages as GLEP 78 has them: a tar archive with a `gpkg-1` file, the metadata and the image as compressed archives, and a Manifest of them.

#![forbid(unsafe_code)]

mod compression;
mod image;
mod members;
mod place;
mod read;
mod write;

use std::io;
use std::path::PathBuf;

pub use compression::Compression;
pub use place::{Place, is_package};
pub use read::{Limits, unpack};
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
    /// It has something that no package has, and that could do harm.
    #[error("{} is refused", path.display())]
    Refused {
        /// The package.
        path: PathBuf,
        /// What it has.
        #[source]
        refusal: Refusal,
    },
    /// A file is not one that may be used.
    #[error(transparent)]
    File(#[from] ebd_fs::Error),
    /// The image cannot be read.
    #[error(transparent)]
    Image(#[from] ebd_image::ImageError),
}

/// What a package is refused for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A member's name leads out of the image: it is absolute, has `..`, or is not below `image`.
    #[error("{_0:?} in it would be outside the image")]
    Outside(PathBuf),
    /// A hard link to something that is no file of the image.
    #[error("{_0:?} in it is another name of a file outside the image")]
    LinkOutside(PathBuf),
    /// A member is below one that is no directory: a symlink or a file.
    #[error(
        "{_0:?} in it is below something that is no directory, or leads to something through it"
    )]
    NoDirectory(PathBuf),
    /// A device or something else that cannot be unpacked.
    #[error("{_0:?} in it is of a kind that cannot be unpacked")]
    Kind(PathBuf),
    /// A member is there twice.
    #[error("{_0:?} is in it twice")]
    Twice(PathBuf),
    /// A sparse file, which is larger than what is stored of it.
    #[error("{_0:?} in it is stored as a sparse file, which no package manager writes")]
    Sparse(PathBuf),
    /// Two headers of a member have different sizes.
    #[error("{_0:?} in it has two sizes")]
    Size(PathBuf),
    /// An extended header is too long.
    #[error("the extended header {name:?} in it has {size} bytes")]
    LargeHeader {
        /// Its name.
        name: PathBuf,
        /// Its size.
        size: u64,
    },
    /// It unpacks to more than it may.
    #[error(
        "it would unpack to more than {limit} bytes, which is more than its size and its metadata make believable; --unpacked-limit permits more"
    )]
    TooLarge {
        /// How much it may.
        limit: u64,
    },
    /// A part is not what the Manifest says.
    #[error("{name} is damaged: its {kind} is another")]
    Digest {
        /// The part.
        name: String,
        /// The checksum.
        kind: String,
    },
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
