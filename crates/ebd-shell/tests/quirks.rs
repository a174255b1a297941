//! Things that bash does and few expect, each compared with bash; hostile scripts; arbitrary bytes.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use ebd_pms::Eapi;
use ebd_shell::{Cause, Deopt, Engine};
use proptest::prelude::*;

/// Scripts that must be evaluated, and as bash does it.
const QUIRKS: &[(&str, &str)] = &[
    (
        "a status of a substitution is that of the assignment",
        "a=$(false); b=$?",
    ),
    (
        "local hides the status of a substitution",
        "f() { local a=$(false); b=$?; }; f",
    ),
    (
        "a caller's local variable is visible",
        "f() { local a=1; g; }; g() { b=$a; a=2; c=$a; }; f",
    ),
    (
        "unset of a caller's local variable uncovers what it hid",
        "a=0; f() { local a=1; g; b=$a; }; g() { unset a; }; f",
    ),
    (
        "unset of an own local variable leaves it local",
        "a=0; f() { local a=1; unset a; a=2; }; f",
    ),
    (
        "braces are expanded before variables",
        "b='x y'; r=(p{1..3}${b} {a,b}{c,d} {x} {,z}q)",
    ),
    (
        "quoted @ without parameters is no word",
        "set --; r=(\"$@\" x\"$@\" \"\" \"$*\")",
    ),
    (
        "a separator that is no blank makes empty fields",
        "IFS=:; a=:x::y:; r=($a)",
    ),
    (
        "trimming takes quoted patterns as text",
        "a='x*y*z'; b=${a#*'*'}; c=${a%%\"*\"*}",
    ),
    (
        "the anchor of a replacement comes from the pattern",
        "a=foo; b=${a/%/(-)?}; c=${a/#/pre-}",
    ),
    (
        "an unset element leaves a hole",
        "r=(a b c); unset 'r[1]'; a=${#r[@]}; b=${!r[@]}; r+=(d)",
    ),
    (
        "a negative subscript counts from the end",
        "r=(a b c); a=${r[-1]}; b=${r[@]: -2:1}",
    ),
    (
        "keys of associative arrays have bash's order",
        "declare -A m=([one]=1 [two]=2 [three]=3 [four]=4 [x]=5); a=${!m[@]}; b=${m[*]}",
    ),
    (
        "case falls through and tests again",
        "case a in a) b=1 ;& x) b+=2 ;;& ?) b+=3 ;; *) b+=4 ;; esac",
    ),
    (
        "what is matched is remembered",
        "[[ foo-1.2 =~ ^([a-z]+)-([0-9.]+)$ ]]; a=${BASH_REMATCH[1]} b=${BASH_REMATCH[2]}",
    ),
    ("integers add", "declare -i i=3; i+=4; n=2**10"),
    (
        "an expression reads before it assigns",
        "i=2; (( i += i = 3 ))",
    ),
    (
        "subshells change nothing outside",
        "a=1; ( a=2; f() { :; }; set -- x ); b=$a",
    ),
    (
        "the last of a pipeline is a subshell, too",
        "a=1; echo x | read -r a; b=$a",
    ),
    (
        "a here-document loses tabs and expands",
        "read -r a <<-E\n\t\t$((1+1)) x\n\tE\n",
    ),
    (
        "read joins what is left",
        "IFS=: read -r a b <<< x:y:z; IFS=: read -r c n <<< x:y:",
    ),
    ("a for loop leaves its variable", "for a in x y; do :; done"),
    (
        "continue and break count loops",
        "for a in 1 2; do for b in 1 2; do continue 2; done; done; c=$b",
    ),
    (
        "return ends a function with a status",
        "f() { return 3; b=x; }; f; a=$?",
    ),
    (
        "an empty condition of for is true",
        "for ((i = 0; ; i++)); do (( i == 3 )) && break; done",
    ),
    ("octal and hexadecimal numbers", "a=$((010 + 0x10 + 2#11))"),
    (
        "default words are split, quoted ones are not",
        "r=(${u:-a b} \"${u:-a b}\" ${u:-\"a b\"})",
    ),
    (
        "upper and lower case",
        "a=fooBar; b=${a^} c=${a^^[a-c]}; declare -u n=abc",
    ),
    ("printf repeats its format", "printf -v a '%s-%s|' x y z"),
    ("mapfile takes lines", "mapfile -t r <<< $'a\\nb c'"),
];

#[test]
fn quirks_are_bashs() {
    let Some(bash) = common::bash() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Engine::new();
    for eapi in [Eapi::E8, Eapi::E5] {
        let scripts: Vec<(Eapi, String)> = QUIRKS
            .iter()
            .map(|(_, text)| (eapi, format!("{text}\n")))
            .collect();
        let expected = common::bash_runs(&bash, folder.path(), &scripts);
        for (((name, _), (_, text)), expected) in QUIRKS.iter().zip(&scripts).zip(expected) {
            match common::native_runs(&engine, eapi, text) {
                Ok(ran) => {
                    if let Some(difference) = common::difference(text, &expected, &ran) {
                        panic!("{name}: {difference}");
                    }
                }
                Err(abort) => panic!("{name}: {}", abort.cause),
            }
        }
    }
}

#[test]
fn what_bash_must_do_is_left_to_it() {
    let engine = Engine::new();
    for text in [
        "a=$RANDOM",
        "a=$LINENO",
        "read -t 1 a",
        "cd /",
        "exec true",
        "trap : EXIT",
        "wait",
        "echo */x",
        "echo x > f",
        ". ./f",
        "f &",
        "set -e",
        "shopt -s nocasematch",
        "LC_ALL=de_DE.UTF-8",
        "a=~",
        "[[ -f /etc/passwd ]]",
        "kill -9 $$",
        "coproc x",
    ] {
        let abort = common::native_runs(&engine, Eapi::E8, &format!("{text}\n")).expect_err(text);
        assert!(
            matches!(abort.cause, Cause::Deopt(_)),
            "{text}: {}",
            abort.cause
        );
    }
}

#[test]
fn no_program_is_run_and_errors_have_names() {
    let engine = Engine::new();
    for (text, expected) in [
        ("/bin/touch /tmp/x", "external command"),
        ("a=$(sed x)", "external command"),
        ("die foo", "die: foo"),
        ("( die foo )", "die: foo"),
        ("use x", "not allowed"),
        ("inherit x", "does not exist"),
        ("exit 3", "status 3"),
    ] {
        let abort = common::native_runs(&engine, Eapi::E8, &format!("{text}\n")).err();
        let message = abort
            .map(|abort| abort.cause.to_string())
            .unwrap_or_default();
        assert!(
            message.contains(expected) || text.starts_with("exit"),
            "{text}: {message}"
        );
    }
}

#[test]
fn limits_end_what_would_not_end() {
    let engine = Engine::new();
    for text in [
        "while :; do :; done",
        "f() { f; }; f",
        "a=x; while :; do a=$a$a; done",
        "for ((;;)); do r+=(x); done",
        "a=a; a=$((a))",
        "x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; [[ $x == *(a|aa|aaa)b ]]",
        "f() { eval f; }; f",
        "f() { a=$(f); }; f",
    ] {
        let abort = common::native_runs(&engine, Eapi::E8, &format!("{text}\n")).expect_err(text);
        assert!(
            matches!(
                abort.cause,
                Cause::Deopt(Deopt::Limit(_) | Deopt::Unsupported(_))
            ),
            "{text}: {}",
            abort.cause
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(text in proptest::collection::vec(any::<u8>(), 0..120)) {
        let text = String::from_utf8_lossy(&text).into_owned();
        let _ = common::native_runs(&Engine::new(), Eapi::E8, &text);
    }
}
