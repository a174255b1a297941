//! Any bytes parse or give an error, and what was parsed can be written and parsed again to the same.
//!
//! `cargo +nightly fuzz run --fuzz-dir fuzz/ebd-env parse`, with saved environments in the corpus folder.

#![no_main]

use ebd_env::{Eapi, Environment, Rules, ShellState, Value, Variable, WriteOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = ShellState::parse(text);
    let mut environment = match Environment::parse(text) {
        Ok(environment) => environment,
        Err(error) => {
            assert!(error.position().offset <= text.len());
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let Ok(written) = environment.to_bash(&WriteOptions::new().in_function()) else {
        return;
    };
    // Escapes take four bytes for one.
    assert!(written.len() <= 64 + text.len() * 16);
    let again = match Environment::parse(&written) {
        Ok(again) => again,
        Err(error) => panic!("{error}\n{}", written.escape_ascii()),
    };
    for (name, variable) in again.variables() {
        assert_eq!(Some(sorted(variable)), environment.variable(name).map(sorted));
    }
    for (name, function) in again.functions() {
        // A definition written by hand is taken for printed the second time, and may be repaired.
        if function.repaired().is_empty() {
            assert!(environment.function(name).is_some_and(|other| other.is_same(function)));
        }
    }
    let json = again.to_json();
    let read = Environment::from_json(&json).expect("it reads what it wrote");
    // What was repaired is said once.
    assert!(again.diff(&read).is_empty());
    let state = environment.state().clone();
    assert_eq!(ShellState::parse(&state.to_bash()).ok(), Some(state));
    environment.filter(&Rules::at_save(Eapi::E8));
    let _ = environment.into_owned();
});

/// Elements whose keys have the same hash change their order.
fn sorted<'a>(variable: &Variable<'a>) -> Variable<'a> {
    let mut variable = variable.clone();
    if let Value::Associative(Some(elements)) = &mut variable.value {
        elements.sort();
    }
    variable
}
