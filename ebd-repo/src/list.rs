//! Listing folders.

use std::fs;
use std::io;
use std::path::Path;

/// The entries of a folder; `None` if there is none.
pub(crate) fn if_there(folder: &Path) -> io::Result<Option<fs::ReadDir>> {
    match fs::read_dir(folder) {
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        result => result.map(Some),
    }
}
