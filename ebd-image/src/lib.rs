//! Everything that is done to the image folder of an ebuild (`D`) without bash.
//!
//! [`multicall`] is the entry for the install helpers (`dobin`, `doins`, `dosym`, …), which are programs on the `PATH` of a phase.
//! They learn what they need from a few exported variables, [`HelperState`], and need neither a processor nor an argument parser.
#![forbid(unsafe_code)]

pub mod finish;
pub mod gpkg;
pub mod merge;
pub mod multicall;
pub mod ownership;

mod accounts;
mod error;
mod helpers;
mod install;
mod state;

pub use accounts::Owner;
pub use error::{HelperError, ImageError};
pub use state::{HelperState, StateError, StateVariable, VARIABLES};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeTests;
