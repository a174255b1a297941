//! The md5-dict backend: one file per entry.

use std::path::{Path, PathBuf};

use ebd_fs::Stamp;

use crate::backend::{Backend, PutOutcome};
use crate::entry::Entry;
use crate::error::Error;
use crate::file;
use crate::folder::Folder;
use crate::lock::Lock;

/// Entries as files `<root>/<category>/<package>-<version>`, the layout of `metadata/md5-cache`.
///
/// A file is replaced by renaming a complete temporary file over it, so that a reader sees the old or the new entry, also
/// when the writer is killed. Nothing is synced to the disk: entries can be made again.
#[derive(Debug)]
pub struct Md5Dict {
    folder: Folder,
}

impl Md5Dict {
    /// Uses a folder that need not exist; nothing is read or written yet.
    pub fn open(root: impl Into<PathBuf>) -> Md5Dict {
        Md5Dict {
            folder: Folder::new(root.into()),
        }
    }

    /// Uses the folder that a lock is held on. [`list`](Backend::list) then removes temporary files of killed runs: whoever
    /// holds the lock knows that no other run is writing, whatever process id stands in their names.
    pub fn open_locked(lock: &Lock) -> Md5Dict {
        Md5Dict {
            folder: Folder::locked(lock),
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.folder.root()
    }

    /// The file that holds, or would hold, an entry.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn path(&self, cpv: &str) -> Result<PathBuf, Error> {
        self.folder.path(cpv)
    }
}

impl Backend for Md5Dict {
    fn get(&self, cpv: &str) -> Result<Option<Entry>, Error> {
        let path = self.path(cpv)?;
        match file::read(&path)? {
            None => Ok(None),
            Some((bytes, _)) => match Entry::parse_md5_dict(&bytes) {
                Ok(entry) => Ok(Some(entry)),
                Err(source) => Err(Error::Corrupt { path, source }),
            },
        }
    }

    /// A changed entry differs from the one it replaces in size or, to the second, in time, so that rsync transfers it. An
    /// existing file that says the same is left alone even if its bytes differ (order of eclasses, unknown keys), as
    /// `egencache` does: mirrors need not transfer it again.
    fn put(&self, cpv: &str, entry: &Entry) -> Result<PutOutcome, Error> {
        let path = self.path(cpv)?;
        let content = entry.to_md5_dict();
        let old = file::read(&path)?;
        if let Some((old, _)) = &old
            && (*old == content || Entry::parse_md5_dict(old).as_ref() == Ok(entry))
        {
            return Ok(PutOutcome::Unchanged);
        }
        file::replace_visibly(&path, &content, old.as_ref().map(|(_, metadata)| metadata))?;
        Ok(PutOutcome::Written)
    }

    fn remove(&self, cpv: &str) -> Result<bool, Error> {
        self.folder.remove(cpv)
    }

    fn list(&self) -> Result<Vec<String>, Error> {
        self.folder.list()
    }

    fn stamps(&self, cpvs: &[&str]) -> Vec<Option<Stamp>> {
        self.folder.stamps(cpvs)
    }

    fn shelves(&self) -> Vec<(String, Stamp)> {
        self.folder.shelves()
    }
}
