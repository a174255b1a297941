//! Real trees: `EBD_TEST_TREES` names a folder with the repositories `gentoo` and `guru`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::path::PathBuf;

use common::{Entries, Repos, bash_is_5_3, entries};

/// A category of each repository: many eclasses, ebuilds of several EAPIs.
const CATEGORIES: [(&str, &str); 2] = [("gentoo", "dev-util"), ("guru", "app-misc")];

/// The folder with the trees; a loud line if there is none.
fn trees(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("EBD_TEST_TREES").filter(|dir| !dir.is_empty());
    if folder.is_none() {
        eprintln!(
            "NOT RUN: {test}: set EBD_TEST_TREES to a folder with the repositories gentoo and guru"
        );
    }
    folder.map(PathBuf::from)
}

/// Regenerates one category into a folder outside the tree. Returns entries and what was said.
fn regenerate(trees: &str, repo: &str, category: &str, more: &[&str]) -> (Entries, String) {
    let repos = Repos::new();
    let output = repos.folder().join("output");
    let (path, output_text) = (format!("{trees}/{repo}"), output.display().to_string());
    let args = [
        &[
            "regen",
            "--repo",
            &path,
            "--repos-dir",
            trees,
            "--tolerant",
            "--output",
            &output_text,
        ],
        more,
        &[category],
    ]
    .concat();
    let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
    let done = repos.run(&args).expect(0);
    (entries(&output), done.stderr)
}

/// The lines of an entry that say what it was made from.
fn sums(entry: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(entry)
        .lines()
        .filter(|line| line.starts_with("_md5_=") || line.starts_with("_eclasses_="))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn published_entries_with_the_same_checksums_are_equal() {
    let Some(trees) = trees("published_entries_with_the_same_checksums_are_equal") else {
        return;
    };
    let text = trees.display().to_string();
    for (repo, category) in CATEGORIES {
        let published = entries(&trees.join(repo).join("metadata/md5-cache"));
        let (found, said) = regenerate(&text, repo, category, &[]);
        assert!(!found.is_empty(), "{repo}/{category}: {said}");
        if published.is_empty() {
            eprintln!("NOT COMPARED: {repo} has no published entries");
            continue;
        }
        let mut compared = 0;
        for (name, entry) in &found {
            let Some(other) = published
                .get(name)
                .filter(|other| sums(other) == sums(entry))
            else {
                continue;
            };
            compared += 1;
            let (entry, other) = (
                String::from_utf8_lossy(entry),
                String::from_utf8_lossy(other),
            );
            assert_eq!(entry, other, "{repo}: {name}");
        }
        assert!(compared > 0, "{repo}/{category}: no checksums match");
        eprintln!(
            "{repo}/{category}: {compared} of {} entries are published",
            found.len()
        );
    }
}

#[test]
fn real_ebuilds_give_the_same_however_they_are_sourced() {
    let Some(trees) = trees("real_ebuilds_give_the_same_however_they_are_sourced") else {
        return;
    };
    let text = trees.display().to_string();
    for (repo, category) in CATEGORIES {
        let (wanted, _) = regenerate(&text, repo, category, &["--jobs", "1"]);
        for way in [
            &["--no-preload"][..],
            &["--isolation", "none", "--jobs", "3"],
        ] {
            let (found, _) = regenerate(&text, repo, category, way);
            common::assert_entries(&found, &wanted, &format!("{repo}/{category} {way:?}"));
        }
        // What an old bash cannot source cannot be compared with it either.
        let (in_bash, _) = regenerate(&text, repo, category, &["--engine", "bash"]);
        if bash_is_5_3() {
            common::assert_entries(&in_bash, &wanted, &format!("{repo}/{category} in bash"));
        }
        let (found, _) = regenerate(&text, repo, category, &["--verify"]);
        common::assert_entries(&found, &in_bash, &format!("{repo}/{category} --verify"));
    }
}

#[test]
fn no_ebuild_fails_but_for_a_missing_eclass_or_an_old_bash() {
    let Some(trees) = trees("no_ebuild_fails_but_for_a_missing_eclass_or_an_old_bash") else {
        return;
    };
    let text = trees.display().to_string();
    for (repo, category) in CATEGORIES {
        let (_, said) = regenerate(&text, repo, category, &[]);
        let missing = ".eclass, which is neither in the repository nor in its masters";
        let failures = said
            .lines()
            .filter(|line| line.starts_with("  ") && line.contains(".ebuild: "))
            .filter(|line| bash_is_5_3() || !line.contains("needs bash 5.3"))
            // Only a part of gentoo may be there; it is guru's master.
            .filter(|line| repo == "gentoo" || !line.ends_with(missing));
        let failures: Vec<&str> = failures.collect();
        assert!(failures.is_empty(), "{repo}/{category}: {failures:#?}");
    }
}
