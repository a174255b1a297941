//! Real repositories: everything scans, and eclasses are split so that bash sees the same.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::split::{Piece, split_functions};
use ebd_syntax::{Function, Script, scan};

#[test]
fn every_ebuild_and_eclass_scans() {
    let Some(trees) = common::trees() else { return };
    let (mut files, mut bytes, mut seconds) = (0, 0, 0.0);
    let mut refused = String::new();
    for path in common::find(&trees, ".ebuild")
        .into_iter()
        .chain(common::find(&trees, ".eclass"))
    {
        let text = std::fs::read(&path).expect("the file is readable");
        let began = std::time::Instant::now();
        let result = scan(&text);
        seconds += began.elapsed().as_secs_f64();
        files += 1;
        bytes += text.len();
        match result {
            Ok(script) => {
                assert_eq!(joined(&script, |_| true), text, "{}", path.display());
                check_nesting(&script, &path);
            }
            Err(error) if !matches!(common::accepts(&text), Some((false, _))) => {
                refused += &format!("{}: {error}\n", path.display())
            }
            Err(_) => {}
        }
    }
    eprintln!(
        "{files} files, {bytes} bytes, {:.0} MB/s",
        bytes as f64 / seconds / 1e6
    );
    assert!(files > 0, "{} has no ebuilds", trees.display());
    assert!(refused.is_empty(), "{refused}");
}

/// bash prints definitions back with `declare -f`. What it prints of a whole eclass must be what it prints of the residual pieces with a
/// marker for each function, when each marker is replaced by what it prints of that function alone.
#[test]
fn the_pieces_of_eclasses_and_of_some_ebuilds_are_what_bash_reads() {
    let Some(trees) = common::trees() else { return };
    if common::bash().is_none() {
        return;
    }
    let (mut files, mut functions) = (0, 0);
    let ebuilds = common::find(&trees, ".ebuild").into_iter().step_by(10);
    for path in common::find(&trees, ".eclass").into_iter().chain(ebuilds) {
        let text = std::fs::read(&path).expect("the file is readable");
        let Ok(script) = scan(&text) else { continue };
        let mut input = listing(&text);
        let mut marked = Vec::new();
        let mut alone = Vec::new();
        let mut names = BTreeSet::new();
        for piece in split_functions(&script) {
            let bytes = piece.bytes();
            match piece {
                Piece::Residual(_) => marked.extend_from_slice(bytes),
                Piece::Function(id, _) => {
                    marked.extend_from_slice(format!("__ebd_piece_{}\n", alone.len()).as_bytes());
                    alone.push(bytes);
                    names.insert(
                        script
                            .function(id)
                            .expect("the id is of this script")
                            .name()
                            .to_vec(),
                    );
                }
            }
        }
        input.extend(listing(&marked));
        for function in &alone {
            input.extend(listing(function));
        }
        input.extend_from_slice(b"unset -f w\n");
        for function in &alone {
            input.extend_from_slice(function);
            input.push(b'\n');
        }
        input.extend_from_slice(b"declare -F\n");
        let (success, output, messages) = common::run(&["-s"], &input).expect("there is a bash");
        assert!(
            success && messages.is_empty(),
            "{}: {messages}",
            path.display()
        );

        let mut listings = output.split(|&byte| byte == 0).map(lines);
        let whole = listings.next().expect("there is a listing of the whole");
        let marked = listings.next().expect("there is a listing with markers");
        let parts: Vec<_> = listings.by_ref().take(alone.len()).collect();
        let mut rebuilt = Vec::new();
        for line in marked {
            match line.strip_prefix(b"__ebd_piece_".as_slice()) {
                Some(number) => {
                    let number: usize = String::from_utf8_lossy(number)
                        .parse()
                        .expect("a marker has a number");
                    rebuilt.extend_from_slice(&parts[number]);
                }
                None => rebuilt.push(line),
            }
        }
        let shown = |lines: &[Vec<u8>]| String::from_utf8_lossy(&lines.join(&b'\n')).into_owned();
        assert_eq!(shown(&rebuilt), shown(&whole), "{}", path.display());

        let defined: BTreeSet<Vec<u8>> = listings
            .flatten()
            .filter_map(|line| Some(line.strip_prefix(b"declare -f ".as_slice())?.to_vec()))
            .collect();
        assert_eq!(defined, names, "{}", path.display());
        files += 1;
        functions += alone.len();
    }
    eprintln!("{files} files, {functions} functions");
    assert!(files > 0, "{} has no eclasses", trees.display());
}

/// Commands that make bash print `text` as it has understood it, and a NUL.
fn listing(text: &[u8]) -> Vec<u8> {
    [b"w() {\n:\n", text, b"\n}\ndeclare -f w\nprintf '\\0'\n"].concat()
}

/// The lines of a listing without those of `w` itself, and without what depends on where in a list or how deep a line stands.
fn lines(listing: &[u8]) -> Vec<Vec<u8>> {
    let trimmed = |line: &[u8]| {
        line.trim_ascii()
            .strip_suffix(b";")
            .unwrap_or(line.trim_ascii())
            .to_vec()
    };
    let mut lines: Vec<Vec<u8>> = listing.split(|&byte| byte == b'\n').map(trimmed).collect();
    if lines.first().is_some_and(|line| line == b"w ()") {
        lines.drain(..3);
        while lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        lines.pop();
    }
    lines
}

fn joined(script: &Script<'_>, filter: impl Fn(&Piece<'_>) -> bool) -> Vec<u8> {
    let pieces = split_functions(script).filter(filter);
    pieces.flat_map(|piece| piece.bytes()).copied().collect()
}

fn check_nesting(script: &Script<'_>, path: &Path) {
    let span_of = |id| script.function(id).map(Function::span);
    for function in script.functions() {
        if let Some(parent) = function.parent() {
            let nested = span_of(parent).is_some_and(|span| span.contains(function.span()));
            assert!(nested, "{}:{}", path.display(), function.line());
        }
    }
    for command in script.commands() {
        if let Some(function) = command.function() {
            let nested = span_of(function).is_some_and(|span| span.contains(command.span()));
            assert!(nested, "{}:{}", path.display(), command.line());
        }
    }
}
