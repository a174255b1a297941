//! A cache of what configure scripts of autoconf find out, kept from one build of a package to the next.
//!
//! `econf` asks for it through the program [`PROGRAM`], which works as the user of the build (`client`): it finds out
//! everything that the results depend on (`script`, `environment`, `compiler`, `system`), and the host keeps records
//! (`store`) that only builds of the same ebuild read. A record is believed when a configure with its entries has made the
//! same config.status as one without. `docs/confcache.md` describes it.

#![forbid(unsafe_code)]

mod client;
mod compiler;
mod digest;
mod entries;
mod environment;
mod families;
mod script;
mod site;
mod store;
mod system;

pub use client::PROGRAM;
pub use client::run;
pub use entries::{Entries, Refused};
pub use store::ConfCache;
pub use store::{Decision, Given, Results};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
