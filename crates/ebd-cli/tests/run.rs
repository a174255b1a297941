//! `ebd run`: builds of the fixture repository `phases`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::path::PathBuf;
use std::process::Output;

use common::Repos;

/// The fixture repository with a folder to build in.
struct Builds {
    repos: Repos,
}

impl Builds {
    fn new() -> Self {
        Self {
            repos: Repos::new(),
        }
    }

    fn run(&self, package: &str, arguments: &[&str]) -> Output {
        let (name, _) = package.rsplit_once('-').unwrap();
        let ebuild = self
            .repos
            .repo("phases")
            .join(format!("app-test/{name}/{package}.ebuild"));
        let tmpdir = self.repos.folder().join("tmp");
        let mut words = vec![
            "run",
            ebuild.to_str().unwrap(),
            "--tmpdir",
            tmpdir.to_str().unwrap(),
        ];
        words.extend_from_slice(arguments);
        self.repos.ebd(&words).output().unwrap()
    }

    fn folder(&self, package: &str) -> PathBuf {
        self.repos
            .folder()
            .join("tmp/portage/app-test")
            .join(package)
    }
}

fn text(output: &Output) -> String {
    format!(
        "{}{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_build_goes_from_clean_to_an_image() {
    let builds = Builds::new();
    let output = builds.run("make-1", &["clean", "install"]);
    assert!(output.status.success(), "{}", text(&output));
    let hello = builds.folder("make-1").join("image/usr/bin/hello");
    let said = std::process::Command::new(hello).output().unwrap();
    assert_eq!(said.stdout, b"hello\n");
}

#[test]
fn each_phase_may_be_run_by_another_process() {
    let builds = Builds::new();
    for phase in [
        "setup",
        "unpack",
        "prepare",
        "configure",
        "compile",
        "install",
    ] {
        let output = builds.run("make-1", &[phase]);
        assert!(output.status.success(), "{phase}: {}", text(&output));
    }
    assert!(
        builds
            .folder("make-1")
            .join("image/usr/bin/hello")
            .is_file()
    );
}

#[test]
fn a_phase_that_does_not_exist_is_a_usage_error() {
    let builds = Builds::new();
    let output = builds.run("make-1", &["instal"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output).contains("instal: no such phase; there are clean, "),
        "{}",
        text(&output)
    );
}
