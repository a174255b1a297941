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
    crate::words::run(false)?;
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
    dependencies()?;
    oldest_rust()?;
    step("cargo", TESTS, &[])
}

/// Licences, sources and doubles of dependencies. Known vulnerabilities need the network and change without a change here:
/// `cargo deny check advisories`.
fn dependencies() -> Result<(), Box<dyn Error>> {
    if !answers("cargo", &["deny", "--version"]) {
        eprintln!("NOT TESTED: licences and sources of dependencies: cargo-deny is not installed");
        return Ok(());
    }
    step(
        "cargo",
        &["deny", "--offline", "check", "licenses", "sources", "bans"],
        &[],
    )
}

/// The workspace compiles with the Rust that Cargo.toml names.
fn oldest_rust() -> Result<(), Box<dyn Error>> {
    let version = format!("+{}", env!("CARGO_PKG_RUST_VERSION"));
    if !answers("cargo", &[&version, "--version"]) {
        eprintln!("NOT TESTED: whether Rust {version} compiles ebd: rustup has not installed it");
        return Ok(());
    }
    let target = crate::target().join("oldest-rust");
    step(
        "cargo",
        &[&version, "check", "--workspace", "--locked"],
        &[("CARGO_TARGET_DIR", &target.to_string_lossy())],
    )
}

/// Whether a program can be run.
fn answers(program: &str, args: &[&str]) -> bool {
    let output = Command::new(program)
        .args(args)
        .current_dir(crate::root())
        .output();
    output.is_ok_and(|output| output.status.success())
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
