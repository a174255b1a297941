//! MD5 sums of eclasses, each file read once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::eclass::EclassTable;
use crate::error::Error;
use ebd_fs::{Md5, Stamp, read_source};

/// MD5 and stamp of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileDigest {
    /// MD5 of the contents.
    pub md5: Md5,
    /// The file when it was read.
    pub stamp: Stamp,
}

/// Looks an MD5 up that an earlier run has stored for a file with this stamp.
type Known = dyn Fn(&Path, &Stamp) -> Option<Md5> + Send + Sync;

/// The MD5 sums of the eclasses of a repository. Each file is read when its sum is asked for the first time, and once,
/// however many threads ask; so all ebuilds of a run are compared with the same state of the eclasses.
pub struct EclassDigests {
    files: BTreeMap<String, (PathBuf, OnceLock<Result<FileDigest, Error>>)>,
    known: Option<Box<Known>>,
}

impl EclassDigests {
    /// Digests of the eclasses of a table; nothing is read yet.
    pub fn new(eclasses: &EclassTable) -> EclassDigests {
        let files = eclasses
            .iter()
            .map(|(name, path)| (name.to_owned(), (path.to_owned(), OnceLock::new())))
            .collect();
        EclassDigests { files, known: None }
    }

    /// Digests that ask an index of earlier runs before a file is read. The index must compare the whole stamp.
    pub fn with_known(
        eclasses: &EclassTable,
        known: impl Fn(&Path, &Stamp) -> Option<Md5> + Send + Sync + 'static,
    ) -> EclassDigests {
        EclassDigests {
            known: Some(Box::new(known)),
            ..EclassDigests::new(eclasses)
        }
    }

    /// The digest of an eclass; `None` if there is no such eclass.
    ///
    /// # Errors
    /// The file cannot be read; the same error is returned every time.
    pub fn get(&self, name: &str) -> Result<Option<FileDigest>, &Error> {
        let Some((path, digest)) = self.files.get(name) else {
            return Ok(None);
        };
        digest
            .get_or_init(|| self.compute(path))
            .as_ref()
            .map(|digest| Some(*digest))
    }

    /// The file of an eclass.
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.files.get(name).map(|(path, _)| path.as_path())
    }

    /// The digests that have been computed, sorted by name, for an index.
    pub fn computed(&self) -> impl Iterator<Item = (&str, &Path, FileDigest)> {
        self.files
            .iter()
            .filter_map(|(name, (path, digest))| match digest.get() {
                Some(Ok(digest)) => Some((name.as_str(), path.as_path(), *digest)),
                _ => None,
            })
    }

    fn compute(&self, path: &Path) -> Result<FileDigest, Error> {
        if let Some(known) = &self.known {
            let stamp = Stamp::of(path)?;
            if let Some(md5) = known(path, &stamp) {
                return Ok(FileDigest { md5, stamp });
            }
        }
        let file = read_source(path)?;
        Ok(FileDigest {
            md5: file.md5,
            stamp: file.stamp,
        })
    }
}

impl std::fmt::Debug for EclassDigests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EclassDigests")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
