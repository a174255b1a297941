//! The evaluator cannot reach the machine: it has no way to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::Path;

/// What has system calls behind it.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::process",
    "std::net",
    "std::os",
    "std::env",
    "std::io",
    "std::thread",
    "std::time",
    "libc",
    "nix::",
    "unsafe",
    "extern ",
];

#[test]
fn the_evaluator_names_nothing_outside_of_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            count += 1;
            let text = fs::read_to_string(&path).unwrap();
            for line in text
                .lines()
                .filter(|line| !line.contains("forbid(unsafe_code)"))
            {
                let code = line.split("//").next().unwrap_or_default();
                for name in OUTSIDE {
                    assert!(!code.contains(name), "{}: {line}", path.display());
                }
            }
        }
    }
    assert!(count > 20, "the sources were read");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let dependencies: Vec<&str> = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(
        dependencies,
        ["ebd-pms", "ebd-syntax", "memchr", "thiserror"]
    );
}
