//! Dependency expressions: groups, errors, evaluation.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashSet;
use std::fmt::Display;
use std::fmt::Write as _;

use ebd_pms::{Atom, Eapi, Expression, Leaf, License, MAX_DEPTH, SrcUri, UseFlagTest, Word};
use proptest::prelude::*;

fn parse<T: Leaf>(text: &str, eapi: Eapi) -> Expression<T> {
    Expression::parse(text, eapi).unwrap_or_else(|error| panic!("{error}"))
}

fn errors<T: Leaf>(eapi: Eapi, cases: &[&str]) -> String {
    let mut text = String::new();
    for case in cases {
        let outcome = Expression::<T>::parse(case, eapi)
            .err()
            .map_or("OK".to_owned(), |error| error.to_string());
        writeln!(text, "{case}\n    {outcome}").unwrap();
    }
    text
}

#[test]
fn values_are_written_back_with_single_spaces() {
    fn same<T: Leaf + Display>(cases: &[&str]) {
        for text in cases {
            let spaced = format!("\t {} \n", text.replace(' ', " \t"));
            assert_eq!(parse::<T>(&spaced, Eapi::E8).to_string(), *text);
        }
    }
    same::<Atom>(&[
        "",
        "a/b",
        "a/b c/d",
        "( a/b )",
        "|| ( a/b ( c/d e/f ) )",
        "x? ( a/b !y? ( || ( c/d e/f ) ) ) g/h",
        "( ( ( a/b ) ) )",
    ]);
    same::<License>(&["GPL-2+", "|| ( GPL-2 MIT ) BSD", "doc? ( FDL-1.3 )"]);
    same::<UseFlagTest>(&[
        "a !b",
        "^^ ( a b )",
        "?? ( a b )",
        "|| ( a !b )",
        "a? ( b )",
        "^^ ( a? ( b ) c )",
        "( a b )",
    ]);
    same::<SrcUri>(&[
        "https://x/y",
        "https://x/y -> z",
        "f.tar",
        "x? ( mirror://a/b/c )",
        "fetch+https://x/y mirror+https://x/y -> z",
        "ftp://x/ -> y",
        "https://x/y(z)",
        "f.tar -> g.tar",
    ]);
    same::<Word>(&["mirror", "!test? ( test )", "( a b )"]);
}

#[test]
fn dependency_errors_name_the_token() {
    insta::assert_snapshot!(errors::<Atom>(
        Eapi::E8,
        &[
            "(",
            ")",
            "( )",
            "( a/b",
            "a/b )",
            "||",
            "|| a/b",
            "|| )",
            "|| ||",
            "|| ( )",
            "|| (a/b )",
            "|| ( a/b)",
            "||( a/b )",
            "(a/b )",
            "( a/b c/d)",
            "x?",
            "x? a/b",
            "x? y? ( a/b )",
            "x? ( )",
            "x?( a/b )",
            "x ? ( a/b )",
            "!x? )",
            "?",
            "!? ( a/b )",
            "-x? ( a/b )",
            "_x? ( a/b )",
            "^^ ( a/b )",
            "?? ( a/b )",
            "a/b -> c",
            "->",
            "a/b||",
            "| ( a/b )",
            "a/b ( c/d",
            "( ( a/b )",
            "( a/b ) )",
            "!x",
            "x",
            "a/b-1 c/d",
            "é",
            "a/b,c/d",
            "a/b:0/1=",
        ]
    ));
}

#[test]
fn other_errors_name_the_token() {
    let license = errors::<License>(
        Eapi::E8,
        &["^^ ( a b )", "-x", "GPL/2", "!GPL-2", "x? GPL-2"],
    );
    let required = errors::<UseFlagTest>(
        Eapi::E8,
        &[
            "!!a", "a=", "-a", "!", "^^ a", "a/b", "a?( b )", "^^( a )", "?? ( )",
        ],
    );
    let required4 = errors::<UseFlagTest>(Eapi::E4, &["?? ( a b )", "^^ ( a b )"]);
    let restrict = errors::<Word>(
        Eapi::E8,
        &[
            "|| ( a b )",
            "^^ ( a )",
            "te(st",
            "!test",
            "a?b",
            "test? (test )",
        ],
    );
    insta::assert_snapshot!(format!(
        "LICENSE\n{license}\nREQUIRED_USE\n{required}\nEAPI 4\n{required4}\nRESTRICT\n{restrict}"
    ));
}

#[test]
fn src_uri_errors_name_the_token() {
    let new = errors::<SrcUri>(
        Eapi::E8,
        &[
            "->",
            "-> a",
            "https://x/y ->",
            "https://x/y -> ( a )",
            "https://x/y -> a/b",
            "https://x/y -> ..",
            "https://x/y -> ||",
            "https://x/y -> x? ( a )",
            "https://x/y -> a -> b",
            "https://x/y -> -> a",
            "https://x/",
            "x/y",
            "://x",
            "1http://x/y",
            "|| ( https://x/y )",
            "https://x/y?",
            "https://x/y\u{1}",
            "fetch+",
            "mirror+x/y",
            "x? ( https://x/y",
            "fetch+mirror+https://x/y",
        ],
    );
    let old = errors::<SrcUri>(Eapi::E1, &["https://x/y -> z", "fetch+https://x/y"]);
    let seven = errors::<SrcUri>(
        Eapi::E7,
        &[
            "https://x/y -> z",
            "fetch+https://x/y",
            "mirror+https://x/y",
        ],
    );
    insta::assert_snapshot!(format!("EAPI 8\n{new}\nEAPI 1\n{old}\nEAPI 7\n{seven}"));
}

#[test]
fn uris_know_their_file_names() {
    let uris = parse::<SrcUri>(
        "https://x/y/z.tar mirror://gnu/a/b.tar -> c.tar f.zip mirror+https://x/q?a=b",
        Eapi::E8,
    );
    let names: Vec<_> = uris.leaves().map(SrcUri::file_name).collect();
    assert_eq!(names, ["z.tar", "c.tar", "f.zip", "q?a=b"]);
    let protocols: Vec<_> = uris.leaves().map(SrcUri::protocol).collect();
    assert_eq!(
        protocols,
        [Some("https"), Some("mirror"), None, Some("https")]
    );
    assert_eq!(
        uris.leaves().nth(1).and_then(SrcUri::mirror),
        Some(("gnu", "a/b.tar"))
    );
}

#[test]
fn conditionals_are_decided() {
    let cases = [
        ("x? ( a b ) c", "x", "a b c"),
        ("x? ( a b ) c", "", "c"),
        ("!x? ( a )", "", "a"),
        ("!x? ( a )", "x", ""),
        ("|| ( x? ( a b ) c )", "x", "|| ( ( a b ) c )"),
        ("|| ( x? ( a ) c )", "x", "|| ( a c )"),
        ("|| ( x? ( a ) )", "", "|| ( )"),
        ("|| ( x? ( y? ( a ) ) b )", "x", "|| ( ( ) b )"),
        ("( x? ( a b ) )", "x", "( a b )"),
        ("^^ ( x? ( a ) y? ( b ) )", "x y", "^^ ( a b )"),
        ("x? ( y? ( a ) b )", "x y", "a b"),
    ];
    for (text, flags, expected) in cases {
        let enabled: HashSet<_> = flags.split_whitespace().collect();
        let evaluated = parse::<UseFlagTest>(text, Eapi::E8);
        assert_eq!(
            evaluated
                .evaluate(&|flag| enabled.contains(flag))
                .to_string(),
            expected,
            "{text} with {flags:?}"
        );
    }
}

#[test]
fn required_use_holds_or_not() {
    // expression, enabled flags, EAPI 6, EAPI 7
    let cases = [
        ("", "", true, true),
        ("a", "a", true, true),
        ("a", "", false, false),
        ("!a", "", true, true),
        ("|| ( a b )", "b", true, true),
        ("|| ( a b )", "", false, false),
        ("^^ ( a b )", "a", true, true),
        ("^^ ( a b )", "a b", false, false),
        ("^^ ( a b )", "", false, false),
        ("?? ( a b )", "", true, true),
        ("?? ( a b )", "a b", false, false),
        ("x? ( a )", "", true, true),
        ("x? ( a )", "x", false, false),
        ("|| ( x? ( a ) )", "", true, false),
        ("^^ ( x? ( a ) )", "", true, false),
        ("?? ( x? ( a ) )", "", true, true),
        ("|| ( x? ( a ) b )", "", false, false),
        ("^^ ( x? ( a ) b )", "b", true, true),
        ("^^ ( x? ( a ) b )", "b x a", false, false),
        ("^^ ( x? ( a ) b )", "b x", true, true),
        ("|| ( ( x? ( a ) ) )", "", true, true),
        ("|| ( ( a b ) c )", "a", false, false),
        ("|| ( ( a b ) c )", "a b", true, true),
    ];
    for (text, flags, six, seven) in cases {
        let enabled: HashSet<_> = flags.split_whitespace().collect();
        let is_enabled = |flag: &str| enabled.contains(flag);
        for (eapi, expected) in [(Eapi::E6, six), (Eapi::E7, seven)] {
            let holds =
                parse::<UseFlagTest>(text, eapi)
                    .is_satisfied(eapi, &is_enabled, &mut |test| test.holds(&is_enabled));
            assert_eq!(holds, expected, "{text} with {flags:?} in EAPI {eapi}");
        }
    }
}

#[test]
fn leaves_and_flags_are_in_order() {
    let tree = parse::<UseFlagTest>("a x? ( b || ( c !y? ( d ) ) ) e x? ( f )", Eapi::E8);
    assert_eq!(
        tree.leaves()
            .map(|test| test.flag.as_str())
            .collect::<String>(),
        "abcdef"
    );
}

#[test]
fn depth_is_limited_and_size_is_not() {
    let nested = |depth: usize| format!("{}a/b{}", "( ".repeat(depth), " )".repeat(depth));
    assert_eq!(
        parse::<Atom>(&nested(MAX_DEPTH), Eapi::E8).leaves().count(),
        1
    );
    insta::assert_snapshot!(Expression::<Atom>::parse(&nested(MAX_DEPTH + 1), Eapi::E8).unwrap_err(), @r#"at byte 256: "(": groups are nested more than 128 levels deep"#);
    assert!(Expression::<Atom>::parse(&"( ".repeat(1_000_000), Eapi::E8).is_err());
    assert_eq!(
        parse::<Atom>(&"a/b ".repeat(200_000), Eapi::E8)
            .leaves()
            .count(),
        200_000
    );
    let flags = vec!["x"; 100_000].join(",");
    assert!(Expression::<Atom>::parse(&format!("a/b[{flags}]"), Eapi::E8).is_ok());
}

fn any_expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("a"), Just("!b"), Just("c"), Just("d")].prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 4, |inner| {
        let opener = prop_oneof![
            Just(""),
            Just("|| "),
            Just("^^ "),
            Just("?? "),
            Just("x? "),
            Just("!y? ")
        ];
        (opener, prop::collection::vec(inner, 1..4))
            .prop_map(|(opener, items)| format!("{opener}( {} )", items.join(" ")))
    })
}

proptest! {
    #[test]
    fn generated_expressions_round_trip(items in prop::collection::vec(any_expression(), 0..4)) {
        let text = items.join(" ");
        prop_assert_eq!(parse::<UseFlagTest>(&text, Eapi::E8).to_string(), text);
    }

    #[test]
    fn evaluation_keeps_the_meaning(text in any_expression(), mask in 0_u8..64) {
        let names = ["a", "b", "c", "d", "x", "y"];
        let enabled = |flag: &str| names.iter().position(|name| *name == flag).is_some_and(|bit| mask & (1 << bit) != 0);
        for eapi in [Eapi::E6, Eapi::E8] {
            let tree = parse::<UseFlagTest>(&text, eapi);
            let direct = tree.is_satisfied(eapi, &enabled, &mut |test| test.holds(&enabled));
            let evaluated = tree.evaluate(&enabled);
            let later = evaluated.is_satisfied(eapi, &|_| panic!("decided"), &mut |test| test.holds(&enabled));
            prop_assert_eq!(direct, later);
        }
    }

    #[test]
    fn token_soup_never_panics(tokens in prop::collection::vec("\\(|\\)|\\|\\||\\^\\^|\\?\\?|x\\?|!y\\?|->|a/b|a|https://x/y|fetch\\+a|\\PC{0,3}", 0..20)) {
        let text = tokens.join(" ");
        for eapi in Eapi::ALL {
            if let Ok(tree) = Expression::<Atom>::parse(&text, eapi) {
                prop_assert_eq!(parse::<Atom>(&tree.to_string(), eapi), tree);
            }
            if let Ok(tree) = Expression::<SrcUri>::parse(&text, eapi) {
                prop_assert_eq!(parse::<SrcUri>(&tree.to_string(), eapi), tree);
            }
            let _ = Expression::<License>::parse(&text, eapi);
            let _ = Expression::<UseFlagTest>::parse(&text, eapi);
            let _ = Expression::<Word>::parse(&text, eapi);
        }
    }
}
