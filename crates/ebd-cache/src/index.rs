//! What earlier runs have found out about files, so that an unchanged tree costs only looking at them.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ebd_repo::{Category, Folders, Listing, Stamp};
use md5::{Digest, Md5 as Hasher};
use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::entry::EclassDigest;
use crate::error::Error;
use crate::file;
use crate::md5::Md5;

/// Raised whenever the form of the file changes; another one is as good as none.
const VERSION: u32 = 1;

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
    sets: Vec<Vec<EclassDigest>>,
    /// Sorted by name.
    pairs: Vec<(String, Pair)>,
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

/// An ebuild and its entry that belonged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) ebuild: Stamp,
    pub(crate) entry: Stamp,
    /// Number of its eclasses in the list of sets.
    pub(crate) eclasses: usize,
}

/// Size, times of modification and change, inode, device.
type Row = (u64, i64, i64, u64, u64);

/// Folder and names of a category's folder; the same of its packages.
type StoredCategory = (Option<(Row, Vec<String>)>, Vec<(String, Row, Vec<String>)>);

#[derive(Serialize, Deserialize)]
struct Stored {
    owner: Owner,
    made_ns: i64,
    folders: Vec<(String, StoredCategory)>,
    eclasses: Vec<(Vec<u8>, Row, [u8; 16])>,
    sets: Vec<Vec<(String, [u8; 16])>>,
    pairs: Vec<(String, Row, Row, u32)>,
    shelves: Vec<(String, Row)>,
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
        let read = file::read(&path).ok().flatten();
        let index =
            read.and_then(|(bytes, _)| StatIndex::decode(&bytes, &owner, SystemTime::now()));
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
                .and_then(|(bytes, _)| {
                    Some(postcard::take_from_bytes::<Owner>(body(&bytes)?).ok()?.0)
                });
            let exists = |path: &[u8]| Path::new(OsStr::from_bytes(path)).exists();
            if owner.is_some_and(|owner| exists(&owner.repository) && exists(&owner.store)) {
                continue;
            }
            fs::remove_file(&entry.path).map_err(|e| Error::io("remove", &entry.path, e))?;
            removed += 1;
        }
        Ok(removed)
    }

    fn decode(bytes: &[u8], owner: &Owner, now: SystemTime) -> Option<StatIndex> {
        let stored: Stored = postcard::from_bytes(body(bytes)?).ok()?;
        // The clock went backwards: new times may be those of earlier changes.
        if stored.owner != *owner || stored.made_ns > nanoseconds(now) {
            return None;
        }
        let eclasses = stored.eclasses.into_iter().map(|(path, row, md5)| {
            (
                PathBuf::from(OsStr::from_bytes(&path)),
                (stamp(row), Md5(md5)),
            )
        });
        let eclass = |(name, md5)| EclassDigest {
            name,
            md5: Md5(md5),
        };
        let sets: Vec<Vec<EclassDigest>> = stored
            .sets
            .into_iter()
            .map(|set| set.into_iter().map(eclass).collect())
            .collect();
        let pair = |(cpv, ebuild, entry, set): (String, Row, Row, u32)| {
            let pair = Pair {
                ebuild: stamp(ebuild),
                entry: stamp(entry),
                eclasses: usize::try_from(set).ok().filter(|set| *set < sets.len())?,
            };
            Some((cpv, pair))
        };
        let mut pairs: Vec<(String, Pair)> =
            stored.pairs.into_iter().map(pair).collect::<Option<_>>()?;
        pairs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Some(StatIndex {
            folders: stored.folders.into_iter().map(folder).collect(),
            eclasses: Arc::new(eclasses.collect()),
            pairs,
            shelves: stored
                .shelves
                .into_iter()
                .map(|(name, row)| (name, stamp(row)))
                .collect(),
            sets,
            ..StatIndex::default()
        })
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
        let stored = Stored {
            owner: self.owner.clone(),
            made_ns: nanoseconds(SystemTime::now()),
            folders: self.folders.iter().map(stored_folder).collect(),
            eclasses: self
                .eclasses
                .iter()
                .map(|(path, (stamp, md5))| {
                    (path.as_os_str().as_bytes().to_owned(), row(stamp), md5.0)
                })
                .collect(),
            sets: self
                .sets
                .iter()
                .map(|set| set.iter().map(|e| (e.name.clone(), e.md5.0)).collect())
                .collect(),
            pairs: self
                .pairs
                .iter()
                .map(|(cpv, pair)| {
                    let set = u32::try_from(pair.eclasses).unwrap_or(u32::MAX);
                    (cpv.clone(), row(&pair.ebuild), row(&pair.entry), set)
                })
                .collect(),
            shelves: self
                .shelves
                .iter()
                .map(|(name, stamp)| (name.clone(), row(stamp)))
                .collect(),
        };
        let body = postcard::to_stdvec(&stored)
            .map_err(|e| Error::io("encode", path, std::io::Error::other(e)))?;
        let mut bytes = VERSION.to_le_bytes().to_vec();
        bytes.extend(crc32fast::hash(&body).to_le_bytes());
        bytes.extend(body);
        file::replace(path, &bytes)?;
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
            return Ok(self.pairs.iter().map(|(cpv, _)| cpv.clone()).collect());
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
        let at = match self.pairs.get(*hint) {
            Some((name, _)) if name == cpv => *hint,
            _ => self
                .pairs
                .binary_search_by(|(name, _)| name.as_str().cmp(cpv))
                .ok()?,
        };
        *hint = at.wrapping_add(1);
        self.pairs.get(at).map(|(_, pair)| pair)
    }

    pub(crate) fn sets(&self) -> &[Vec<EclassDigest>] {
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
            let mut known: HashMap<Vec<EclassDigest>, usize> = HashMap::new();
            for (number, set) in std::mem::take(&mut self.sets).into_iter().enumerate() {
                known.insert(set, number);
            }
            let names: HashSet<&str> = learned.iter().map(|(cpv, ..)| cpv.as_str()).collect();
            self.pairs.retain(|(cpv, _)| !names.contains(cpv.as_str()));
            for (cpv, ebuild, entry, set) in learned {
                let next = known.len();
                let pair = Pair {
                    ebuild,
                    entry,
                    eclasses: *known.entry(set).or_insert(next),
                };
                self.pairs.push((cpv, pair));
            }
            self.pairs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            self.sets = number(known);
            self.drop_unused_sets();
        }
        if eclasses != *self.eclasses {
            self.changed = true;
            self.eclasses = Arc::new(eclasses);
        }
    }

    /// Forgets ebuilds that a run over the whole repository did not meet.
    pub(crate) fn retain(&mut self, present: &dyn Fn(&str) -> bool) {
        let before = self.pairs.len();
        self.pairs.retain(|(cpv, _)| present(cpv));
        if self.pairs.len() != before {
            self.changed = true;
            self.shelves.clear();
        }
    }

    fn drop_unused_sets(&mut self) {
        let mut kept: HashMap<usize, usize> = HashMap::new();
        for (_, pair) in &mut self.pairs {
            let next = kept.len();
            pair.eclasses = *kept.entry(pair.eclasses).or_insert(next);
        }
        let sets = std::mem::take(&mut self.sets);
        let used = sets.into_iter().enumerate();
        let used = used.filter_map(|(number, set)| Some((set, *kept.get(&number)?)));
        self.sets = number(used.collect());
    }
}

/// Sets in the order of their numbers, which are those from 0 on.
fn number(known: HashMap<Vec<EclassDigest>, usize>) -> Vec<Vec<EclassDigest>> {
    let mut sets: Vec<(usize, Vec<EclassDigest>)> = known
        .into_iter()
        .map(|(set, number)| (number, set))
        .collect();
    sets.sort_unstable_by_key(|(number, _)| *number);
    sets.into_iter().map(|(_, set)| set).collect()
}

/// What stands behind version and checksum, if both are right.
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let (head, body) = bytes.split_at_checked(8)?;
    let (version, sum) = head.split_at_checked(4)?;
    let right = version == VERSION.to_le_bytes() && sum == crc32fast::hash(body).to_le_bytes();
    right.then_some(body)
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

fn folder((name, (listing, packages)): (String, StoredCategory)) -> (String, Category) {
    let of = |row, names| Listing {
        stamp: stamp(row),
        names,
    };
    let category = Category {
        listing: listing.map(|(row, names)| of(row, names)),
        packages: packages
            .into_iter()
            .map(|(name, row, names)| (name, of(row, names)))
            .collect(),
    };
    (name, category)
}

fn stored_folder((name, category): (&str, &Category)) -> (String, StoredCategory) {
    let listing = category.listing.as_ref();
    let packages = category
        .packages
        .iter()
        .map(|(name, listing)| (name.clone(), row(&listing.stamp), listing.names.clone()));
    let listing = listing.map(|listing| (row(&listing.stamp), listing.names.clone()));
    (name.to_owned(), (listing, packages.collect()))
}

fn row(stamp: &Stamp) -> Row {
    (
        stamp.size,
        stamp.mtime_ns,
        stamp.ctime_ns,
        stamp.inode,
        stamp.device,
    )
}

fn stamp((size, mtime_ns, ctime_ns, inode, device): Row) -> Stamp {
    Stamp {
        size,
        mtime_ns,
        ctime_ns,
        inode,
        device,
    }
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
        assert!(StatIndex::decode(&bytes, &index.owner, now).is_some());
        let earlier = now - Duration::from_secs(3600);
        assert!(StatIndex::decode(&bytes, &index.owner, earlier).is_none());
    }
}
