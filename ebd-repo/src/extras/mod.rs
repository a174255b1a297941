//! Files that are made of a whole repository, as Portage's `egencache` writes them. Nothing is written here: each is a text.

mod pkg_desc_index;
mod timestamp;
mod use_local_desc;

pub use pkg_desc_index::pkg_desc_index;
pub use timestamp::timestamp;
pub use use_local_desc::{UseLocalDesc, use_local_desc};
