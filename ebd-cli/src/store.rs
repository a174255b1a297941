//! Where entries are kept, in which format.

use std::path::{Path, PathBuf};

use ebd_cache::{Backend, Flat, Lock, Md5Dict, Packed, PackedStore, StatIndex, TreeSources};
use ebd_repo::RepoTree;
use nix::unistd::Uid;

use crate::args::Format;
use crate::error::{Error, absolute};

/// Where a repository keeps its md5-dict cache.
const MD5_CACHE: &str = "metadata/md5-cache";

/// Where Portage keeps its own entries, for all repositories.
const DEPCACHE: &str = "/var/cache/edb/dep";

/// A place for entries: a folder, for packed a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    format: Format,
    path: PathBuf,
}

impl Place {
    /// The place that the user named, or the one where others look for the entries of this repository.
    pub(crate) fn new(
        format: Format,
        named: Option<&Path>,
        tree: &RepoTree,
    ) -> Result<Self, Error> {
        let path = match (named, format) {
            (Some(path), _) => absolute(path)?,
            (None, Format::Md5Dict) => tree.path().join(MD5_CACHE),
            (None, Format::Flat) => {
                let below = tree.path().strip_prefix("/").unwrap_or(tree.path());
                Path::new(DEPCACHE).join(below)
            }
            (None, Format::Packed) => {
                return Err(Error::NoUsualPlace);
            }
        };
        Ok(Self { format, path })
    }

    /// The right to write there; waits, after saying so, while another run has it.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        let folder = match self.format {
            Format::Packed => self.path.parent().unwrap_or(&self.path),
            Format::Md5Dict | Format::Flat => &self.path,
        };
        let lock = Lock::lock_waiting(folder, |path| {
            errln!(
                "ebd: waiting for another run that writes {}",
                path.display()
            );
        })?;
        Ok(lock)
    }

    /// The entries, for reading; with the lock, for writing as well.
    pub(crate) fn open(
        &self,
        tree: &RepoTree,
        lock: Option<&Lock>,
    ) -> Result<Box<dyn Backend>, Error> {
        Ok(match (self.format, lock) {
            (Format::Md5Dict, None) => Box::new(Md5Dict::open(&self.path)),
            (Format::Md5Dict, Some(lock)) => Box::new(Md5Dict::open_locked(lock)),
            (Format::Flat, None) => Box::new(Flat::open(&self.path, TreeSources::new(tree))),
            (Format::Flat, Some(lock)) => Box::new(Flat::open_locked(lock, TreeSources::new(tree))),
            (Format::Packed, None) => Box::new(PackedStore::open(&self.path)?),
            (Format::Packed, Some(lock)) => {
                let store = PackedStore::open_locked(lock, &self.path)?;
                if let Some(damage) = store.damage() {
                    errln!("ebd: note: {}: {damage}", self.path.display());
                }
                Box::new(store)
            }
        })
    }

    /// Compares the checksums of a packed file; other formats have none of their own.
    pub(crate) fn verify_file(&self) -> Result<(), Error> {
        if self.format == Format::Packed {
            let packed = Packed::open(&self.path)?;
            let packed = packed.ok_or_else(|| Error::NoPackedFile {
                path: self.path.clone(),
            })?;
            packed.verify()?;
        }
        Ok(())
    }

    /// What earlier runs have found out about this repository and this place.
    pub(crate) fn index(&self, tree: &RepoTree) -> StatIndex {
        match index_folder() {
            Some(folder) => StatIndex::load(&folder, tree.path(), &self.path),
            None => StatIndex::new(),
        }
    }
}

/// Removes the indexes of repositories and places that are gone.
pub(crate) fn sweep_indexes() -> Result<usize, ebd_cache::Error> {
    index_folder().map_or(Ok(0), |folder| StatIndex::sweep(&folder))
}

/// The folder of the indexes: in the user's cache folder, for root in that of the system.
fn index_folder() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = variable("XDG_CACHE_HOME").or_else(|| {
        if Uid::effective().is_root() {
            Some(PathBuf::from("/var/cache"))
        } else {
            variable("HOME").map(|home| home.join(".cache"))
        }
    });
    cache.map(|cache| cache.join("ebd"))
}
