//! Which file an eclass name stands for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::list;

/// The eclasses of a repository and its masters as they were when the folders were listed.
///
/// PMS does not say which of two eclasses of one name counts; the order is Portage's: `eclass-overrides` from the last to
/// the first, the repository itself, its masters from the last listed to the first. A repository that lists itself in its
/// masters keeps that place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EclassTable {
    dirs: Vec<PathBuf>,
    files: BTreeMap<String, PathBuf>,
}

impl EclassTable {
    /// Lists folders, given in the order in which an eclass is looked for. Missing folders are empty; a symbolic link that
    /// leads nowhere is passed over, so that the next folder counts, as in Portage.
    ///
    /// # Errors
    /// A folder exists but cannot be listed.
    pub fn read(dirs: impl IntoIterator<Item = PathBuf>) -> Result<EclassTable, Error> {
        let mut unique: Vec<PathBuf> = Vec::new();
        for dir in dirs {
            if !unique.contains(&dir) {
                unique.push(dir);
            }
        }
        let mut files = BTreeMap::new();
        for dir in &unique {
            let fail = |e| Error::io("list the eclasses in", dir, e);
            let Some(entries) = list::if_there(dir).map_err(fail)? else {
                continue;
            };
            for entry in entries {
                let entry = entry.map_err(fail)?;
                let file_name = entry.file_name();
                let Some(name) = file_name
                    .to_str()
                    .and_then(|name| name.strip_suffix(".eclass"))
                else {
                    continue;
                };
                if name.is_empty() || files.contains_key(name) {
                    continue;
                }
                let kind = entry.file_type().map_err(fail)?;
                if kind.is_file() || (kind.is_symlink() && entry.path().is_file()) {
                    files.insert(name.to_owned(), entry.path());
                }
            }
        }
        Ok(EclassTable {
            dirs: unique,
            files,
        })
    }

    /// The folders, in the order in which an eclass is looked for.
    pub fn dirs(&self) -> &[PathBuf] {
        &self.dirs
    }

    /// The file of an eclass.
    pub fn find(&self, name: &str) -> Option<&Path> {
        self.files.get(name).map(PathBuf::as_path)
    }

    /// Every eclass with the file that counts, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.files
            .iter()
            .map(|(name, path)| (name.as_str(), path.as_path()))
    }

    /// Number of eclasses.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
