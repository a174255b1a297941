//! Entries as files `<root>/<category>/<package>-<version>`: the layout that md5-dict and flat share.

use std::fs;
use std::path::{Path, PathBuf};

use ebd_repo::Stamp;

use crate::error::Error;
use crate::file;
use crate::name;

/// A folder of entries, whatever stands in the files.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Folder {
        Folder { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, cpv: &str) -> Result<PathBuf, Error> {
        let (category, pf) = name::split(cpv)?;
        Ok(self.root.join(category).join(pf))
    }

    pub(crate) fn stamp(&self, cpv: &str) -> Result<Option<Stamp>, Error> {
        let path = self.path(cpv)?;
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some(Stamp::from(&metadata))),
            Err(e) if file::is_absent(&e) => Ok(None),
            Err(e) => Err(Error::io("examine", path, e)),
        }
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
                if !entry.is_dir && name::is_component(&entry.name) {
                    names.push(format!("{category}/{}", entry.name));
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(crate) fn remove_leftovers(&self) -> Result<(), Error> {
        self.categories()?
            .iter()
            .try_for_each(|category| file::remove_leftovers(&self.root.join(category)))
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
