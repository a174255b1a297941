//! What `ebd regen` says about ebuilds that are broken in every way, and that good ones among them are not harmed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::BTreeMap;

use common::{Repos, assert_entries, bash_is_5_3, entries, expected};

/// Ebuilds of which bash 5.3 says something else than those before it.
const BASH_SAYS: [&str; 2] = ["broken/exec/exec-1", "broken/syntax/syntax-1"];

/// The text blocks about failed ebuilds, by ebuild, each below the kind of failure.
fn blocks(stderr: &str) -> BTreeMap<String, String> {
    let mut blocks: BTreeMap<String, String> = BTreeMap::new();
    let (mut kind, mut name) = ("", String::new());
    for line in stderr.lines() {
        let heads_group = line.ends_with(" ebuild)") || line.ends_with(" ebuilds)");
        if heads_group && !line.starts_with(' ') {
            kind = line.split(' ').next().unwrap_or_default();
            name.clear();
        } else if let Some((path, _)) = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '))
            .and_then(|rest| rest.split_once(".ebuild: "))
        {
            path.clone_into(&mut name);
            blocks.insert(name.clone(), format!("{kind}\n{line}\n"));
        } else if let Some(block) = blocks.get_mut(&name) {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}

/// What a run over everything broken says.
fn run(isolation: &str, more: &[&str]) -> (Repos, BTreeMap<String, String>) {
    let repos = Repos::new();
    let args = [&["--timeout", "4", "--isolation", isolation], more].concat();
    let done = repos.regen("broken", &args).expect(1);
    let stderr = repos.filtered(&done.stderr);
    let blocks = blocks(&stderr)
        .into_iter()
        .map(|(name, text)| (name, text.trim_end().to_owned() + "\n"))
        .collect();
    (repos, blocks)
}

/// The text without the number that `kill` names, which is another one each time.
fn without_process(text: &str) -> String {
    match text.split_once("kill: (") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}kill: (N{rest}")
        }
        None => text.to_owned(),
    }
}

#[track_caller]
fn check(isolation: &str, more: &[&str]) {
    let (repos, blocks) = run(isolation, more);
    let what = format!("isolation {isolation} {more:?}");
    assert_entries(&entries(&repos.cache("broken")), &expected("broken"), &what);
    let failed: Vec<&str> = blocks.keys().map(String::as_str).collect();
    insta::assert_snapshot!("all", failed.join("\n"));
    for (name, text) in &blocks {
        let text = without_process(text);
        let mut snapshot = name.rsplit('/').next().unwrap_or(name).to_owned();
        if BASH_SAYS.contains(&name.as_str()) {
            let version = if bash_is_5_3() { "5.3" } else { "5.2" };
            snapshot = format!("{snapshot}-bash-{version}");
        }
        insta::assert_snapshot!(snapshot, text);
    }
}

#[test]
fn each_fault_gives_one_exact_error() {
    check("auto", &["--jobs", "2"]);
}

#[test]
fn each_fault_gives_the_same_error_without_confinement() {
    check("none", &["--jobs", "2"]);
}

#[test]
fn each_fault_gives_the_same_error_in_one_processor() {
    check("auto", &["--jobs", "1"]);
}

#[test]
fn each_fault_gives_the_same_error_without_preloading() {
    check("auto", &["--jobs", "4", "--no-preload"]);
}

#[test]
fn a_run_over_broken_ebuilds_harms_no_entry_that_exists() {
    let repos = Repos::new();
    let args = ["--timeout", "2", "--jobs", "1"];
    repos.regen("broken", &args).expect(1);
    let before = entries(&repos.cache("broken"));
    repos
        .regen("broken", &[&args[..], &["--force"]].concat())
        .expect(1);
    assert_entries(&entries(&repos.cache("broken")), &before, "again");
}

#[test]
fn a_broken_ebuild_leaves_no_process_and_no_file() {
    let repos = Repos::new();
    let targets = [
        "broken/background",
        "broken/background-late",
        "broken/kill",
        "broken/endless",
    ];
    repos
        .regen("broken", &[&["--timeout", "1"], &targets[..]].concat())
        .expect(1);
    let runtime = repos.runtime();
    assert_eq!(common::processes_of(&runtime), Vec::<String>::new());
    assert_eq!(std::fs::read_dir(&runtime).unwrap().count(), 0);
}
