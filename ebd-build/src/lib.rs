//! Phases of a build: from the ebuild to the image.
//!
//! A [`Build`] holds the lock on a package's build folder and runs phases in it, one processor for each. What a phase
//! leaves in its shell, variables and functions, is written to `temp/environment` and is all that the next phase starts
//! with, so a build goes on in another process as if it had never been interrupted.
//!
//! Who calls says what happened through [`Event`]s; the package and its configuration come in as [`Package`] and
//! [`Settings`], which [`Setup`] makes from the configuration of a system.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests"))]

mod accounts;
mod confinement;
mod dispatch;
mod environment;
mod error;
mod event;
mod failure_shell;
mod finish;
mod folder;
mod log;
mod messages;
mod package;
pub mod programs;
mod request;
mod runner;
mod services;
mod session;
mod setup;
mod tail;
mod terminal;
mod trace;

pub use accounts::{AccountCommand, AccountPolicy};
pub use confinement::Isolation;
pub use dispatch::dispatch;
pub use ebd_syntax::printable;
pub use environment::Keeper;
pub use error::{PhaseError, PhaseFailure, PhaseFailureKind};
pub use event::Event;
pub use folder::BuildFolder;
pub use messages::MessageLevel;
pub use package::{Package, Setting, Settings, SystemInfo, Transition};
pub use runner::{Build, Options};
pub use services::{Installed, QueryError, Service, ServiceAnswer, ServiceCall};
pub use setup::{
    PackageSetup, Setup, SetupError, Sources, SystemSetup, build_user, configuration_environment,
    helper_names, metadata_values,
};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
