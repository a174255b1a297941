//! What the tests share: a shell to confine, its output, and running everything again as an unprivileged user.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::io::{PipeReader, Read, pipe};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use ebd_spawn::{
    Capabilities, Child, ExecAttempt, ExitReason, Level, Scratch, Spec, User, probe, spawn,
};
use tempfile::TempDir;

pub const NOBODY: u32 = 65534;

pub fn am_root() -> bool {
    User::current().uid == 0
}

pub fn capabilities() -> &'static Capabilities {
    static FOUND: OnceLock<Capabilities> = OnceLock::new();
    FOUND.get_or_init(probe)
}

/// Every level that works here with every user that can be switched to.
pub fn cases() -> Vec<(Level, Option<User>)> {
    let mut levels = vec![Level::None];
    match &capabilities().landlock {
        Ok(_) => levels.push(Level::Landlocked),
        Err(reason) => eprintln!("NOT TESTED: level landlocked: {reason}"),
    }
    match &capabilities().namespaces {
        Ok(()) => levels.push(Level::Full),
        Err(reason) => eprintln!("NOT TESTED: level full: {reason}"),
    }
    let mut users = vec![None];
    if capabilities().user_switch.is_ok() {
        users.push(Some(User {
            uid: NOBODY,
            gid: NOBODY,
            name: "nobody".to_owned(),
        }));
    } else if am_root() {
        eprintln!("NOT TESTED: switching the user");
    }
    levels
        .into_iter()
        .flat_map(|level| users.clone().into_iter().map(move |user| (level, user)))
        .collect()
}

/// The cases that confine.
pub fn confined_cases() -> Vec<(Level, Option<User>)> {
    cases()
        .into_iter()
        .filter(|(level, _)| *level != Level::None)
        .collect()
}

/// A folder that belongs to the user of a case.
pub fn folder(user: Option<&User>) -> TempDir {
    let folder = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in("/tmp")
        .unwrap();
    if let Some(user) = user {
        chown(folder.path(), Some(user.uid), Some(user.gid)).unwrap();
    }
    folder
}

/// A program under test with its scratch folder and output.
pub struct Setup {
    pub spec: Spec,
    pub scratch: TempDir,
    output: PipeReader,
}

/// A program with TMPDIR as its scratch folder and its output collected.
pub fn program(path: &Path, level: Level, user: Option<&User>) -> Setup {
    let scratch = folder(user);
    let (output, input) = pipe().unwrap();
    let mut spec = Spec::new(path, level)
        .env("TMPDIR", scratch.path())
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .scratch(Scratch::new(scratch.path()))
        .fd(input.as_fd().try_clone_to_owned().unwrap(), 1)
        .fd(input, 2);
    if let Some(user) = user {
        spec = spec.user(user.clone());
    }
    Setup {
        spec,
        scratch,
        output,
    }
}

/// bash with a script.
pub fn bash(level: Level, user: Option<&User>, script: &str) -> Setup {
    let mut setup = program(Path::new("/bin/bash"), level, user);
    setup.spec = setup.spec.args(["--norc", "--noprofile", "-c", script]);
    setup
}

/// What became of a program.
pub struct Outcome {
    pub reason: ExitReason,
    pub output: String,
    pub refused: Vec<ExecAttempt>,
    pub child: Child,
    pub scratch: TempDir,
}

impl Setup {
    pub fn change(mut self, change: impl FnOnce(Spec) -> Spec) -> Self {
        self.spec = change(self.spec);
        self
    }

    pub fn start(self) -> (Child, PipeReader, TempDir) {
        (spawn(self.spec).unwrap(), self.output, self.scratch)
    }

    /// Runs it to its end, refusing every exec.
    pub fn run(self) -> Outcome {
        let (child, mut pipe, scratch) = self.start();
        let mut refused = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(30);
        let reading = thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        });
        // An exec of a background job may come after the end of the process.
        while !(reading.is_finished() && child.try_wait().unwrap().is_some()) {
            assert!(Instant::now() < deadline, "the program hangs");
            match child.exec_watch() {
                Some(watch) => {
                    while let Some(attempt) = watch.next().unwrap() {
                        watch.deny(&attempt, libc::EACCES).unwrap();
                        refused.push(attempt);
                    }
                }
                None => thread::sleep(Duration::from_millis(1)),
            }
            thread::sleep(Duration::from_micros(200));
        }
        let reason = child.try_wait().unwrap().unwrap();
        Outcome {
            reason,
            output: reading.join().unwrap(),
            refused,
            child,
            scratch,
        }
    }
}

/// This test program where every user can execute it, with the folder that keeps it there.
pub fn own_program() -> (TempDir, PathBuf) {
    let folder = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in("/tmp")
        .unwrap();
    let path = folder.path().join("tests");
    fs::copy("/proc/self/exe", &path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

/// Arguments that make this test program run one test that plays a role.
pub fn role_arguments(test: &str) -> [String; 4] {
    [
        test.to_owned(),
        "--exact".to_owned(),
        "--nocapture".to_owned(),
        "--test-threads=1".to_owned(),
    ]
}

pub fn playing(role: &str) -> bool {
    std::env::var_os("EBD_SPAWN_ROLE").is_some_and(|value| value == role)
}

const AGAIN: &str = "EBD_SPAWN_AGAIN";
const SYS_PTRACE: libc::c_ulong = 19;
const SYS_ADMIN: libc::c_ulong = 21;

/// Runs all tests of this program again as nobody when this is root.
pub fn again_as_nobody() {
    if capabilities().user_switch.is_ok() {
        again(|command| command.uid(NOBODY).gid(NOBODY));
    } else if am_root() {
        eprintln!("NOT TESTED: as an unprivileged user");
    }
}

/// Runs all tests of this program again as the root of a container: without the right to look at other users' processes, and
/// without that to make namespaces.
pub fn again_as_root_of_a_container() {
    if !am_root() {
        return;
    }
    for dropped in [&[SYS_PTRACE][..], &[SYS_ADMIN], &[SYS_PTRACE, SYS_ADMIN]] {
        again(|command| {
            let drop_all = move || {
                for capability in dropped {
                    // SAFETY: plain call on integers.
                    unsafe { libc::prctl(libc::PR_CAPBSET_DROP, *capability, 0, 0, 0) };
                }
                Ok(())
            };
            // SAFETY: it makes system calls only.
            unsafe { command.pre_exec(drop_all) }
        });
    }
}

fn again(change: impl FnOnce(&mut Command) -> &mut Command) {
    if std::env::var_os(AGAIN).is_some() {
        return;
    }
    let (_folder, path) = own_program();
    let mut command = Command::new(path);
    change(
        command
            .current_dir("/")
            .env("TMPDIR", "/tmp")
            .env(AGAIN, "1"),
    );
    let output = loop {
        match command.output() {
            // Another test's thread forked while the copy was being written, and its child has not got to exec yet.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            result => break result.unwrap(),
        }
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
}

/// Whether a process runs (a zombie does not).
pub fn runs(pid: i32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => !stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('Z')),
        Err(_) => false,
    }
}

/// Waits until it holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "not within ten seconds: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
