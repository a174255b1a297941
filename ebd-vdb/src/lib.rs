//! Installed packages: the VDB (`var/db/pkg`), `CONTENTS`, preserved libraries, CONFIG_PROTECT.
//!
//! [`Database`] is the VDB below one EROOT: its entries, locks and the files beside them. [`InstalledPackages`] answers
//! has_version and best_version.
#![forbid(unsafe_code)]

mod contents;
mod database;
mod error;
mod find;
mod installed;
mod owners;
mod preserved;
mod protect;

pub use contents::{Contents, Item, path_from};
pub use database::{Database, value};
pub use error::VdbError;
pub use find::FindError;
pub use installed::InstalledPackages;
pub use owners::{OwnedPaths, OwnerSearch, package_of, records};
pub use preserved::PreservedLibraries;
pub use protect::{
    ConfigMemory, Offer, Present, Protect, ProtectPolicy, Protection, first_offer, offer_name,
    protect,
};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
