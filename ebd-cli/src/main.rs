//! The `ebd` program: arguments in, terminal output and exit codes out. The work is done by `ebd-host`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the terminal is this crate's subject"
)]

mod args;
mod cache;
mod confinement;
mod doctor;
mod entries;
mod env;
mod env_file;
mod explain;
mod extras;
mod installed;
mod interrupt;
mod json;
mod manifest;
mod packaging;
mod portageq;
mod programs;
mod progress;
mod regen;
mod report;
mod repository;
mod run;
mod session;
mod show;
mod store;

use std::error::Error;
use std::ffi::OsString;
// The programs of a build are this one under other names. They are called often and do one small thing, so nothing else may
// come first.
use std::process::ExitCode;

use clap::Parser;
use ebd_pms::Phase;

use crate::args::{Arguments, Command};

/// How a command ended, apart from errors.
enum Ending {
    /// All good.
    Good,
    /// Some ebuilds failed, or entries are stale.
    Failures,
    /// The user interrupted it.
    Interrupted,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Good => Self::SUCCESS,
            Ending::Failures => Self::from(1),
            Ending::Interrupted => Self::from(130),
        }
    }
}

fn main() -> ExitCode {
    // The programs of a build are this one under other names. They are called often and do one small thing, so nothing else may
    // come first.
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = programs::dispatch(&words) {
        return code;
    }
    let arguments = Arguments::parse();
    match execute(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ebd: {error}");
            ExitCode::from(2)
        }
    }
}

fn execute(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let ending = match &arguments.command {
        Command::Regen(regen) => regen::run(regen),
        Command::Metadata(metadata) => show::run(metadata),
        Command::Cache(args) => cache::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Run(args) => run::run(args),
        Command::Merge(args) => installed::merge(args),
        Command::Unmerge(args) => installed::unmerge(args),
        Command::Config(args) => installed::run_phase(args, Phase::Config),
        Command::Info(args) => installed::run_phase(args, Phase::Info),
        Command::Manifest(args) => manifest::run(args),
        Command::Env(command) => env::run(command),
        Command::Portageq(args) => return portageq::run(args),
        Command::PackagingFiles(args) => packaging::run(args),
        Command::Doctor(doctor) => doctor::run(doctor),
    };
    ending.map(ExitCode::from)
}
