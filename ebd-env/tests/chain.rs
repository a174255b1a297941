//! The property that matters: dump, parse, write, source and dump again is the identity.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "only tests use it"
)]

mod common;

use std::cell::RefCell;
use std::path::Path;

use common::choices::Choices;
use common::{Bash, bashes, readable};
use ebd_env::{Environment, Rules, Value, Variable, WriteOptions};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const LOCALES: [&str; 2] = ["C", "C.UTF-8"];

const DUMP: &str = "declare -p; declare -fp";

/// The part of a dump that is not of bash itself: variables whose names begin with `v`, which come last, and functions.
fn own(dump: &[u8]) -> &[u8] {
    let mut at = 0;
    for line in dump.split_inclusive(|&byte| byte == b'\n') {
        let name = line
            .strip_prefix(b"declare ")
            .and_then(|line| line.split(|&byte| byte == b' ').nth(1));
        if name.is_none() || name.is_some_and(|name| name.starts_with(b"v")) {
            return &dump[at..];
        }
        at += line.len();
    }
    &[]
}

/// Tests one environment that a script makes; the folder is for files.
fn chain(bash: &Bash, locale: &str, script: &str, folder: &Path) -> Result<Ending, String> {
    let (made, saved) = (folder.join("made"), folder.join("saved"));
    std::fs::write(&made, script).map_err(|error| error.to_string())?;
    let source = format!("source \"$1\"; {DUMP}");
    let Ok(first) = bash.silent(locale, &source, &[&made]) else {
        return Ok(Ending::Refused);
    };
    let story = format!(
        "bash {} in {locale}\n-- made by\n{}\n-- first\n{}",
        bash.version,
        readable(script.as_bytes()),
        readable(own(&first))
    );
    let mut environment = match Environment::parse(&first) {
        Ok(environment) => environment,
        Err(error) => {
            return match by_itself(bash, locale, &first, &saved) {
                Ok(_) if has_timed_substitution(bash, &first) => {
                    eprintln!("bash reads other words after `time`: {error}: {story}");
                    Ok(Ending::Misprinted)
                }
                Ok(_) => Err(format!("{error}: {story}")),
                Err(_) => {
                    eprintln!("bash can not read this either: {error}: {story}");
                    Ok(Ending::Misprinted)
                }
            };
        }
    };
    environment.filter(&Rules::new().keep_variables(["v*"]));
    let is_repaired = environment
        .functions()
        .any(|(_, function)| !function.repaired().is_empty());
    let functions = format!("load() {{ source \"$1\"; unset -f load; }}; load \"$1\"; {DUMP}");
    let mut ending = Ending::Same;
    let ways = [
        (WriteOptions::new(), source.as_str()),
        (WriteOptions::new().in_function(), functions.as_str()),
    ];
    for (options, source) in ways {
        let text = environment
            .to_bash(&options)
            .map_err(|error| error.to_string())?;
        std::fs::write(&saved, &text).map_err(|error| error.to_string())?;
        let second = match bash.silent(locale, source, &[&saved]) {
            Ok(second) => second,
            Err(error) => {
                return match by_itself(bash, locale, &first, &saved) {
                    Ok(_) => Err(error),
                    Err(_) => {
                        eprintln!("bash can not read this either: written: {story}");
                        Ok(Ending::Misprinted)
                    }
                };
            }
        };
        if own(&first) != own(&second) {
            match by_itself(bash, locale, &first, &saved) {
                Ok(third) if own(&second) == own(&third) => {
                    eprintln!("bash prints this otherwise itself: {story}");
                    ending = Ending::Reprinted;
                }
                // Repaired by us, and printed in another wrong way the second time.
                _ if is_repaired && differ_in_blanks(&text, &repaired(&second, &options)) => {
                    eprintln!("bash prints this otherwise, as far as it can read it: {story}");
                    ending = Ending::Reprinted;
                }
                _ if has_late_heredoc(bash, &first) => {
                    eprintln!("bash prints the here-document of a condition late: {story}");
                    ending = Ending::Misprinted;
                }
                direct => {
                    return Err(format!(
                        "{story}\n-- second\n{}\n-- saved\n{}\n-- bash by itself {}",
                        readable(own(&second)),
                        readable(&text),
                        direct.map_or_else(|error| error, |third| readable(own(&third)))
                    ));
                }
            }
        }
        let again = Environment::parse(&text).map_err(|error| format!("{error}: {story}"))?;
        if !is_same(&again, &environment) {
            return Err(format!("reading again gives something else: {story}"));
        }
    }
    Ok(ending)
}

/// How a chain ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It is the identity.
    Same,
    /// bash printed what it reads as something else, and reads the same from what was written.
    Reprinted,
    /// bash printed what it can not read, and it is an error; or what nobody can understand as it was.
    Misprinted,
    /// bash did not take what was generated.
    Refused,
}

/// Whether bash 5.2 printed the here-document of a condition after the line with `then` or `do`, so that commands stand in it.
fn has_late_heredoc(bash: &Bash, dump: &[u8]) -> bool {
    let late =
        |line: &str| line.contains("<<") && (line.ends_with("; then") || line.ends_with("; do"));
    bash.version == "5.2" && String::from_utf8_lossy(dump).lines().any(late)
}

/// Whether there is a substitution that begins with `time`, after which bash 5.2 knows no reserved words until it runs it.
fn has_timed_substitution(bash: &Bash, dump: &[u8]) -> bool {
    bash.version == "5.2" && String::from_utf8_lossy(dump).contains("$(time ")
}

/// The text of a dump without what bash prints wrongly.
fn repaired(dump: &[u8], options: &WriteOptions<'_>) -> Vec<u8> {
    let Ok(mut environment) = Environment::parse(dump) else {
        return Vec::new();
    };
    environment.filter(&Rules::new().keep_variables(["v*"]));
    environment.to_bash(options).unwrap_or_default()
}

/// Whether the two differ only in blanks, and in `;` and newlines, which mean the same.
fn differ_in_blanks(one: &[u8], other: &[u8]) -> bool {
    let dense = |text: &[u8]| -> Vec<u8> {
        let mut dense = text.to_vec();
        dense.retain(|byte| !b" \n;".contains(byte));
        dense
    };
    dense(one) == dense(other)
}

/// What bash makes of a dump without anything between. Functions named like reserved words, which bash 5.3 can not read, are helped.
fn by_itself(bash: &Bash, locale: &str, dump: &[u8], file: &Path) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    for line in own(dump).split_inclusive(|&byte| byte == b'\n') {
        let name = line.strip_suffix(b" () \n").unwrap_or_default();
        let plain = name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let reserved = [&b"if"[..], b"esac", b"function", b"time"].contains(&name);
        let quoted = name.iter().any(|byte| b" \t'\"\\`$&;|()<>".contains(byte));
        if reserved || (!plain && !quoted) {
            text.extend_from_slice(b"function ");
        }
        text.extend_from_slice(line);
    }
    std::fs::write(file, text).map_err(|error| error.to_string())?;
    bash.silent(locale, &format!("source \"$1\"; {DUMP}"), &[file])
}

/// Whether the two have the same; the order of variables differs where there are references, which are written last, and that of elements
/// where keys have the same hash.
fn is_same(one: &Environment<'_>, other: &Environment<'_>) -> bool {
    one.variables().len() == other.variables().len()
        && one.functions().len() == other.functions().len()
        && one
            .variables()
            .all(|(name, variable)| other.variable(name).map(sorted) == Some(sorted(variable)))
        && one.functions().all(|(name, function)| {
            other
                .function(name)
                .is_some_and(|other| function.is_same(other))
        })
}

fn sorted<'a>(variable: &Variable<'a>) -> Variable<'a> {
    let mut variable = variable.clone();
    if let Value::Associative(Some(elements)) = &mut variable.value {
        elements.sort();
    }
    variable
}

fn test(make: fn(&mut Choices<'_>) -> String, longest: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config {
        cases: common::cases(200),
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..Config::default()
    };
    let numbers = proptest::collection::vec(any::<u16>(), 0..longest);
    let endings = RefCell::new(Vec::new());
    // The long mode looks for what nobody has seen; the usual tests tell what was changed.
    let mut runner = if common::is_long() {
        TestRunner::new(config)
    } else {
        let generator = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        TestRunner::new_with_rng(config, generator)
    };
    let result = runner.run(&numbers, |numbers| {
        let script = make(&mut Choices::new(&numbers));
        for bash in bashes() {
            for locale in LOCALES {
                let ending =
                    chain(bash, locale, &script, folder.path()).map_err(TestCaseError::fail)?;
                endings.borrow_mut().push(ending);
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let endings = endings.into_inner();
    let count = |wanted| endings.iter().filter(|ending| **ending == wanted).count();
    let same = count(Ending::Same);
    eprintln!(
        "{same} chains are the identity, {} are what bash makes of it itself, {} have errors where bash prints what it can not read, {} were not valid",
        count(Ending::Reprinted),
        count(Ending::Misprinted),
        count(Ending::Refused)
    );
    assert!(
        same * 4 >= endings.len() * 3,
        "most generated environments are tested"
    );
}

#[test]
fn variables_survive() {
    test(common::variables::script, 200);
}

#[test]
fn functions_survive() {
    test(common::functions::script, 150);
}
