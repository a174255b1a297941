//! The lock between threads and processes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests"
)]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ebd_cache::{Backend, Entry, Lock, Md5Dict};
use tempfile::tempdir;

const FOLDER: &str = "EBD_CACHE_TEST_LOCK_FOLDER";

/// Not a test of its own: what the second process does. It locks, says so and waits for its input to end.
#[test]
fn second_process() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let _lock = Lock::lock_waiting(folder, |_| println!("waiting")).unwrap();
    println!("locked");
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read_line(&mut String::new());
}

fn start(folder: &Path) -> (Child, impl FnMut() -> String + use<>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "second_process",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let next = move || {
        lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| {
                ["waiting", "locked"]
                    .into_iter()
                    .find(|word| line.ends_with(word))
                    .map(str::to_owned)
            })
            .unwrap_or_default()
    };
    (child, next)
}

#[test]
fn another_process_waits_and_gets_the_lock_afterwards() {
    let folder = tempdir().unwrap();
    let held = Lock::try_lock(folder.path()).unwrap().unwrap();
    let (mut child, mut next) = start(folder.path());
    assert_eq!(next(), "waiting");
    drop(held);
    assert_eq!(next(), "locked");
    assert!(Lock::try_lock(folder.path()).unwrap().is_none());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(Lock::try_lock(folder.path()).unwrap().is_some());
}

#[test]
fn a_killed_process_leaves_no_lock_and_no_file_behind() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("metadata/md5-cache");
    let (mut child, mut next) = start(&output);
    assert_eq!(next(), "locked");
    Md5Dict::open(&output)
        .put("a/x-1", &Entry::new([0; 16]))
        .unwrap();
    fs::write(output.join(format!("a/.ebd-tmp.{}.0", child.id())), "half").unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let lock = Lock::lock_waiting(&output, |folder| {
        panic!("{} is still locked", folder.display())
    })
    .unwrap();
    assert_eq!(Md5Dict::open_locked(&lock).list().unwrap(), ["a/x-1"]);
    drop(lock);
    let left: Vec<_> = fs::read_dir(&output)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["a"]);
    assert_eq!(fs::read_dir(output.join("a")).unwrap().count(), 1);
}

#[test]
fn threads_exclude_each_other_too() {
    let folder = tempdir().unwrap();
    let held = Lock::try_lock(folder.path()).unwrap().unwrap();
    assert_eq!(held.folder(), folder.path());
    assert!(Lock::try_lock(folder.path()).unwrap().is_none());
    let path = folder.path().to_owned();
    let (sender, receiver) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let lock =
            Lock::lock_waiting(&path, |folder| sender.send(folder.to_owned()).unwrap()).unwrap();
        drop(lock);
    });
    assert_eq!(
        receiver.recv_timeout(Duration::from_secs(20)).unwrap(),
        folder.path()
    );
    drop(held);
    waiting.join().unwrap();
}
