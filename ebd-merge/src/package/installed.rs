//! Installed packages: removing them, and phases that change nothing of their VDB entries.

use std::path::Path;

use ebd_pms::{Cpv, Phase};

use super::interrupted;
use crate::{InstalledError, MergeOutcome, SavedPackage, Session, System, run_phase};

/// Removes the one installed package that a text names, a `category/name-version` or an atom. `waiting` is told which lock is
/// waited for.
///
/// # Errors
/// When the text does not name one package, or the package cannot be removed.
pub fn unmerge(
    system: &System<'_>,
    text: &str,
    waiting: &mut dyn FnMut(&Path),
) -> Result<MergeOutcome, InstalledError> {
    let session = Session::open(system, waiting).map_err(interrupted)?;
    // Only now: what was interrupted and is finished first may be a merge of this package.
    let cpv = session.installed().find(text)?;
    session.unmerge(&cpv).map_err(interrupted)
}

/// Removes a package of exactly this name and version.
///
/// # Errors
/// When it is not installed, or cannot be removed.
pub fn unmerge_exactly(
    system: &System<'_>,
    cpv: &Cpv,
    waiting: &mut dyn FnMut(&Path),
) -> Result<MergeOutcome, InstalledError> {
    let session = Session::open(system, waiting).map_err(interrupted)?;
    if !session.installed().record(cpv).is_dir() {
        return Err(InstalledError::NotInstalled { cpv: cpv.clone() });
    }
    session.unmerge(cpv).map_err(interrupted)
}

/// Runs a phase of an installed package that changes nothing of its VDB entry: config, info.
///
/// # Errors
/// When the package does not define the phase, has no saved environment, or the phase fails.
pub fn run_phase_of(system: &System<'_>, cpv: &Cpv, phase: Phase) -> Result<(), InstalledError> {
    let library = &system.phases.library;
    let saved = SavedPackage::read(&system.installed().record(cpv), cpv, library, false)?;
    if !saved.package.defined_phases.contains(phase) {
        return Err(InstalledError::PhaseNotDefined {
            cpv: cpv.clone(),
            phase,
        });
    }
    run_phase(
        &saved,
        phase,
        system.phases,
        system.settings,
        system.interrupt,
        system.sink,
    )
    .map_err(interrupted)
}
