//! The bashes to compare with, and generated environments.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "only tests use it"
)]

pub mod choices;
pub mod functions;
pub mod variables;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A bash that runs here.
#[derive(Debug, Clone)]
pub struct Bash {
    pub program: OsString,
    /// `5.2`
    pub version: String,
}

/// The machine's bash, and the one that `EBD_TEST_BASH` names; says loudly what is missing.
pub fn bashes() -> &'static [Bash] {
    static BASHES: OnceLock<Vec<Bash>> = OnceLock::new();
    BASHES.get_or_init(|| {
        let named = std::env::var_os("EBD_TEST_BASH");
        if named.is_none() {
            eprintln!("NOT TESTED with a second bash: EBD_TEST_BASH names none");
        }
        let programs = [Some("bash".into()), named];
        programs.into_iter().flatten().filter_map(find).collect()
    })
}

fn find(program: OsString) -> Option<Bash> {
    let output = Command::new(&program)
        .args([
            "-c",
            "printf '%s.%s %s' \"${BASH_VERSINFO[@]:0:2}\" \"${BASH}\"",
        ])
        .output();
    match output {
        Ok(output) if output.status.success() => {
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            let (version, path) = told.split_once(' ')?;
            Some(Bash {
                version: version.to_owned(),
                program: path.into(),
            })
        }
        _ => {
            eprintln!("NOT TESTED with {}: it does not run", program.display());
            None
        }
    }
}

impl Bash {
    /// Runs a script with arguments in an empty environment.
    pub fn run(&self, locale: &str, script: &str, arguments: &[&Path]) -> Output {
        Command::new(&self.program)
            .args([
                "--norc",
                "--noprofile",
                "-O",
                "extglob",
                "-c",
                script,
                "bash",
            ])
            .args(arguments)
            .env_clear()
            .env("LC_ALL", locale)
            .env("PATH", "/nonexistent")
            .output()
            .expect("bash runs")
    }

    /// Like [`run`](Self::run); what it says on standard error is an error.
    pub fn silent(
        &self,
        locale: &str,
        script: &str,
        arguments: &[&Path],
    ) -> Result<Vec<u8>, String> {
        let output = self.run(locale, script, arguments);
        if output.stderr.is_empty() {
            return Ok(output.stdout);
        }
        let mut message = format!("bash {} in {locale} says: ", self.version);
        message.push_str(&String::from_utf8_lossy(&output.stderr));
        for path in arguments {
            message.push_str("--\n");
            let text = std::fs::read(path).unwrap_or_default();
            message.extend(readable(&text).chars().take(6000));
        }
        Err(message)
    }
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

/// Whether more cases than usual are wanted.
pub fn is_long() -> bool {
    std::env::var_os("EBD_TEST_CASES").is_some()
}

/// How many cases a property is tested with: `EBD_TEST_CASES`, or `usual`.
pub fn cases(usual: u32) -> u32 {
    let wanted = std::env::var("EBD_TEST_CASES");
    match wanted.ok().and_then(|cases| cases.parse().ok()) {
        Some(cases) => cases,
        None => {
            eprintln!("{usual} cases; EBD_TEST_CASES=10000 is the long mode");
            usual
        }
    }
}

/// A text, shown so that differences can be read.
pub fn readable(text: &[u8]) -> String {
    text.escape_ascii().to_string().replace("\\n", "\n")
}

/// Says something on standard error.
pub fn say(text: &str) {
    eprintln!("{text}");
}
