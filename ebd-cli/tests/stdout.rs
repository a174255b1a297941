//! Standard output that nobody reads, or that cannot be written: no command panics, each does its work, and its exit code says how
//! that went.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use common::system::System;

/// A command line and the exit code of its work; `{}` is the folder of the workshop.
struct Step {
    command: &'static str,
    arguments: &'static str,
    code: i32,
}

const fn step(command: &'static str, arguments: &'static str) -> Step {
    Step {
        command,
        arguments,
        code: 0,
    }
}

/// One for each command, in an order in which each has something to do.
const STEPS: [Step; 22] = [
    step("regen", "--repo {}/repo --isolation none --jobs 2 --json"),
    step("metadata", "--repo {}/repo cat/many"),
    step("explain", "--repo {}/repo cat/many"),
    step(
        "run",
        "{}/repo/cat/built/built-1.ebuild --isolation none --root {}/root clean install",
    ),
    step(
        "merge",
        "{}/repo/cat/built/built-1.ebuild --isolation none --root {}/root",
    ),
    step("config", "cat/built --root {}/root"),
    step("info", "cat/built --root {}/root"),
    step("unmerge", "cat/built --root {}/root"),
    step("manifest", "--repo {}/repo {}/repo/cat/built"),
    step("cache stats", "--repo {}/repo"),
    step("cache verify", "--repo {}/repo"),
    step("cache lookup", "--repo {}/repo cat/many"),
    step(
        "cache convert",
        "--repo {}/repo --to packed --output {}/packed",
    ),
    step(
        "cache clean",
        "--repo {}/repo --format packed --path {}/packed",
    ),
    step("env show", "{}/environment"),
    step("env filter", "{}/environment --rules bash"),
    Step {
        code: 1,
        ..step("env diff", "{}/environment {}/other")
    },
    step("env convert", "{}/environment --to json"),
    step("env check", "{}/environment"),
    step("portageq", "envvar ARCH"),
    step("doctor", ""),
    step("packaging-files", "{}/prefix"),
];

/// The one command that prints nothing.
const SILENT: &str = "packaging-files";

const EBUILDS: usize = 60;

/// What standard output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    /// Read to its end.
    Read,
    /// A pipe whose reader has gone, as with `| true`.
    Closed,
    /// A pipe whose reader goes after the first byte, as with `| head -1`.
    Head,
    /// A disk without space.
    Full,
}

fn system() -> System {
    let system = System::new();
    for version in 1..EBUILDS {
        system.workshop.write(
            &format!("repo/cat/many/many-{version}.ebuild"),
            "EAPI=8\nDESCRIPTION=\"One of many\"\nSLOT=\"0\"\nIUSE=\"a b c\"\nRDEPEND=\"a? ( cat/built ) b? ( cat/other )\"\n",
        );
    }
    system.workshop.ebuild(
        "built",
        "8",
        "S=${WORKDIR}\nsrc_install() { echo installing; keepdir /usr/share/built; }\n\
         pkg_config() { elog config; }\npkg_info() { elog info; }",
    );
    system
        .workshop
        .write("environment", "declare -x A=\"a\"\ndeclare -- B=\"b\"\n");
    system.workshop.write("other", "declare -x A=\"c\"\n");
    system
}

fn command(system: &System, step: &Step) -> Command {
    let folder = system.workshop.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebd"));
    command
        .args(step.command.split(' '))
        .args(step.arguments.replace("{}", folder).split_whitespace())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PORTAGE_CONFIGROOT", folder)
        .env("PORTAGE_TMPDIR", system.workshop.path("tmp"))
        .env("DISTDIR", system.workshop.path("distfiles"))
        .env("HOME", system.workshop.path("home"))
        .env("XDG_RUNTIME_DIR", system.workshop.path("run"));
    fs::create_dir_all(system.workshop.path("run")).unwrap();
    if let Some(bash) = std::env::var_os("EBD_BASH") {
        command.env("EBD_BASH", bash);
    }
    command
}

/// Runs a command; returns its exit code, what was read of its output, and standard error.
fn run(mut command: Command, output: Output) -> (Option<i32>, Vec<u8>, String) {
    let log = tempfile::tempfile().unwrap();
    command.stderr(log.try_clone().unwrap());
    let mut read = Vec::new();
    let status = match output {
        Output::Full => {
            let full = File::options().write(true).open("/dev/full").unwrap();
            command.stdout(full).status().unwrap()
        }
        Output::Closed => {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            command.stdout(writer).status().unwrap()
        }
        Output::Read | Output::Head => {
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let mut stdout = child.stdout.take().unwrap();
            if output == Output::Read {
                stdout.read_to_end(&mut read).unwrap();
            } else {
                let mut byte = [0];
                let length = stdout.read(&mut byte).unwrap();
                read.extend_from_slice(&byte[..length]);
            }
            drop(stdout);
            child.wait().unwrap()
        }
    };
    let mut said = String::new();
    let mut log = log;
    std::io::Seek::rewind(&mut log).unwrap();
    log.read_to_string(&mut said).unwrap();
    (status.code(), read, said)
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Fails the test unless a command has done its work.
fn assert_done(system: &System, command: &str) {
    let path = |name: &str| system.workshop.path(name);
    let vdb = system.root().join("var/db/pkg/cat/built-1");
    match command {
        "regen" => assert_eq!(count(&path("repo/metadata/md5-cache/cat")), EBUILDS),
        "run" => assert!(path("tmp/portage/cat/built-1/image/usr/share/built").is_dir()),
        "merge" => assert!(vdb.is_dir() && system.root().join("usr/share/built").is_dir()),
        "unmerge" => assert!(!vdb.exists() && !system.root().join("usr/share/built").exists()),
        "cache convert" => assert!(fs::metadata(path("packed")).unwrap().len() > 1000),
        "packaging-files" => assert!(path("prefix/share/man/man1/ebd.1").is_file()),
        _ => {}
    }
}

fn check(output: Output) {
    let system = system();
    for step in &STEPS {
        let (code, read, said) = run(command(&system, step), output);
        let what = format!("ebd {} with {output:?}:\n{said}", step.command);
        assert!(!said.contains("panicked"), "{what}");
        let full = output == Output::Full && step.command != SILENT;
        assert_eq!(code, Some(if full { 3 } else { step.code }), "{what}");
        let message = "ebd: cannot write standard output: No space left on device";
        assert_eq!(said.contains(message), full, "{what}");
        if matches!(output, Output::Read | Output::Head) {
            assert_eq!(read.is_empty(), step.command == SILENT, "{what}");
        }
        assert_done(&system, step.command);
    }
}

#[test]
fn output_that_is_read_is_there() {
    check(Output::Read);
}

#[test]
fn a_reader_that_is_gone_stops_no_work() {
    check(Output::Closed);
}

#[test]
fn a_reader_that_goes_stops_no_work() {
    check(Output::Head);
}

#[test]
fn output_that_cannot_be_written_is_an_error_after_the_work() {
    check(Output::Full);
}

#[test]
fn help_and_wrong_words_are_no_reason_to_panic_either() {
    for (words, output, wanted) in [
        (&["--help"][..], Output::Closed, 0),
        (&["regen", "--help"], Output::Head, 0),
        (&["--version"], Output::Full, 3),
        (&["regen", "--no-such"], Output::Full, 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebd"));
        command.args(words);
        let (code, _, said) = run(command, output);
        assert_eq!(code, Some(wanted), "{words:?}: {said}");
        assert!(!said.contains("panicked"), "{words:?}: {said}");
    }
}

#[test]
fn standard_error_that_cannot_be_written_changes_nothing() {
    let system = system();
    system.workshop.write("repo/cat/many/many-no.ebuild", "");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let code = command(&system, &STEPS[0])
        .stdout(Stdio::null())
        .stderr(full)
        .status()
        .unwrap()
        .code();
    assert_eq!(code, Some(1), "the ebuild with the wrong name has failed");
    assert_done(&system, "regen");
}

/// The commands that have no commands below them, by the manual pages, which are made of the program's own list.
fn commands() -> BTreeSet<String> {
    let prefix = tempfile::tempdir().unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_ebd"))
        .arg(SILENT)
        .arg(prefix.path())
        .status()
        .unwrap();
    assert!(made.success());
    let pages: BTreeSet<String> = fs::read_dir(prefix.path().join("share/man/man1"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .filter_map(|page| Some(page.strip_prefix("ebd-")?.strip_suffix(".1")?.to_owned()))
        .collect();
    let has_commands = |name: &String| {
        pages
            .iter()
            .any(|page| page.starts_with(&format!("{name}-")))
    };
    let mut found: BTreeSet<String> = pages
        .iter()
        .filter(|page| !has_commands(page))
        .cloned()
        .collect();
    // It is hidden, and has no page.
    found.insert(SILENT.to_owned());
    found
}

#[test]
fn every_command_is_tried() {
    let tried: BTreeSet<String> = STEPS
        .iter()
        .map(|step| step.command.replace(' ', "-"))
        .collect();
    assert_eq!(tried, commands());
}
