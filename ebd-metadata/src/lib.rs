//! Metadata of ebuilds: evaluates them, in this process or in bash workers, and keeps a cache up to date.
//!
//! [`run`] brings the metadata of a list of ebuilds up to date: it decides which entries are still valid, evaluates the other ebuilds and
//! turns what they set into cache entries, or into a [`Failure`] that says what is wrong and where. Package managers can embed it with a
//! cache backend of their own. [`evaluate`] returns the metadata of one ebuild, and [`Worker`] is a single bash.
#![forbid(unsafe_code)]

/// What [`explain`] returns.
pub use ebd_shell::{Explained, ExplainedItem, ItemKind, Origin, Part, SourcePlace};

mod bash;
mod builtin;
mod classify;
mod connection;
mod error;
mod evaluator;
mod explain;
mod failure;
mod job;
mod judge;
mod limits;
mod metadata;
mod one;
mod options;
mod preload;
mod schedule;
mod staging;
mod store;
mod summary;
mod verify;
mod worker;

pub use error::{EvaluateError, RunError, WorkerError};
pub use evaluator::Engine;
pub use explain::explain;
pub use failure::{Failure, FailureKind, Location};
pub use limits::BashLimit;
pub use one::evaluate;
pub use options::Options;
pub use schedule::run;
pub use store::Outcome;
pub use summary::{Fallback, Summary};
pub use worker::Worker;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
