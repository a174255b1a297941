//! The evaluator against bash: generated scripts over everything that it supports.
//!
//! EBD_TEST_CASES says how many scripts there are; 20000 is the long mode.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    reason = "tests"
)]

mod common;

use ebd_pms::Eapi;
use ebd_shell::Engine;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn one_of(choices: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(choices)
        .prop_map(str::to_owned)
        .boxed()
}

fn name() -> BoxedStrategy<String> {
    one_of(&["a", "b", "c"])
}

fn literal() -> BoxedStrategy<String> {
    one_of(&[
        "x",
        "foo",
        "Bar",
        "1",
        "12",
        "a.b-c",
        "p_q",
        "-n",
        "a=b",
        "0",
        "x/y/z",
        "aXbXc",
        "foo-1.2_rc3",
        ":",
        "9",
        "7",
    ])
}

fn pattern() -> BoxedStrategy<String> {
    prop_oneof![
        one_of(&[
            "*",
            "?",
            "[a-z]",
            "[!a]",
            "*o",
            "f*",
            "*.*",
            "a?b",
            "[[:digit:]]",
            "*-*",
            "x",
            "-*",
            "_*",
            "[0-9]*",
            "'*'",
            "\"?\"",
            "\\*",
            "/*",
            "*/",
            "o",
            "X",
            "*[a-c]",
            "[]x]",
            "[a-c1-3]*",
        ]),
        name().prop_map(|name| format!("${name}")),
        name().prop_map(|name| format!("\"${{{name}}}\"")),
    ]
    .boxed()
}

fn expression() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        one_of(&[
            "0", "1", "2", "7", "10", "0x1f", "010", "2#101", "i", "j", "q[0]", "q[j-2]", "${#a}",
            "$i", "-3"
        ]),
        one_of(&["${#r[@]}", "i", "j", "3", "w", "o"]),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (
                inner.clone(),
                one_of(&[
                    "+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&",
                    "|", "^", "&&", "||", "**", ","
                ]),
                inner.clone()
            )
                .prop_map(|(a, o, b)| format!("{a} {o} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("!{a}")),
            inner.clone().prop_map(|a| format!("~{a}")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (
                one_of(&["i", "j", "q[1]", "w"]),
                one_of(&["=", "+=", "-=", "*=", "|=", "^=", "<<="]),
                inner.clone()
            )
                .prop_map(|(n, o, a)| format!("({n} {o} {a})")),
            Just("i++".to_owned()),
            Just("--j".to_owned()),
        ]
    })
    .boxed()
}

/// What stands in `${…}`.
fn parameter(word: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let subject = one_of(&[
        "a", "b", "c", "a", "b", "r[0]", "r[1]", "r[-1]", "r[@]", "r[*]", "m[k]", "m[x]", "1", "2",
        "@", "*", "u", "r", "m[@]", "q[@]",
    ]);
    prop_oneof![
        6 => subject.clone(),
        1 => Just("#".to_owned()),
        3 => (subject.clone(), one_of(&["-", ":-", "+", ":+"]), word.clone()).prop_map(|(s, o, w)| format!("{s}{o}{w}")),
        3 => (subject.clone(), one_of(&["#", "##", "%", "%%"]), pattern()).prop_map(|(s, o, p)| format!("{s}{o}{p}")),
        3 => (subject.clone(), one_of(&["/", "//", "/#", "/%"]), pattern(), word.clone())
            .prop_map(|(s, o, p, w)| format!("{s}{o}{p}/{}", plain(&w))),
        2 => (subject.clone(), one_of(&["0", "1", "2", " -1", " -2", "i", "7"]), prop::option::of(one_of(&["0", "1", "2", "-1", "i", "9"])))
            .prop_map(|(s, o, l)| match l { Some(l) => format!("{s}:{o}:{l}"), None => format!("{s}:{o}") }),
        2 => (subject.clone(), one_of(&["^", "^^", ",", ",,", "^^[a-f]", ",[A-Z]"])).prop_map(|(s, o)| format!("{s}{o}")),
        1 => (subject.clone(), one_of(&["@U", "@L", "@u", "@Q"])).prop_map(|(s, o)| format!("{s}{o}")),
        1 => (name(), pattern(), word.clone()).prop_map(|(s, p, w)| format!("{s}//{p}/{w}")),
        1 => one_of(&["u=set", "u:=set", "c:=set", "a=set", "!n:-x", "!n#f", "!v%e", "BASH_REMATCH[0]", "BASH_REMATCH[1]-none", "FUNCNAME[0]-", "#FUNCNAME[@]", "BASH_REMATCH[@]"]),
        1 => one_of(&["a@a", "r@a", "m@a", "!n", "!n-x", "!r[@]", "!m[@]", "!r[*]", "#a", "#r[@]", "#m[@]", "#1", "#", "#r[0]", "#r", "?", "!v"]),
    ]
    .prop_map(|inside| format!("${{{inside}}}"))
    .boxed()
}

fn word() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        4 => literal(),
        2 => name().prop_map(|name| format!("${name}")),
        1 => one_of(&["$@", "\"$@\"", "$*", "\"$*\"", "$#", "$?", "$1", "\"$2\"", "''", "\"\"", "$'a\\tb'", "\\ ", "'a  b'", "\" c \"", "\\$x", "{x,y}", "p{1..3}", "{a,b}{c,d}", "{x}", "{,z}q", "{3..1}", "{01..3}", "{a..c..2}", "a{1,{2,3}}b"]),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let inner = inner.boxed();
        prop_oneof![
            4 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}{b}")),
            5 => parameter(inner.clone()),
            5 => parameter(inner.clone()).prop_map(|p| format!("\"{p}\"")),
            2 => parameter(inner.clone()).prop_map(|p| format!("\"<{p}> $a\"")),
            1 => expression().prop_map(|e| format!("$(({e}))")),
            1 => inner.clone().prop_map(|w| format!("$(echo {w})")),
            1 => inner.clone().prop_map(|w| format!("\"$(printf '%s|' {w})\"")),
            1 => inner.clone().prop_map(|w| format!("`echo {w}`")),
        ]
    })
    .boxed()
}

fn words() -> BoxedStrategy<String> {
    prop::collection::vec(word(), 0..4)
        .prop_map(|words| words.join(" "))
        .boxed()
}

fn condition() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        (word(), one_of(&["==", "!=", "="]), pattern())
            .prop_map(|(w, o, p)| format!("{w} {o} {p}")),
        (word(), one_of(&["==", "!="]), word()).prop_map(|(w, o, p)| format!("{w} {o} {p}")),
        (word(), one_of(&["<", ">"]), word()).prop_map(|(w, o, p)| format!("{w} {o} {p}")),
        (one_of(&["-n", "-z"]), word()).prop_map(|(o, w)| format!("{o} {w}")),
        (
            expression(),
            one_of(&["-eq", "-lt", "-ge"]),
            one_of(&["1", "i", "0", "n"])
        )
            .prop_map(|(e, o, f)| format!("$(({e})) {o} {f}")),
        (
            word(),
            one_of(&[
                "^[a-z]+$",
                "[0-9]",
                "^(.)(.*)$",
                "^([a-z]*)-([0-9.]+)",
                "o|x",
                "(a|b)c?$",
                "^.{2}$",
                "'.'",
                "$a"
            ])
        )
            .prop_map(|(w, r)| format!("{w} =~ {r}")),
        one_of(&["-v a", "-v r[1]", "-v u", "-v m[k]", "foo", "$a"]),
        (
            word(),
            one_of(&["@(a|foo)*", "+([a-z])", "!(x)", "?(f)oo", "*(o|f)"])
        )
            .prop_map(|(w, p)| format!("{w} == {p}")),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), one_of(&["&&", "||"]), inner.clone())
                .prop_map(|(a, o, b)| format!("{a} {o} {b}")),
            inner.clone().prop_map(|a| format!("! {a}")),
            inner.clone().prop_map(|a| format!("( {a} )")),
        ]
    })
    .prop_map(|inside| format!("[[ {inside} ]]"))
    .boxed()
}

fn command() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        4 => (name(), word()).prop_map(|(n, w)| format!("{n}={w}")),
        2 => (name(), word()).prop_map(|(n, w)| format!("{n}+={w}")),
        2 => (one_of(&["r", "r", "n"]), words()).prop_map(|(n, w)| format!("{n}=({w})")),
        1 => words().prop_map(|w| format!("r+=({w})")),
        1 => (one_of(&["r[1]", "r[3]", "r[i]", "m[k]", "m[$a]", "m['x y']", "r[-1]"]), word()).prop_map(|(n, w)| format!("{n}={w}")),
        1 => (word(), word()).prop_map(|(a, b)| format!("m=([k]={a} [x]={b})")),
        5 => words().prop_map(|w| format!("printf '<%s>' {w}; echo")),
        3 => words().prop_map(|w| format!("echo {w}")),
        1 => words().prop_map(|w| format!("set -- {w}")),
        1 => one_of(&["shift", "unset a", "unset 'r[0]'", "unset r", "unset b c", "shift 2", "true", "false", ":", "unset -f f"]),
        2 => condition(),
        2 => expression().prop_map(|e| format!("(( {e} ))")),
        1 => (name(), word()).prop_map(|(n, w)| format!("export {n}={w}")),
        1 => (one_of(&["-a", "-l", "-u", "-x", "-g", ""]), one_of(&["a", "b", "r", "n", "q"]))
            .prop_map(|(o, n)| format!("declare {o} {n}")),
        1 => (one_of(&["-l", "-u", "-g", "-x", ""]), name(), word()).prop_map(|(o, n, w)| format!("declare {o} {n}={w}")),
        1 => (one_of(&["i", "w"]), expression()).prop_map(|(n, e)| format!("declare -i {n}='{e}'")),
        1 => (words(), one_of(&["", "IFS=: ", "IFS=, "])).prop_map(|(w, i)| format!("{i}read -r a b <<< \"{}\"", w.replace('"', ""))),
        1 => words().prop_map(|w| format!("read -ra r <<< {}", if w.is_empty() { "x".to_owned() } else { w.split(' ').next().unwrap_or("x").to_owned() })),
        1 => word().prop_map(|w| format!("mapfile -t r <<< {w}")),
        1 => words().prop_map(|w| format!("mapfile -t r < <(printf '%s\\n' {w})")),
        1 => words().prop_map(|w| format!("f {w}")),
        1 => word().prop_map(|w| format!("eval a={}", plain(&w))),
        1 => word().prop_map(|w| format!("eval \"b={}\" 'c=${{b}}'", plain(&w).replace('$', "\\$"))),
        1 => one_of(&["local -n x=a 2>/dev/null", "declare -n y=b; y=new; unset -n y", "type -t f", "type -t echo", "type -t none", "[ -n \"$a\" ]", "[ \"$a\" = \"$b\" -a x ]", "test -z \"$c\"",
            "test 3 -lt 12", "[ ! x = y ]", "let i+=2 'j=i*2'", "set -f", "set +f", "shopt -s nullglob", "shopt -u nullglob", "shopt -q extglob", "shopt -s extglob",
            "echo \"${FUNCNAME[*]}\"", "echo \"${BASH_REMATCH[*]}\"", "echo ${PIPESTATUS[*]}", "declare -p a r m", "unset 'm[k]'", "unset -v a", "declare +x b", "declare -r z=1; echo $z", "readonly z=2",
            "( exit 3 )", "( exit )", "return 4", "exit 5", "break", "command -v echo", "builtin echo x", "command echo y", "echo -n x", "echo -e 'a\\tb\\x41\\c d'", "echo -E 'a\\n'", ": \"${u:=default}\"; unset u",
            "q=(1 2 3)", "q+=(4 5)", "unset 'q[0]'", "q[5]=9", "a+=x b+=y", "declare -a r=(x 'y z')", "declare -A m=([a]=1 [b]='2 3')", "m+=([c]=3)", "declare -i w=2+3; w+=4", "declare -l o=ABC; o+=DEF", "declare -u o=abc"]),
        1 => (one_of(&["%s-%d\\n", "%5s|", "%-4s|", "%03d", "%x\\n", "%b\\n", "%.2s|", "%%\\n", "%+d|", "%5.1s|", "%c-", "%o|", "%i %s\\n"]), one_of(&["7", "12 4", "1 2 3", "0x10 010", "-5"])).prop_map(|(f, w)| format!("printf '{f}' {w}")),
        1 => (one_of(&["%s|", "%5s|", "%-4s|", "%.2s|", "%b", "%q "]), word()).prop_map(|(f, w)| format!("printf '{f}' {w}")),
        1 => (name(), word()).prop_map(|(n, w)| format!("printf -v {n} '%s/' {w}")),
        1 => one_of(&["IFS=:", "IFS=$' \\t\\n'", "IFS=' ,'", "unset IFS", "IFS="]),
        1 => word().prop_map(|w| format!("cat_ <<E\n{} $a ${{b}} $((i+1)) \\$x\nE\n", w.replace(['"', '`', '\''], ""))),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let block = prop::collection::vec(inner.clone(), 1..3).prop_map(|c| c.join("\n"));
        prop_oneof![
            2 => (inner.clone(), block.clone(), block.clone()).prop_map(|(c, t, e)| format!("if {c}\nthen {t}\nelse {e}\nfi")),
            2 => (words(), block.clone()).prop_map(|(w, b)| format!("for c in {w}; do {b}\ndone")),
            1 => block.clone().prop_map(|b| format!("for c; do {b}\ndone")),
            1 => block.clone().prop_map(|b| format!("for ((i = 0; i < 3 && t++ < 40; i++)); do {b}\ndone")),
            1 => (block.clone(), one_of(&["break", "continue", ":"])).prop_map(|(b, x)| format!("n=0\nwhile (( n++ < 3 && t++ < 40 )); do {b}\n{x}\ndone")),
            2 => (word(), pattern(), block.clone(), pattern(), one_of(&[";;", ";&", ";;&"]), block.clone())
                .prop_map(|(w, p, a, q, e, b)| format!("case {w} in\n{p}) {a}\n{e}\n{q}|foo) {b}\n;;\nesac")),
            1 => block.clone().prop_map(|b| format!("( {b}\n)")),
            1 => block.clone().prop_map(|b| format!("{{ {b}\n}}")),
            1 => (inner.clone(), one_of(&["&&", "||"]), inner.clone()).prop_map(|(a, o, b)| format!("{{ {a}\n}} {o} {{ {b}\n}}")),
            1 => inner.clone().prop_map(|a| format!("! {{ {a}\n}}")),
            1 => block.clone().prop_map(|b| format!("n=i; j=0\nuntil (( j++ > 1 || t++ > 40 )); do {b}\ndone")),
            1 => (block.clone(), words()).prop_map(|(b, w)| format!("k2() {{ local -n ref=$1 2>/dev/null\nref+=x\n{}\n}}\nk2 a {w}", calm(&b))),
            2 => (block.clone(), one_of(&["", "local a", "local a=1 b", "local -a r=(1 2)", "local -i i=3", "local -A m"]), words(), one_of(&["", "return 3", "return"]))
                .prop_map(|(b, l, w, r)| format!("f() {{ {l}\n{}\n{r}\n}}\nf {w}", calm(&b))),
            1 => (block.clone(), block.clone()).prop_map(|(a, b)| format!("g() {{ local c=g\n{}\nh\n}}\nh() {{ {}\n}}\ng", calm(&a), calm(&b))),
            1 => (inner.clone(), one_of(&["while read -r a; do echo \"<$a>\"; done", "{ read -r b; echo \"$b\"; }"])).prop_map(|(a, r)| format!("{{ {a}\n}} | {r}")),
            1 => block.clone().prop_map(|b| format!("a=$( {b}\n)")),
            1 => block.clone().prop_map(|b| format!("{{ {b}\n}} >/dev/null 2>&1")),
        ]
    })
    .boxed()
}

/// A word without anything that quotes: what it says when it is read twice.
fn plain(word: &str) -> String {
    if word.contains(['"', '\'', '\\', '`', ' ', '<', '>', '(', '*', '?', '{']) {
        "plain".to_owned()
    } else {
        word.to_owned()
    }
}

/// Commands for the body of a function: functions do not call each other in circles, or bash would never end.
fn calm(block: &str) -> String {
    let lines: Vec<String> = block
        .split('\n')
        .map(|line| {
            let calls = ["f", "g", "h", "k2"].iter().any(|name| {
                line == *name
                    || line
                        .strip_prefix(name)
                        .is_some_and(|rest| rest.starts_with(' '))
            });
            match calls {
                true => format!("k {}", line.split_once(' ').map_or("", |(_, rest)| rest)),
                false => line.to_owned(),
            }
        })
        .collect();
    lines.join("\n")
}

const BEGIN: &str = "t=0 a='foo bar' b=x c= i=2 j=3 w=5 o=1 q=(4 5 6) n=a r=(one 'two three' 3) v='r[1]'\ndeclare -A m=([k]=v)\nset -- p 'q r'\nf() { echo \"f:$#:$1\"; }\nk() { printf '<%s>' \"$@\"; b=k; }\nh() { echo h; }\ncat_() { local line; while IFS= read -r line; do echo \"$line\"; done; }\n";

#[test]
fn generated_scripts_do_the_same_as_in_bash() {
    let Some(bash) = common::bash() else { return };
    let cases: usize = std::env::var("EBD_TEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(100);
    let seed: u64 = std::env::var("EBD_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    eprintln!("{cases} scripts, seed {seed} (EBD_TEST_CASES, EBD_TEST_SEED)");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &bytes),
    );
    let strategy = prop::collection::vec(command(), 1..5).prop_map(|commands| commands.join("\n"));
    let eapis = [Eapi::E8, Eapi::E5, Eapi::E7];
    let engine = Engine::new();
    let folder = tempfile::tempdir().expect("a folder");
    let (mut left, mut done, mut failures) = (0, 0, Vec::new());
    let mut reasons = std::collections::BTreeMap::<String, usize>::new();
    let mut count = 0;
    while count < cases {
        let batch: Vec<(Eapi, String)> = (0..100)
            .map(|index| {
                let tree = strategy.new_tree(&mut runner).expect("a script");
                (eapis[index % 3], format!("{BEGIN}{}\n", tree.current()))
            })
            .collect();
        count += batch.len();
        let expected = common::bash_runs(&bash, folder.path(), &batch);
        assert_eq!(expected.len(), batch.len());
        for ((eapi, text), expected) in batch.iter().zip(expected) {
            match common::native_runs(&engine, *eapi, text) {
                Err(abort) => {
                    left += 1;
                    *reasons.entry(abort.cause.to_string()).or_default() += 1;
                }
                Ok(ran) => {
                    done += 1;
                    let shown = text.strip_prefix(BEGIN).unwrap_or(text);
                    if let Some(difference) = common::difference(shown, &expected, &ran) {
                        failures.push(format!("EAPI {eapi}:\n{difference}"));
                    }
                }
            }
        }
    }
    eprintln!("{done} compared, {left} left to bash");
    if std::env::var_os("EBD_TEST_REASONS").is_some() {
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (reason, count) in reasons.iter().take(40) {
            eprintln!("{count:6} {reason}");
        }
    }
    failures.sort_by_key(String::len);
    assert!(
        failures.is_empty(),
        "{} differ; the shortest:\n{}",
        failures.len(),
        failures
            .iter()
            .take(8)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert!(
        done * 4 > count * 3,
        "more than a quarter of the scripts is left to bash"
    );
}
