//! Builds that are killed in any phase, and go on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::builds::Workshop;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PHASES: [&str; 6] = [
    "setup",
    "unpack",
    "prepare",
    "configure",
    "compile",
    "install",
];

/// An ebuild whose phases can be made to wait in their middle.
const EBUILD: &str = r#"
S=${WORKDIR}/src
hang() {
    [[ -e ${PAUSE}/${EBUILD_PHASE} ]] || return 0
    echo ${BASHPID} >"${PAUSE}/pid" && mv "${PAUSE}/pid" "${PAUSE}/waiting" || die
    ( while sleep 0.05; do echo late >>"${T}/late"; done )
}
pkg_setup() { STEPS=( setup ); hang; }
src_unpack() { STEPS+=( unpack ); mkdir "${S}" || die; hang; printf '1\n' >"${S}/f"; }
src_prepare() { STEPS+=( prepare ); echo 2 >>f; hang; echo 3 >>f; default; }
src_configure() { STEPS+=( configure ); echo conf >conf; hang; }
src_compile() { STEPS+=( compile ); cat f conf >out; hang; }
src_install() { STEPS+=( install ); insinto /usr/share/x; doins out; hang; echo ${STEPS[*]} >steps; doins steps; }
"#;

/// Every file of a folder with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Starts a build that waits in a phase; returns when it does, with the process of the phase's shell.
fn start_and_wait(workshop: &Workshop, ebuild: &Path, phase: &str) -> (Child, Pid) {
    let pause = workshop.path("pause");
    fs::create_dir_all(&pause).unwrap();
    fs::write(pause.join(phase), "").unwrap();
    let child = workshop
        .command(ebuild, &["clean", "install"])
        .env("PAUSE", &pause)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let waiting = pause.join("waiting");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !waiting.exists() {
        assert!(
            Instant::now() < deadline,
            "the phase {phase} does not begin"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let shell = fs::read_to_string(&waiting).unwrap();
    fs::remove_file(waiting).unwrap();
    fs::remove_file(pause.join(phase)).unwrap();
    (child, Pid::from_raw(shell.trim().parse().unwrap()))
}

/// Whether nothing writes into a file any more.
fn is_quiet(path: &Path) -> bool {
    let size = || fs::metadata(path).map_or(0, |meta| meta.len());
    let before = size();
    std::thread::sleep(Duration::from_millis(300));
    size() == before
}

fn resumed(kill_shell: bool) {
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild("resumed", "8", EBUILD);
    workshop.run(&ebuild, &["clean", "install"]).succeeds();
    let folder = workshop.build_folder("resumed");
    let image = folder.join("image");
    let wanted = files(&image);
    assert_eq!(wanted.len(), 2);
    for phase in PHASES {
        let (mut host, shell) = start_and_wait(&workshop, &ebuild, phase);
        if kill_shell {
            kill(shell, Signal::SIGKILL).unwrap();
            assert_eq!(host.wait().unwrap().code(), Some(1), "{phase}");
            assert!(
                phase != "install" || !image.exists(),
                "nothing half-installed stays"
            );
        } else {
            host.kill().unwrap();
            host.wait().unwrap();
        }
        assert!(
            is_quiet(&folder.join("temp/late")),
            "something of the phase {phase} still runs"
        );
        workshop.run(&ebuild, &["install"]).succeeds();
        assert_eq!(files(&image), wanted, "{phase}");
    }
}

#[test]
fn a_build_whose_host_is_killed_goes_on() {
    resumed(false);
}

#[test]
fn a_build_whose_shell_is_killed_goes_on() {
    resumed(true);
}

#[test]
fn an_interrupt_ends_the_phase_and_says_so() {
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild("interrupted", "8", EBUILD);
    let (mut host, _) = start_and_wait(&workshop, &ebuild, "compile");
    kill(Pid::from_raw(host.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(host.wait().unwrap().code(), Some(130));
    assert!(is_quiet(
        &workshop.build_folder("interrupted").join("temp/late")
    ));
    workshop.run(&ebuild, &["install"]).succeeds();
}

#[test]
fn a_second_build_of_a_package_waits_for_the_first() {
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild("locked", "8", EBUILD);
    let (mut host, _) = start_and_wait(&workshop, &ebuild, "compile");
    let mut second = workshop
        .command(&ebuild, &["compile"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines();
    let waits = said.any(|line| line.unwrap().contains("another process has it"));
    assert!(waits);
    host.kill().unwrap();
    host.wait().unwrap();
    assert!(second.wait().unwrap().success());
}
