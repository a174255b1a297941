//! The example of a service of an embedding program.

#![allow(clippy::disallowed_methods, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::process::Command;

#[test]
fn the_example_answers_programs_of_a_phase() {
    // Cargo builds examples before it runs tests, in the folder beside that of the tests.
    let here = std::env::current_exe().unwrap();
    let example = here.ancestors().nth(2).unwrap().join("examples/service");
    let output = Command::new(&example)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; build the examples first", example.display()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("cat/pkg-1 greets world\n"), "{text}");
    assert!(
        text.contains("greeting: exactly one name is needed\nstatus 3\n"),
        "{text}"
    );
}
