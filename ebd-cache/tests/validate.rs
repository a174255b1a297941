//! Verdicts about entries.

use ebd_cache::{Backend, Entry, Md5, Md5Dict, Memory, Verdict, check, validate};
use tempfile::tempdir;

#[test]
fn the_first_difference_is_the_verdict() {
    let ebuild = Md5([7; 16]);
    let mut entry = Entry::new(ebuild);
    entry
        .set_eclasses([("b", [2; 16]), ("a", [1; 16])])
        .unwrap();
    type Case<'a> = (u8, &'a [(&'a str, u8)], &'a str);
    let cases: [Case<'_>; 5] = [
        (7, &[("a", 1), ("b", 2)], "up to date"),
        (8, &[("a", 9)], "the ebuild has changed"),
        (7, &[("a", 9), ("b", 9)], "a.eclass has changed"),
        (7, &[("a", 1), ("b", 9)], "b.eclass has changed"),
        (7, &[("a", 1)], "b.eclass is missing"),
    ];
    for (md5, eclasses, expected) in cases {
        let find = |name: &str| {
            eclasses
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, byte)| Md5([*byte; 16]))
        };
        assert_eq!(
            validate(&entry, Md5([md5; 16]), &find).to_string(),
            expected
        );
    }
    assert_eq!(
        validate(&Entry::new(ebuild), ebuild, &|_: &str| None),
        Verdict::Good
    );
}

#[test]
fn absent_and_damaged_entries_have_verdicts_too() {
    let nothing = |_: &str| None;
    let memory = Memory::new();
    assert_eq!(
        check(&memory, "a/x-1", Md5([0; 16]), &nothing).unwrap(),
        (Verdict::Missing, None)
    );
    let entry = Entry::new([0; 16]);
    memory.put("a/x-1", &entry).unwrap();
    assert_eq!(
        check(&memory, "a/x-1", Md5([0; 16]), &nothing).unwrap(),
        (Verdict::Good, Some(entry))
    );
    assert_eq!(
        check(&memory, "a/x-1", Md5([1; 16]), &nothing).unwrap(),
        (Verdict::EbuildChanged, None)
    );

    let folder = tempdir().unwrap();
    std::fs::create_dir(folder.path().join("a")).unwrap();
    std::fs::write(folder.path().join("a/x-1"), "").unwrap();
    let (verdict, _) = check(
        &Md5Dict::open(folder.path()),
        "a/x-1",
        Md5([0; 16]),
        &nothing,
    )
    .unwrap();
    assert_eq!(
        verdict.to_string(),
        "the cache entry cannot be understood: there is no _md5_ line"
    );
}
