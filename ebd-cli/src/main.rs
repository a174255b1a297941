//! The `ebd` program: arguments in, terminal output and exit codes out. The work is done by the library crates.
#![forbid(unsafe_code)]
#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "they panic when nobody reads; use outln and errln"
)]

// First, because the other modules use its macros.
#[macro_use]
mod stdout;

mod args;
mod cache;
mod commands;
mod confinement;
mod doctor;
mod ending;
mod entries;
mod env;
mod env_file;
mod error;
mod explain;
mod extras;
mod installed;
mod interrupt;
mod json;
mod manifest;
mod output;
mod packaging;
mod portageq;
mod progress;
mod regen;
mod report;
mod repository;
mod run;
mod session;
mod show;
mod store;
mod totals;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use ebd_pms::Phase;

use crate::commands::{Arguments, Command};
use crate::ending::Ending;
use crate::error::Error;

fn main() -> ExitCode {
    // The programs of a build are this one under other names. They are called often and do one small thing, so nothing else may
    // come first.
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some(status) = ebd_build::dispatch(&words) {
        return ExitCode::from(status);
    }
    interrupt::survive_size_limits();
    ExitCode::from(with_output(answer()))
}

/// Does what the arguments say, and returns the exit code.
fn answer() -> u8 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            // There is nobody left to tell that standard error cannot be written.
            let _ = error.print();
            return ending::ERROR;
        }
        Err(help) => {
            stdout::written(help.print());
            return Ending::Good.code();
        }
    };
    match execute(&arguments) {
        Ok(code) => code,
        Err(error) => {
            errln!("ebd: {}", ebd_fs::chain(&error));
            error.exit_code()
        }
    }
}

/// Returns the exit code for work that ended with this one, when all output has been written or could not be.
fn with_output(code: u8) -> u8 {
    let Some(error) = stdout::finish() else {
        return code;
    };
    errln!("ebd: cannot write standard output: {error}");
    match code {
        ending::ERROR | ending::INTERRUPTED => code,
        _ => ending::OUTPUT_FAILED,
    }
}

fn execute(arguments: &Arguments) -> Result<u8, Error> {
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
        Command::PackagingFiles(args) => packaging::run(args, Arguments::command()),
        Command::Doctor(doctor) => doctor::run(doctor),
    };
    ending.map(Ending::code)
}
