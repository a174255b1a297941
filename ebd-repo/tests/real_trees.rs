//! Real repositories: `EBD_TEST_TREES` is a folder with the repositories `gentoo` and `guru`.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_fs::md5_hex;
use ebd_repo::{EclassDigests, RepoSet, RepoTree, Repository, SearchPaths, read_source};

fn tree(name: &str) -> Option<RepoTree> {
    let path = env::var_os("EBD_TEST_TREES")
        .map(|trees| PathBuf::from(trees).join(name))
        .filter(|path| path.is_dir());
    let Some(path) = path else {
        eprintln!(
            "NOT TESTED: EBD_TEST_TREES is not set, or has no repository {name}: no real repository was read"
        );
        return None;
    };
    let set = RepoSet::new(SearchPaths {
        siblings: true,
        ..SearchPaths::default()
    })
    .unwrap();
    Some(
        set.resolve(Arc::new(Repository::open(path).unwrap()))
            .unwrap(),
    )
}

/// Every `*.ebuild` two levels below the repository, found in another way.
fn files(root: &Path) -> BTreeSet<PathBuf> {
    let children = |folder: PathBuf| {
        fs::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
    };
    children(root.to_owned())
        .flat_map(children)
        .flat_map(children)
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "ebuild")
        })
        .collect()
}

#[test]
fn every_ebuild_is_found_once() {
    for name in ["gentoo", "guru"] {
        let Some(tree) = tree(name) else { return };
        let scan = tree.scan().unwrap();
        assert_eq!(scan.problems, []);
        let found: BTreeSet<PathBuf> = scan
            .ebuilds
            .iter()
            .map(|ebuild| ebuild.path().to_owned())
            .collect();
        assert_eq!(found.len(), scan.ebuilds.len());
        assert_eq!(found, files(tree.path()));
        eprintln!(
            "{name}: {} ebuilds, {} eclasses",
            found.len(),
            tree.eclasses().len()
        );
        for ebuild in scan.ebuilds.iter().step_by(97) {
            let cpv = ebuild.cpv();
            let selection = tree.select(cpv, Path::new("/")).unwrap();
            assert_eq!(selection.scan.ebuilds, std::slice::from_ref(ebuild));
        }
    }
}

/// The cache published with guru was made with the eclasses of some day: its sums show that files are hashed as they should
/// be, not that the cache is up to date.
#[test]
fn sums_are_those_of_the_published_cache() {
    let Some(tree) = tree("guru") else { return };
    let digests = EclassDigests::new(tree.eclasses());
    let (mut ebuilds, mut eclasses, mut seen) = (0, 0, 0);
    for ebuild in tree.scan().unwrap().ebuilds {
        let Ok(text) =
            fs::read_to_string(tree.path().join("metadata/md5-cache").join(ebuild.cpv()))
        else {
            continue;
        };
        let value = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key))
                .unwrap_or_default()
        };
        ebuilds +=
            usize::from(md5_hex(&read_source(ebuild.path()).unwrap().md5) == value("_md5_="));
        let fields: Vec<&str> = value("_eclasses_=").split('\t').collect();
        for pair in fields.chunks_exact(2) {
            seen += 1;
            let digest = digests.get(pair[0]).unwrap();
            eclasses += usize::from(digest.is_some_and(|digest| md5_hex(&digest.md5) == pair[1]));
        }
    }
    eprintln!("{ebuilds} ebuilds and {eclasses} of {seen} eclass sums are as published");
    assert!(ebuilds > 3000 && eclasses > seen / 2);
}
