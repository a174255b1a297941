//! What is told to the caller while packages are merged and removed.

use crate::changes::{Note, Removed};
use ebd_pms::{Cpv, Phase};

use ebd_build::{Event, PhaseFailure};

/// Something that happened to an installed package.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstalledEvent<'a> {
    /// Something in one of its phases.
    Phase {
        /// What.
        event: Event<'a>,
    },
    /// One of its phases failed; the rest goes on.
    PhaseFailed {
        /// How.
        failure: &'a PhaseFailure,
    },
    /// A phase had been interrupted, and is not repeated unless that is wanted.
    PhaseInterrupted {
        /// The phase.
        phase: Phase,
        /// What is done about it.
        then: Interruption,
    },
    /// What the user should know of a merge.
    Note {
        /// What.
        note: &'a Note,
    },
    /// Its files have been removed.
    FilesRemoved {
        /// What is gone and what stays.
        removed: &'a Removed,
    },
    /// It is merged.
    Merged {
        /// How many things it has.
        items: usize,
    },
    /// It is removed.
    Unmerged,
    /// Libraries stay because other packages need them.
    Preserved {
        /// Which.
        paths: &'a [std::path::PathBuf],
    },
    /// An interrupted merge or removal is finished now.
    Finishing,
    /// An interrupted merge or removal was undone.
    Undone,
    /// Something that is no error.
    Warning {
        /// What.
        text: &'a str,
    },
}

/// What is done about a phase that was interrupted in an earlier session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// It is run again: [`System::rerun`](crate::System::rerun).
    Repeated,
    /// It may have done a part of its work, and is left at that.
    Left,
}

/// Who is told: the package and what happened to it.
pub type Sink<'a> = dyn Fn(&Cpv, InstalledEvent<'_>) + 'a;
