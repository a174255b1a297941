//! What earlier runs have found out about files, so that an unchanged tree costs only looking at them.

mod pairs;
mod stored;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ebd_fs::Stamp;
use ebd_repo::Folders;
use md5::{Digest, Md5 as Hasher};
use serde::{Deserialize, Serialize};

pub(crate) use self::pairs::{EclassSets, Pair};
use self::pairs::{Pairs, SetMaker};
use crate::backend::Backend;
use crate::entry::EclassDigest;
use crate::error::Error;
use crate::file;
use crate::map::Bytes;
use crate::md5::Md5;

/// A private memory of one repository and one store of entries: which ebuild and entry, as they were on disk, belonged
/// together, with which eclasses; and the MD5 of eclass files.
///
/// It holds nothing that could not be found out again: one that is missing, damaged, of another version, or from the future
/// is empty. Only files that had been [left alone](Stamp::is_settled) when they were read are remembered, so a change within
/// the same tick of the clock is noticed.
#[derive(Debug, Clone, Default)]
pub struct StatIndex {
    file: Option<PathBuf>,
    owner: Owner,
    folders: Folders,
    eclasses: Arc<HashMap<PathBuf, (Stamp, Md5)>>,
    sets: EclassSets,
    pairs: Pairs,
    /// The folders of the store when they held exactly the entries of the pairs.
    shelves: Vec<(String, Stamp)>,
    changed: bool,
}

/// Whose files are remembered; another repository may have stood under the same path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    repository: Vec<u8>,
    store: Vec<u8>,
}

impl StatIndex {
    /// An index that is stored nowhere.
    pub fn new() -> StatIndex {
        StatIndex::default()
    }

    /// Reads what is known of a repository and the place where its entries are stored from a folder of such files. Nothing is
    /// an error: without a usable file the index is empty.
    pub fn load(folder: &Path, repository: &Path, store: &Path) -> StatIndex {
        let owner = Owner {
            repository: repository.as_os_str().as_bytes().to_owned(),
            store: store.as_os_str().as_bytes().to_owned(),
        };
        let mut name = Hasher::new();
        name.update((owner.repository.len() as u64).to_le_bytes());
        name.update(&owner.repository);
        name.update(&owner.store);
        let name: [u8; 16] = name.finalize().into();
        let path = folder.join(format!("{}.index", Md5(name)));
        let read = || {
            let (file, metadata) = file::open(&path).ok()??;
            let bytes = Bytes::of(file, &metadata).ok()?;
            stored::decode(&bytes, &owner, SystemTime::now())
        };
        let index = read();
        StatIndex {
            file: Some(path),
            owner,
            ..index.unwrap_or_default()
        }
    }

    /// Removes the indexes in a folder whose repository or store is gone, and files that are no index any more; returns how
    /// many.
    ///
    /// # Errors
    /// The folder cannot be listed, or a file cannot be removed.
    pub fn sweep(folder: &Path) -> Result<usize, Error> {
        let mut removed = 0;
        for entry in file::read_dir(folder)? {
            if entry.is_dir || !entry.name.ends_with(".index") {
                continue;
            }
            let owner = file::read(&entry.path)
                .ok()
                .flatten()
                .and_then(|(bytes, _)| stored::owner(&bytes));
            let exists = |path: &[u8]| Path::new(OsStr::from_bytes(path)).exists();
            if owner.is_some_and(|owner| exists(&owner.repository) && exists(&owner.store)) {
                continue;
            }
            match fs::remove_file(&entry.path) {
                Ok(()) => removed += 1,
                // Another process sweeps, too.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("remove", &entry.path, error)),
            }
        }
        Ok(removed)
    }

    /// Stores the index if it has changed and has a file. Whoever cannot store it works on without.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn store(&mut self) -> Result<(), Error> {
        let (true, Some(path)) = (self.changed, &self.file) else {
            return Ok(());
        };
        if let Some(folder) = path.parent() {
            private_folder(folder)?;
        }
        let bytes = stored::encode(self, SystemTime::now())
            .map_err(|e| Error::io("encode", path, std::io::Error::other(e)))?;
        ebd_fs::replace(path, &bytes)?;
        self.changed = false;
        Ok(())
    }

    /// What is known of the repository's folders, for [`RepoTree::scan_with`](ebd_repo::RepoTree::scan_with).
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Takes over what a scan has found out about the folders.
    pub fn set_folders(&mut self, folders: Folders) {
        self.changed = true;
        self.folders = folders;
    }

    /// The names of all entries, as [`Backend::list`] gives them; a store whose folders have not changed is not listed again.
    ///
    /// # Errors
    /// The store cannot be listed.
    pub fn list(&mut self, store: &dyn Backend) -> Result<Vec<String>, Error> {
        let begin = SystemTime::now();
        let shelves = store.shelves();
        if !shelves.is_empty() && shelves == self.shelves {
            return Ok(self.pairs.iter().map(|(cpv, _)| cpv.to_owned()).collect());
        }
        let names = store.list()?;
        let pairs = self.pairs.iter().map(|(cpv, _)| cpv);
        let settled = shelves.iter().all(|(_, stamp)| stamp.is_settled(begin));
        let vouched = if settled && pairs.eq(&names) {
            shelves
        } else {
            Vec::new()
        };
        self.changed |= self.shelves != vouched;
        self.shelves = vouched;
        Ok(names)
    }

    /// Whether the store has entries for so many ebuilds, all of them known, and no others: after a run over the whole
    /// repository, nothing in it is stale then.
    pub fn covers(&self, store: &dyn Backend, ebuilds: usize) -> bool {
        let shelves = self.pairs.len() == ebuilds && !self.shelves.is_empty();
        shelves && store.shelves() == self.shelves
    }

    /// Number of ebuilds that the index vouches for as long as their files do not change.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// What is known of an ebuild. `hint` is where it probably is, and becomes where its neighbour probably is.
    pub(crate) fn pair(&self, cpv: &str, hint: &mut usize) -> Option<&Pair> {
        self.pairs.find(cpv, hint)
    }

    pub(crate) fn sets(&self) -> &EclassSets {
        &self.sets
    }

    pub(crate) fn eclasses(&self) -> Arc<HashMap<PathBuf, (Stamp, Md5)>> {
        Arc::clone(&self.eclasses)
    }

    /// Takes over what a run has found out: pairs to forget and to remember, and all eclasses it has looked at.
    pub(crate) fn update(
        &mut self,
        forgotten: &[&str],
        learned: Vec<(String, Stamp, Stamp, Vec<EclassDigest>)>,
        eclasses: HashMap<PathBuf, (Stamp, Md5)>,
    ) {
        let forgotten: HashSet<&str> = forgotten.iter().copied().collect();
        if !forgotten.is_empty() {
            self.retain(&|cpv| !forgotten.contains(cpv));
        }
        if !learned.is_empty() {
            self.changed = true;
            self.shelves.clear();
            self.learn(learned);
        }
        if eclasses != *self.eclasses {
            self.changed = true;
            self.eclasses = Arc::new(eclasses);
        }
    }

    fn learn(&mut self, learned: Vec<(String, Stamp, Stamp, Vec<EclassDigest>)>) {
        let mut sets = SetMaker::default();
        let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
        for (cpv, ebuild, entry, set) in learned {
            let eclasses = sets.number(set.iter());
            let pair = Pair {
                ebuild,
                entry,
                eclasses,
            };
            pairs.insert(cpv, pair);
        }
        for (cpv, pair) in self.pairs.iter() {
            if let (false, Some(set)) = (pairs.contains_key(cpv), self.sets.get(pair.eclasses)) {
                let eclasses = sets.number(set);
                pairs.insert(cpv.to_owned(), Pair { eclasses, ..*pair });
            }
        }
        self.pairs = Pairs::from_sorted(pairs.iter().map(|(cpv, pair)| (cpv.as_str(), *pair)));
        self.sets = sets.finish();
    }

    /// Forgets ebuilds that a run over the whole repository did not meet.
    pub(crate) fn retain(&mut self, present: &dyn Fn(&str) -> bool) {
        let pairs = self.pairs.filtered(present);
        if pairs.len() != self.pairs.len() {
            self.changed = true;
            self.shelves.clear();
            self.pairs = pairs;
        }
    }
}

/// Makes a folder that only the caller may use, unless it exists.
fn private_folder(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|e| Error::io("create the folder", folder, e))
}

fn nanoseconds(time: SystemTime) -> i64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_from_the_future_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = StatIndex::load(folder.path(), Path::new("/repo"), Path::new("/store"));
        index.changed = true;
        let file = index.file.clone().unwrap();
        index.store().unwrap();
        let bytes = fs::read(file).unwrap();
        let now = SystemTime::now();
        assert!(stored::decode(&bytes, &index.owner, now).is_some());
        let earlier = now - Duration::from_secs(3600);
        assert!(stored::decode(&bytes, &index.owner, earlier).is_none());
    }
}
