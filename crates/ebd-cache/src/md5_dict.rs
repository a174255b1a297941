//! The md5-dict backend: one file per entry.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::backend::{Backend, PutOutcome};
use crate::entry::Entry;
use crate::error::Error;
use crate::lock::Lock;
use crate::name;

/// Temporary files are `<prefix><pid>.<number>`: a leading dot keeps them out of `list`, of Portage's listing (a package
/// name cannot begin with a dot) and of shell globs.
const TEMPORARY: &str = ".ebd-tmp.";

/// Entries as files `<root>/<category>/<package>-<version>`, the layout of `metadata/md5-cache`.
///
/// A file is replaced by renaming a complete temporary file over it, so that a reader sees the old or the new entry, also
/// when the writer is killed. Nothing is synced to the disk: entries can be made again.
#[derive(Debug)]
pub struct Md5Dict {
    root: PathBuf,
}

impl Md5Dict {
    /// Uses a folder that need not exist; nothing is read or written yet.
    pub fn open(root: impl Into<PathBuf>) -> Md5Dict {
        Md5Dict { root: root.into() }
    }

    /// Uses the folder that a lock is held on, and removes temporary files of killed runs: whoever holds the lock knows that
    /// no other run is writing, whatever process id stands in their names.
    ///
    /// # Errors
    /// The folder cannot be listed, or a left-over file cannot be removed.
    pub fn open_locked(lock: &Lock) -> Result<Md5Dict, Error> {
        let cache = Md5Dict::open(lock.folder());
        cache.remove_leftovers()?;
        Ok(cache)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that holds, or would hold, an entry.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn path(&self, cpv: &str) -> Result<PathBuf, Error> {
        let (category, pf) = name::split(cpv)?;
        Ok(self.root.join(category).join(pf))
    }

    fn remove_leftovers(&self) -> Result<(), Error> {
        for category in self.categories()? {
            for entry in read_dir(&self.root.join(category))? {
                if entry.name.starts_with(TEMPORARY) && !entry.is_dir {
                    match fs::remove_file(&entry.path) {
                        Err(e) if e.kind() != io::ErrorKind::NotFound => {
                            return Err(Error::io("remove", entry.path, e));
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn categories(&self) -> Result<Vec<String>, Error> {
        let entries = read_dir(&self.root)?;
        Ok(entries
            .into_iter()
            .filter(|e| e.is_dir && name::is_component(&e.name))
            .map(|e| e.name)
            .collect())
    }

    /// Writes a whole file under a temporary name in `folder`, made when it is missing.
    fn write_temporary(&self, folder: &Path, content: &[u8]) -> Result<Temporary, Error> {
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
                fs::create_dir_all(folder)
                    .map_err(|e| Error::io("create the folder", folder, e))?;
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
            Ok(()) => Ok(temporary),
            Err(e) => Err(Error::io("write", temporary.path(), e)),
        }
    }
}

impl Backend for Md5Dict {
    fn get(&self, cpv: &str) -> Result<Option<Entry>, Error> {
        let path = self.path(cpv)?;
        match read_file(&path)? {
            None => Ok(None),
            Some(bytes) => match Entry::parse_md5_dict(&bytes) {
                Ok(entry) => Ok(Some(entry)),
                Err(source) => Err(Error::Corrupt { path, source }),
            },
        }
    }

    /// An existing file that says the same is left alone even if its bytes differ (order of eclasses, unknown keys), as
    /// `egencache` does: mirrors need not transfer it again.
    fn put(&self, cpv: &str, entry: &Entry) -> Result<PutOutcome, Error> {
        let (category, pf) = name::split(cpv)?;
        let folder = self.root.join(category);
        let path = folder.join(pf);
        let content = entry.to_md5_dict();
        if let Some(old) = read_file(&path)?
            && (old == content || Entry::parse_md5_dict(&old).as_ref() == Ok(entry))
        {
            return Ok(PutOutcome::Unchanged);
        }
        let temporary = self.write_temporary(&folder, &content)?;
        temporary.rename(&path)?;
        Ok(PutOutcome::Written)
    }

    fn remove(&self, cpv: &str) -> Result<bool, Error> {
        let path = self.path(cpv)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(e) if is_absent(&e) => Ok(false),
            Err(_) if path.is_dir() => Err(Error::NotAFile { path }),
            Err(e) => Err(Error::io("remove", path, e)),
        }
    }

    fn list(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for category in self.categories()? {
            for entry in read_dir(&self.root.join(&category))? {
                if !entry.is_dir && name::is_component(&entry.name) {
                    names.push(format!("{category}/{}", entry.name));
                }
            }
        }
        names.sort_unstable();
        Ok(names)
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

struct Listed {
    name: String,
    path: PathBuf,
    is_dir: bool,
}

/// What a folder holds, symbolic links followed; nothing when it does not exist. Names that are not UTF-8 are no entries.
fn read_dir(folder: &Path) -> Result<Vec<Listed>, Error> {
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

/// The content of a regular file, `None` when there is no such file.
fn read_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let fail = |e| Error::io("read", path, e);
    // Opened without waiting: something other than a file may stand there, and opening a pipe waits for its writer.
    let mut file: File = match OpenOptions::new()
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
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0).min(1 << 20));
    file.read_to_end(&mut bytes).map_err(fail)?;
    Ok(Some(bytes))
}

/// The file or one of its folders does not exist.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
