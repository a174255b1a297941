//! The order of versions, against the specification's rules and cases worked out by hand.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use ebd_pms::Version;
use proptest::prelude::*;

fn version(text: &str) -> Version {
    Version::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn hash(version: &Version) -> u64 {
    let mut hasher = DefaultHasher::new();
    version.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn versions_compare_as_the_table_says() {
    let cases = include_str!("data/version-order.txt");
    let mut count = 0;
    for line in cases
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let words: Vec<_> = line.split_whitespace().collect();
        let [left, operator, right] = words[..] else {
            panic!("bad line {line:?}")
        };
        let expected = match operator {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            ">" => Ordering::Greater,
            _ => panic!("bad line {line:?}"),
        };
        let (a, b) = (version(left), version(right));
        assert_eq!(a.cmp(&b), expected, "{line}");
        assert_eq!(b.cmp(&a), expected.reverse(), "{line}, turned around");
        if expected.is_eq() {
            assert_eq!(hash(&a), hash(&b), "{line}");
        }
        count += 1;
    }
    assert!(count > 80, "{count}");
}

#[test]
fn text_that_is_no_version_is_refused_with_the_place() {
    let cases = [
        "",
        "a",
        ".1",
        "1.",
        "1..2",
        "1.a",
        "1ab",
        "1A",
        "1_",
        "1_foo",
        "1_p_",
        "1_P1",
        "1-",
        "1-r",
        "1-1",
        "1-rc1",
        "1-r1-r2",
        "1-r1a",
        "1 ",
        " 1",
        "1.2_alpha.3",
        "1_alpha1b",
        "1é",
        "-1",
        "1-r-1",
        "1*",
        "１",
    ];
    let errors: Vec<_> = cases
        .iter()
        .map(|text| Version::parse(text).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn display_keeps_the_text_and_parts_are_accessible() {
    for text in ["1", "001.020b_alpha_p03-r00", "1.0-r0", "20240101"] {
        assert_eq!(version(text).to_string(), text);
    }
    let full = version("1.2b_rc3_p-r04");
    assert_eq!(full.without_revision(), "1.2b_rc3_p");
    assert_eq!(full.revision(), Some("04"));
    assert_eq!(version("1").revision(), None);
}

#[test]
fn prefixes_match_whole_components() {
    let yes = [
        ("1", "1"),
        ("1.0", "1"),
        ("1.2.3", "1.2"),
        ("1b", "1"),
        ("1_p1", "1"),
        ("1-r1", "1"),
        ("1.2b_p1-r3", "1.2b"),
        ("1_p1", "1_p"),
        ("1_p", "1_p"),
        ("1_p1_p2", "1_p1"),
        ("1-r1", "1-r1"),
        ("1", "1-r0"),
        ("01.2", "1"),
        ("1.2_alpha1", "1.2_alpha"),
        ("1_p1-r1", "1_p"),
        ("1.00", "1.0"),
    ];
    for (candidate, pattern) in yes {
        assert!(
            version(candidate).has_prefix(&version(pattern)),
            "={pattern}* matches {candidate}"
        );
    }
    let no = [
        ("10", "1"),
        ("1.20", "1.2"),
        ("2", "1"),
        ("1", "1.0"),
        ("1.2.3", "1.2b"),
        ("1.2c", "1.2b"),
        ("1_p10", "1_p1"),
        ("1_pre1", "1_p"),
        ("1b_p1", "1_p"),
        ("1.2_p1", "1_p1"),
        ("1-r10", "1-r1"),
        ("1_p1-r1", "1-r1"),
        ("1", "1_p"),
        ("1.2", "1-r0"),
        ("1_p1_p1", "1_p_p1"),
    ];
    for (candidate, pattern) in no {
        assert!(
            !version(candidate).has_prefix(&version(pattern)),
            "={pattern}* does not match {candidate}"
        );
    }
}

#[test]
fn components_of_any_length_are_fine() {
    let big = "9".repeat(100_000);
    let bigger = format!("1{}", "0".repeat(100_000));
    assert!(version(&big) < version(&bigger));
    let deep = vec!["1"; 50_000].join(".");
    assert!(version(&deep) < version(&format!("{deep}.0")));
    assert_eq!(version(&format!("1-r{}", "0".repeat(1000))), version("1"));
}

fn any_version() -> impl Strategy<Value = String> {
    let part = "0|00|1|01|10|010|100|2|9|99999999999999999999";
    proptest::string::string_regex(&format!(
        "({part})(\\.({part})){{0,3}}[ab]?(_(alpha|beta|pre|rc|p)(|0|1|01|2)){{0,2}}(-r(0|00|1|01|2))?"
    ))
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_order_is_total(a in any_version(), b in any_version(), c in any_version()) {
        let (a, b, c) = (version(&a), version(&b), version(&c));
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
        if a == b {
            prop_assert_eq!(hash(&a), hash(&b));
            prop_assert_eq!(a.cmp(&c), b.cmp(&c));
        }
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        prop_assert!(a.has_prefix(&a));
        prop_assert_eq!(a.cmp_without_revision(&b), version(a.without_revision()).cmp(&version(b.without_revision())));
    }

    #[test]
    fn display_round_trips(a in any_version()) {
        prop_assert_eq!(version(&a).to_string(), a);
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,40}") {
        let _ = Version::parse(&text);
    }

    #[test]
    fn text_of_version_characters_never_panics(text in "[0-9._a-z-]{0,30}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert_eq!(version.to_string(), text);
        }
    }
}
