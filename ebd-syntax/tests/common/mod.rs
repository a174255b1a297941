//! A real bash to compare with.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "only tests use it"
)]

pub mod split;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The bash to compare with, if there is one; says loudly that there is none.
pub fn bash() -> Option<&'static OsString> {
    static BASH: OnceLock<Option<OsString>> = OnceLock::new();
    BASH.get_or_init(|| {
        let bash = std::env::var_os("EBD_TEST_BASH").unwrap_or_else(|| "bash".into());
        let works = Command::new(&bash)
            .args(["-c", ":"])
            .status()
            .is_ok_and(|status| status.success());
        if !works {
            eprintln!(
                "NOT TESTED against bash: {} does not run (EBD_TEST_BASH)",
                bash.display()
            );
        }
        works.then_some(bash)
    })
    .as_ref()
}

/// Runs bash with a text on its standard input; returns whether it succeeded, its output and its messages.
pub fn run(options: &[&str], text: &[u8]) -> Option<(bool, Vec<u8>, String)> {
    let mut child = Command::new(bash()?)
        .args(["--norc", "--noprofile", "-O", "extglob"])
        .args(options)
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash starts");
    let mut stdin = child.stdin.take().expect("there is a pipe");
    let text = text.to_vec();
    let writer = std::thread::spawn(move || {
        // bash may stop reading at an error.
        let _ = stdin.write_all(&text);
    });
    let output = child.wait_with_output().expect("bash ends");
    writer.join().expect("the text is written");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((output.status.success(), output.stdout, messages))
}

/// Whether bash takes the text for valid without complaints; `None` without bash.
///
/// bash 5.2 returns success for errors in `[[`, and for here-documents without end; its messages tell.
pub fn accepts(text: &[u8]) -> Option<(bool, String)> {
    let (success, _, messages) = run(&["-n"], text)?;
    Some((success && messages.is_empty(), messages))
}

/// The folder with the repositories `gentoo` and `guru`; says loudly that there is none.
pub fn trees() -> Option<PathBuf> {
    let trees = std::env::var_os("EBD_TEST_TREES")
        .map(PathBuf::from)
        .filter(|path| path.is_dir());
    if trees.is_none() {
        eprintln!("NOT TESTED with real repositories: EBD_TEST_TREES names no folder");
    }
    trees
}

/// The files below `folder` whose name ends in `suffix`, apart from those in folders named `files`.
pub fn find(folder: &std::path::Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                if name != "files" && name != ".git" {
                    folders.push(path);
                }
            } else if name.to_string_lossy().ends_with(suffix) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
