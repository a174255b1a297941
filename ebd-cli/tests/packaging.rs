//! What packages of `ebd` install beside it.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::fs;
use std::process::Command;

use tempfile::TempDir;

fn made() -> TempDir {
    let prefix = TempDir::new().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_ebd"))
        .arg("packaging-files")
        .arg(prefix.path())
        .status()
        .unwrap();
    assert!(status.success());
    prefix
}

#[test]
fn completions_know_every_command_and_their_shells_read_them() {
    let prefix = made();
    for (shell, file) in [
        ("bash", "share/bash-completion/completions/ebd"),
        ("zsh", "share/zsh/site-functions/_ebd"),
        ("fish", "share/fish/vendor_completions.d/ebd.fish"),
    ] {
        let path = prefix.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        for word in ["regen", "unmerge", "portageq", "use-local-desc"] {
            assert!(text.contains(word), "{file} does not know {word}");
        }
        match Command::new(shell).arg("-n").arg(&path).output() {
            Ok(output) => assert!(
                output.status.success(),
                "{shell}: {}",
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(_) => {
                eprintln!("NOT TESTED: whether {shell} reads its completions: it is not installed")
            }
        }
    }
}

#[test]
fn bash_completes_commands_options_and_values() {
    let prefix = made();
    let complete = |words: &[&str]| {
        let script = format!(
            "source '{}' && COMP_WORDS=({}) COMP_CWORD={} && _ebd ebd '{}' '{}' && printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            prefix
                .path()
                .join("share/bash-completion/completions/ebd")
                .display(),
            words.join(" "),
            words.len() - 1,
            words.last().unwrap(),
            words.get(words.len() - 2).unwrap(),
        );
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete(&["ebd", "reg"]).trim(), "regen");
    assert!(complete(&["ebd", "regen", "--use-l"]).contains("--use-local-desc"));
    assert!(complete(&["ebd", "regen", "--engine", "nat"]).contains("native"));
}

#[test]
fn each_command_has_a_manual_page() {
    let prefix = made();
    for (page, words) in [
        ("ebd.1", "regen"),
        ("ebd-regen.1", "tolerant"),
        ("ebd-cache-convert.1", "flat"),
        ("ebd-env-diff.1", "environment"),
    ] {
        let path = prefix.path().join("share/man/man1").join(page);
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with(".ie") && text.contains(words), "{page}");
    }
}
