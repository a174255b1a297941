//! `ebd explain` on the test repositories.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use common::{Done, Repos};
use serde_json::Value;

fn explain(repos: &Repos, repo: &str, args: &[&str]) -> Done {
    let path = repos.repo(repo).display().to_string();
    let folder = repos.folder().join("repos").display().to_string();
    let mut all = vec!["explain", "--repo", &path, "--repos-dir", &folder];
    all.extend(args);
    repos.run(&all.into_iter().map(str::to_owned).collect::<Vec<_>>())
}

#[test]
fn each_item_has_its_places() {
    let repos = Repos::new();
    let done = explain(&repos, "overlay", &["app-over/both"]).expect(0);
    assert!(
        done.stdout.lines().all(|line| line.chars().count() <= 100),
        "{}",
        done.stdout
    );
    insta::assert_snapshot!(done.stdout);
}

#[test]
fn records_have_every_part_and_its_way() {
    let repos = Repos::new();
    let done = explain(
        &repos,
        "overlay",
        &["app-over/both", "--key", "DEPEND", "--json"],
    )
    .expect(0);
    let records: Vec<Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(records.len(), 2);
    let record = &records[1];
    assert_eq!(record["type"], "origin");
    assert_eq!(record["item"], "dev-demo/from-b");
    let part = &record["parts"][0];
    assert_eq!(part["at"]["line"], 6);
    // The master's files are outside the repository.
    assert!(
        part["at"]["file"]
            .as_str()
            .unwrap()
            .ends_with("/demo/eclass/demo-b.eclass")
    );
    let chain: Vec<(&str, u64)> = part["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| (at["file"].as_str().unwrap(), at["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        chain,
        [
            ("app-over/both/both-2.1.ebuild", 3),
            ("eclass/over-own.eclass", 4)
        ]
    );
}

#[test]
fn what_bash_must_do_and_what_fails_is_said() {
    let repos = Repos::new();
    let path = repos.repo("demo").join("app-demo/arrays/arrays-99.ebuild");
    std::fs::write(
        &path,
        "EAPI=8\nDESCRIPTION=x\nSLOT=0\nIUSE=\"line${LINENO}\"\n",
    )
    .unwrap();
    let target = path.display().to_string();
    let done = explain(&repos, "demo", &[&target]).expect(1);
    assert!(
        done.stderr.contains("needs bash") && done.stderr.contains("LINENO"),
        "{}",
        done.stderr
    );
    let done = explain(&repos, "demo", &[&target, "--json"]).expect(1);
    let record: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(record["kind"], "not-native");
    assert_eq!(record["at"]["line"], 4);
    let done = explain(&repos, "demo", &["app-demo/arrays", "--key", "DEPENDS"]).expect(2);
    assert!(
        done.stderr.contains("DEPENDS is no metadata variable"),
        "{}",
        done.stderr
    );
}
