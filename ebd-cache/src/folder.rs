//! Entries as files `<root>/<category>/<package>-<version>`: the layout that md5-dict and flat share.

use std::fs;
use std::path::{Path, PathBuf};

use ebd_fs::{Stamp, StampFolder};

use crate::error::Error;
use crate::file;
use crate::lock::Lock;
use crate::name;

/// A folder of entries, whatever stands in the files.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    /// Whether the lock is held, so that what killed runs left can go.
    locked: bool,
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Folder {
        Folder {
            root,
            locked: false,
        }
    }

    pub(crate) fn locked(lock: &Lock) -> Folder {
        Folder {
            root: lock.folder().to_owned(),
            locked: true,
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, cpv: &str) -> Result<PathBuf, Error> {
        let (category, pf) = name::split(cpv)?;
        Ok(self.root.join(category).join(pf))
    }

    pub(crate) fn stamps(&self, cpvs: &[&str]) -> Vec<Option<Stamp>> {
        let mut shelf: Option<(&str, Option<StampFolder>)> = None;
        let mut stamps = Vec::with_capacity(cpvs.len());
        for cpv in cpvs {
            let Ok((category, pf)) = name::split(cpv) else {
                stamps.push(None);
                continue;
            };
            if shelf.as_ref().is_none_or(|(open, _)| *open != category) {
                let folder = StampFolder::open(&self.root.join(category)).ok();
                shelf = Some((category, folder));
            }
            let folder = shelf.as_ref().and_then(|(_, folder)| folder.as_ref());
            stamps.push(folder.and_then(|folder| folder.stamp(pf).ok()));
        }
        stamps
    }

    pub(crate) fn shelves(&self) -> Vec<(String, Stamp)> {
        let Ok(mut categories) = self.categories() else {
            return Vec::new();
        };
        let Ok(root) = StampFolder::open(&self.root) else {
            return Vec::new();
        };
        categories.sort_unstable();
        let stamp = |category: String| {
            let stamp = root.stamp(&category).ok()?;
            Some((category, stamp))
        };
        let shelves: Option<_> = categories.into_iter().map(stamp).collect();
        shelves.unwrap_or_default()
    }

    pub(crate) fn remove(&self, cpv: &str) -> Result<bool, Error> {
        let path = self.path(cpv)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(e) if file::is_absent(&e) => Ok(false),
            Err(_) if path.is_dir() => Err(Error::NotAFile { path }),
            Err(e) => Err(Error::io("remove", path, e)),
        }
    }

    pub(crate) fn list(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for category in self.categories()? {
            for entry in file::read_dir(&self.root.join(&category))? {
                if entry.is_dir {
                    continue;
                }
                if name::is_component(&entry.name) {
                    names.push(format!("{category}/{}", entry.name));
                } else if self.locked {
                    file::remove_if_leftover(&entry)?;
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn categories(&self) -> Result<Vec<String>, Error> {
        let entries = file::read_dir(&self.root)?;
        Ok(entries
            .into_iter()
            .filter(|e| e.is_dir && name::is_component(&e.name))
            .map(|e| e.name)
            .collect())
    }
}
