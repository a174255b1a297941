//! Ebuild repositories on disk: `layout.conf`, masters, eclass lookup, enumeration.
//!
//! * [`Repository`]: one folder with its name, [`Layout`] and own categories.
//! * [`RepoSet`]: where repositories are found by name ([`SearchPaths`]: a list given by the user, a folder of repositories,
//!   `repos.conf`, siblings, `/var/db/repos`), and which are the masters of another.
//! * [`RepoTree`]: a repository with its masters, as everything below needs it: the [`EclassTable`] in Portage's lookup
//!   order, the categories, [`RepoTree::scan`] for all ebuilds, [`RepoTree::select`] for a target named by a user.
//! * Manifests are in [`manifest`].
//! * [`read_source`] and [`EclassDigests`]: file contents with MD5 and a [`Stamp`](ebd_fs::Stamp) that tells whether a file has changed.
//!
//! Files only: no process is started. Where PMS leaves things open (eclass lookup order, missing
//! `masters`), the behaviour of Portage 3.0 is followed and the item says so.

#![forbid(unsafe_code)]

pub mod manifest;

mod category;
mod digest;
mod eclass;
mod error;
mod extras;
mod folders;
mod ini;
mod layout;
mod list;
mod names;
mod repos_conf;
mod repository;
mod scan;
mod search;
mod source;
mod target;
mod threads;
mod tree;

pub use crate::digest::{EclassDigests, FileDigest};
pub use crate::eclass::EclassTable;
pub use crate::error::{Error, Searched};
pub use crate::extras::{UseLocalDesc, pkg_desc_index, timestamp, use_local_desc};
pub use crate::folders::{Category, Folders, Listing};
pub use crate::ini::{IniError, IniErrorKind};
pub use crate::layout::{Layout, MalformedLine, ManifestPolicy};
pub use crate::repos_conf::{ReposConf, Section};
pub use crate::repository::Repository;
pub use crate::scan::{EbuildFile, Problem, Scan};
pub use crate::search::{RepoSet, SearchPaths, find_repository_around};
pub use crate::source::read_source;
pub use crate::target::{Selection, Target};
pub use crate::threads::in_threads;
pub use crate::tree::{RepoTree, Warning};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
