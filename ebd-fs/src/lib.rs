//! Files done safely: directories by descriptor, atomic replacement, locks, digests.
//!
//! [`Dir`] reaches files below a directory in which an untrusted build can write, by descriptors and without following symlinks;
//! [`Root`] reaches files of an installed system, whose symlinks are followed but never lead out of it, nor through an unprivileged
//! user's directory into another owner's.

#![forbid(unsafe_code)]

mod chain;
mod digest;
mod dir;
mod error;
mod hex;
mod lock;
mod name;
mod parallel;
mod path;
mod regular;
mod remove;
mod replace;
mod resolve;
mod root;
mod source;
mod stat;
mod tree;

pub use crate::chain::chain;
pub use crate::digest::{md5_of, md5_of_text};
pub use crate::dir::{Dir, Entry};
pub use crate::error::Error;
pub use crate::hex::hex;
pub use crate::lock::{Lock, Locking, lock_file_of};
pub use crate::name::{AsName, RelName};
pub use crate::parallel::parallel;
pub use crate::path::normal_path;
pub use crate::replace::{NewFile, is_temporary, replace, replace_durably};
pub use crate::root::{Located, Root};
pub use crate::source::{Md5, SourceFile, Stamp, StampFolder, md5_hex, read_source};
pub use crate::stat::{Kind, Stat};
pub use crate::tree::{remove_all, sync_directory, sync_filesystems};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
