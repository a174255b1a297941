//! The check of an ebuild's metadata.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;

use ebd_pms::{Eapi, Key, metadata, parse_defined_phases, parse_eapi_line, parse_homepage};
use proptest::prelude::*;

const GOOD: [(Key, &str); 5] = [
    (Key::Description, "A (strange) description: || ( x?"),
    (Key::Slot, "0"),
    (Key::DefinedPhases, "-"),
    (Key::Eapi, "8"),
    (Key::Homepage, "https://example.org/"),
];

fn check(eapi: Eapi, changes: &[(Key, &str)]) -> Vec<String> {
    let value = |key: Key| {
        changes
            .iter()
            .chain(&GOOD)
            .find(|(name, _)| *name == key)
            .map_or("", |(_, value)| *value)
    };
    let errors: Vec<String> = Key::of(eapi)
        .filter_map(|key| metadata::check_value(eapi, key, value(key)).err())
        .map(|error| error.to_string())
        .collect();
    assert_eq!(
        metadata::check(eapi, &value)
            .err()
            .map(|error| error.to_string()),
        errors.first().cloned()
    );
    errors
}

#[test]
fn little_is_mandatory() {
    assert_eq!(check(Eapi::E8, &[]), [""; 0]);
    assert_eq!(check(Eapi::E3, &[(Key::DefinedPhases, "")]), [""; 0]);
}

#[test]
fn errors_name_key_byte_and_token() {
    let cases: &[(Eapi, Key, &str)] = &[
        (Eapi::E8, Key::Description, ""),
        (Eapi::E8, Key::Description, "  "),
        (Eapi::E8, Key::Description, "two\nlines"),
        (Eapi::E8, Key::Slot, ""),
        (Eapi::E8, Key::Slot, "0 "),
        (Eapi::E8, Key::Slot, "0/1/2"),
        (Eapi::E8, Key::Slot, "0/"),
        (Eapi::E8, Key::Slot, "${X}"),
        (Eapi::E4, Key::Slot, "0/1"),
        (Eapi::E8, Key::DefinedPhases, ""),
        (Eapi::E8, Key::DefinedPhases, "compile - test"),
        (Eapi::E8, Key::DefinedPhases, "src_compile"),
        (Eapi::E1, Key::DefinedPhases, "compile prepare"),
        (Eapi::E8, Key::Depend, "a/b c/d-1"),
        (Eapi::E8, Key::Bdepend, "x? ( a/b"),
        (Eapi::E8, Key::Rdepend, "a/b\tc/d )"),
        (Eapi::E8, Key::Pdepend, "a/b\0"),
        (Eapi::E8, Key::Idepend, "a/b:0/1="),
        (Eapi::E8, Key::SrcUri, "https://x/y -> a/b"),
        (Eapi::E8, Key::License, "GPL-2 (MIT )"),
        (Eapi::E8, Key::RequiredUse, "^^ ( a b"),
        (Eapi::E4, Key::RequiredUse, "?? ( a b )"),
        (Eapi::E8, Key::Restrict, "|| ( test )"),
        (Eapi::E8, Key::Properties, "live !x"),
        (Eapi::E8, Key::Homepage, "x? ( https://example.org )"),
        (Eapi::E8, Key::Homepage, "example.org"),
        (Eapi::E8, Key::Keywords, "amd64 ~*"),
        (Eapi::E8, Key::Keywords, "~~amd64"),
        (Eapi::E8, Key::Iuse, "a ++b"),
        (Eapi::E8, Key::Iuse, "a !b"),
        (Eapi::E0, Key::Iuse, "a +b"),
    ];
    let mut text = String::new();
    for (eapi, key, value) in cases {
        let errors = check(*eapi, &[(*key, value)]);
        let [error] = &errors[..] else {
            panic!("{key}={value:?}: {errors:?}")
        };
        writeln!(text, "{eapi} {key}={value:?}\n    {error}").unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn values_that_are_no_metadata_are_not_looked_at() {
    for (eapi, key) in [
        (Eapi::E3, Key::RequiredUse),
        (Eapi::E6, Key::Bdepend),
        (Eapi::E7, Key::Idepend),
    ] {
        assert_eq!(check(eapi, &[(key, "( (")]), [""; 0]);
    }
}

#[test]
fn all_problems_are_reported() {
    assert_eq!(
        check(
            Eapi::E8,
            &[(Key::Depend, "("), (Key::Slot, ""), (Key::Iuse, "-")]
        )
        .len(),
        3
    );
}

#[test]
fn unknown_phases_and_no_phases_differ() {
    assert_eq!(parse_defined_phases("", Eapi::E0).unwrap(), None);
    assert!(
        parse_defined_phases("-", Eapi::E0)
            .unwrap()
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        parse_defined_phases("test compile", Eapi::E0)
            .unwrap()
            .unwrap()
            .to_string(),
        "compile test"
    );
    assert_eq!(
        parse_homepage("https://a  ircs://b").unwrap(),
        ["https://a", "ircs://b"]
    );
}

proptest! {
    #[test]
    fn arbitrary_values_never_panic(value in "\\PC{0,40}|[-a-z0-9?!|()^ /:.+\\[\\]]{0,40}") {
        for eapi in Eapi::ALL {
            for key in Key::ALL {
                if let Err(error) = metadata::check_value(eapi, key, &value) {
                    prop_assert!(error.problem.offset() <= value.len());
                }
            }
        }
    }

    #[test]
    fn arbitrary_bytes_have_an_eapi(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = parse_eapi_line(&bytes).eapi();
    }

    #[test]
    fn lines_like_an_eapi_line_never_panic(text in "[ \t]{0,2}EAPI=['\"]?[0-9a-z+_.-]{0,4}['\"]?[ \t]{0,2}(#.{0,3})?\n?") {
        let line = parse_eapi_line(text.as_bytes());
        prop_assert_eq!(line.line, Some(1));
    }
}
