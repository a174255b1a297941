//! Files done safely: atomic replacement, digests, work in parallel.
#![forbid(unsafe_code)]

mod digest;
mod error;
mod lock;
mod parallel;
mod path;
mod replace;

pub use digest::{hex, md5_of, md5_of_text};
pub use error::FileError;
pub use lock::{FileLock, lock_file_of};
pub use parallel::parallel;
pub use path::normal_path;
pub use replace::{remove_all, sync_directory, sync_filesystems, write_atomic};
