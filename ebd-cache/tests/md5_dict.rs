//! The md5-dict backend on a file system.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests"
)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

mod common;

use common::Files;
use ebd_cache::{Backend, Entry, Error, Flat, Key, Lock, Md5Dict, Memory, PackedStore, PutOutcome};
use tempfile::{TempDir, tempdir};

fn entry(description: &str) -> Entry {
    let mut entry = Entry::new([7; 16]);
    entry.set(Key::Description, description).unwrap();
    entry
        .set_eclasses([("a", [1; 16]), ("b", [2; 16])])
        .unwrap();
    entry
}

fn shown(error: Error, folder: &TempDir) -> String {
    ebd_fs::chain(&error).replace(&folder.path().display().to_string(), "<root>")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn all_backends_store_list_and_remove_alike() {
    let folder = tempdir().unwrap();
    let (files, memory) = (
        Md5Dict::open(folder.path().join("deep/md5-cache")),
        Memory::new(),
    );
    let flat = Flat::open(folder.path().join("deep/flat"), Files::default());
    let packed = PackedStore::open(folder.path().join("deep/packed")).unwrap();
    for cache in [&files as &dyn Backend, &memory, &flat, &packed] {
        assert_eq!(cache.get("a/x-1").unwrap(), None);
        assert_eq!(cache.list().unwrap(), [""; 0]);
        assert!(!cache.remove("a/x-1").unwrap());
        assert_eq!(
            cache.put("b/x-1", &entry("one")).unwrap(),
            PutOutcome::Written
        );
        assert_eq!(
            cache.put("a/y-1-r1", &entry("one")).unwrap(),
            PutOutcome::Written
        );
        assert_eq!(
            cache.put("a/y-1-r1", &entry("one")).unwrap(),
            PutOutcome::Unchanged
        );
        assert_eq!(
            cache.put("a/y-1-r1", &entry("two")).unwrap(),
            PutOutcome::Written
        );
        assert_eq!(cache.get("a/y-1-r1").unwrap(), Some(entry("two")));
        assert_eq!(cache.list().unwrap(), ["a/y-1-r1", "b/x-1"]);
        assert!(cache.remove("b/x-1").unwrap());
        assert_eq!(cache.list().unwrap(), ["a/y-1-r1"]);
        for name in ["../x", "a", "a/b/c", "a/.x", "/etc/passwd"] {
            assert!(matches!(
                cache.put(name, &entry("x")),
                Err(Error::BadName { .. })
            ));
            assert!(matches!(cache.get(name), Err(Error::BadName { .. })));
            assert!(matches!(cache.remove(name), Err(Error::BadName { .. })));
        }
    }
}

#[test]
fn an_entry_that_says_the_same_is_not_touched() {
    let folder = tempdir().unwrap();
    let cache = Md5Dict::open(folder.path());
    let path = cache.path("a/x-1").unwrap();
    fs::create_dir(folder.path().join("a")).unwrap();
    let text = String::from_utf8(entry("one").to_md5_dict()).unwrap();
    let (a, b) = ("01".repeat(16), "02".repeat(16));
    let other_order =
        text.replace(&format!("a\t{a}\tb\t{b}"), &format!("b\t{b}\ta\t{a}")) + "NEW_KEY=1\n";
    assert_ne!(other_order.len(), text.len());
    fs::write(&path, &other_order).unwrap();
    let before = fs::metadata(&path).unwrap();
    assert_eq!(
        cache.put("a/x-1", &entry("one")).unwrap(),
        PutOutcome::Unchanged
    );
    let after = fs::metadata(&path).unwrap();
    assert_eq!(
        (before.ino(), before.mtime_nsec()),
        (after.ino(), after.mtime_nsec())
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), other_order);
    assert_eq!(
        cache.put("a/x-1", &entry("two")).unwrap(),
        PutOutcome::Written
    );
    assert_eq!(fs::read(&path).unwrap(), entry("two").to_md5_dict());
}

/// rsync takes files of one size and one time, in seconds, for equal.
#[test]
fn a_changed_entry_differs_in_size_or_second() {
    let folder = tempdir().unwrap();
    let cache = Md5Dict::open(folder.path());
    let seen = || {
        let metadata = fs::metadata(folder.path().join("a/x-1")).unwrap();
        (metadata.len(), metadata.mtime())
    };
    cache.put("a/x-1", &entry("0")).unwrap();
    let mut before = seen();
    for description in ["1", "2", "3", "44"] {
        cache.put("a/x-1", &entry(description)).unwrap();
        assert_ne!(seen(), before, "{description}");
        before = seen();
    }
}

#[test]
fn files_are_readable_for_all_and_no_temporary_file_stays() {
    let folder = tempdir().unwrap();
    let cache = Md5Dict::open(folder.path());
    cache.put("a/x-1", &entry("one")).unwrap();
    cache.put("a/x-1", &entry("two")).unwrap();
    let mode = fs::metadata(folder.path().join("a/x-1"))
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode & !0o644, 0, "{mode:o}");
    assert_eq!(mode & 0o600, 0o600);
    assert_eq!(names(&folder.path().join("a")), ["x-1"]);
}

#[test]
fn a_damaged_entry_is_an_error_to_read_and_is_replaced() {
    let folder = tempdir().unwrap();
    let cache = Md5Dict::open(folder.path());
    cache.put("a/x-1", &entry("one")).unwrap();
    fs::write(cache.path("a/x-1").unwrap(), "EAPI=8\nrubbish\n").unwrap();
    insta::assert_snapshot!(shown(cache.get("a/x-1").unwrap_err(), &folder), @r#"<root>/a/x-1 is not a valid cache entry: line 2: expected KEY=value, found "rubbish""#);
    assert_eq!(
        cache.put("a/x-1", &entry("one")).unwrap(),
        PutOutcome::Written
    );
    assert_eq!(cache.get("a/x-1").unwrap(), Some(entry("one")));
}

#[test]
fn what_is_no_file_is_refused_with_its_path() {
    let folder = tempdir().unwrap();
    let cache = Md5Dict::open(folder.path());
    fs::create_dir_all(folder.path().join("a/x-1")).unwrap();
    insta::assert_snapshot!(shown(cache.get("a/x-1").unwrap_err(), &folder), @"<root>/a/x-1 is not a regular file; move it away so that the cache entry can be stored there");
    assert!(matches!(
        cache.put("a/x-1", &entry("one")),
        Err(Error::NotAFile { .. })
    ));
    assert!(matches!(cache.remove("a/x-1"), Err(Error::NotAFile { .. })));
    assert_eq!(cache.list().unwrap(), [""; 0]);

    assert!(
        Command::new("mkfifo")
            .arg(folder.path().join("a/pipe-1"))
            .status()
            .unwrap()
            .success()
    );
    assert!(matches!(cache.get("a/pipe-1"), Err(Error::NotAFile { .. })));

    fs::write(folder.path().join("file"), "").unwrap();
    assert_eq!(cache.get("file/x-1").unwrap(), None);
    insta::assert_snapshot!(shown(cache.put("file/x-1", &entry("one")).unwrap_err(), &folder), @"cannot open the directory <root>/file: Not a directory (os error 20)");
    // Listed, so that it can be removed when it is stale.
    assert_eq!(cache.list().unwrap(), ["a/pipe-1"]);
    assert!(cache.remove("a/pipe-1").unwrap());
}

#[test]
fn only_entries_are_listed_and_links_are_followed() {
    let folder = tempdir().unwrap();
    let cache = Md5Dict::open(folder.path());
    cache.put("a/x-1", &entry("one")).unwrap();
    for junk in [".hidden", "timestamp.chk", "a/.ebd-tmp.1.1", "a/x 1", "a/~"] {
        fs::write(folder.path().join(junk), "").unwrap();
    }
    fs::create_dir_all(folder.path().join(".git/objects")).unwrap();
    fs::create_dir_all(folder.path().join("a/folder-1")).unwrap();
    symlink("a", folder.path().join("linked")).unwrap();
    assert_eq!(cache.list().unwrap(), ["a/x-1", "linked/x-1"]);
    assert_eq!(
        Md5Dict::open(folder.path().join("absent")).list().unwrap(),
        [""; 0]
    );
}

#[test]
fn left_over_temporary_files_go_when_the_lock_is_held() {
    let folder = tempdir().unwrap();
    let cache = Md5Dict::open(folder.path());
    cache.put("a/x-1", &entry("one")).unwrap();
    fs::write(folder.path().join("a/.ebd-tmp.4194304.17"), "half").unwrap();
    fs::write(folder.path().join("a/.other"), "kept").unwrap();
    let lock = Lock::try_lock(folder.path()).unwrap().unwrap();
    assert_eq!(cache.list().unwrap(), ["a/x-1"]);
    assert_eq!(names(&folder.path().join("a")).len(), 3, "without the lock");
    let cache = Md5Dict::open_locked(&lock);
    assert_eq!(cache.list().unwrap(), ["a/x-1"]);
    assert_eq!(names(&folder.path().join("a")), [".other", "x-1"]);
}

#[test]
fn threads_may_write_at_the_same_time() {
    let folder = tempdir().unwrap();
    let cache = Md5Dict::open(folder.path());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let cache = &cache;
            scope.spawn(move || {
                for i in 0..50 {
                    cache
                        .put(&format!("c{}/x-{i}", i % 5), &entry(&format!("{thread}")))
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(cache.list().unwrap().len(), 50);
    for cpv in cache.list().unwrap() {
        assert!(cache.get(&cpv).unwrap().is_some());
    }
    assert_eq!(names(&folder.path().join("c0")).len(), 10);
}
