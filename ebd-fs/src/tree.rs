//! Directories as a whole: syncing and removing.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::dir::Dir;
use crate::error::Error;

/// Brings the names in a directory to the disk.
///
/// # Errors
/// The directory cannot be opened or synced.
pub fn sync_directory(directory: &Path) -> Result<(), Error> {
    File::open(directory)
        .and_then(|file| file.sync_all())
        .map_err(Error::at("write", directory))
}

/// Brings everything of the filesystems that hold these directories to the disk.
///
/// # Errors
/// A directory cannot be opened or its filesystem cannot be synced; it is named.
pub fn sync_filesystems<'a>(directories: impl IntoIterator<Item = &'a Dir>) -> Result<(), Error> {
    let mut seen = Vec::new();
    for directory in directories {
        let device = directory.stat_self()?.device;
        if !seen.contains(&device) {
            seen.push(device);
            directory
                .readable()
                .and_then(nix::unistd::syncfs)
                .map_err(Error::io("sync", directory.shown_self()))?;
        }
    }
    Ok(())
}

/// Removes a file, or a directory with everything in it; that there is none is no error.
///
/// # Errors
/// Something in it cannot be removed.
pub fn remove_all(path: &Path) -> Result<(), Error> {
    let result = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(Error::at("remove", path)),
    }
}
