//! Replacing, syncing and removing what is at a path.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::FileError;

/// Writes a file so that readers see the old or the new content; with `sync` the content is on the disk before it has its name.
///
/// # Errors
/// The directory cannot be made or the file cannot be written; the temporary file is removed then.
pub fn write_atomic(path: &Path, content: &[u8], sync: bool) -> Result<(), FileError> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory).map_err(FileError::at("make the folder", directory))?;
    let mut name = OsString::from("._ebd-");
    name.push(path.file_name().unwrap_or_default());
    let temporary = directory.join(name);
    let write = || -> io::Result<()> {
        let mut file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .open(&temporary)?;
        file.write_all(content)?;
        if sync {
            file.sync_data()?;
        }
        fs::rename(&temporary, path)
    };
    // The reason is the first error; what cannot be removed is overwritten the next time.
    write().map_err(|error| {
        drop(fs::remove_file(&temporary));
        FileError::at("write", path)(error)
    })?;
    if sync {
        sync_directory(directory)?;
    }
    Ok(())
}

/// Brings the names in a directory to the disk.
///
/// # Errors
/// The directory cannot be opened or synced.
pub fn sync_directory(directory: &Path) -> Result<(), FileError> {
    File::open(directory)
        .and_then(|file| file.sync_all())
        .map_err(FileError::at("write", directory))
}

/// Brings everything of the filesystems that hold these directories to the disk.
///
/// # Errors
/// A directory cannot be opened or its filesystem cannot be synced; it is named.
pub fn sync_filesystems<'a>(
    directories: impl IntoIterator<Item = &'a Path>,
) -> Result<(), FileError> {
    let mut seen = Vec::new();
    for directory in directories {
        let file = File::open(directory).map_err(FileError::at("read", directory))?;
        let device = file
            .metadata()
            .map(|meta| meta.dev())
            .map_err(FileError::at("look at", directory))?;
        if !seen.contains(&device) {
            seen.push(device);
            nix::unistd::syncfs(&file)
                .map_err(|errno| FileError::at("write", directory)(errno.into()))?;
        }
    }
    Ok(())
}

/// Removes a file, or a directory with everything in it; that there is none is no error.
///
/// # Errors
/// Something in it cannot be removed.
pub fn remove_all(path: &Path) -> Result<(), FileError> {
    let result = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(FileError::at("remove", path)),
    }
}
