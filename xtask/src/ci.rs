//! What continuous integration runs.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

/// The test command of the README.
const TESTS: &[&str] = &["test", "--workspace"];

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    step("cargo", &["fmt", "--all", "--check"], &[])?;
    step(
        "cargo",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        &[],
    )?;
    step(
        "cargo",
        &["doc", "--workspace", "--no-deps"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )?;
    crate::codegen::run(true)?;
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["bash-lib", "bash-lib/generated", "bash-lib/phase"] {
        for entry in std::fs::read_dir(crate::root().join(folder))? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "bash")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    let files: Vec<String> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let files: Vec<&str> = files
        .iter()
        .map(String::as_str)
        .chain([".ci/run"])
        .collect();
    step("shellcheck", &files, &[])?;
    step("cargo", TESTS, &[])
}

fn step(program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<(), Box<dyn Error>> {
    eprintln!(
        "== {program} {}",
        args.iter().take(4).copied().collect::<Vec<_>>().join(" ")
    );
    let status = Command::new(program)
        .args(args)
        .envs(env.iter().copied())
        .current_dir(crate::root())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{program}: {status}").into())
    }
}
