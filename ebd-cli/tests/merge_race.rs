//! A user who exchanges a directory in ROOT for a symlink, again and again, while packages are merged and removed there.
//!
//! `EBD_TEST_RACE_SECONDS` says for how long, `EBD_TEST_EBD` of which program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use common::system::System;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

/// The user whose directory it is.
const NOBODY: u32 = 65534;
/// Tells the attacker's process which directory is exchanged.
const DIRECTORY: &str = "EBD_RACE_DIRECTORY";
/// How many files the package has.
const FILES: u32 = 150;

fn seconds() -> u64 {
    std::env::var("EBD_TEST_RACE_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3)
}

/// The attacker: this program, run by another user.
#[test]
fn the_attacker_exchanges_the_directory() {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else {
        return;
    };
    let (data, trap) = (directory.join("data"), directory.join("trap"));
    let exchange = || {
        renameat2(
            AT_FDCWD,
            &data,
            AT_FDCWD,
            &trap,
            RenameFlags::RENAME_EXCHANGE,
        )
    };
    exchange().unwrap();
    File::create(directory.join("ready")).unwrap();
    // Sometimes often, sometimes so seldom that a merge has begun or ends well.
    for pause in [50, 300, 2_000, 10_000, 40_000].into_iter().cycle() {
        for _ in 0..7 {
            // One of the names may be missing for a moment.
            let _ = exchange();
            std::thread::sleep(Duration::from_micros(pause));
        }
    }
}

struct Attacker(Child);

impl Attacker {
    fn start(system: &System, directory: &Path) -> Self {
        // The test's own file may be where nobody can read it.
        let program = system.workshop.path("attacker");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let child = Command::new(program)
            .args(["--exact", "the_attacker_exchanges_the_directory"])
            .env(DIRECTORY, directory)
            .current_dir("/")
            .uid(NOBODY)
            .gid(NOBODY)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut attacker = Self(child);
        let until = Instant::now() + Duration::from_secs(20);
        while !directory.join("ready").exists() {
            assert!(
                attacker.0.try_wait().unwrap().is_none(),
                "the attacker ended"
            );
            assert!(Instant::now() < until, "the attacker does nothing");
            std::thread::sleep(Duration::from_millis(10));
        }
        attacker
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn own(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
}

fn file(path: &Path, text: &str, time: SystemTime) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

/// Merges and removes a package of which one directory belongs to the attacker, and looks at what is elsewhere. `elsewhere` is
/// where the attacker's symlink leads, as the attacker writes it.
fn race(
    system: &System,
    root: &Path,
    outside: &Path,
    elsewhere: &str,
    ebd: &dyn Fn(&[&str]) -> Command,
) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    let image = root.join("image");
    for number in 0..FILES {
        let name = format!("srv/game/data/file-{number}");
        file(&image.join(name), "of the package", time);
    }
    // What is elsewhere looks just like a file of the package.
    let precious = outside.join("file-7");
    file(&precious, "of the package", time);
    let game = root.join("srv/game");
    fs::create_dir_all(game.join("data")).unwrap();
    symlink(elsewhere, game.join("trap")).unwrap();
    for path in [
        &game,
        &game.join("data"),
        &image.join("srv/game"),
        &image.join("srv/game/data"),
    ] {
        own(path);
    }
    nix::unistd::fchownat(
        AT_FDCWD,
        &game.join("trap"),
        Some(NOBODY.into()),
        Some(NOBODY.into()),
        nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW,
    )
    .unwrap();
    let _attacker = Attacker::start(system, &game);
    let until = Instant::now() + Duration::from_secs(seconds());
    let (mut merged, mut removed, mut runs) = (0, 0, 0);
    let mut said = String::new();
    while Instant::now() < until || runs == 0 {
        let image = if ebd(&[]).get_program() == "unshare" {
            "/image"
        } else {
            image.to_str().unwrap()
        };
        let done = ebd(&["merge", "--image", image, "--as", "cat/game-1"])
            .output()
            .unwrap();
        merged += u32::from(done.status.success());
        said = String::from_utf8_lossy(&done.stderr).into_owned();
        let done = ebd(&["unmerge", "cat/game"]).output().unwrap();
        removed += u32::from(done.status.success());
        runs += 1;
        let found: Vec<_> = fs::read_dir(outside)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(
            found,
            ["file-7"],
            "run {runs}: something was written or removed elsewhere"
        );
        assert_eq!(fs::metadata(&precious).unwrap().modified().unwrap(), time);
    }
    eprintln!("{runs} merges, {merged} good, {removed} removals; the last said: {said}");
    drop(_attacker);
    // Without the attacker, all ends well.
    let data = game.join("data");
    if data.is_symlink() {
        fs::rename(&data, game.join("link")).unwrap();
        fs::rename(game.join("trap"), &data).unwrap();
    }
    let image = if ebd(&[]).get_program() == "unshare" {
        "/image"
    } else {
        image.to_str().unwrap()
    };
    let done = ebd(&["merge", "--image", image, "--as", "cat/game-1"])
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    for number in 0..FILES {
        assert!(data.join(format!("file-{number}")).is_file(), "{number}");
    }
}

fn prepared() -> Option<System> {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: files of several users need root");
        return None;
    }
    let system = System::new();
    let top = system.workshop.path("");
    for path in top
        .ancestors()
        .take_while(|path| *path != std::env::temp_dir())
    {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    Some(system)
}

fn program() -> PathBuf {
    std::env::var_os("EBD_TEST_EBD").map_or_else(|| env!("CARGO_BIN_EXE_ebd").into(), PathBuf::from)
}

fn below_root(words: &[&str], system: &System) -> Command {
    let template = system.command(words);
    let mut command = Command::new(program());
    command.args(template.get_args()).env_clear();
    for (name, value) in template.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

#[test]
fn nothing_is_written_outside_a_root_that_is_elsewhere() {
    let Some(system) = prepared() else { return };
    let outside = system.workshop.path("outside");
    fs::create_dir_all(&outside).unwrap();
    let elsewhere = outside.to_str().unwrap().to_owned();
    race(&system, &system.root(), &outside, &elsewhere, &|words| {
        below_root(words, &system)
    });
}

#[test]
fn nothing_is_written_to_another_owners_place_in_the_same_root() {
    let Some(system) = prepared() else { return };
    let outside = system.root().join("opt/of-root");
    race(
        &system,
        &system.root(),
        &outside,
        "../../opt/of-root",
        &|words| below_root(words, &system),
    );
}

/// A tree into which the program goes by `chroot`, with the libraries that it is linked with.
fn small_system(system: &System) -> Option<PathBuf> {
    let tree = system.workshop.path("tree");
    let copy = |from: &Path, to: &Path| {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    copy(&program(), &tree.join("ebd"));
    let bash = common::bash();
    copy(&bash, &tree.join("bin/bash"));
    for program in [program(), bash] {
        let listed = Command::new("ldd").arg(program).output().ok()?;
        for word in String::from_utf8_lossy(&listed.stdout).split_whitespace() {
            if word.starts_with('/') {
                let path = Path::new(word);
                copy(path, &tree.join(path.strip_prefix("/").unwrap()));
            }
        }
    }
    for directory in [
        "proc",
        "tmp",
        "run",
        "etc/portage",
        "var/lib",
        "var/cache",
        "usr/bin",
    ] {
        fs::create_dir_all(tree.join(directory)).unwrap();
    }
    common::copy(&system.workshop.path("repo"), &tree.join("repo"));
    fs::write(
        tree.join("etc/portage/make.conf"),
        "FEATURES=\"-userpriv\"\n",
    )
    .unwrap();
    fs::write(
        tree.join("etc/portage/repos.conf"),
        "[DEFAULT]\nmain-repo = workshop\n[workshop]\nlocation = /repo\n",
    )
    .unwrap();
    symlink("/repo/profiles", tree.join("etc/portage/make.profile")).unwrap();
    Some(tree)
}

#[test]
fn nothing_is_written_to_another_owners_place_where_root_is_the_running_system() {
    let Some(system) = prepared() else { return };
    let Some(tree) = small_system(&system) else {
        eprintln!("SKIPPED: no ldd to find the program's libraries with");
        return;
    };
    let ebd = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c"])
            .arg("mount --rbind /proc \"$0/proc\" && exec chroot \"$0\" /ebd \"$@\"")
            .arg(&tree)
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("PORTAGE_TMPDIR", "/tmp")
            .env("XDG_RUNTIME_DIR", "/run");
        command
    };
    let version = ebd(&["--version"]).output();
    if !version.is_ok_and(|done| done.status.success()) {
        eprintln!("SKIPPED: the program does not run in a chroot with /proc here");
        return;
    }
    race(
        &system,
        &tree,
        &tree.join("opt/of-root"),
        "/opt/of-root",
        &ebd,
    );
}
