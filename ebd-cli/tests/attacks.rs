//! Attacks on the program: `testdata/attacks`, an entry a folder.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use common::{copy, testdata};
use nix::unistd::Uid;
use tempfile::TempDir;

/// The user and group that stand for an ordinary one where this is root.
const NOBODY: u32 = 65534;
/// What an entry exits with when the attack succeeded.
const SUCCEEDED: i32 = 10;
/// What an entry exits with that cannot be made on this machine.
const IMPOSSIBLE: i32 = 77;

/// Who runs the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    User,
    Root,
    RootWithUser,
}

/// One way in which an entry is made.
struct Attack {
    entry: String,
    caller: Caller,
    isolation: String,
    bash: PathBuf,
}

impl Attack {
    fn title(&self) -> String {
        format!(
            "{} ({:?}, isolation {}, {})",
            self.entry,
            self.caller,
            self.isolation,
            self.bash.display()
        )
    }

    /// Makes it; its status and what it said.
    fn make(&self) -> (Option<i32>, String) {
        let world = TempDir::new().unwrap();
        fs::set_permissions(world.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let material = world.path().join("attacks");
        copy(
            &testdata().join("attacks").join(&self.entry),
            &material.join(&self.entry),
        );
        fs::copy(
            testdata().join("attacks/lib.bash"),
            material.join("lib.bash"),
        )
        .unwrap();
        let drops = self.caller == Caller::User && Uid::effective().is_root();
        for name in ["home", "tmp", "run"] {
            let path = world.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let entry = material.join(&self.entry);
        let mut command = Command::new("bash");
        command
            .arg("-eu")
            .arg(entry.join("attack.sh"))
            .current_dir(world.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("EBD", program())
            .env("EBD_BASH", &self.bash)
            .env("WORLD", world.path())
            .env("ENTRY", &entry)
            .env("ISOLATION", &self.isolation)
            .env(
                "EBD_USER",
                match self.caller {
                    Caller::User => "",
                    Caller::Root => "root",
                    Caller::RootWithUser => "nobody",
                },
            )
            .env("HOME", world.path().join("home"))
            .env("TMPDIR", world.path().join("tmp"))
            .env("XDG_RUNTIME_DIR", world.path().join("run"));
        if drops {
            hand_over(world.path());
            command.uid(NOBODY).gid(NOBODY);
        }
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        let said = [stdout, stderr].concat();
        (status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

/// Gives a folder and everything in it to the ordinary user.
fn hand_over(folder: &Path) {
    chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            hand_over(&entry.path());
        } else {
            lchown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}

fn program() -> PathBuf {
    std::env::var_os("EBD_TEST_EBD").map_or_else(|| env!("CARGO_BIN_EXE_ebd").into(), PathBuf::from)
}

/// The words of a line `#@ KEY: WORDS`.
fn words<'a>(text: &'a str, key: &str, otherwise: &'a str) -> Vec<&'a str> {
    text.lines()
        .find_map(|line| {
            line.strip_prefix("#@ ")?
                .strip_prefix(key)?
                .strip_prefix(':')
        })
        .unwrap_or(otherwise)
        .split_whitespace()
        .collect()
}

/// The ways in which an entry is to be made; says which of them cannot be here.
fn ways(entry: &str) -> Vec<Attack> {
    let file = testdata().join("attacks").join(entry).join("attack.sh");
    let text =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let is_root = Uid::effective().is_root();
    let mut shells = vec![which("bash")];
    if words(&text, "bash", "both") == ["both"] {
        match std::env::var_os("EBD_TEST_BASH") {
            Some(other) => shells.push(other.into()),
            None => eprintln!("NOT TESTED: {entry} with another bash; EBD_TEST_BASH names none"),
        }
    }
    let mut ways = Vec::new();
    for caller in words(&text, "as", "user root-user") {
        let caller = match caller {
            "user" => Caller::User,
            "root" => Caller::Root,
            "root-user" => Caller::RootWithUser,
            other => panic!("{}: who is {other}?", file.display()),
        };
        if caller != Caller::User && !is_root {
            eprintln!("NOT TESTED: {entry} as {caller:?}, which needs root");
            continue;
        }
        for isolation in words(&text, "isolation", "auto strict none") {
            for bash in &shells {
                ways.push(Attack {
                    entry: entry.to_owned(),
                    caller,
                    isolation: isolation.to_owned(),
                    bash: bash.clone(),
                });
            }
        }
    }
    ways
}

fn which(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| Path::new("/bin").join(name))
}

#[test]
fn no_attack_succeeds() {
    let wanted = std::env::var("EBD_TEST_ATTACK").ok();
    let mut entries: Vec<String> = fs::read_dir(testdata().join("attacks"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| wanted.as_ref().is_none_or(|wanted| wanted == name))
        .collect();
    entries.sort();
    assert!(!entries.is_empty(), "no entry is called {wanted:?}");
    let attacks: Vec<Attack> = entries.iter().flat_map(|entry| ways(entry)).collect();
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(attack) = attacks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let title = attack.title();
                    let fault = match attack.make() {
                        (Some(0), _) => continue,
                        (Some(SUCCEEDED), said) => format!("{title} SUCCEEDED:\n{said}"),
                        (Some(IMPOSSIBLE), said) => {
                            eprintln!("NOT TESTED: {title}: {said}");
                            continue;
                        }
                        (code, said) => format!("{title} is broken ({code:?}):\n{said}"),
                    };
                    faults
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(fault);
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(
        faults.is_empty(),
        "{} of {} attacks:\n{}",
        faults.len(),
        attacks.len(),
        faults.join("\n")
    );
}
