//! `ebd run`: builds of the fixture repository `phases`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
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
fn json_tells_the_story_in_objects() {
    let builds = Builds::new();
    let output = builds.run("make-1", &["--json", "clean", "install"]);
    assert!(output.status.success(), "{}", text(&output));
    let mut done = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["v"], 1, "{line}");
        assert_eq!(value["cpv"], "app-test/make-1", "{line}");
        if value["state"] == "done" {
            done.push(value["phase"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(
        done,
        [
            "setup",
            "unpack",
            "prepare",
            "configure",
            "compile",
            "install"
        ]
    );
}

#[test]
fn source_phases_run_as_the_build_user() {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("NOT TESTED: the user of phases, which needs root");
        return;
    }
    let builds = Builds::new();
    let output = builds.run("users-1", &["--user", "nobody", "clean", "install"]);
    assert!(output.status.success(), "{}", text(&output));
    let said = text(&output);
    for phase in ["setup", "install"] {
        assert!(
            said.contains(&format!("{phase} runs as 0")),
            "{phase}: {said}"
        );
    }
    for phase in ["unpack", "prepare", "configure", "compile"] {
        assert!(
            said.contains(&format!("{phase} runs as 65534")),
            "{phase}: {said}"
        );
    }
}

/// Seconds that a build of a package that does nothing may take, also on a busy machine. `cargo xtask phase-bench` measures.
const PATIENCE: f64 = if cfg!(debug_assertions) { 2.0 } else { 0.5 };

#[test]
fn a_build_that_does_nothing_is_quick() {
    let builds = Builds::new();
    let best = (0..5)
        .map(|_| {
            let started = std::time::Instant::now();
            let output = builds.run("nothing-1", &["clean", "install"]);
            assert!(output.status.success(), "{}", text(&output));
            started.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    assert!(best < PATIENCE, "{best:.3} s");
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
