//! What can go wrong with installed packages.

use std::path::PathBuf;

use ebd_build::PhaseError;
use ebd_pms::Phase;

use crate::changes::MergeError;

/// Why something cannot be done with an installed package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstalledError {
    /// Files cannot be merged or removed.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The VDB, or a path below ROOT, cannot be read or written.
    #[error(transparent)]
    Vdb(#[from] ebd_vdb::VdbError),
    /// The image cannot be read.
    #[error(transparent)]
    Image(#[from] ebd_image::ImageError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] ebd_fs::Error),
    /// A phase cannot be run, or failed where nothing can go on without it.
    #[error(transparent)]
    Phase(#[from] PhaseError),
    /// The saved environment cannot be used.
    #[error("{}: the saved environment cannot be read: {reason}; nothing was changed. Without this file the package can be removed, but none of its phases is run", path.display())]
    Environment {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A record that cannot be understood.
    #[error("{}: {reason}", path.display())]
    Record {
        /// The record or a file of it.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no saved environment.
    #[error("{}: there is no environment.bz2, so phase {phase} cannot be run", path.display())]
    NoEnvironment {
        /// The record.
        path: PathBuf,
        /// The phase.
        phase: Phase,
    },
}
