//! Every entry of real caches. `EBD_TEST_MD5_CACHE` is a cache made by `egencache`; `EBD_TEST_TREES` is a folder with the
//! repository `guru`, whose published cache is used.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests"
)]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;

use ebd_cache::{Backend, Entry, Md5Dict};

/// The folder named by a variable, or a loud line.
fn folder(variable: &str, below: &str) -> Option<PathBuf> {
    let folder = env::var_os(variable)
        .map(|root| PathBuf::from(root).join(below))
        .filter(|path| path.is_dir());
    if folder.is_none() {
        eprintln!(
            "NOT TESTED: {variable} is not set, or has no folder {below:?}: real caches were not compared"
        );
    }
    folder
}

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
