//! Files that ebuilds download: which ones a package needs, where they are to be had, and bringing them into DISTDIR.
//!
//! [`plan`] reads `SRC_URI`, [`Fetcher`] downloads and verifies. Partial downloads (`NAME.__download__`), lock files
//! (`.NAME.portage_lockfile`) and files that failed verification (`NAME._checksum_failure_.XXXXXXXX`) have Portage's names, so
//! that both tools can use one DISTDIR at the same time.

#![forbid(unsafe_code)]

mod command;
mod error;
mod fetch;
mod http;
mod layout;
mod plan;
mod sources;
mod store;

pub use command::Commands;
pub use error::{FetchError, SourceError};
pub use fetch::{Digests, FetchEvent, FetchOptions, Fetcher};
pub use plan::{Distfile, Restrictions, plan};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
