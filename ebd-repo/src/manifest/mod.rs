//! Manifests: sizes and checksums of a package's files.
//!
//! [`Manifest`] reads and writes the file, [`Hasher`] and [`ManifestFile::verify`] check files against it, [`Manifest::generate`]
//! makes one for a package folder.

mod entry;
mod generate;
mod hash;
mod verify;

pub use entry::{FileKind, Manifest, ManifestFile, ManifestProblem};
pub use generate::{GenerateError, Generated, Known, ManifestRules};
pub use hash::{HashName, Hasher, Sums};
pub use verify::{Mismatch, VerifyError};
