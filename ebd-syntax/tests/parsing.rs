//! The parser: the trees of real repositories, agreement with the scanner, errors instead of overflows.

mod common;

use ebd_syntax::tree::{Command, CommandKind, FunctionBody, List};
use ebd_syntax::{ErrorKind, ParseOptions, Span, parse, parse_body, scan};
use proptest::prelude::*;

const LAZY: ParseOptions = ParseOptions {
    scan: ebd_syntax::Options::DEFAULT,
    lazy: true,
};

/// The names of the functions that a list defines at its own level, and the spans of bodies that were not parsed.
fn functions(list: &List, text: &[u8], lazy: &mut Vec<Span>) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    for command in list
        .items
        .iter()
        .flat_map(|item| std::iter::once(&item.first).chain(item.rest.iter().map(|(_, p)| p)))
        .flat_map(|pipeline| &pipeline.commands)
    {
        if let Command {
            kind: CommandKind::Function { name, body },
            ..
        } = command
        {
            names.push(name.of(text).to_vec());
            if let FunctionBody::Span(span) = &**body {
                lazy.push(*span);
            }
        }
    }
    names
}

/// Parses eagerly and lazily and compares both with each other and with a scan.
fn check(text: &[u8]) -> Result<usize, String> {
    let tree = parse(text, ParseOptions::default()).map_err(|error| error.to_string())?;
    let lazy = parse(text, LAZY).map_err(|error| format!("lazily: {error}"))?;
    let script = scan(text).map_err(|error| format!("scanned: {error}"))?;
    let mut spans = Vec::new();
    let names = functions(&tree.list, text, &mut spans);
    if !spans.is_empty() {
        return Err("a function was not parsed".to_owned());
    }
    if functions(&lazy.list, text, &mut spans) != names {
        return Err("functions differ".to_owned());
    }
    for name in &names {
        if !script.functions().any(|function| function.name() == name) {
            return Err(format!("{} was not scanned", name.escape_ascii()));
        }
    }
    for span in spans {
        parse_body(text, span, LAZY).map_err(|error| format!("a body: {error}"))?;
    }
    Ok(names.len())
}

#[test]
fn every_ebuild_and_eclass_parses() {
    let Some(trees) = common::trees() else { return };
    let (mut files, mut defined, mut bytes, mut seconds) = (0, 0, 0, 0.0);
    let mut refused = String::new();
    let ebuilds = common::find(&trees, ".ebuild");
    for path in ebuilds.into_iter().chain(common::find(&trees, ".eclass")) {
        let text = std::fs::read(&path).expect("the file is readable");
        files += 1;
        bytes += text.len();
        let began = std::time::Instant::now();
        let parsed = parse(&text, ParseOptions::default()).is_ok();
        seconds += began.elapsed().as_secs_f64();
        match check(&text) {
            Ok(found) => defined += found,
            Err(_) if !parsed && matches!(common::accepts(&text), Some((false, _))) => {}
            Err(error) => refused += &format!("{}: {error}\n", path.display()),
        }
    }
    eprintln!(
        "{files} files, {defined} functions, {bytes} bytes, {:.0} MB/s",
        bytes as f64 / seconds / 1e6
    );
    assert!(files > 0, "{} has no ebuilds", trees.display());
    assert!(refused.is_empty(), "{refused}");
}

#[test]
fn every_definition_that_bash_prints_parses() {
    let Some(trees) = common::trees() else { return };
    if common::bash().is_none() {
        return;
    }
    let mut defined = 0;
    let ebuilds = common::find(&trees, ".ebuild").into_iter().step_by(10);
    for path in common::find(&trees, ".eclass").into_iter().chain(ebuilds) {
        let text = std::fs::read(&path).expect("the file is readable");
        let Ok(script) = scan(&text) else { continue };
        let mut input = Vec::new();
        for function in script.functions() {
            input.extend_from_slice(script.bytes(function.span()));
            input.push(b'\n');
        }
        input.extend_from_slice(b"declare -f\n");
        let Some((true, printed, _)) = common::run(&[], &input) else {
            continue;
        };
        match check(&printed) {
            Ok(found) => defined += found,
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
    eprintln!("{defined} functions");
    assert!(defined > 1000);
}

#[test]
fn deep_nesting_is_an_error() {
    for (open, close) in [
        ("$(", ")"),
        ("( ", ")"),
        ("{ ", "; }"),
        ("${a:-", "}"),
        ("if ", ";then :;fi"),
        ("\"${a:-", "}\""),
        ("f() { ", "; }"),
    ] {
        let text = format!("{}x{}", open.repeat(5000), close.repeat(5000));
        let error = parse(text.as_bytes(), ParseOptions::default()).expect_err(open);
        assert!(
            matches!(error.kind, ErrorKind::TooDeep | ErrorKind::TooAmbiguous),
            "{open}: {error}"
        );
    }
}

#[test]
fn nesting_is_not_read_again_and_again() {
    let text = format!("x={}a{}\n", "$(b ".repeat(60), ")".repeat(60)).repeat(400);
    let began = std::time::Instant::now();
    parse(text.as_bytes(), ParseOptions::default()).expect("it parses");
    assert!(began.elapsed().as_secs() < 10);
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&text, ParseOptions::default());
        let _ = parse(&text, LAZY);
    }

    #[test]
    fn shell_like_text_parses_exactly_when_it_scans(parts in proptest::collection::vec(prop_oneof![
        Just("a "), Just("$("), Just(")"), Just("${"), Just("}"), Just("\""), Just("'"), Just("`"), Just("\n"), Just("; "),
        Just("{ "), Just("if "), Just("then "), Just("fi"), Just("<<E\n"), Just("E\n"), Just("a="), Just("("), Just("[["), Just(" ]]"),
        Just("=="), Just("$x"), Just("[1]"), Just("#"), Just("/"), Just(":-"), Just("\\"), Just("((" ), Just("))"), Just("case a in "),
        Just("esac"), Just("f() "), Just("|"), Just("&&"), Just(">f "), Just("{a,b}"), Just("@(a|b)"),
    ], 0..25)) {
        let text = parts.concat();
        let scanned = scan(text.as_bytes());
        let parsed = parse(text.as_bytes(), ParseOptions::default());
        // What scans may still be refused: `for ((;))`.
        if scanned.is_err() {
            prop_assert!(parsed.is_err(), "{:?} parses, but {:?}", text, scanned.err());
        }
    }
}
