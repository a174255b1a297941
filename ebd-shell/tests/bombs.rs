//! Scripts that want more memory or time than there is: each runs in a process of its own, whose largest memory the kernel tells.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use ebd_pms::Eapi;
use ebd_shell::{Cause, Engine, Fallback, Limits};

/// What all values together may take in these tests.
const BYTES: u64 = 16 << 20;

/// What a process may take beyond that: the program itself, what the allocator keeps, and the state of one match.
const MORE: u64 = 32 << 20;

/// Before each bomb: `x` has half a mebibyte.
const PRELUDE: &str = r"
x=aaaaaaaaaaaaaaaa
for i in 1 2 3 4; do x=$x$x$x$x$x$x$x$x; done
x=$x$x$x$x$x$x$x$x
";

/// What ends a bomb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// The limit on memory.
    Memory,
    /// The watch.
    Time,
    /// Any refusal.
    Refused,
}

use End::{Memory, Refused, Time};

const BOMBS: &[(&str, End, &str)] = &[
    ("replacement", Memory, r"while :; do x=${x//a/$x}; done"),
    ("replacement once", Memory, r"y=${x//a/$x}"),
    (
        "replacement at an end",
        Memory,
        r"while :; do x=${x/#a/$x$x}; x=${x/%a/$x}; done",
    ),
    ("replacement of a class", Memory, r"y=${x//[ab]/$x}"),
    (
        "replacement in a list",
        Memory,
        r#"a=("$x" "$x"); b=("${a[@]//a/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}")"#,
    ),
    (
        "concatenation",
        Memory,
        r#"while :; do x="$x""$x""$x"; done"#,
    ),
    ("concatenation in one word", Memory, "y=@(\"$x\"){100}"),
    ("addition", Memory, r"while :; do x+=$x; done"),
    (
        "addition of little",
        Memory,
        r"while :; do y+=aaaaaaaaaaaaaaaa; done",
    ),
    (
        "addition to an element",
        Memory,
        r"while :; do a[0]+=$x; done",
    ),
    (
        "addition to an associative element",
        Memory,
        r"declare -A m; while :; do m[k]+=$x; done",
    ),
    ("elements", Memory, r"while :; do a+=(a); done"),
    (
        "empty elements",
        Memory,
        r#"while :; do a+=("" "" "" "" "" ""); done"#,
    ),
    (
        "elements doubled",
        Memory,
        r#"a=(a b); while :; do a+=("${a[@]}"); done"#,
    ),
    (
        "long keys",
        Memory,
        r"declare -A m; while :; do m[$x$i]=; i+=a; done",
    ),
    (
        "variables",
        Memory,
        r"for ((i=0;;i++)); do declare v$i=; done",
    ),
    (
        "long names",
        Memory,
        r"for ((i=0;;i++)); do printf -v a$x$i %s b; done",
    ),
    (
        "long local names",
        Memory,
        r"f() { for ((i=0;;i++)); do local a$x$i; done; }; f",
    ),
    (
        "functions",
        Memory,
        r#"for ((i=0;;i++)); do eval "f$i() { :; }"; done"#,
    ),
    (
        "functions with long names",
        Memory,
        r#"for ((i=0;;i++)); do eval "f$x$i() { :; }"; done"#,
    ),
    (
        "printf of a width",
        Memory,
        r"while :; do printf -v y %4096s; z+=$y; done",
    ),
    (
        "printf of a computed width",
        Refused,
        r"printf -v y %1000000000s",
    ),
    (
        "printf of a width from a value",
        Refused,
        r"printf -v y '%*s' 1000000000 a",
    ),
    (
        "printf of many values",
        Memory,
        r#"a=($x{100}); while :; do printf -v y %s%s "$x" "$x" "$x" "$x" "$x"; z+=$y; done"#,
    ),
    (
        "printf %q",
        Memory,
        "y=@(\"$x\"){7}; y=${y//a/\\$}; printf -v z %q \"$y$y$y$y\"",
    ),
    (
        "printf %b",
        Memory,
        r#"while :; do printf -v x %b%b "$x" "$x"; done"#,
    ),
    (
        "quoting",
        Memory,
        "y=${x//a/\\'}; z=${y@Q}; z=${z@Q}; z=${z@Q}; z=${z@Q}",
    ),
    (
        "quoting of control characters",
        Memory,
        "y=${x//a/$'\\1'}; z=${y@Q}; z=${z@Q}; z=${z@Q}; z=${z@Q}",
    ),
    (
        "quoted declarations",
        Memory,
        r#"y=${x//a/$'\1'}; while :; do z+=$(declare -p y); done"#,
    ),
    ("uppercase", Memory, r#"while :; do a+=("${x^^}"); done"#),
    (
        "lowercase of a list",
        Memory,
        r#"a=("$x" "$x" "$x" "$x"); while :; do b+=("${a[@],,}"); done"#,
    ),
    (
        "read",
        Memory,
        r#"while :; do read -r y <<< "$x$x"; x+=$y; done"#,
    ),
    (
        "read of words",
        Memory,
        r#"y=${x//a/a }; read -r -a a <<< "$y""#,
    ),
    ("mapfile", Memory, "y=${x//a/$'\\n'}; mapfile a <<< \"$y\""),
    (
        "here-documents",
        Memory,
        "while :; do mapfile a <<E\n$x$x$x\nE\nb+=(\"${a[@]}\"); done",
    ),
    (
        "here-strings in functions",
        Memory,
        r#"f() { f "$x" <<< "$x$x"; }; f"#,
    ),
    ("eval", Memory, r#"while :; do y+='a=b;'; eval "$y"; done"#),
    (
        "eval of much",
        Memory,
        r#"y=${x//a/;a=b}; y=a=b$y; eval "$y""#,
    ),
    (
        "eval of brackets",
        Memory,
        r#"y=${x//a/[a]}; eval "case x in $y) ;; esac""#,
    ),
    (
        "declare of a quoted array",
        Memory,
        r#"y=${x//a/b }; declare -a "z=($y)""#,
    ),
    ("split words", Memory, r"y=${x//a/a }; a=($y $y $y $y)"),
    (
        "arguments",
        Memory,
        r"y=${x//a/a }; set -- $y; set -- $y $*",
    ),
    (
        "arguments of recursion",
        Memory,
        r#"f() { f "$@" "$@"; }; f a b"#,
    ),
    (
        "joined arguments",
        Memory,
        r#"set -- "$x" "$x" "$x"; while :; do set -- "$*" "$*" "$*"; done"#,
    ),
    (
        "command substitution",
        Memory,
        r#"while :; do x=$(echo "$x$x"); done"#,
    ),
    (
        "nested command substitution",
        Refused,
        r#"f() { echo "$(f)$x"; echo "$x"; }; y=$(f "$x")"#,
    ),
    (
        "a subshell that changes much",
        Memory,
        r#"f() { ( x+=a; f ) }; f"#,
    ),
    (
        "subshells with arrays",
        Memory,
        r#"y=${x//a/a }; a=(${y:0:200000}); f() { ( a+=(b); f ) }; f"#,
    ),
    (
        "pipelines",
        Memory,
        r#"while :; do echo "$x$x$x" | while read -r y; do echo "$y$y"; done | mapfile z; done"#,
    ),
    (
        "patterns",
        Memory,
        r#"for ((i=0;;i++)); do [[ b == *"$x"$i* ]]; done"#,
    ),
    (
        "classes in patterns",
        Memory,
        r#"y=${x//a/[a]}; [[ b == $y ]]"#,
    ),
    (
        "regular expressions",
        Memory,
        r#"for ((i=0;;i++)); do [[ b =~ [a][b][c][d][e][f][g][h]{200}$i ]]; done"#,
    ),
    ("a long regular expression", Refused, r#"[[ b =~ $x ]]"#),
    (
        "repeated repetitions",
        Refused,
        r#"[[ b =~ a{250}{250}{250} ]]"#,
    ),
    (
        "versions",
        Memory,
        r#"while :; do x=$(ver_rs 1- "$x" 1.2.3.4.5); done"#,
    ),
    (
        "parts of versions",
        Memory,
        r#"y=${x//a/1.}; while :; do z+=$(ver_cut 1- "${y:0:20000}"); done"#,
    ),
    (
        "exported functions",
        Memory,
        r#"ECLASS=a; while :; do EXPORT_FUNCTIONS $x; done"#,
    ),
    (
        "slices",
        Memory,
        r#"while :; do a+=("${x:1}" "${x:1:1000000}"); done"#,
    ),
    (
        "defaults",
        Memory,
        r#"while :; do a+=("${y:-$x}" "${z:=$x}"); done"#,
    ),
    (
        "indirection",
        Memory,
        r#"n=x; while :; do a+=("${!n}"); done"#,
    ),
    (
        "lists of names",
        Memory,
        r#"for ((i=0;i<2000;i++)); do declare variable$i=; done; while :; do a+=("${!variable@}"); done"#,
    ),
    (
        "keys",
        Memory,
        r#"y=${x//a/a }; a=(${y:0:20000}); while :; do b+=("${!a[@]}"); done"#,
    ),
    (
        "counting",
        Memory,
        r#"y=${x//a/a }; a=(${y:0:20000}); while :; do n=${#a[@]}; done"#,
    ),
    (
        "for lists",
        Memory,
        r#"y=${x//a/a }; for i in $y $y $y $y; do :; done"#,
    ),
    (
        "braces",
        Refused,
        "y={a,b}{c,d}; z=({1..4000}{1..4000}{1..4000})",
    ),
    ("long words with braces", Refused, "z=(@(z){3000}{1..4000})"),
    (
        "many words with braces",
        Refused,
        "@(z=({1..4000});\n){4000}",
    ),
    ("nested braces", Refused, "z=(@({a,){70}b@(}){70})"),
    ("open braces", Refused, "z=(@({){60000})"),
    (
        "a last message",
        Refused,
        r#"y=${x//a/$'\1'}; "$y" "$y" "$y""#,
    ),
    (
        "a last file",
        Refused,
        r#"y=${x//a/$'\1'}; shopt -s failglob; echo $y*"#,
    ),
    ("die", Refused, r#"y=${x//a/$'\xff'}; die "$y""#),
    ("loops", Time, "while :; do :; done"),
    (
        "recursion in loops",
        Time,
        "f() { for ((;;)); do g; done; }; g() { :; }; f",
    ),
    (
        "nested groups",
        Time,
        r#"while :; do [[ ${x:0:60}b == *(*(*(a)))c ]]; done"#,
    ),
    (
        "extended patterns",
        Time,
        r#"while :; do [[ ${x:0:400} == *(a|aa|+(a|*(aa)))b ]]; done"#,
    ),
    (
        "negated patterns",
        Time,
        r#"while :; do [[ ${x:0:400} == !(!(*a*b)*)*b ]]; done"#,
    ),
    (
        "stars",
        Time,
        r#"while :; do [[ ${x:0:2000} == *a*a*a*a*a*a*b ]]; done"#,
    ),
    (
        "backtracking",
        Time,
        r#"y=${x:0:1000}b; while :; do [[ $y =~ (a*)(a*)(a*)(a*)c ]]; done"#,
    ),
    (
        "repetitions",
        Time,
        r#"y=${x:0:1000}b; while :; do [[ $y =~ a*a*a*a*a*c ]]; done"#,
    ),
    (
        "trimming",
        Time,
        r#"y=${x:0:3000}; shopt -s extglob; while :; do z=${y##*(a)b}; z=${y%%*(a)b}; done"#,
    ),
    (
        "replacing slowly",
        Time,
        r#"y=${x:0:3000}; while :; do z=${y//a*b/c}; done"#,
    ),
    (
        "expressions",
        Time,
        "a=b+b+b+b b=c+c+c+c c=d+d+d+d d=e+e+e+e e=f+f+f+f f=g+g+g+g g=h+h+h+h h=i+i+i+i i=j+j+j+j j=k+k+k+k k=l+l+l+l l=m+m+m+m m=1; while :; do ((a)); done",
    ),
    (
        "elements from the end",
        Time,
        "for ((i=100000000;;i--)); do a[i]=; [[ ${#a} ]]; unset 'a[i+5000]'; done",
    ),
    (
        "brace expansion in eval",
        Memory,
        r#"for ((i=0;;i++)); do eval "f$i() { : {1..4000}; }; f$i"; done"#,
    ),
    (
        "separators",
        Time,
        r#"IFS=${x:0:100000}; while :; do for i in ${x:0:10}; do :; done; done"#,
    ),
];

/// `@(text){count}` stands for that many copies of the text.
fn script(text: &str) -> String {
    let mut out = String::from(PRELUDE);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@(") {
        let copies = after.find("){").and_then(|close| {
            let (count, tail) = after.get(close + 2..)?.split_once('}')?;
            Some((after.get(..close)?, count.parse::<usize>().ok()?, tail))
        });
        let Some((copied, count, tail)) = copies else {
            break;
        };
        out.push_str(before);
        out.push_str(&copied.repeat(count));
        rest = tail;
    }
    out.push_str(rest);
    out.push('\n');
    out
}

/// The largest memory that this process had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes << 10
}

/// Runs the bomb that the parent names.
#[test]
fn bomb() {
    let Ok(index) = std::env::var("EBD_TEST_BOMB") else {
        return;
    };
    let (_, end, text) = BOMBS[index.parse::<usize>().unwrap()];
    let limits = Limits {
        bytes: if end == Time { u64::MAX } else { BYTES },
        steps: u64::MAX,
        ..Limits::default()
    };
    let begin = Instant::now();
    let time = Duration::from_secs(if end == Time { 1 } else { 60 });
    let engine = Engine::with_limits(limits).watched_by(move || begin.elapsed() >= time);
    let ended = match common::native_runs(&engine, Eapi::E8, &script(text)) {
        Err(abort) => abort.cause,
        Ok(ran) => panic!("it ran: status {}", ran.status),
    };
    match (end, &ended) {
        (Memory, Cause::Fallback(Fallback::Limit { what, .. })) => {
            assert_eq!(*what, "bytes of values")
        }
        // One match has a limit of its own.
        (Time, Cause::Fallback(Fallback::Limit { what, .. })) if what.contains("tries") => {}
        (Time, Cause::Stopped) => {}
        (Refused, cause) if !matches!(cause, Cause::Stopped) => {}
        (_, cause) => panic!("{end:?}: {cause}"),
    }
    assert!(
        end != Time || begin.elapsed() < 2 * time,
        "{:?}",
        begin.elapsed()
    );
    println!("PEAK {} {}", peak(), begin.elapsed().as_millis());
}

#[test]
fn no_script_takes_more_than_it_may() {
    let only = std::env::var("EBD_TEST_BOMBS").unwrap_or_default();
    let mut failures = String::new();
    for (index, (name, ..)) in BOMBS.iter().enumerate() {
        if !name.contains(&only) {
            continue;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "bomb", "--nocapture"])
            .env("EBD_TEST_BOMB", index.to_string())
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let peak = printed.split_once("PEAK ").and_then(|(_, rest)| {
            let mut words = rest.split_whitespace();
            Some((words.next()?.parse::<u64>().ok()?, words.next()?.to_owned()))
        });
        match peak {
            Some((peak, time)) if output.status.success() && peak <= BYTES + MORE => {
                println!("{name}: {} MiB, {time} ms", peak >> 20);
            }
            Some((peak, time)) if output.status.success() => {
                writeln!(failures, "{name}: {} MiB, {time} ms", peak >> 20).unwrap();
            }
            _ => {
                let why = String::from_utf8_lossy(&output.stderr);
                let why: Vec<&str> = why
                    .lines()
                    .filter(|line| !line.is_empty())
                    .take(4)
                    .collect();
                writeln!(failures, "{name}: {} {}", output.status, why.join(" | ")).unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
