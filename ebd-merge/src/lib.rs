//! Installed packages: merging, removing, and their phases, which run from what was saved at install time alone.
//!
//! [`Session::open`] takes Portage's locks on a ROOT and finishes or undoes what was interrupted there. Then [`Session::merge`] and
//! [`Session::unmerge`] do their work by a journal; [`run_phase`] runs a phase of an installed package.
//!
//! In [`package`] this is joined with building: a [`PackageJob`](package::PackageJob) takes an ebuild to a merged package or a binary
//! one, others merge binary packages and images.

#![forbid(unsafe_code)]

pub mod changes;
mod error;
mod event;
mod forward;
mod header;
mod libraries;
mod link_map;
mod merge;
mod outcome;
pub mod package;
mod queries;
mod record;
mod saved;
mod session;
mod stage;

pub use changes::MergeError;
pub use error::InstalledError;
pub use event::{InstalledEvent, Interruption, Sink};
pub use merge::Incoming;
pub use outcome::MergeOutcome;
pub use queries::Records;
pub use record::{Metadata, environment_bz2, record_files};
pub use saved::{SavedPackage, run_phase};
pub use session::{Session, System};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
