//! The example that makes the metadata of a repository in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_example_makes_the_metadata_of_the_demo_repository() {
    // Cargo builds examples before it runs tests, in the folder beside that of the tests.
    let here = std::env::current_exe().unwrap();
    let example = here.ancestors().nth(2).unwrap().join("examples/regenerate");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/repos/demo");
    let output = Command::new(&example)
        .arg(demo)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; build the examples first", example.display()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.lines().count(), 12, "{text}");
    assert!(
        text.lines()
            .any(|line| line == "app-demo/heredoc-6 inherits 1 eclasses"),
        "{text}"
    );
}
