//! `ebd regen` on a cache that exists: what is refreshed, kept, removed, reported.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::fs::{self, FileTimes, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use ebd_cache::Lock;

use common::{Repos, assert_entries, entries, expected};

/// Appends to a file.
fn append(file: &Path, text: &str) {
    let old = fs::read_to_string(file).unwrap();
    fs::write(file, old + text).unwrap();
}

fn change_an_ebuild_and_an_eclass(repos: &Repos) {
    for file in [
        "net-demo/live/live-9999.ebuild",
        "eclass/demo-restrict.eclass",
    ] {
        append(&repos.repo("demo").join(file), "\n# changed\n");
    }
}

/// Sets the times of all entries back and says which they are now.
fn set_back(cache: &Path) -> BTreeMap<String, SystemTime> {
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for name in entries(cache).keys() {
        let file = OpenOptions::new()
            .write(true)
            .open(cache.join(name))
            .unwrap();
        file.set_times(FileTimes::new().set_modified(past)).unwrap();
    }
    times(cache)
}

fn times(cache: &Path) -> BTreeMap<String, SystemTime> {
    let time = |name: String| {
        let time = fs::metadata(cache.join(&name)).unwrap().modified().unwrap();
        (name, time)
    };
    entries(cache).into_keys().map(time).collect()
}

#[test]
fn unchanged_entries_keep_their_times() {
    let repos = Repos::new();
    let cache = repos.cache("demo");
    repos.regen("demo", &[]).expect(0);
    let before = set_back(&cache);
    repos.regen("demo", &[]).expect(0);
    assert_eq!(times(&cache), before, "valid entries");
    repos.regen("demo", &["--force"]).expect(0);
    assert_eq!(times(&cache), before, "equal entries, although sourced");

    change_an_ebuild_and_an_eclass(&repos);
    repos.regen("demo", &[]).expect(0);
    let after = times(&cache);
    let changed: Vec<&str> = after
        .iter()
        .filter(|(name, time)| before[*name] != **time)
        .map(|(name, _)| name.as_str())
        .collect();
    let wanted = [
        "app-demo/options-7.9",
        "net-demo/accumulate-8",
        "net-demo/live-9999",
        "sys-demo/operators-5_alpha1_p2",
    ];
    assert_eq!(changed, wanted);
}

#[test]
fn a_masters_eclass_that_changes_makes_entries_stale() {
    let repos = Repos::new();
    repos.regen("overlay", &[]).expect(0);
    append(
        &repos.repo("demo").join("eclass/demo-vers.eclass"),
        "IUSE=\"new\"\n",
    );
    let done = repos.regen("overlay", &["--check"]).expect(1);
    assert!(
        done.stdout.starts_with("app-over/both-2.1: "),
        "{}",
        done.stdout
    );
    repos.regen("overlay", &[]).expect(0);
    let entry = &entries(&repos.cache("overlay"))["app-over/both-2.1"];
    assert!(String::from_utf8_lossy(entry).contains(" new\n"));
    // One that is shadowed says nothing about the overlay.
    append(
        &repos.repo("demo").join("eclass/demo-shadowed.eclass"),
        "IUSE=\"new\"\n",
    );
    repos.regen("overlay", &["--check"]).expect(0);
}

#[test]
fn stale_entries_vanish_within_the_targets_only() {
    let repos = Repos::new();
    let cache = repos.cache("demo");
    repos.regen("demo", &[]).expect(0);
    let gone = [
        "app-demo/gone-1",
        "app-demo/heredoc-5",
        "net-demo/gone-2",
        "no-demo/gone-3",
    ];
    for name in gone {
        fs::create_dir_all(cache.join(name).parent().unwrap()).unwrap();
        fs::copy(cache.join("app-demo/heredoc-6"), cache.join(name)).unwrap();
    }
    let left = || -> Vec<&str> {
        let found = entries(&cache);
        gone.into_iter()
            .filter(|name| found.contains_key(*name))
            .collect()
    };
    repos.regen("demo", &["app-demo/heredoc-6"]).expect(0);
    assert_eq!(left(), gone, "one ebuild");
    repos.regen("demo", &["app-demo/heredoc"]).expect(0);
    assert_eq!(
        left(),
        ["app-demo/gone-1", "net-demo/gone-2", "no-demo/gone-3"],
        "a package"
    );
    repos.regen("demo", &["app-demo"]).expect(0);
    assert_eq!(left(), ["net-demo/gone-2", "no-demo/gone-3"], "a category");
    repos.regen("demo", &[]).expect(0);
    assert_entries(&entries(&cache), &expected("demo"), "everything");
}

#[test]
fn the_entry_of_an_ebuild_that_fails_now_vanishes() {
    let repos = Repos::new();
    repos.regen("demo", &[]).expect(0);
    append(
        &repos.repo("demo").join("app-demo/heredoc/heredoc-6.ebuild"),
        "die now\n",
    );
    repos.regen("demo", &[]).expect(1);
    let mut wanted = expected("demo");
    wanted.remove("app-demo/heredoc-6");
    assert_entries(&entries(&repos.cache("demo")), &wanted, "demo");
}

#[test]
fn check_says_what_is_stale_and_why_and_writes_nothing() {
    let repos = Repos::new();
    let cache = repos.cache("demo");
    let done = repos.regen("demo", &["--check"]).expect(1);
    assert_eq!(done.stdout.lines().count(), 13, "{}", done.stdout);
    assert!(!cache.exists(), "a check makes no folder");

    repos.regen("demo", &[]).expect(0);
    repos.regen("demo", &["--check"]).expect(0);
    change_an_ebuild_and_an_eclass(&repos);
    fs::copy(
        cache.join("app-demo/heredoc-6"),
        cache.join("app-demo/heredoc-7"),
    )
    .unwrap();
    fs::remove_file(cache.join("dev-demo/oldest-0")).unwrap();
    let before = entries(&cache);
    let done = repos.regen("demo", &["--check"]).expect(1);
    let lines: Vec<&str> = done
        .stdout
        .lines()
        .filter(|line| !line.starts_with("demo: "))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_entries(&entries(&cache), &before, "a check writes nothing");
}

#[test]
fn a_second_run_waits_for_the_first() {
    let repos = Repos::new();
    let cache = repos.cache("demo");
    fs::create_dir_all(&cache).unwrap();
    let lock = Lock::try_lock(&cache).unwrap().unwrap();
    let args = repos.regen_args("demo", &[]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut child = repos
        .ebd(&args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("waiting for another run that writes") {
        assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{said}");
    }
    std::thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    assert!(entries(&cache).is_empty());
    // A check needs no lock.
    repos.regen("demo", &["--check"]).expect(1);
    drop(lock);
    stderr.read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert_entries(&entries(&cache), &expected("demo"), "after the wait");
}

#[test]
fn a_missing_master_is_named() {
    let repos = Repos::new();
    fs::rename(repos.repo("demo"), repos.folder().join("elsewhere")).unwrap();
    let done = repos.regen("overlay", &[]).expect(2);
    insta::assert_snapshot!(repos.filtered(&done.stderr));

    let named = format!("demo={}", repos.folder().join("elsewhere").display());
    repos.regen("overlay", &["--repo-path", &named]).expect(0);
    assert_entries(
        &entries(&repos.cache("overlay")),
        &expected("overlay"),
        "overlay",
    );
}

#[test]
fn wrong_usage_ends_with_2() {
    let repos = Repos::new();
    for args in [
        &["--shard", "3/2"][..],
        &["--jobs", "0"],
        &["no-demo/package"],
        &["--bash", "/nonexistent/bash"],
        &["--no-such-option"],
        &["--check", "--force"],
    ] {
        repos.regen("demo", args).expect(2);
    }
    repos.regen("no-such-repository", &[]).expect(2);
    assert!(entries(&repos.cache("demo")).is_empty());
}

#[test]
fn failures_end_with_1_and_tolerant_with_0() {
    let repos = Repos::new();
    let targets = ["broken/die", "broken/syntax", "broken/misnamed"];
    repos.regen("broken", &targets).expect(1);
    let tolerant = [&["--tolerant"], &targets[..]].concat();
    let done = repos.regen("broken", &tolerant).expect(0);
    assert!(
        done.stderr.contains("broken/die/die-1.ebuild"),
        "failures are told all the same"
    );
    // A good target of a repository with broken ebuilds is good.
    repos
        .regen("broken", &["broken/aaa", "broken/die-2"])
        .expect(0);
}

#[test]
fn json_is_an_object_a_line() {
    let repos = Repos::new();
    let done = repos
        .regen(
            "broken",
            &["--json", "broken/aaa", "broken/die", "broken/misnamed"],
        )
        .expect(1);
    let records: Vec<serde_json::Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut kinds: Vec<String> = Vec::new();
    for record in &records {
        assert_eq!(record["v"], 1, "{record}");
        let detail = record["outcome"]
            .as_str()
            .or(record["kind"].as_str())
            .unwrap_or_default();
        kinds.push(
            format!("{} {detail}", record["type"].as_str().unwrap())
                .trim()
                .to_owned(),
        );
    }
    let summary = kinds.pop();
    assert_eq!(summary.as_deref(), Some("summary"));
    kinds.sort();
    let wanted = [
        "deopt",
        "ebuild failed",
        "ebuild written",
        "ebuild written",
        "problem misnamed",
        "problem misnamed",
    ];
    assert_eq!(kinds, wanted);
    let died = records
        .iter()
        .find(|record| record["kind"] == "die")
        .unwrap();
    assert_eq!(died["message"], "die: a message\nof two lines");
    assert_eq!(died["at"]["file"], "broken/die/die-1.ebuild");
    assert_eq!(died["at"]["line"], 5);
}
