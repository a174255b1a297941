//! The install helpers of ebuilds (`dobin`, `doins`, `dosym`, …), which are programs on the `PATH` of a phase.
//!
//! [`multicall`] is their entry. They learn what they need from a few exported variables, [`HelperState`], and need neither a
//! worker nor an argument parser. What only root may do is recorded in `T` ([`ownership`]) and done when the image is merged.
#![forbid(unsafe_code)]

pub mod multicall;
pub mod ownership;

mod accounts;
mod error;
mod helpers;
mod install;
mod state;

pub use accounts::Owner;
pub use error::{HelperError, InstallError};
pub use install::make_folders;
pub use state::{HelperState, StateError, StateVariable, VARIABLES};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeTests;
