//! The flat format: properties, both forms, Portage's bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::fs;

use common::{Files, entry};
use ebd_cache::{
    Backend, Entry, Error, Flat, FlatEntry, FlatSums, Key, Md5, PutOutcome, Verdict, check,
};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tempfile::tempdir;

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        cases: 128,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_put_is_got_whatever_is_known_of_the_files(
        entry in entry(), mtime in any::<i64>(), known in any::<bool>(), changed in any::<bool>(),
    ) {
        let folder = tempdir().unwrap();
        let files = Files::default();
        if known {
            files.set_ebuild("a/x-1", mtime, entry.md5());
            for (number, eclass) in entry.eclasses().iter().enumerate() {
                let md5 = if changed && number == 1 { Md5([0; 16]) } else { eclass.md5 };
                files.set_eclass(&eclass.name, mtime / 2, md5);
            }
        }
        let cache = Flat::open(folder.path(), files);
        prop_assert_eq!(cache.put("a/x-1", &entry).unwrap(), PutOutcome::Written);
        prop_assert_eq!(cache.get("a/x-1").unwrap(), Some(entry.clone()));
        prop_assert_eq!(cache.put("a/x-1", &entry).unwrap(), PutOutcome::Unchanged);
        let bytes = fs::read(folder.path().join("a/x-1")).unwrap();
        let read = FlatEntry::parse(&bytes, 0).unwrap();
        let by_time = known && !(changed && entry.eclasses().len() > 1);
        prop_assert_eq!(matches!(read.sums, FlatSums::Mtime { .. }), by_time);
        prop_assert_eq!(read.to_bytes(), bytes);
    }

    #[test]
    fn no_input_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), mtime in any::<i64>()) {
        let _ = FlatEntry::parse(&bytes, mtime);
    }
}

fn sample() -> (Entry, Files) {
    let mut entry = Entry::new([7; 16]);
    entry.set(Key::Eapi, "8").unwrap();
    entry
        .set_eclasses([("b", [2; 16]), ("a", [1; 16])])
        .unwrap();
    let files = Files::default();
    files.set_ebuild("c/x-1", 1_700_000_000, Md5([7; 16]));
    files.set_eclass("a", 1_600_000_000, Md5([1; 16]));
    files.set_eclass("b", -1, Md5([2; 16]));
    (entry, files)
}

#[test]
fn both_forms_are_written_as_portage_writes_them() {
    let folder = tempdir().unwrap();
    let (entry, files) = sample();
    let cache = Flat::open(folder.path(), files.clone());
    cache.put("c/x-1", &entry).unwrap();
    let text = || {
        let text = fs::read_to_string(folder.path().join("c/x-1")).unwrap();
        text.replace('\t', "<tab>")
    };
    insta::assert_snapshot!(text(), @r"
    EAPI=8
    _eclasses_=a<tab>/tree/eclass<tab>1600000000<tab>b<tab>/tree/eclass<tab>-1
    _mtime_=1700000000
    ");
    files.remove("b");
    cache.put("c/x-1", &entry).unwrap();
    insta::assert_snapshot!(text(), @r"
    EAPI=8
    _eclasses_=a<tab>/tree/eclass<tab>01010101010101010101010101010101<tab>b<tab><tab>02020202020202020202020202020202
    _md5_=07070707070707070707070707070707
    ");
}

#[test]
fn an_entry_by_time_is_true_while_the_times_are() {
    let folder = tempdir().unwrap();
    let (entry, files) = sample();
    let cache = Flat::open(folder.path(), files.clone());
    cache.put("c/x-1", &entry).unwrap();
    let verdict = || match cache.get("c/x-1") {
        Ok(_) => Verdict::Good,
        Err(Error::Outdated { verdict, .. }) => verdict,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(verdict(), Verdict::Good);
    files.set_eclass("a", 1_600_000_001, Md5([9; 16]));
    assert_eq!(verdict(), Verdict::EclassChanged { name: "a".into() });
    files.remove("a");
    assert_eq!(verdict(), Verdict::EclassMissing { name: "a".into() });
    files.set_ebuild("c/x-1", 1_700_000_001, Md5([7; 16]));
    assert_eq!(verdict(), Verdict::EbuildChanged);
    files.remove("c/x-1");
    assert_eq!(verdict(), Verdict::EbuildMissing);
    let (verdict, _) = check(&cache, "c/x-1", Md5([7; 16]), &|_: &str| None).unwrap();
    assert_eq!(verdict, Verdict::EbuildMissing);
    insta::assert_snapshot!(
        cache.get("c/x-1").unwrap_err().to_string().replace(&folder.path().display().to_string(), "<root>"),
        @"<root>/c/x-1 is out of date: there is no such ebuild"
    );
}

#[test]
fn other_files_are_read_liberally_or_refused_with_a_reason() {
    let sum = "0123456789abcdef0123456789abcdef";
    let parse = |text: &str| FlatEntry::parse(text.as_bytes(), 42);
    // As Portage: no sum at all means the time of the file; unknown keys and the order do not matter.
    let old = parse("INHERITED=a b\nSLOT=0\n").unwrap();
    assert_eq!(
        old.sums,
        FlatSums::Mtime {
            ebuild: 42,
            eclasses: Vec::new()
        }
    );
    let both = parse(&format!("_md5_={sum}\n_eclasses_=a\t/e\t5\n_mtime_=6\n")).unwrap();
    assert!(matches!(both.sums, FlatSums::Mtime { ebuild: 6, .. }));
    let error = |text: &str| parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(error("_mtime_=1.5\n"), @r#"line 1: the value of _mtime_ must be a number of seconds, found "1.5""#);
    insta::assert_snapshot!(error("_mtime_=1\n_eclasses_=a\t1\n"), @"line 2: _eclasses_ must be triples of name, folder and sum or time separated by single tabs; it has 2 fields");
    insta::assert_snapshot!(error(&format!("_mtime_=1\n_eclasses_=a\t/e\t{sum}\n")), @r#"line 2: _eclasses_: the time of "a" must be a number of seconds, found "0123456789abcdef0123456789abcdef""#);
    insta::assert_snapshot!(error(&format!("_md5_={sum}\n_eclasses_=a\t/e\t5\n")), @r#"line 2: _eclasses_: the MD5 of "a" must be 32 lower-case hexadecimal digits, found "5""#);
    insta::assert_snapshot!(error(""), @r#"line 1: expected KEY=value, found """#);
}
