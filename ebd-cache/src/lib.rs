//! Metadata cache backends for ebuild repositories.
//!
//! An [`Entry`] is the metadata of one ebuild, as `metadata/md5-cache` holds it. A [`Backend`] stores entries:
//! [`Md5Dict`] as files `<root>/<category>/<package>-<version>`, byte for byte as Portage's `egencache` writes them,
//! [`Memory`] in memory. [`validate`] says whether an entry still fits its ebuild and eclasses, [`stale`] which
//! entries belong to no ebuild any more, and [`Lock`] keeps two runs from writing the same folder at the same time.
//!
//! The crate knows no repository, and of EAPIs only their keys: values are text, eclasses are found by the caller's [`EclassResolver`].

#![deny(unsafe_code)]

mod backend;
mod check_tree;
mod entry;
mod error;
mod file;
mod flat;
mod flat_format;
mod folder;
mod format;
mod index;
mod lock;
mod map;
mod md5;
mod md5_dict;
mod name;
mod packed;
mod stale;
mod validate;
mod verdict;

pub use crate::backend::{Backend, Memory, PutOutcome};
pub use crate::check_tree::check_tree;
pub use crate::entry::{EclassDigest, Entry, ValueError};
pub use crate::error::Error;
pub use crate::flat::{Flat, FlatSources, TreeSources};
pub use crate::flat_format::{FlatEclass, FlatEntry, FlatSums};
pub use crate::format::{ParseError, ParseErrorKind, Parsed};
pub use crate::index::StatIndex;
pub use crate::lock::Lock;
pub use crate::md5::Md5;
pub use crate::md5_dict::Md5Dict;
pub use crate::packed::{Packed, PackedEntry, PackedError, PackedStore, Section};
pub use crate::stale::{Scope, stale};
pub use crate::validate::{EclassResolver, check, validate};
pub use crate::verdict::Verdict;
pub use ebd_pms::Key;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
