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

use std::error::Error;
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
