//! Development tasks of the ebd workspace: `cargo xtask TASK`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tasks report to the developer"
)]

mod bench;
mod ci;
mod codegen;
mod confcache_bench;
mod differential;
mod dist;
mod entries;
mod gen_tree;
mod real_builds;
mod words;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write bash-lib/generated from the tables in Rust
    Codegen {
        /// Write nothing; fail if a file is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Check that nothing that is read has gained home-made words
    Words {
        /// Write xtask/words-left.tsv again, which only ever gets shorter
        #[arg(long)]
        update: bool,
    },
    /// Run what continuous integration runs: formatting, lints, documentation, shellcheck, tests
    Ci,
    /// Build ebd and install it with completions, manual pages, its bash library and documents below a prefix
    Dist(dist::Arguments),
    /// Write a repository of made-up ebuilds
    GenTree(gen_tree::Arguments),
    /// Compare the metadata of repositories with that of another program
    Differential(differential::Arguments),
    /// Time metadata generation: a fresh bash for each ebuild, ebd, and other programs
    RegenBench(bench::regen::Arguments),
    /// Time the readers of cache formats
    FormatsBench(bench::formats::Arguments),
    /// Time parsing, filtering and writing of saved environments
    EnvBench(bench::environment::Arguments),
    /// Time a build that does nothing: ebd and Portage
    PhaseBench(bench::phase::Arguments),
    /// Time merging and removing many files: ebd and Portage
    MergeBench(bench::merge::Arguments),
    /// Time configure scripts of real ebuilds with and without the results of earlier builds, and compare what they make
    ConfcacheBench(confcache_bench::Arguments),
    /// Time questions of a build to its host: ebd and Portage's portageq
    ServiceBench(bench::service::Arguments),
    /// Make tables and pictures from the JSON of benches
    Chart(bench::chart::Arguments),
    /// Build real ebuilds with Portage and with ebd, and compare the images
    RealBuilds(real_builds::Arguments),
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
        Task::Words { update } => words::run(update),
        Task::Ci => ci::run(),
        Task::Dist(arguments) => dist::run(&arguments),
        Task::GenTree(arguments) => gen_tree::run(&arguments),
        Task::Differential(arguments) => differential::run(&arguments),
        Task::RegenBench(arguments) => bench::regen::run(&arguments),
        Task::FormatsBench(arguments) => bench::formats::run(&arguments),
        Task::EnvBench(arguments) => bench::environment::run(&arguments),
        Task::PhaseBench(arguments) => bench::phase::run(&arguments),
        Task::MergeBench(arguments) => bench::merge::run(&arguments),
        Task::ConfcacheBench(arguments) => confcache_bench::run(&arguments),
        Task::ServiceBench(arguments) => bench::service::run(&arguments),
        Task::Chart(arguments) => bench::chart::run(&arguments),
        Task::RealBuilds(arguments) => real_builds::run(&arguments),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Builds a program of the release profile.
fn release_build(package: &str, program: &str) -> Result<PathBuf, Box<dyn Error>> {
    let built = Command::new("cargo")
        .args(["build", "--release", "--package", package, "--bin", program])
        .current_dir(root())
        .status()?;
    if !built.success() {
        return Err("the release build failed".into());
    }
    Ok(target().join("release").join(program))
}
