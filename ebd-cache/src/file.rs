//! Reading, listing and replacing files, as every store needs it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ebd_fs::{NewFile, is_temporary};

use crate::error::Error;

/// What a folder holds, symbolic links followed.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) is_dir: bool,
}

/// What a folder holds; nothing when it does not exist. Names that are not UTF-8 are no entries.
pub(crate) fn read_dir(folder: &Path) -> Result<Vec<Listed>, Error> {
    let fail = |e| Error::io("list", folder, e);
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.map_err(fail)?,
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(fail)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        let path = entry.path();
        let kind = entry
            .file_type()
            .map_err(|e| Error::io("examine", &path, e))?;
        let is_dir = kind.is_dir() || (kind.is_symlink() && path.is_dir());
        listed.push(Listed { name, path, is_dir });
    }
    Ok(listed)
}

/// Opens a regular file for reading, `None` when there is no such file.
pub(crate) fn open(path: &Path) -> Result<Option<(File, fs::Metadata)>, Error> {
    let fail = |e| Error::io("read", path, e);
    // Opened without waiting: something other than a file may stand there, and opening a pipe waits for its writer.
    let file: File = match OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)
    {
        Err(e) if is_absent(&e) => return Ok(None),
        result => result.map_err(fail)?,
    };
    let metadata = file.metadata().map_err(fail)?;
    if !metadata.is_file() {
        return Err(Error::NotAFile {
            path: path.to_owned(),
        });
    }
    Ok(Some((file, metadata)))
}

/// The content of a regular file with what the system says about it, `None` when there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<(Vec<u8>, fs::Metadata)>, Error> {
    let Some((mut file, metadata)) = open(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0).min(1 << 20));
    file.read_to_end(&mut bytes)
        .map_err(|e| Error::io("read", path, e))?;
    Ok(Some((bytes, metadata)))
}

/// The file or one of its folders does not exist.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Replaces a file as [`ebd_fs::replace`] does, for others to fetch with rsync, which takes files of one size and time (in seconds) for
/// equal: the new file is given another time than the old one had.
pub(crate) fn replace_visibly(
    path: &Path,
    content: &[u8],
    old: Option<&fs::Metadata>,
) -> Result<(), Error> {
    let fail = |e| Error::io("write", path, e);
    let mut new = NewFile::create_with_directory(path, 0o644)?;
    new.write_all(content).map_err(fail)?;
    if let Some(old) = old
        && usize::try_from(old.len()) == Ok(content.len())
        && let (Ok(written), Ok(before)) = (new.file().metadata(), old.modified())
        && written.mtime() == old.mtime()
    {
        new.file()
            .set_modified(before + Duration::from_secs(1))
            .map_err(fail)?;
    }
    Ok(new.commit()?)
}

/// Removes what killed runs left in a folder. Whoever holds the lock knows that no other run is writing, whatever process id
/// stands in the names.
pub(crate) fn remove_leftovers(folder: &Path) -> Result<(), Error> {
    read_dir(folder)?.iter().try_for_each(remove_if_leftover)
}

/// Removes a file that a killed run left, for [`remove_leftovers`].
pub(crate) fn remove_if_leftover(entry: &Listed) -> Result<(), Error> {
    if !is_temporary(entry.name.as_ref()) || entry.is_dir {
        return Ok(());
    }
    match fs::remove_file(&entry.path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &entry.path, e)),
        _ => Ok(()),
    }
}
