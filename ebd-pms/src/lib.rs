//! The Gentoo package manager specification (PMS) as data and parsers, for every EAPI. No I/O.
//!
//! * **What an EAPI has**: [`Eapi`], and tables that can be iterated: [`Feature`], [`Command`], [`Phase`], [`Key`], [`Variable`], [`Accumulated`].
//!   Nothing else in the workspace says what differs between EAPIs.
//! * **Names and versions**: [`names`], [`Version`], [`PackageVersion`], [`Cpv`], the commands' arithmetic in [`ver`].
//! * **Dependencies**: [`Atom`], and [`Expression`] for everything with groups and USE conditionals.
//! * **An ebuild's metadata**: [`parse_eapi_line`] reads the EAPI from its text, [`metadata::check`] checks what it evaluated to.
//!
//! Errors are values that say what is wrong, at which byte, and with which token. No input panics, overflows the stack, or
//! takes more than linear time.
//!
//! ```
//! use ebd_pms::{Atom, Eapi, Expression, Version};
//!
//! let depend: Expression<Atom> = Expression::parse("ssl? ( >=dev-libs/openssl-3:= )", Eapi::E8)?;
//! let wanted = depend.evaluate(&|flag| flag == "ssl");
//! assert_eq!(wanted.to_string(), ">=dev-libs/openssl-3:=");
//! let atom = wanted.leaves().next().ok_or("nothing")?;
//! assert!(atom.matches_version(&Version::parse("3.0.13-r1")?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod metadata;
pub mod names;
pub mod ver;

mod accumulated;
mod atom;
mod command;
mod cpv;
mod eapi;
mod eapi_line;
mod expr;
mod expr_parse;
mod feature;
mod key;
mod leaf;
mod phase;
mod required_use;
mod uri;
mod values;
mod variable;
mod version;

pub use accumulated::Accumulated;
pub use atom::parse::{AtomOptions, AtomRef};
pub use atom::{Atom, AtomError, AtomProblem, Blocker, Operator, SlotDep, UseDep, UseDepKind};
pub use command::{Availability, Command, CommandGroup, CommandKind};
pub use cpv::{Cpv, CpvError, CpvProblem, PackageVersion};
pub use eapi::{BashVersion, Eapi, EapiError, EapiSet};
pub use eapi_line::{EapiLine, parse_eapi_line};
pub use expr::{Expr, Expression, Leaves};
pub use expr_parse::{ExprError, ExprProblem, Groups, MAX_DEPTH, Token, Tokens};
pub use feature::Feature;
pub use key::Key;
pub use leaf::{Leaf, License, UseFlagTest, Word};
pub use phase::{DefaultPhase, Phase, PhaseSet};
pub use required_use::UnmetRequirement;
pub use uri::{Exemption, SrcUri, UriProblem};
pub use values::{
    IuseFlag, Keyword, Slot, ValueError, ValueProblem, parse_defined_phases, parse_homepage,
    parse_iuse, parse_keywords,
};
pub use variable::{ALWAYS_UNSET, PROFILE_VARIABLES, Variable};
pub use version::{Version, VersionError, VersionProblem, VersionRef};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeTests;
