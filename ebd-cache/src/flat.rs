//! The flat backend: Portage's external cache.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ebd_fs::Stamp;
use ebd_repo::{EclassDigests, RepoTree, read_source};

use crate::backend::{Backend, PutOutcome};
use crate::entry::Entry;
use crate::error::Error;
use crate::file;
use crate::flat_format::{FlatEclass, FlatEntry, FlatSums};
use crate::folder::Folder;
use crate::lock::Lock;
use crate::md5::Md5;
use crate::name;
use crate::verdict::Verdict;

/// What [`Flat`] must know about the files that entries are made from, because the format tells them by their times.
pub trait FlatSources: Send + Sync {
    /// Time of modification, in seconds, and MD5 of the ebuild of an entry; `None` if there is none that can be read.
    fn ebuild(&self, cpv: &str) -> Option<(i64, Md5)>;

    /// Folder, time of modification in seconds, and MD5 of the eclass that ebuilds of the repository inherit under this
    /// name; `None` if there is none that can be read.
    fn eclass(&self, name: &str) -> Option<(PathBuf, i64, Md5)>;
}

/// The files of a repository and its masters.
#[derive(Debug)]
pub struct TreeSources {
    root: PathBuf,
    eclasses: EclassDigests,
}

impl TreeSources {
    /// Looks into a repository. Eclasses are read once, ebuilds each time.
    pub fn new(tree: &RepoTree) -> TreeSources {
        TreeSources {
            root: tree.path().to_owned(),
            eclasses: EclassDigests::new(tree.eclasses()),
        }
    }
}

impl FlatSources for TreeSources {
    fn ebuild(&self, cpv: &str) -> Option<(i64, Md5)> {
        let (category, pf) = name::split(cpv).ok()?;
        let package = name::package_of(pf)?;
        let file = self
            .root
            .join(category)
            .join(package)
            .join(format!("{pf}.ebuild"));
        let source = read_source(&file).ok()?;
        Some((seconds(&source.stamp), source.md5.into()))
    }

    fn eclass(&self, name: &str) -> Option<(PathBuf, i64, Md5)> {
        let digest = self.eclasses.get(name).ok().flatten()?;
        let folder = self.eclasses.path(name)?.parent()?.to_owned();
        Some((folder, seconds(&digest.stamp), digest.md5.into()))
    }
}

/// Seconds since 1970 as Portage counts them: rounded down.
fn seconds(stamp: &Stamp) -> i64 {
    stamp.mtime_ns.div_euclid(1_000_000_000)
}

/// Entries as files `<root>/<category>/<package>-<version>`, in the format of Portage's cache in `/var/cache/edb/dep`
/// (`portage.cache.flat_hash`); the root is that folder followed by the path of the repository.
///
/// Both forms that Portage's classes write are read. Written is the form with times where ebuild and eclasses are the ones
/// that the entry was made from, because every class accepts it; else the form with MD5 sums, which tells no lie about them.
/// An entry with times that do not fit the files any more is [`Error::Outdated`].
pub struct Flat {
    folder: Folder,
    sources: Box<dyn FlatSources>,
}

impl Flat {
    /// Uses a folder that need not exist; nothing is read or written yet.
    pub fn open(root: impl Into<PathBuf>, sources: impl FlatSources + 'static) -> Flat {
        Flat {
            folder: Folder::new(root.into()),
            sources: Box::new(sources),
        }
    }

    /// Uses the folder that a lock is held on. [`list`](Backend::list) then removes temporary files of killed runs.
    pub fn open_locked(lock: &Lock, sources: impl FlatSources + 'static) -> Flat {
        Flat {
            folder: Folder::locked(lock),
            sources: Box::new(sources),
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

    /// The MD5 sums behind the times, if the files are still those.
    fn resolve(&self, cpv: &str, flat: FlatEntry) -> Result<Entry, Verdict> {
        let mut entry = flat.values;
        let eclasses: Vec<(String, Md5)> = match flat.sums {
            FlatSums::Md5 { ebuild, eclasses } => {
                entry.set_md5(ebuild);
                eclasses.into_iter().map(|e| (e.name, e.sum)).collect()
            }
            FlatSums::Mtime { ebuild, eclasses } => {
                match self.sources.ebuild(cpv) {
                    None => return Err(Verdict::EbuildMissing),
                    Some((mtime, _)) if mtime != ebuild => return Err(Verdict::EbuildChanged),
                    Some((_, md5)) => entry.set_md5(md5),
                }
                let resolve = |eclass: FlatEclass<i64>| {
                    let name = eclass.name;
                    match self.sources.eclass(&name) {
                        None => Err(Verdict::EclassMissing { name }),
                        Some((_, mtime, _)) if mtime != eclass.sum => {
                            Err(Verdict::EclassChanged { name })
                        }
                        Some((_, _, md5)) => Ok((name, md5)),
                    }
                };
                eclasses
                    .into_iter()
                    .map(resolve)
                    .collect::<Result<_, _>>()?
            }
        };
        entry.set_eclasses(eclasses).map_err(|e| Verdict::Corrupt {
            reason: e.to_string(),
        })?;
        Ok(entry)
    }

    /// The form that suits an entry.
    fn flat(&self, cpv: &str, entry: &Entry) -> FlatEntry {
        let found: Vec<Option<(PathBuf, i64, Md5)>> = entry
            .eclasses()
            .iter()
            .map(|eclass| self.sources.eclass(&eclass.name))
            .collect();
        let times = || -> Option<FlatSums> {
            let (ebuild, md5) = self.sources.ebuild(cpv)?;
            let same = |(known, now): (&crate::entry::EclassDigest, &Option<_>)| {
                let (folder, mtime, md5): &(PathBuf, i64, Md5) = now.as_ref()?;
                let folder = folder.to_str()?;
                (*md5 == known.md5).then(|| FlatEclass {
                    name: known.name.clone(),
                    folder: folder.to_owned(),
                    sum: *mtime,
                })
            };
            let pairs = entry.eclasses().iter().zip(&found);
            let eclasses = pairs.map(same).collect::<Option<Vec<_>>>()?;
            (md5 == entry.md5()).then_some(FlatSums::Mtime { ebuild, eclasses })
        };
        let sums = times().unwrap_or_else(|| FlatSums::Md5 {
            ebuild: entry.md5(),
            eclasses: entry
                .eclasses()
                .iter()
                .zip(&found)
                .map(|(known, now)| FlatEclass {
                    name: known.name.clone(),
                    // Portage reads past it.
                    folder: now
                        .as_ref()
                        .and_then(|(folder, ..)| folder.to_str())
                        .unwrap_or_default()
                        .to_owned(),
                    sum: known.md5,
                })
                .collect(),
        });
        FlatEntry {
            values: entry.clone(),
            sums,
        }
    }
}

impl Backend for Flat {
    fn get(&self, cpv: &str) -> Result<Option<Entry>, Error> {
        let path = self.path(cpv)?;
        let Some((bytes, metadata)) = file::read(&path)? else {
            return Ok(None);
        };
        match FlatEntry::parse(&bytes, metadata.mtime()) {
            Err(source) => Err(Error::Corrupt { path, source }),
            Ok(flat) => match self.resolve(cpv, flat) {
                Ok(entry) => Ok(Some(entry)),
                Err(verdict) => Err(Error::Outdated { path, verdict }),
            },
        }
    }

    fn put(&self, cpv: &str, entry: &Entry) -> Result<PutOutcome, Error> {
        let path = self.path(cpv)?;
        let content = self.flat(cpv, entry).to_bytes();
        if file::read(&path)?.is_some_and(|(old, _)| old == content) {
            return Ok(PutOutcome::Unchanged);
        }
        ebd_fs::replace(&path, &content)?;
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
