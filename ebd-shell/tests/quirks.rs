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
use ebd_shell::{Cause, Engine, Fallback, Limits};
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
    (
        "FUNCNAME is only there in functions",
        "a=${FUNCNAME[0]-none}; f() { b=${FUNCNAME[*]}; g; }; g() { c=${FUNCNAME[1]}${#FUNCNAME[@]}; }; f; r=(\"${FUNCNAME[@]}\")",
    ),
    (
        "the first element of a part of an associative array has the number 1",
        "declare -A m=([x]=1 [y]=2 [z]=3); a=${m[*]:0:1} b=${m[*]:1:1} c=${m[*]:2}",
    ),
    (
        "a quote alone is quoted by a backslash",
        "a=\"'\"; b=${a@Q}; c=\"it's\"; c=${c@Q}; r=('' $'\\t'); r=(\"${r[@]@Q}\")",
    ),
    (
        "printf %q uses backslashes",
        "printf -v a %q 'a b,c~#'; printf -v b %q '~#'; printf -v c %q $'x\\n'; printf -v n %q ''",
    ),
    (
        "declare -p quotes keys and values in different ways",
        "declare -A m=(['a b']=1 ['#x']=$'\\n' [@]=2); r=($'\\x01' '$`\\\"'); a=$(declare -p m r)",
    ),
    (
        "a line that ends in a backslash goes on",
        "a=\"x\\\ny\"; b=x\\\ny; c='x\\\ny'",
    ),
    (
        "a failing test in a list is not the end",
        "a=1; [[ $a == 2 ]] && b=x; [[ $a == 2 ]] || c=y",
    ),
    ("! turns the status around", "! false; a=$?; ! true; b=$?"),
    (
        "the status of a pipeline is that of its last command",
        "false | true; a=$?; true | false; b=$?; r=(\"${PIPESTATUS[@]}\")",
    ),
    (
        "assignments before a function are for it alone",
        "a=1; f() { b=$a; a=3; }; a=2 f; c=$a",
    ),
    (
        "a reference writes through",
        "f() { local -n x=$1; x+=(d); a=${#x[@]}; }; r=(b c); f r",
    ),
    (
        "a nameref in a function sees the caller's local variable",
        "f() { local b=1; g b; c=$b; }; g() { local -n y=$1; y=2; }; f",
    ),
    (
        "an array without a subscript is its first element",
        "r=(x y); r+=z; a=$r; b=${#r}; r=w",
    ),
    (
        "a default with a quoted part keeps it whole",
        "r=(${u:-\"a b\" c} \"${u-x'y'}\")",
    ),
    (
        "an unquoted empty value is no word",
        "a=; r=($a \"$a\" x$a)",
    ),
    (
        "a pattern in a variable is a pattern unless it is quoted",
        "a='f*'; [[ foo == $a ]]; b=$?; [[ foo == \"$a\" ]]; c=$?",
    ),
    (
        "extended patterns are always on in conditions",
        "[[ foobar == +(foo|bar) ]]; a=$?; case foo in foo|bar) b=1;; esac",
    ),
    (
        "a match that fails forgets the one before",
        "[[ ab =~ a(b) ]]; a=${BASH_REMATCH[1]}; [[ x =~ y ]]; b=${#BASH_REMATCH[@]}",
    ),
    (
        "assignments in expressions are made when they are reached",
        "i=1; (( i > 5 && (j = 9) )); (( i ? (w = 1) : (w = 2) )); n=$((i++ + i++))",
    ),
    (
        "strings in expressions are names",
        "a=b; b=i; i=7; n=$((a + 1)); (( r[i] = 3 ))",
    ),
    (
        "a loop over nothing has status 0",
        "false; for a in; do :; done; b=$?; while false; do :; done; c=$?",
    ),
    (
        "break from the body leaves status 0",
        "for a in 1 2; do false; break; done; b=$?",
    ),
    (
        "shift beyond the end fails and changes nothing",
        "set -- x; shift 2; a=$?; b=$#",
    ),
    (
        "unset takes a function when there is no such variable",
        "f() { :; }; unset f; type -t f; a=$?",
    ),
    (
        "read without names keeps blanks",
        "IFS= read -r a <<< '  x  '; read -r b <<< '  x  '; read -r <<< ' y '; c=$REPLY",
    ),
    (
        "here-documents with a quoted word expand nothing",
        "read -r a <<'E'\n$x `y` \\z\nE\n",
    ),
    (
        "a negative length counts from the end",
        "x=abcdef; a=${x:1:-2} b=${x: -3:2} c=${x:6}",
    ),
    (
        "case of the first letter only",
        "x=abc; a=${x^} b=${x^^} c=${x@u}; n=ABC; n=${n,}",
    ),
    (
        "an empty pattern changes nothing",
        "x=abc; a=${x//} b=${x#} c=${x/#/y}",
    ),
    (
        "the longest match is replaced",
        "x=aXbXc; a=${x/X*/_} b=${x//[aX]/_} c=${x/%c/d}",
    ),
    (
        "keys of an indexed array are numbers",
        "r=([5]=a b [2]=c); a=${!r[*]}; b=${r[*]}",
    ),
    (
        "a subshell ends with exit",
        "( exit 3; a=x ); b=$?; c=$(exit 4); n=$?",
    ),
    (
        "local variables are gone after their function",
        "f() { local a=1 b; b=2; }; a=x; unset b; f; c=${b-unset}",
    ),
    (
        "integer attributes evaluate what is assigned",
        "declare -i i=010+0x10; i+=1; a=i; declare -i j=a",
    ),
    (
        "set -- keeps empty parameters",
        "set -- '' a ''; a=$#; r=(\"$@\"); b=\"$*\"",
    ),
    (
        "the anchor / is only one where it is written",
        "a=/o; b=foo/oo; c=\"${b/$a/y} ${b/\"$a\"/y}\"; a='#f'; b='f#ff'; r=(\"${b/$a/y}\" \"${b/\"$a\"/y}\"); a=%f; b=f%ff; r+=(\"${b/$a/y}\" \"${b/\"$a\"/y}\" \"${b//f/x}\")",
    ),
    (
        "IFS joins with its first character",
        "set -- x y; IFS=-+; a=\"$*\" b=$*; IFS=; c=\"$*\"; unset IFS",
    ),
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
        "a=1; b=\"${a:+$'a\\tb'}\"",
        "c=; case x\"${c//y/z}\" in x) :;; esac",
        "c=; case x in x\"${c//y/z}\") :;; esac",
        "r=(a b); IFS=:; a=\"${r[@]%x}\"",
        "r=(${a//$c/{a,b}{c,d}})",
        "command_not_found_handle() { :; }; no-such-command",
        "[[ -f /etc/passwd ]]",
        "kill -9 $$",
        "coproc x",
    ] {
        let abort = common::native_runs(&engine, Eapi::E8, &format!("{text}\n")).expect_err(text);
        assert!(
            matches!(abort.cause, Cause::Fallback(_)),
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
        ("exit 3", "status 3 before the end"),
        ("f() { exit 4; }; f", "status 4 before the end"),
        ("readonly IUSE; IUSE=x", "readonly"),
    ] {
        let abort = common::native_runs(&engine, Eapi::E8, &format!("{text}\n")).err();
        let message = abort
            .map(|abort| abort.cause.to_string())
            .unwrap_or_default();
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn limits_end_what_would_not_end() {
    let engine = Engine::new();
    for (text, expected) in [
        ("while :; do :; done", "steps"),
        ("f() { f; }; f", "levels of functions"),
        ("a=x; while :; do a=$a$a; done", "bytes of values"),
        ("for ((;;)); do r+=(x); done", "steps"),
        ("a=a; a=$((a))", "expressions that refer to each other"),
        (
            "shopt -s extglob; x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; [[ $x == *(a|aa|aaa)b ]]",
            "tries of a pattern",
        ),
        ("f() { eval f; }; f", "levels"),
        ("f() { a=$(f); }; f", "levels"),
        (
            "printf -v a '%4000s'; while :; do echo \"$a\"; done",
            "bytes of output",
        ),
        (
            "a=(x{1..4000}); b=${a[*]}; while :; do c=${b//x/$b}; done",
            "bytes of values",
        ),
    ] {
        let abort = common::native_runs(&engine, Eapi::E8, &format!("{text}\n")).expect_err(text);
        let message = abort.cause.to_string();
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn limits_are_what_the_caller_sets() {
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Engine::with_limits(limits)
    };
    for (engine, text, expected) in [
        (
            limits(|limits| limits.steps = 10),
            ":; :; :; for a in 1 2 3 4 5 6; do :; done",
            "10 steps",
        ),
        (
            limits(|limits| limits.bytes = 100),
            "a=${a}0123456789; b=$a$a$a$a$a$a; c=$b$b",
            "100 bytes of values",
        ),
        (
            limits(|limits| limits.output = 10),
            "echo 0123; echo 456789",
            "10 bytes of output",
        ),
        (
            limits(|limits| limits.depth = 5),
            "f() { { { { { echo; }; }; }; }; }; f",
            "5 levels",
        ),
    ] {
        let abort = common::native_runs(&engine, Eapi::E8, &format!("{text}\n")).expect_err(text);
        assert!(
            matches!(abort.cause, Cause::Fallback(Fallback::Limit { .. })),
            "{text}"
        );
        let message = abort.cause.to_string();
        assert!(message.contains(expected), "{text}: {message}");
        common::native_runs(&Engine::new(), Eapi::E8, &format!("{text}\n")).expect("it is little");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(text in proptest::collection::vec(any::<u8>(), 0..120)) {
        let text = String::from_utf8_lossy(&text).into_owned();
        let _ = common::native_runs(&Engine::new(), Eapi::E8, &text);
    }
}
