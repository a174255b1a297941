//! The host side of the ebuild daemon: processors that live long, and the metadata pipeline that keeps them busy.
//!
//! [`run`] brings the metadata of a list of ebuilds up to date: it decides which entries are still valid, gives the other
//! ebuilds to bash processors, and turns their answers into cache entries or into a [`Failure`] that says what is wrong and
//! where. Package managers can embed it with a cache backend of their own.
#![forbid(unsafe_code)]

/// What [`explain`] says.
pub use ebd_shell::{Explained, ExplainedItem, ItemKind, Origin, Part, SourcePlace};

mod classify;
mod failure;
mod limits;
mod metadata;
mod native;
mod options;
mod pipeline;
mod preload;
mod processor;

pub use failure::{Failure, FailureKind, Location};
pub use limits::BashLimit;
pub use native::{Engine, Fallback, Summary, explain};
pub use options::Options;
pub use pipeline::{Outcome, RunError, run};
pub use processor::ProcessorError;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
