//! The `ebd` program: arguments in, terminal output and exit codes out. The work is done by `ebd-host`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the terminal is this crate's subject"
)]

mod args;
mod confinement;
mod doctor;
mod interrupt;
mod json;
mod progress;
mod regen;
mod report;
mod repository;
mod session;
mod show;

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser;

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
    // The install helpers of ebuilds are this program under other names. They are called often and do one small thing, so that nothing
    // else may come first.
    let argv: Vec<OsString> = env::args_os().collect();
    if let Some(status) = ebd_image::multicall::run(&argv, |name| env::var_os(name), io::stdin()) {
        return ExitCode::from(status);
    }
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(ending) => ending.into(),
        Err(error) => {
            eprintln!("ebd: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<Ending, Box<dyn Error>> {
    match &arguments.command {
        Command::Regen(regen) => regen::run(regen),
        Command::Metadata(metadata) => show::run(metadata),
        Command::Doctor(doctor) => doctor::run(doctor),
    }
}
