//! `regen-bench`: a fresh bash for each ebuild that sources the whole library each time, against ebd.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::json;

use crate::cache_bench::CacheArguments;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The repository to regenerate
    #[arg(long, value_name = "DIR", default_value = "testdata/repos/demo")]
    repo: PathBuf,
    /// Categories or packages to regenerate, instead of the whole repository
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Runs of each side, alternating
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Number of processors on both sides
    #[arg(short, long, default_value_t = 2)]
    jobs: usize,
    /// Write the figures there as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheArguments,
}

/// The two sides.
const SIDES: [(&str, &[&str]); 2] = [("vanilla", &["--no-preload", "--fresh"]), ("ebd", &[])];

/// Seconds of one run.
#[derive(Debug, Clone, Copy)]
struct Seconds {
    real: f64,
    user: f64,
    sys: f64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let root = crate::root();
    let built = Command::new("cargo")
        .args(["build", "--release", "--package", "ebd-cli"])
        .current_dir(&root)
        .status()?;
    if !built.success() {
        return Err("the release build failed".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| root.join("target"));
    let program = target.join("release/ebd");
    if let Some(trees) = arguments.cache.wanted() {
        let record = crate::cache_bench::run(&arguments.cache, &program, trees, arguments.runs)?;
        if let Some(path) = &arguments.json {
            let record = json!({ "v": 1, "runs": arguments.runs, "cache": record });
            std::fs::write(path, format!("{record}\n"))?;
        }
        return Ok(());
    }
    let mut seconds = [Vec::new(), Vec::new()];
    for _ in 0..arguments.runs {
        for ((_, options), times) in SIDES.iter().zip(&mut seconds) {
            times.push(one_run(&program, arguments, options)?);
        }
    }
    println!(
        "{:<8} {:>9} {:>9} {:>9} {:>16}",
        "", "real s", "user s", "sys s", "real min–max s"
    );
    let mut records = Vec::new();
    for ((name, _), times) in SIDES.iter().zip(&seconds) {
        let mean =
            |field: fn(&Seconds) -> f64| times.iter().map(field).sum::<f64>() / times.len() as f64;
        let low = times.iter().map(|t| t.real).fold(f64::INFINITY, f64::min);
        let high = times.iter().map(|t| t.real).fold(0.0, f64::max);
        let (real, user, sys) = (mean(|t| t.real), mean(|t| t.user), mean(|t| t.sys));
        println!("{name:<8} {real:>9.2} {user:>9.2} {sys:>9.2} {low:>8.2}–{high:.2}");
        records.push(json!({ "name": name, "real": real, "user": user, "sys": sys, "min": low, "max": high }));
    }
    if let Some(path) = &arguments.json {
        let record =
            json!({ "v": 1, "repo": arguments.repo, "runs": arguments.runs, "sides": records });
        std::fs::write(path, format!("{record}\n"))?;
    }
    Ok(())
}

fn one_run(
    program: &Path,
    arguments: &Arguments,
    options: &[&str],
) -> Result<Seconds, Box<dyn Error>> {
    let output = tempfile::tempdir()?;
    let before = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let begin = Instant::now();
    let status = Command::new(program)
        .arg("regen")
        .arg("--repo")
        .arg(std::fs::canonicalize(&arguments.repo)?)
        .arg("--output")
        .arg(output.path().join("entries"))
        .env("XDG_CACHE_HOME", output.path().join("cache"))
        .args([
            "--no-progress",
            "--tolerant",
            "--jobs",
            &arguments.jobs.to_string(),
        ])
        .args(options)
        .args(&arguments.targets)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let real = begin.elapsed().as_secs_f64();
    let after = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    if !status.success() {
        return Err(format!("ebd ended with {status}").into());
    }
    let spent = |a: nix::sys::time::TimeVal, b: nix::sys::time::TimeVal| {
        (b - a).num_microseconds() as f64 / 1e6
    };
    Ok(Seconds {
        real,
        user: spent(before.user_time(), after.user_time()),
        sys: spent(before.system_time(), after.system_time()),
    })
}
