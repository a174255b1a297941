//! Merging images into a ROOT and removing what was merged: files, and the records of them.
//!
//! [`read_image`] says what is in an image, [`plan()`] decides what merging it does, [`stage`] makes copies and [`step`] puts things in their places.
//! [`remove`] removes what a record names. [`Journal`] is what an interrupted merge is finished or undone by. No phase is run here.

mod apply;
mod contents;
mod database;
mod environment;
mod error;
pub(crate) mod files;
mod journal;
mod mask;
mod owners;
mod plan;
mod preserved;
mod protect;
mod record;
mod remove;
mod root;
mod tree;

pub use apply::{discard, stage, step, sync};
pub use contents::{Contents, Item};
pub use database::{Database, value};
pub use environment::{touches_libraries, update_environment};
pub use error::MergeError;
pub use journal::Journal;
pub use mask::InstallMask;
pub use owners::{OwnedPaths, OwnerSearch, package_of, records};
pub use plan::{
    Conflict, Copy, Decision, Found, MergeOptions, Neighbours, Note, Plan, Source, Step, decide,
    plan,
};
pub use preserved::{LinkMap, PreservedLibraries};
pub use protect::{
    ConfigMemory, Offer, Present, Protect, ProtectPolicy, Protection, offer_path, protect,
};
pub use record::SavedPlan;
pub use remove::{Kept, Others, RemoveOptions, Removed, remove};
pub use root::Root;
pub use tree::{ImageEntry, ImageKind, ImageOptions, read_image, read_image_again};
