//! Every entry of real caches. `EBD_TEST_MD5_CACHE` is a cache made by `egencache`; `EBD_TEST_TREES` is a folder with the
//! repository `guru`, whose published cache is used.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use common::folder;
use ebd_cache::{Backend, Entry, Flat, Md5Dict, PackedStore, TreeSources};
use ebd_repo::{RepoSet, RepoTree, SearchPaths};
use tempfile::tempdir;

fn each_entry(root: PathBuf, mut compare: impl FnMut(&str, &Entry, &[u8])) -> usize {
    let cache = Md5Dict::open(root);
    let names = cache.list().unwrap();
    for cpv in &names {
        let bytes = fs::read(cache.path(cpv).unwrap()).unwrap();
        let parsed =
            Entry::parse_md5_dict_with_unknown(&bytes).unwrap_or_else(|e| panic!("{cpv}: {e}"));
        assert!(
            parsed.unknown_keys.is_empty(),
            "{cpv}: {:?}",
            parsed.unknown_keys
        );
        compare(cpv, &parsed.entry, &bytes);
    }
    eprintln!(
        "{} entries of {} compared",
        names.len(),
        cache.root().display()
    );
    names.len()
}

#[test]
fn entries_made_by_egencache_are_rewritten_byte_for_byte() {
    let Some(root) = folder("EBD_TEST_MD5_CACHE", "") else {
        return;
    };
    let count = each_entry(root, |cpv, entry, bytes| {
        assert_eq!(
            String::from_utf8_lossy(&entry.to_md5_dict()),
            String::from_utf8_lossy(bytes),
            "{cpv}"
        );
    });
    assert!(count > 0);
}

/// That cache is not made by `egencache`: its eclasses are in another order, and some keys are written without a value.
/// Nothing else may differ.
#[test]
fn published_entries_say_the_same_when_they_are_rewritten() {
    let Some(root) = folder("EBD_TEST_TREES", "guru/metadata/md5-cache") else {
        return;
    };
    let sorted = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8(bytes.to_owned()).unwrap();
        text.split('\n')
            .filter(|line| !line.ends_with('='))
            .map(|line| match line.strip_prefix("_eclasses_=") {
                Some(value) => {
                    let fields: Vec<&str> = value.split('\t').collect();
                    let pairs: BTreeSet<&[&str]> = fields.chunks(2).collect();
                    format!("_eclasses_={pairs:?}")
                }
                None => line.to_owned(),
            })
            .collect()
    };
    let mut identical = 0;
    let count = each_entry(root, |cpv, entry, bytes| {
        assert_eq!(sorted(&entry.to_md5_dict()), sorted(bytes), "{cpv}");
        identical += usize::from(entry.to_md5_dict() == bytes);
    });
    eprintln!("{identical} of them are identical to the byte");
    assert!(count > 0);
}

/// The repository `guru` among the trees.
fn guru() -> Option<RepoTree> {
    let trees = folder("EBD_TEST_TREES", "")?;
    let set = RepoSet::new(SearchPaths {
        repos_dirs: vec![trees],
        ..SearchPaths::default()
    });
    let set = set.unwrap();
    let guru = set.find("guru").unwrap();
    Some(set.resolve(guru).unwrap())
}

/// Puts everything that one store has into another.
fn convert(from: &dyn Backend, to: &dyn Backend) -> usize {
    let names = from.list().unwrap();
    for cpv in &names {
        to.put(cpv, &from.get(cpv).unwrap().unwrap()).unwrap();
    }
    to.flush().unwrap();
    names.len()
}

/// The master of that overlay may lack eclasses and the overlay's files may be newer than its cache, so that both forms of
/// flat entries are among them.
#[test]
fn conversions_there_and_back_change_no_published_entry() {
    let (Some(root), Some(tree)) = (folder("EBD_TEST_TREES", "guru/metadata/md5-cache"), guru())
    else {
        return;
    };
    let work = tempdir().unwrap();
    let published = Md5Dict::open(&root);
    let straight = Md5Dict::open(work.path().join("straight"));
    let count = convert(&published, &straight);
    assert!(count > 0);
    let names = published.list().unwrap();

    let packed = PackedStore::open(work.path().join("packed")).unwrap();
    let flat = Flat::open(work.path().join("flat"), TreeSources::new(&tree));
    let ways: [(&str, &dyn Backend); 2] = [("packed", &packed), ("flat", &flat)];
    for (way, store) in ways {
        let back = Md5Dict::open(work.path().join(format!("back-from-{way}")));
        assert_eq!(convert(&published, store), count);
        assert_eq!(store.list().unwrap(), names, "{way}");
        assert_eq!(convert(store, &back), count);
        for cpv in &names {
            let text = |cache: &Md5Dict| fs::read_to_string(cache.path(cpv).unwrap()).unwrap();
            assert_eq!(text(&back), text(&straight), "{way}: {cpv}");
            assert_eq!(
                back.get(cpv).unwrap(),
                published.get(cpv).unwrap(),
                "{way}: {cpv}"
            );
        }
    }
    let by_time = names
        .iter()
        .filter(|cpv| {
            let text = fs::read_to_string(flat.path(cpv).unwrap()).unwrap();
            text.contains("\n_mtime_=")
        })
        .count();
    eprintln!(
        "{count} entries converted; {by_time} of them are told by times in flat, the others by MD5"
    );
}
