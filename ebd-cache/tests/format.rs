//! The md5-dict text format: properties and error messages.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests"
)]

mod common;

use common::entry;
use ebd_cache::{Entry, Key, Md5};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

const SUM: &str = "a3130e3d045ecfb4bad48b1f5b44cf82";

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_written_is_read_back(entry in entry()) {
        let text = entry.to_md5_dict();
        let parsed = Entry::parse_md5_dict_with_unknown(&text).unwrap();
        prop_assert_eq!(&parsed.entry, &entry);
        prop_assert!(parsed.unknown_keys.is_empty());
        prop_assert_eq!(parsed.entry.to_md5_dict(), text);
    }

    #[test]
    fn the_order_of_lines_and_the_last_newline_do_not_matter(entry in entry(), seed in any::<u64>()) {
        let text = String::from_utf8(entry.to_md5_dict()).unwrap();
        let mut lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
        let by = usize::try_from(seed % lines.len() as u64).unwrap();
        lines.rotate_left(by);
        prop_assert_eq!(Entry::parse_md5_dict(lines.join("\n").as_bytes()), Ok(entry));
    }

    #[test]
    fn no_input_makes_the_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Entry::parse_md5_dict(&bytes);
    }

    #[test]
    fn damaged_entries_are_read_or_refused_and_never_change_when_rewritten(
        entry in entry(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut text = entry.to_md5_dict();
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(read) = Entry::parse_md5_dict(&text) {
            prop_assert_eq!(Entry::parse_md5_dict(&read.to_md5_dict()), Ok(read));
        }
    }
}

#[test]
fn a_file_is_written_as_egencache_writes_it() {
    let mut entry = Entry::new(Md5::from_hex(SUM).unwrap());
    entry.set(Key::Slot, "0").unwrap();
    entry.set(Key::Eapi, "8").unwrap();
    entry.set(Key::DefinedPhases, "-").unwrap();
    entry.set(Key::Depend, "").unwrap();
    entry.set(Key::Description, "A = b").unwrap();
    entry
        .set_eclasses([
            ("toolchain-funcs", [0x11; 16]),
            ("multilib", [0xab; 16]),
            ("toolchain", [0; 16]),
        ])
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(entry.to_md5_dict()).unwrap().replace('\t', "<tab>"), @r"
    DEFINED_PHASES=-
    DESCRIPTION=A = b
    EAPI=8
    SLOT=0
    _eclasses_=multilib<tab>abababababababababababababababab<tab>toolchain<tab>00000000000000000000000000000000<tab>toolchain-funcs<tab>11111111111111111111111111111111
    _md5_=a3130e3d045ecfb4bad48b1f5b44cf82
    ");
}

#[test]
fn unknown_keys_are_named_and_empty_eclasses_are_none() {
    let text = format!("INHERITED=a b\n_eclasses_= \n_md5_={SUM}\nFUTURE=x\nEAPI=8");
    let parsed = Entry::parse_md5_dict_with_unknown(text.as_bytes()).unwrap();
    assert_eq!(parsed.unknown_keys, ["INHERITED", "FUTURE"]);
    assert!(parsed.entry.eclasses().is_empty());
    assert_eq!(parsed.entry.get(Key::Eapi), "8");
    assert_eq!(parsed.entry.get(Key::Slot), "");
}

fn error(text: impl AsRef<[u8]>) -> String {
    Entry::parse_md5_dict(text.as_ref())
        .unwrap_err()
        .to_string()
}

#[test]
fn errors_say_where_and_what() {
    insta::assert_snapshot!(error(""), @"there is no _md5_ line");
    insta::assert_snapshot!(error("EAPI=8\n"), @"there is no _md5_ line");
    insta::assert_snapshot!(error(format!("EAPI=8\n\n_md5_={SUM}\n")), @r#"line 2: expected KEY=value, found """#);
    insta::assert_snapshot!(error("EAPI=8\n<html>\n"), @r#"line 2: expected KEY=value, found "<html>""#);
    insta::assert_snapshot!(error("=8\n"), @r#"line 1: a key is missing before "=""#);
    insta::assert_snapshot!(error(b"EAPI=8\nDESCRIPTION=\xff\n"), @"line 2: byte 12 of the line is not UTF-8");
    insta::assert_snapshot!(error("EAPI=8\nEAPI=8\n"), @"line 2: EAPI is set a second time");
    insta::assert_snapshot!(error(format!("_md5_={SUM}\n_md5_={SUM}\n")), @"line 2: _md5_ is set a second time");
    insta::assert_snapshot!(error(format!("_md5_={SUM}\r\n")), @r#"line 1: the value of _md5_ must be 32 lower-case hexadecimal digits, found "a3130e3d045ecfb4bad48b1f5b44cf82\r""#);
    insta::assert_snapshot!(error(format!("_eclasses_=a\t{SUM}\tb\n")), @"line 1: _eclasses_ must be pairs of name and MD5 separated by single tabs; it has 3 fields");
    insta::assert_snapshot!(error("_eclasses_=a\t1700000000\n"), @r#"line 1: _eclasses_: the MD5 of "a" must be 32 lower-case hexadecimal digits, found "1700000000""#);
    insta::assert_snapshot!(error(format!("_eclasses_=a\t{SUM}\ta\t{}\n", "0".repeat(32))), @"line 1: the eclass a is listed twice with different MD5 sums (00000000000000000000000000000000 and a3130e3d045ecfb4bad48b1f5b44cf82)");
    insta::assert_snapshot!(error("SLOT=a\0b\n"), @"line 1: the value of SLOT contains a NUL byte (byte 1); a cache value is one line of text");
    insta::assert_snapshot!(error("x".repeat(10_000)), @r#"line 1: expected KEY=value, found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…""#);
}

#[test]
fn values_that_a_file_cannot_hold_are_refused() {
    let mut entry = Entry::new([0; 16]);
    insta::assert_snapshot!(entry.set(Key::Rdepend, "a\nEAPI=0").unwrap_err(), @"the value of RDEPEND contains a newline (byte 1); a cache value is one line of text");
    insta::assert_snapshot!(entry.set_eclasses([("a\tb", [0; 16])]).unwrap_err(), @r#""a\tb" cannot be the name of an eclass: it is empty or contains white space or a NUL byte"#);
    assert!(entry.set_eclasses([(" a", [0; 16])]).is_err());
    assert_eq!(entry, Entry::new([0; 16]));
}
