//! Which entries of a repository are true, found out with as little reading as possible.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use ebd_fs::chain;
use ebd_fs::{Stamp, StampFolder};
use ebd_repo::{EbuildFile, EclassDigests, RepoTree, in_threads, read_source};

use crate::backend::Backend;
use crate::entry::{EclassDigest, Entry};
use crate::index::StatIndex;
use crate::md5::Md5;
use crate::validate::{EclassResolver, check, validate_eclasses};
use crate::verdict::Verdict;

/// Ebuilds that a thread takes at a time.
const BATCH: usize = 64;

/// Says for each ebuild whether its stored entry can be used.
///
/// What the index vouches for is only looked at (`stat`), in parallel; everything else is read and hashed, and the index
/// learns it. With `whole`, the ebuilds are all of the repository, and the index forgets others. An entry that cannot be read
/// is [`Verdict::Corrupt`], an ebuild that cannot be read [`Verdict::EbuildUnreadable`]: neither keeps the others from being
/// checked.
pub fn check_tree(
    tree: &RepoTree,
    ebuilds: &[EbuildFile],
    cache: &dyn Backend,
    index: &mut StatIndex,
    whole: bool,
) -> Vec<Verdict> {
    let known = index.eclasses();
    let digests = EclassDigests::with_known(tree.eclasses(), move |path, stamp| {
        let (then, md5) = known.get(path)?;
        (then == stamp).then_some(md5.0)
    });
    let begin = SystemTime::now();
    let run = Run {
        tree,
        cache,
        index,
        eclasses: &Eclasses(&digests),
        begin,
        sets: (0..index.sets().len()).map(|_| OnceLock::new()).collect(),
    };
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Checked)>> = Mutex::default();
    // Of most repositories there is nothing to say.
    let news = |(_, checked): &(usize, Checked)| {
        !matches!(
            (&checked.verdict, &checked.memory),
            (Verdict::Good, Memory::Vouched)
        )
    };
    let work = || {
        let mut own = Vec::new();
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(batch) = ebuilds.get(first..).filter(|rest| !rest.is_empty()) else {
                break;
            };
            let batch = batch.get(..BATCH).unwrap_or(batch);
            own.extend((first..).zip(run.check(batch)).filter(news));
        }
        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
        results.extend(own);
    };
    in_threads(ebuilds.len().div_ceil(BATCH), work);
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut verdicts = vec![Verdict::Good; ebuilds.len()];
    let (mut forgotten, mut learned) = (Vec::new(), Vec::new());
    for (number, checked) in results {
        let (Some(verdict), Some(ebuild)) = (verdicts.get_mut(number), ebuilds.get(number)) else {
            continue;
        };
        *verdict = checked.verdict;
        match checked.memory {
            Memory::Vouched => {}
            Memory::Unknown => forgotten.push(ebuild.cpv()),
            Memory::Learned(found) => {
                let (ebuild_stamp, entry_stamp, eclasses) = *found;
                learned.push((ebuild.cpv().to_owned(), ebuild_stamp, entry_stamp, eclasses));
            }
        }
    }
    let looked_at: HashMap<PathBuf, (Stamp, Md5)> = digests
        .computed()
        .filter(|(_, _, digest)| digest.stamp.is_settled(begin))
        .map(|(_, path, digest)| (path.to_owned(), (digest.stamp, digest.md5.into())))
        .collect();
    let mut eclasses = if whole {
        HashMap::new()
    } else {
        HashMap::clone(&index.eclasses())
    };
    eclasses.extend(looked_at);
    index.update(&forgotten, learned, eclasses);
    // As many as there are ebuilds: then they are those.
    if whole && index.len() != ebuilds.len() {
        let present: HashSet<&str> = ebuilds.iter().map(EbuildFile::cpv).collect();
        index.retain(&|cpv| present.contains(cpv));
    }
    verdicts
}

struct Eclasses<'a>(&'a EclassDigests);

impl EclassResolver for Eclasses<'_> {
    fn md5(&self, eclass: &str) -> Option<Md5> {
        let digest = self.0.get(eclass).ok().flatten()?;
        Some(digest.md5.into())
    }
}

/// The folder of the category that was looked into last.
struct Folders<'a> {
    root: &'a Path,
    open: Option<(&'a str, Option<StampFolder>)>,
    /// Where the next ebuild probably is in the index.
    hint: usize,
}

impl<'a> Folders<'a> {
    fn stamp(&mut self, ebuild: &'a EbuildFile) -> Option<Stamp> {
        let category = ebuild.category();
        if self.open.as_ref().is_none_or(|(open, _)| *open != category) {
            self.open = Some((category, StampFolder::open(&self.root.join(category)).ok()));
        }
        // Every ebuild of a repository is at ROOT/CATEGORY/PACKAGE/FILE.
        let folder = self.root.as_os_str().len().checked_add(category.len())?;
        let path = ebuild.path().to_str()?;
        let below = path.get(folder.checked_add(2)?..)?;
        self.open.as_ref()?.1.as_ref()?.stamp(below).ok()
    }
}

struct Run<'a> {
    tree: &'a RepoTree,
    cache: &'a dyn Backend,
    index: &'a StatIndex,
    eclasses: &'a Eclasses<'a>,
    begin: SystemTime,
    /// What is to be said of the eclasses of each set of the index.
    sets: Vec<OnceLock<Verdict>>,
}

struct Checked {
    verdict: Verdict,
    memory: Memory,
}

/// What the index is to do.
enum Memory {
    /// It knew.
    Vouched,
    /// There is nothing to remember.
    Unknown,
    /// Ebuild, entry and eclasses that belong together.
    Learned(Box<(Stamp, Stamp, Vec<EclassDigest>)>),
}

impl Run<'_> {
    fn check<'b>(&'b self, batch: &'b [EbuildFile]) -> impl Iterator<Item = Checked> + 'b {
        let names: Vec<&str> = batch.iter().map(EbuildFile::cpv).collect();
        let entries = self.cache.stamps(&names);
        let mut folders = Folders {
            root: self.tree.path(),
            open: None,
            hint: 0,
        };
        let entries = entries.into_iter().chain(std::iter::repeat(None));
        batch.iter().zip(entries).map(move |(ebuild, entry)| {
            self.vouched(ebuild, entry, &mut folders)
                .unwrap_or_else(|| {
                    let (verdict, memory) = self.read(ebuild, entry);
                    Checked { verdict, memory }
                })
        })
    }

    /// What is to be said of an ebuild that the index knows, if it and its entry are still those files.
    fn vouched<'b>(
        &self,
        ebuild: &'b EbuildFile,
        entry: Option<Stamp>,
        folders: &mut Folders<'b>,
    ) -> Option<Checked>
    where
        Self: 'b,
    {
        let pair = self.index.pair(ebuild.cpv(), &mut folders.hint)?;
        if Some(pair.entry) != entry || folders.stamp(ebuild)? != pair.ebuild {
            return None;
        }
        let set = self.index.sets().get(pair.eclasses)?;
        let verdict = self
            .sets
            .get(pair.eclasses)?
            .get_or_init(|| validate_eclasses(set, self.eclasses));
        Some(Checked {
            verdict: verdict.clone(),
            memory: Memory::Vouched,
        })
    }

    fn read(&self, ebuild: &EbuildFile, before: Option<Stamp>) -> (Verdict, Memory) {
        let source = match read_source(ebuild.path()) {
            Ok(source) => source,
            Err(error) => {
                let reason = chain(&error);
                return (Verdict::EbuildUnreadable { reason }, Memory::Unknown);
            }
        };
        let found = check(self.cache, ebuild.cpv(), source.md5.into(), self.eclasses);
        let (verdict, entry) = match found {
            Ok(found) => found,
            Err(error) => {
                let reason = chain(&error);
                return (Verdict::Corrupt { reason }, Memory::Unknown);
            }
        };
        let settled = |stamp: &Stamp| stamp.is_settled(self.begin);
        // The entry was read between these two looks at it.
        let same = before
            .filter(settled)
            .filter(|before| self.cache.stamps(&[ebuild.cpv()]) == [Some(*before)]);
        match (same, entry) {
            (Some(stamp), Some(entry)) if settled(&source.stamp) => {
                let eclasses = Entry::eclasses(&entry).to_vec();
                let found = Box::new((source.stamp, stamp, eclasses));
                (verdict, Memory::Learned(found))
            }
            _ => (verdict, Memory::Unknown),
        }
    }
}
