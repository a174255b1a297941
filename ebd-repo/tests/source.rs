//! Reading files and hashing eclasses.

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::SystemTime;

use common::{alone, shown, write};
use ebd_fs::{Stamp, md5_hex};
use ebd_repo::{EclassDigests, Error, read_source};
use tempfile::tempdir;

#[test]
fn a_file_is_read_with_its_sum() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("x");
    write(&path, "hello\n");
    let file = read_source(&path).unwrap();
    assert_eq!(md5_hex(&file.md5), "b1946ac92492d2347c6235b4d2611184");
    assert_eq!(
        (file.bytes.as_slice(), file.stamp),
        (b"hello\n".as_slice(), Stamp::of(&path).unwrap())
    );
    write(&path, "");
    assert_eq!(
        md5_hex(&read_source(&path).unwrap().md5),
        "d41d8cd98f00b204e9800998ecf8427e"
    );
}

#[test]
fn a_restored_modification_time_does_not_hide_a_change() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("x");
    write(&path, "one");
    let before = Stamp::of(&path).unwrap();
    let time: SystemTime = fs::metadata(&path).unwrap().modified().unwrap();
    thread::sleep(std::time::Duration::from_millis(20));
    write(&path, "two");
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(time)
        .unwrap();
    let after = Stamp::of(&path).unwrap();
    assert_eq!(after.mtime_ns, before.mtime_ns);
    assert_ne!(after, before);
}

#[test]
fn a_stamp_is_settled_when_the_file_was_left_alone() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("x");
    write(&path, "one");
    let stamp = Stamp::of(&path).unwrap();
    let now = SystemTime::now();
    assert!(!stamp.is_settled(now));
    assert!(stamp.is_settled(now + std::time::Duration::from_secs(3)));
    assert!(!stamp.is_settled(SystemTime::UNIX_EPOCH));
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let dir = tempdir().unwrap();
    let shown = |path: &Path| shown(ebd_fs::chain(&read_source(path).unwrap_err()), dir.path());
    insta::assert_snapshot!(shown(dir.path()), @"<dir> is not a regular file");
    insta::assert_snapshot!(shown(&dir.path().join("absent")), @"cannot read <dir>/absent: No such file or directory (os error 2)");
    let pipe = dir.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    insta::assert_snapshot!(shown(&pipe), @"<dir>/pipe is not a regular file");
}

/// Two files of different contents replace each other all the time; what is read is always one of them, whole.
#[test]
fn a_file_that_changes_while_it_is_read_is_never_half_of_each() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("x");
    let contents = ["a".repeat(300_000), "b".repeat(200_000)];
    fs::write(&path, &contents[0]).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for content in contents.iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                fs::write(&path, content).unwrap();
            }
        });
        for _ in 0..200 {
            match read_source(&path) {
                Ok(file) => {
                    let first = file.bytes.first().copied().unwrap_or(b'a');
                    assert!(file.bytes.iter().all(|byte| *byte == first));
                }
                Err(error) => assert!(matches!(error, Error::KeepsChanging { .. }), "{error}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn each_eclass_is_hashed_once_and_the_sum_stays() {
    let dir = tempdir().unwrap();
    write(dir.path().join("eclass/a.eclass"), "one");
    write(dir.path().join("eclass/b.eclass"), "one");
    let tree = alone(dir.path(), "");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let digests = EclassDigests::with_known(tree.eclasses(), move |path, stamp| {
        counted.fetch_add(1, Ordering::SeqCst);
        assert_eq!(stamp.size, 3);
        path.ends_with("b.eclass").then_some([9; 16])
    });
    let first = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| digests.get("a").unwrap().unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(first.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    write(dir.path().join("eclass/a.eclass"), "changed");
    assert_eq!(digests.get("a").unwrap(), Some(first[0]));
    assert_eq!(digests.get("b").unwrap().unwrap().md5, [9; 16]);
    assert_eq!(digests.get("absent").unwrap(), None);
    assert_eq!(
        digests
            .computed()
            .map(|(name, _, _)| name)
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(digests.path("a"), tree.find_eclass("a"));
}

#[test]
fn an_eclass_that_vanished_is_an_error_with_its_path() {
    let dir = tempdir().unwrap();
    write(dir.path().join("eclass/a.eclass"), "one");
    let digests = EclassDigests::new(alone(dir.path(), "").eclasses());
    fs::remove_file(dir.path().join("eclass/a.eclass")).unwrap();
    let error = digests.get("a").unwrap_err();
    insta::assert_snapshot!(shown(ebd_fs::chain(error), dir.path()), @"cannot read <dir>/eclass/a.eclass: No such file or directory (os error 2)");
}
