//! Temporary folders.

use std::path::Path;

/// In memory where that is possible, since thousands of small files are made. Programs may not run from there.
pub fn temporary_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}
