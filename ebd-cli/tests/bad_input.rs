//! `ebd run` with what cannot work: a clear error, the documented exit code, and nothing half-installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::process::Command;

use common::builds::{Built, Workshop};

#[test]
fn wrong_words_are_usage_errors() {
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild("words", "8", "S=${WORKDIR}");
    for (words, message) in [
        (&["instal"][..], "instal: no such phase"),
        (&["depend"], "depend: no such phase"),
    ] {
        let built = workshop.run(&ebuild, words);
        assert_eq!(built.code, Some(2), "{}", built.text);
        built.says(message);
    }
    let old = workshop.ebuild("old", "2", "S=${WORKDIR}");
    workshop.run(&old, &["clean", "pretend"]).succeeds();
    let built = workshop.run(&workshop.path("repo/cat/words/words-2.ebuild"), &["setup"]);
    assert_eq!(built.code, Some(2), "{}", built.text);
    built.says("there is no such file");
}

#[test]
fn an_ebuild_may_die_in_every_phase() {
    let workshop = Workshop::new();
    for (phase, function) in [
        ("pretend", "pkg_pretend"),
        ("setup", "pkg_setup"),
        ("unpack", "src_unpack"),
        ("prepare", "src_prepare"),
        ("configure", "src_configure"),
        ("compile", "src_compile"),
        ("test", "src_test"),
        ("install", "src_install"),
    ] {
        let text = format!(
            "S=${{WORKDIR}}\n{function}() {{\n\thelper\n}}\nhelper() {{\n\tdie \"in {phase}\"\n}}"
        );
        let built = workshop.build("dies", "8", &text, &["--test", "clean", "install"]);
        let log = built.folder.join("temp/build.log");
        let built = built
            .dies(&format!("cat/dies-1 failed ({phase} phase):"))
            .says(&format!("in {phase}"))
            .says("dies-1.ebuild:10: helper")
            .says(&format!("dies-1.ebuild:7: {function}"))
            .says(&log.display().to_string());
        assert!(log.is_file(), "{phase}");
        assert!(
            !built.folder.join("image").exists(),
            "{phase}: nothing half-installed stays"
        );
        assert!(!built.folder.join(".installed").exists(), "{phase}");
    }
}

#[test]
fn a_failure_shows_calls_with_their_arguments_and_the_last_output() {
    let workshop = Workshop::new();
    let text = "S=${WORKDIR}\n\
        src_compile() { inner 'a b' \"c'd\"; }\n\
        inner() { local n; for n in {1..30}; do echo \"line ${n}\"; done; deepest; }\n\
        deepest() { ( false ) || die \"no $#\"; }";
    workshop
        .build("arguments", "8", text, &["clean", "compile"])
        .dies("no 0")
        .says("arguments-1.ebuild:7: inner 'a b' 'c'\\''d'\n")
        .says("arguments-1.ebuild:8: deepest\n")
        .says("Last lines of output:\n |   line 21\n")
        .says(" |   line 30\n * The build log is ");
}

#[test]
fn a_shell_that_exits_does_not_count_as_a_phase() {
    let workshop = Workshop::new();
    for (text, message) in [
        ("exit 0", "the shell exited with status 0 before the end"),
        ("exit 7", "the shell exited with status 7 before the end"),
        ("kill -9 $$", "the shell was killed by signal 9"),
        ("exec true", "the shell exited with status 0 before the end"),
        ("set -u; echo ${nothing}", "the shell exited with status"),
    ] {
        let text = format!("S=${{WORKDIR}}\nsrc_compile() {{ {text}; }}");
        let built = workshop
            .build("exits", "8", &text, &["clean", "compile"])
            .dies(message);
        assert!(!built.folder.join(".compiled").exists());
    }
}

#[test]
fn background_processes_do_not_outlive_their_phase() {
    let workshop = Workshop::new();
    let text = "S=${WORKDIR}\nsrc_compile() { ( setsid sleep 600 & ); sleep 600 & }\nsrc_install() { no_sleep; }\nno_sleep() { ! pgrep -x sleep -s 0 || die; }";
    workshop
        .build("background", "8", text, &["clean", "install"])
        .succeeds();
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild("unwritable", "8", "S=${WORKDIR}");
    workshop.write("file", "");
    let tmpdir = workshop.path("file/below");
    let built = workshop.run(&ebuild, &["--tmpdir", tmpdir.to_str().unwrap(), "setup"]);
    assert_eq!(built.code, Some(2), "{}", built.text);
    built.says("cannot make the folder").says("file/below");
}

#[test]
fn a_full_disk_fails_the_phase_that_needs_space() {
    let workshop = Workshop::new();
    let text = "S=${WORKDIR}\nsrc_install() { dodir /x; head -c 4000000 /dev/zero >\"${D}/x/big\" || die \"no space left\"; }";
    let ebuild = workshop.ebuild("full", "8", text);
    let tmpdir = workshop.path("tmp");
    fs::create_dir_all(&tmpdir).unwrap();
    let inner = workshop.command(&ebuild, &["--user", "root", "clean", "install"]);
    let script = format!(
        "mount -t tmpfs -o size=2m none '{}' && exec \"$0\" \"$@\"",
        tmpdir.display()
    );
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "--propagation", "private", "sh", "-c", &script])
        .arg(inner.get_program())
        .args(inner.get_args());
    command.env_clear().envs(
        inner
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = command.output();
    let Some(output) = output
        .ok()
        .filter(|output| !String::from_utf8_lossy(&output.stderr).contains("unshare:"))
    else {
        eprintln!("NOT TESTED: a full disk, which needs unshare(1) and user namespaces");
        return;
    };
    Built::new(&output, workshop.build_folder("full")).dies("no space left");
}

#[test]
fn a_build_whose_ebuild_has_changed_is_not_continued_silently() {
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild("changed", "8", "S=${WORKDIR}");
    workshop.run(&ebuild, &["clean", "configure"]).succeeds();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(2);
    fs::File::options()
        .append(true)
        .open(&ebuild)
        .unwrap()
        .set_modified(later)
        .unwrap();
    let built = workshop.run(&ebuild, &["install"]);
    assert_eq!(built.code, Some(2), "{}", built.text);
    built.says("has changed since this build began");
    workshop.run(&ebuild, &["--force", "install"]).succeeds();
}

#[test]
fn a_shell_on_failure_is_as_the_phase_was() {
    let workshop = Workshop::new();
    let text = "S=${WORKDIR}\nsrc_compile() { local here=\"in the function\"; mkdir sub; cd sub; LIST=( a 'b c' ); emake -f nofile; }";
    let ebuild = workshop.ebuild("shell", "8", text);
    let mut command = workshop.command(&ebuild, &["--shell-on-failure", "compile"]);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let script =
        b"echo \"<${here}|${LIST[1]}|${PWD##*/}|${EBUILD_PHASE}>\"; declare -F src_compile econf\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), script).unwrap();
    let output = child.wait_with_output().unwrap();
    Built::new(&output, workshop.build_folder("shell"))
        .dies("emake failed")
        .says("<in the function|b c|sub|compile>")
        .says("src_compile\necon");
}
