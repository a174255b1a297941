//! Texts made to overflow the stack or to take long.

use std::time::{Duration, Instant};

use ebd_syntax::{ErrorKind, MAX_DEPTH, scan};

/// What can stand inside itself: what opens it, what is innermost, what closes it.
const NESTING: &[(&str, &str, &str)] = &[
    ("$(", "a", ")"),
    ("\"$(", "a", ")\""),
    ("${a:-", "", "}"),
    ("\"${a:-", "", "}\""),
    ("${ ", "a; ", "}"),
    ("<(", "a", ")"),
    ("$((1+", "1", "))"),
    ("$(( (1);", "a", ") )"),
    ("$[", "1", "]"),
    ("{ ", "a; ", "}; "),
    ("( ", "a", " ) "),
    ("((", "a", ") )"),
    ("if ", "a; ", "then b; fi; "),
    ("while ", "a; ", "do b; done; "),
    ("case a in b) ", "a", ";; esac "),
    ("f() { ", "a; ", "}; "),
    ("function f ", "{ a; }", ""),
    ("for x in $(", "a", "); do b; done "),
    ("a=(b $(", "a", "))"),
    ("a[$(", "a", ")]=1"),
    ("[[ ", "a", " ]] "),
    ("[[ $(", "a", ") ]] "),
    ("@($(", "a", "))"),
    ("coproc ", "a", ""),
    ("coproc a ", "{ b; }", ""),
    ("! ", "a", ""),
    ("time ", "a", ""),
    ("a `", "b", "` "),
    ("$(cat <<E\n", "", "\nE\n)"),
    ("(", "", ")"),
    ("[", "", "]"),
    ("a=", "", ""),
    ("a[", "1", "]=2"),
    ("\\\n", "a", ""),
    ("a|", "b", ""),
    ("a&&", "b", ""),
    ("a;", "b", ""),
    ("<<E ", "\n", "E\n"),
    ("<a ", "", ""),
    ("$", "", ""),
    ("{", "", "}"),
    ("`$((", "", ""),
    ("$((`", "", ""),
    ("$(($(", "", ""),
    ("((`((", "", ""),
    ("${a<(", "", ""),
    ("<<E\n", "", ""),
    ("$(<<E\n", "", ""),
    ("$'\\", "", "'"),
    ("a\\\n", "", ""),
    ("a=\\\n(", "", ""),
    ("#", "\n", ""),
    ("f\\\n", "", "()"),
];

#[test]
fn deep_nesting_is_an_error_and_no_stack_overflow() {
    for &(open, inner, close) in NESTING {
        for depth in [10, 100, 250, 100_000] {
            let text = [open.repeat(depth), inner.to_owned(), close.repeat(depth)].concat();
            let began = Instant::now();
            let result = scan(text.as_bytes());
            let took = began.elapsed();
            assert!(
                took < Duration::from_secs(4),
                "{open:?} {depth} took {took:?}"
            );
            if let Err(error) = &result
                && error.kind == ErrorKind::TooDeep
            {
                assert!(depth > 50, "{open:?} {depth}: {error}");
            }
        }
        // Cut off in the middle.
        let _ = scan(open.repeat(100_000).as_bytes());
    }
    const { assert!(MAX_DEPTH > 100) }
}

#[test]
fn time_is_linear_in_the_length() {
    let texts = [
        "$((a); b) ",
        "((a) ); ",
        "`'` ",
        "a <<E\nE\n",
        "\"$(a)\" ${b:-c} ",
        "a=(b c)\n",
        "f() { a; }\n",
        "{fd}>a ",
        "\\\n",
        "'",
        "<<",
        "$((",
        "((",
        "`",
        "a[",
        "[[ a ",
        "<(",
    ];
    for text in texts {
        let time = |count: usize| {
            let text = text.repeat(count);
            let began = Instant::now();
            let _ = scan(text.as_bytes());
            began.elapsed()
        };
        let (short, long) = (time(20_000), time(200_000));
        assert!(
            long < short * 50 + Duration::from_millis(500),
            "{text:?}: {short:?}, ten times as long: {long:?}"
        );
    }
}
