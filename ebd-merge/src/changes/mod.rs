//! What merging an image into a ROOT, and removing a package from it, does to files.
//!
//! [`plan()`] decides what merging does, [`stage`] makes copies and [`step`] puts things in their places. [`remove`] removes what
//! `CONTENTS` names. [`Journal`] is what an interrupted merge is finished or undone by. No phase is run here.

mod apply;
mod environment;
mod error;
mod journal;
mod plan;
mod record;
mod remove;

pub use apply::{discard, stage, step, sync};
pub use environment::{touches_libraries, update_environment};
pub use error::MergeError;
pub use journal::Journal;
pub use plan::{
    Conflict, Decision, Found, MergeOptions, Neighbours, Note, Plan, Source, decide, plan,
};
pub use record::SavedPlan;
pub use remove::{Kept, Others, RemoveOptions, Removed, remove};
