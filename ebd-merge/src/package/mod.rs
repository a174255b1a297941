//! Whole jobs with packages: built, merged and removed in one go.
//!
//! A [`PackageJob`] takes an ebuild through [`Step`]s: phases, a binary package, merging, removing. [`merge_binary`] merges a binary
//! package and [`merge_image`] a directory; [`unmerge`] removes and [`run_phase_of`] runs a phase of what is installed.

mod binary;
mod built;
mod image;
mod installed;
mod job;
mod system;
mod write;

pub use binary::merge_binary;
pub use image::{ImagePackage, merge_image};
pub use installed::{run_phase_of, unmerge, unmerge_exactly};
pub use job::{PackageJob, Step, StepOutcome, Steps};
pub use write::write_package;

use ebd_build::PhaseError;
use ebd_pms::Cpv;

use crate::{InstalledError, InstalledEvent, MergeOutcome, Sink};

/// A phase that fails before anything is changed is told as any other; what the user's interrupt ends is finished later.
fn concluded(
    cpv: &Cpv,
    sink: &Sink<'_>,
    merged: Result<MergeOutcome, InstalledError>,
) -> Result<MergeOutcome, InstalledError> {
    match merged {
        Err(InstalledError::Phase(PhaseError::Failed(failure))) => {
            sink(cpv, InstalledEvent::PhaseFailed { failure: &failure });
            Ok(MergeOutcome::NotMerged)
        }
        merged => merged.map_err(interrupted),
    }
}

/// Makes an interrupted phase one of a merge or removal.
fn interrupted(error: InstalledError) -> InstalledError {
    match error {
        InstalledError::Phase(PhaseError::Interrupted { phase }) => {
            InstalledError::Interrupted { phase }
        }
        error => error,
    }
}
