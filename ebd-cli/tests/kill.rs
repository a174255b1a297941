//! `ebd regen` that is killed at any instant, and one whose disk is full.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use common::{Done, Entries, Repos, assert_entries, entries, expected, shuffle};

/// Instants at which a run is killed.
const KILLS: u64 = 50;

/// The same entries with other descriptions: still true, but to be replaced by a run that is forced.
fn older(entries: &Entries) -> Entries {
    let older = |bytes: &Vec<u8>| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        text.replace("\nDESCRIPTION=", "\nDESCRIPTION=Old. ")
            .into_bytes()
    };
    entries
        .iter()
        .map(|(name, bytes)| (name.clone(), older(bytes)))
        .collect()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_killed_run_leaves_whole_entries_and_the_next_completes() {
    let repos = Repos::new();
    let folder = repos.cache("demo");
    repos.regen("demo", &["--jobs", "2"]).expect(0);
    let begin = Instant::now();
    repos.regen("demo", &["--jobs", "2", "--force"]).expect(0);
    let mut took = begin.elapsed();
    let (new, old) = (expected("demo"), older(&expected("demo")));
    let names: Vec<String> = new.keys().cloned().collect();
    let repo = repos.repo("demo").display().to_string();
    let (mut early, mut partly, mut late) = (0, 0, 0);
    for kill in 0..KILLS {
        // A third of the entries is missing, the others are old.
        let mut order = names.clone();
        shuffle(&mut order, kill + 1);
        fs::remove_dir_all(&folder).unwrap();
        for name in order.iter().skip(names.len() / 3) {
            write(&folder, name, &old[name]);
        }
        let before = entries(&folder);
        let args = repos.regen_args("demo", &["--force", "--jobs", "2"]);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut child = repos
            .ebd(&args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Mixed up by a prime, so that the instants are spread over the time that a run takes.
        let part = u32::try_from(kill * 37 % KILLS).unwrap();
        std::thread::sleep(took * part / u32::try_from(KILLS).unwrap());
        child.kill().unwrap();
        child.wait().unwrap();

        let found = entries_without_temporaries(&folder);
        let written = found
            .iter()
            .filter(|(name, bytes)| new[*name] == **bytes)
            .count();
        match written {
            0 => {
                early += 1;
                took = took * 21 / 20;
            }
            n if n == new.len() => {
                late += 1;
                // It took less time than was thought, or more: kills between two entries are what is wanted.
                took = took * 9 / 10;
            }
            _ => partly += 1,
        }
        for (name, bytes) in &found {
            let known = [before.get(name), new.get(name)];
            assert!(
                known.contains(&Some(bytes)),
                "kill {kill}: {name} is neither old nor new"
            );
        }
        for name in before.keys() {
            assert!(found.contains_key(name), "kill {kill}: {name} is lost");
        }
        let args = ["cache", "verify", "--repo", &repo];
        Done::new(repos.ebd(&args).output().unwrap()).expect(0);
        if kill % 5 == 4 {
            repos.regen("demo", &["--force"]).expect(0);
            assert_entries(&entries(&folder), &new, "the run after a kill");
        }
    }
    eprintln!(
        "{KILLS} kills: {early} before an entry was written, {partly} between, {late} after all were"
    );
    assert!(partly > 0, "no kill came between two entries");
}

/// What another process would see: no hidden files.
fn entries_without_temporaries(folder: &Path) -> Entries {
    let mut found = entries(folder);
    found.retain(|name, _| !name.contains("/."));
    found
}

/// A tiny file system, unmounted when dropped; `None` and a loud line where nobody may mount.
struct Tiny {
    folder: PathBuf,
}

impl Tiny {
    fn mount(folder: PathBuf, test: &str) -> Option<Tiny> {
        fs::create_dir_all(&folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k,mode=755", "ebd-test"])
            .arg(&folder)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Tiny { folder });
        }
        eprintln!("NOT RUN: {test}: a tmpfs cannot be mounted here");
        None
    }

    /// Leaves so many bytes free.
    fn fill(&self, free: usize) {
        let blocks = 64 * 1024 - free;
        fs::write(self.folder.join("ballast"), vec![b'x'; blocks]).unwrap();
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.folder).status();
    }
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file_and_nothing_is_lost() {
    let test = "a_full_disk_is_an_error_that_names_the_file_and_nothing_is_lost";
    let repos = Repos::new();
    let Some(tiny) = Tiny::mount(repos.folder().join("tiny"), test) else {
        return;
    };
    // The mount outlives no failed assertion, but must be gone before the folder is removed.
    full_disk(&repos, &tiny);
    drop(tiny);
}

fn full_disk(repos: &Repos, tiny: &Tiny) {
    let cache = tiny.folder.join("cache");
    let output = cache.display().to_string();
    let count = expected("demo").len();
    tiny.fill(24 * 1024);
    let done = repos.regen("demo", &["--output", &output]).expect(1);
    let found = entries_without_temporaries(&cache);
    assert!(!found.is_empty() && found.len() < count, "{}", found.len());
    for (name, bytes) in &found {
        assert_eq!(*bytes, expected("demo")[name], "{name} is whole");
    }
    let named = done
        .stderr
        .lines()
        .filter(|line| line.contains(&output) && line.contains("No space left on device"))
        .count();
    assert_eq!(named, count - found.len(), "{}", done.stderr);
    assert!(
        done.stdout.contains(&format!("{} written", found.len())),
        "{}",
        done.stdout
    );

    fs::remove_file(tiny.folder.join("ballast")).unwrap();
    let packed = cache.join("all.packed").display().to_string();
    let args = ["--format", "packed", "--output", &packed];
    fs::remove_dir_all(&cache).unwrap();
    repos.regen("demo", &args).expect(0);
    let before = fs::read(&packed).unwrap();
    let free = 64 * 1024 - before.len();
    let ballast = free / 4096 * 4096 - 4096;
    fs::write(tiny.folder.join("ballast"), vec![b'x'; ballast]).unwrap();
    let file = repos.repo("demo").join("net-demo/live/live-9999.ebuild");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\nDESCRIPTION=\"changed\"\n")).unwrap();
    let done = repos.regen("demo", &args).expect(2);
    assert!(
        done.stderr.contains("No space left on device") && done.stderr.contains(&output),
        "{}",
        done.stderr
    );
    assert_eq!(fs::read(&packed).unwrap(), before, "the old file stays");
    fs::remove_file(tiny.folder.join("ballast")).unwrap();
    repos.regen("demo", &args).expect(0);
}
