//! The configuration of a system as Portage understands it: profile, `make.conf`, `package.*` files, environment.
//!
//! [`Config::load`] reads it once; [`Config::package`] says for an ebuild which USE flags are enabled and what every variable
//! is, each with its [`Origin`].

#![forbid(unsafe_code)]

mod assignments;
mod env_files;
mod error;
mod expand;
mod flags;
mod iuse;
mod keywords;
mod layers;
mod licenses;
mod lines;
mod load;
mod mask;
mod mirrors;
mod names;
mod options;
mod origin;
mod package;
mod pattern;
pub mod profile;
mod profile_files;
mod repositories;
mod system;
mod table;
mod use_expand;
mod use_set;

pub use assignments::{Assignment, parse_assignments};
pub use error::{ConfigError, ConfigProblem, ConfigWarning, SyntaxProblem};
pub use mirrors::Mirrors;
pub use options::{ConfigOptions, Globals};
pub use origin::{Layer, Origin, Place, Setting};
pub use package::{EbuildInfo, PackageConfig};
pub use system::Config;

pub(crate) use flags::FolderRules;
pub(crate) use lines::{Folders, Token, read_text, read_tokens};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
