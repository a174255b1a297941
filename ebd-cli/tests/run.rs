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

/// Builds a package under a profile with these lines in its make.conf; what it printed, and its image.
fn build_configured(
    builds: &Builds,
    package: &str,
    conf: &str,
    words: &[&str],
) -> (String, PathBuf) {
    let root = builds.repos.folder().join("root");
    let profile = root.join("etc/portage/make.profile");
    std::fs::create_dir_all(&profile).unwrap();
    let defaults = "ARCH=\"amd64\"\nCHOST=\"x86_64-pc-linux-gnu\"\nABI=\"amd64\"\nLIBDIR_amd64=\"lib64\"\nCFLAGS=\"-O1\"\n";
    std::fs::write(profile.join("make.defaults"), defaults).unwrap();
    let conf = format!("MAKEOPTS=\"-j4\"\n{conf}\n");
    std::fs::write(root.join("etc/portage/make.conf"), conf).unwrap();
    let mut arguments = vec!["--config-root", root.to_str().unwrap()];
    arguments.extend_from_slice(words);
    let output = builds.run(package, &arguments);
    assert!(output.status.success(), "{}", text(&output));
    (text(&output), builds.folder(package).join("image"))
}

/// The paths below a folder, sorted.
fn paths(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                found.push(
                    path.strip_prefix(folder)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                );
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_source_with_a_configure_script_is_patched_configured_tested_and_installed() {
    let builds = Builds::new();
    let conf = "USE=\"-nls static-libs\"\nPORTAGE_COMPRESS=\"gzip\"";
    let (said, image) = build_configured(
        &builds,
        "autotools-1",
        conf,
        &["--test", "clean", "install"],
    );
    assert_eq!(
        paths(&image),
        [
            "usr/bin/autotools-hello",
            "usr/lib64/libhello.a",
            // Too short to be worth compressing.
            "usr/share/doc/autotools-1/README",
            "usr/share/doc/autotools-1/config.log.gz",
            "usr/share/man/man1/autotools-hello.1.gz",
        ],
        "{said}"
    );
    let hello = std::process::Command::new(image.join("usr/bin/autotools-hello"));
    let said = { hello }.output().unwrap();
    assert_eq!(said.stdout, b"hello, world\n");
    let work = builds.folder("autotools-1").join("work/autotools-1");
    assert!(work.join("check.log").is_file());
    let log = std::fs::read_to_string(work.join("config.log")).unwrap();
    assert_eq!(
        log,
        "host=x86_64-pc-linux-gnu\nsysconfdir=/etc\nlocalstatedir=/var/lib\ninfodir=/usr/share/info\n\
         datadir=/usr/share\nnls=no\nstatic=yes\nsilent=no\ntracking=no\n"
    );
}

#[test]
fn a_source_is_built_by_an_eclass_in_a_folder_beside_it() {
    let builds = Builds::new();
    for (flags, word) in [("shout", "A WORD\n"), ("-shout", "a word\n")] {
        let conf = format!("USE=\"{flags}\"");
        let (said, image) = build_configured(&builds, "mesonlike-1", &conf, &["clean", "install"]);
        assert!(said.contains("test skipped"), "{said}");
        assert_eq!(
            paths(&image),
            [
                "usr/bin/mesonlike-stdin",
                "usr/lib64/mesonlike/word",
                "usr/share/doc/mesonlike-1/README",
                "usr/share/mesonlike/options",
                "usr/share/mesonlike/word",
            ]
        );
        let link = image.join("usr/share/mesonlike/word");
        assert_eq!(
            std::fs::read_link(&link).unwrap(),
            PathBuf::from("../../lib64/mesonlike/word")
        );
        assert_eq!(std::fs::read_to_string(&link).unwrap(), word);
    }
    let (said, _) = build_configured(&builds, "mesonlike-1", "", &["--test", "clean", "test"]);
    assert!(said.contains("1/1 word OK"), "{said}");
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

#[test]
fn a_phase_that_takes_too_long_ends_with_all_it_started() {
    let builds = Builds::new();
    let package = builds.repos.repo("phases").join("app-test/slow");
    std::fs::create_dir(&package).unwrap();
    let ebuild = "EAPI=8\nDESCRIPTION=\"Slow\"\nSLOT=0\nS=${WORKDIR}\nsrc_compile() {\n\tsetsid sleep 987654 & sleep 987654\n}\n";
    std::fs::write(package.join("slow-1.ebuild"), ebuild).unwrap();
    let start = std::time::Instant::now();
    let done = builds.run("slow-1", &["compile", "--phase-timeout", "3"]);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done));
    assert!(text(&done).contains("3 s"), "{}", text(&done));
    assert!(start.elapsed().as_secs() < 60);
    let sleeping = std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.starts_with(b"sleep\x00987654")
    });
    assert!(!sleeping, "nothing of it is left");
}
