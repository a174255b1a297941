//! The image of an ebuild (`D`) after `src_install`: QA checks, compression, stripping, and what merging and packaging read of it.
//!
//! [`finish`] does all of it in the order in which Portage does it, and returns what it found. [`CHECKS`] is the table of the checks.
//! [`read_image`] lists what will be in ROOT, and [`copy()`](copy::copy) copies one of these things with all its attributes.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests"))]

pub mod copy;
pub mod pattern;

mod checks;
mod compress;
mod elf;
mod error;
mod finish;
mod libtool;
mod mask;
mod needed;
mod options;
mod programs;
mod regular;
mod report;
mod scan;
mod sonames;
mod strip;
mod tree;

pub use checks::{CHECKS, Check};
pub use elf::{Elf, ElfKind, RunPath};
pub use error::ImageError;
pub use finish::{finish, read_elf};
pub use mask::InstallMask;
pub use needed::{implicit_soname, multilib_category, needed, needed_elf_2};
pub use options::{Options, Paths};
pub use report::{Finding, Report, Severity};
pub use scan::{Entry, EntryKind, Image};
pub use sonames::provides_and_requires;
pub use tree::{ImageEntry, ImageKind, ImageOptions, read_image, read_image_again};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeTests;
