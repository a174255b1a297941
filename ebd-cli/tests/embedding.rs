//! The programs of `docs/embedding.md` that are not Rust.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::testdata;
use serde_json::Value;

fn ebuilds(repository: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![repository.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|end| end == "ebuild") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The lines of a program's output as JSON.
fn records(command: &mut Command) -> Vec<Value> {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A host of the Python program with the library and bash of this run.
fn python() -> Option<Command> {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("NOT TESTED: contrib/python: there is no python3");
        return None;
    }
    let root = testdata().join("..");
    let mut command = Command::new("python3");
    command
        .arg(root.join("contrib/python/metadata.py"))
        .arg("--library")
        .arg(root.join("bash-lib"));
    if let Some(bash) = std::env::var_os("EBD_BASH") {
        command.arg("--bash").arg(bash);
    }
    Some(command)
}

#[test]
fn the_python_host_reads_the_same_metadata_as_ebd() {
    let Some(mut command) = python() else { return };
    let demo = testdata().join("repos/demo");
    let files = ebuilds(&demo);
    let read = records(
        command
            .args(["--eclasses", demo.join("eclass").to_str().unwrap()])
            .args(&files),
    );
    assert_eq!(read.len(), files.len());
    for (file, record) in files.iter().zip(&read) {
        let mut ebd = Command::new(env!("CARGO_BIN_EXE_ebd"));
        ebd.args(["metadata", "--json", "--force", "--repo"])
            .args([&demo, file]);
        let wanted = records(&mut ebd);
        let wanted = wanted
            .iter()
            .find(|record| record["type"] == "metadata")
            .unwrap();
        let mut keys: BTreeMap<&str, &str> = record["keys"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let inherited = keys.remove("INHERITED").unwrap_or_default();
        let eclasses = wanted["eclasses"].as_object().unwrap();
        let mut names: Vec<&str> = inherited
            .split(' ')
            .filter(|name| !name.is_empty())
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(
            names,
            eclasses.keys().collect::<Vec<_>>(),
            "{}",
            file.display()
        );
        let metadata: BTreeMap<&str, &str> = wanted["metadata"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        assert_eq!(keys, metadata, "{}", file.display());
    }
}

#[test]
fn the_python_host_survives_what_ebuilds_do() {
    let Some(mut command) = python() else { return };
    let broken = testdata().join("repos/broken/broken");
    let names = [
        "kill/kill-1",
        "die/die-1",
        "endless/endless-1",
        "exit/exit-1",
        "command/command-1",
    ];
    let files = names.map(|name| broken.join(format!("{name}.ebuild")));
    let read = records(command.args(["--timeout", "1"]).args(&files));
    let errors: Vec<&str> = read
        .iter()
        .map(|record| record["error"].as_str().unwrap())
        .collect();
    assert_eq!(
        errors,
        [
            "processor",
            "die",
            "no result",
            "no result",
            "external-command"
        ]
    );
}
