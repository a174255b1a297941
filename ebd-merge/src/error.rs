//! What can go wrong with installed packages.

use std::path::PathBuf;

use ebd_binpkg::GpkgError;
use ebd_build::PhaseError;
use ebd_pms::{Cpv, CpvError, Phase};
use ebd_vdb::FindError;

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
    /// A phase cannot be run, was interrupted while the package was built, or failed where nothing can go on without it.
    #[error(transparent)]
    Phase(#[from] PhaseError),
    /// The user interrupted a phase of a merge or removal, or of an installed package.
    #[error("interrupted in phase {phase}; the next command finishes what is left")]
    Interrupted {
        /// The phase.
        phase: Phase,
    },
    /// The owners that a build asked for cannot be read.
    #[error(transparent)]
    Ownership(Box<ebd_helpers::InstallError>),
    /// A binary package cannot be read or written.
    #[error(transparent)]
    Gpkg(Box<GpkgError>),
    /// A binary package says that it is no package.
    #[error("{}", path.display())]
    Name {
        /// The binary package.
        path: PathBuf,
        /// What is wrong with its name.
        source: Box<CpvError>,
    },
    /// No package, or more than one, is what is meant.
    #[error(transparent)]
    Find(Box<FindError>),
    /// The package is not installed.
    #[error("{cpv} is not installed")]
    NotInstalled {
        /// The package.
        cpv: Cpv,
    },
    /// There is nothing to be merged yet.
    #[error("{cpv}: there is no image; run the phase install first")]
    NoImage {
        /// The package.
        cpv: Cpv,
    },
    /// The package does not define the phase.
    #[error("{cpv} has no {}", phase.function())]
    PhaseNotDefined {
        /// The package.
        cpv: Cpv,
        /// The phase.
        phase: Phase,
    },
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

/// Makes `?` box the error of a library.
macro_rules! boxed {
    ($($variant:ident($error:ty),)*) => {
        $(impl From<$error> for InstalledError {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        })*
    };
}

boxed! {
    Ownership(ebd_helpers::InstallError),
    Gpkg(GpkgError),
    Find(FindError),
}
