//! The examples, run on the demo repository.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/repos/demo")
}

/// Runs an example and returns what it prints.
#[track_caller]
fn output(example: &str, argument: &Path) -> String {
    // Cargo builds examples before it runs tests, in the directory beside that of the tests.
    let here = std::env::current_exe().unwrap();
    let program = here
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples")
        .join(example);
    let output = Command::new(&program)
        .arg(argument)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; build the examples first", program.display()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    text
}

#[test]
fn the_example_makes_the_metadata_of_the_demo_repository() {
    let text = output("regenerate", &demo());
    assert_eq!(text.lines().count(), 12, "{text}");
    assert!(
        text.lines()
            .any(|line| line == "app-demo/heredoc-6 inherits 1 eclasses"),
        "{text}"
    );
}

#[test]
fn the_example_prints_the_metadata_of_one_ebuild() {
    let text = output(
        "metadata",
        &demo().join("app-demo/heredoc/heredoc-6.ebuild"),
    );
    assert!(text.lines().any(|line| line == "EAPI=6"), "{text}");
    assert!(text.lines().any(|line| line == "SLOT=0"), "{text}");
}

#[test]
fn the_example_drives_one_worker() {
    let text = output("worker", &demo().join("app-demo/heredoc/heredoc-6.ebuild"));
    assert_eq!(text, "0\n");
}
