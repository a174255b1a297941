//! Development tasks of the ebd workspace: `cargo xtask TASK`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tasks report to the developer"
)]

mod cache_bench;
mod ci;
mod codegen;
mod merge_bench;
mod phase_bench;
mod real_builds;
mod regen_bench;
mod service_bench;

use std::error::Error;
use std::path::{Path, PathBuf};

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
    /// Run what continuous integration runs: formatting, lints, documentation, shellcheck, tests
    Ci,
    /// Time metadata generation: a fresh bash for each ebuild against ebd
    RegenBench(regen_bench::Arguments),
    /// Time a build that does nothing: ebd against Portage
    PhaseBench(phase_bench::Arguments),
    /// Time merging and removing many files: ebd against Portage
    MergeBench(merge_bench::Arguments),
    /// Time questions of a build to its host: ebd against Portage's portageq
    ServiceBench(service_bench::Arguments),
    /// Build real ebuilds with Portage and with ebd, and compare the images
    RealBuilds(real_builds::Arguments),
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
        Task::Ci => ci::run(),
        Task::MergeBench(arguments) => merge_bench::run(&arguments),
        Task::PhaseBench(arguments) => phase_bench::run(&arguments),
        Task::RealBuilds(arguments) => real_builds::run(&arguments),
        Task::ServiceBench(arguments) => service_bench::run(&arguments),
        Task::RegenBench(arguments) => regen_bench::run(&arguments),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
