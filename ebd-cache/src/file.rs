//! Reading, listing and replacing files, as every store needs it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Error;

/// Temporary files are `<prefix><pid>.<number>`: a leading dot keeps them out of `list`, of Portage's listing (a package
/// name cannot begin with a dot) and of shell globs.
const TEMPORARY: &str = ".ebd-tmp.";

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

/// Puts a file in the place of another, or where none is: a reader sees the old or the new one, also when the writer is
/// killed. The folder is made when it is missing. Nothing is synced to the disk: caches can be made again.
///
/// # Errors
/// [`Error::Io`], [`Error::NotAFile`]; the old file is as it was.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let (temporary, _) = write_temporary(folder, content)?;
    temporary.rename(path)
}

/// [`replace`] for a file that others fetch with rsync, which takes files of one size and time (in seconds) for equal: the new
/// file is given another time than the old one had.
pub(crate) fn replace_visibly(
    path: &Path,
    content: &[u8],
    old: Option<&fs::Metadata>,
) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let (temporary, file) = write_temporary(folder, content)?;
    if let Some(old) = old
        && usize::try_from(old.len()) == Ok(content.len())
        && let (Ok(new), Ok(before)) = (file.metadata(), old.modified())
        && new.mtime() == old.mtime()
    {
        file.set_modified(before + Duration::from_secs(1))
            .map_err(|e| Error::io("write", path, e))?;
    }
    temporary.rename(path)
}

/// Writes a whole file under a temporary name in `folder`, made when it is missing.
fn write_temporary(folder: &Path, content: &[u8]) -> Result<(Temporary, File), Error> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = format!(
        "{TEMPORARY}{}.{}",
        process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    );
    let path = folder.join(name);
    let create = || {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&path)
    };
    let mut file = match create() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
            create()
        }
        // A killed run with the same process id left it; within this process the number is unique.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&path).map_err(|e| Error::io("remove", &path, e))?;
            create()
        }
        result => result,
    }
    .map_err(|e| Error::io("create", &path, e))?;
    let temporary = Temporary { path: Some(path) };
    match file.write_all(content) {
        Ok(()) => Ok((temporary, file)),
        Err(e) => Err(Error::io("write", temporary.path(), e)),
    }
}

/// A temporary file that is removed unless it is renamed.
struct Temporary {
    path: Option<PathBuf>,
}

impl Temporary {
    fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    fn rename(mut self, target: &Path) -> Result<(), Error> {
        match fs::rename(self.path(), target) {
            Ok(()) => {
                self.path = None;
                Ok(())
            }
            Err(_) if target.is_dir() => Err(Error::NotAFile {
                path: target.to_owned(),
            }),
            Err(e) => Err(Error::io("write", target, e)),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // The error that led here is the one to report.
            let _ = fs::remove_file(path);
        }
    }
}

/// Removes what killed runs left in a folder. Whoever holds the lock knows that no other run is writing, whatever process id
/// stands in the names.
pub(crate) fn remove_leftovers(folder: &Path) -> Result<(), Error> {
    read_dir(folder)?.iter().try_for_each(remove_if_leftover)
}

/// Removes a file that a killed run left, for [`remove_leftovers`].
pub(crate) fn remove_if_leftover(entry: &Listed) -> Result<(), Error> {
    if !entry.name.starts_with(TEMPORARY) || entry.is_dir {
        return Ok(());
    }
    match fs::remove_file(&entry.path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &entry.path, e)),
        _ => Ok(()),
    }
}
