//! Benches: what they have in common is the form of their result (`report.rs`), from which tables and pictures are made (`chart.rs`).

pub(crate) mod chart;
pub(crate) mod environment;
pub(crate) mod formats;
pub(crate) mod merge;
pub(crate) mod phase;
pub(crate) mod programs;
pub(crate) mod regen;
mod report;
pub(crate) mod service;
mod workshop;

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

pub(crate) use report::{Group, Report, Row};

/// What every bench is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// Runs of each side, alternating
    #[arg(long, default_value_t = 3)]
    pub(crate) runs: usize,
    /// Write the figures there as JSON; `cargo xtask chart` makes a table and a picture of it
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The ebd to time [default: that of the release profile]
    #[arg(long, value_name = "FILE")]
    pub(crate) ebd: Option<PathBuf>,
}

impl Common {
    /// The program to time.
    pub(crate) fn ebd(&self) -> Result<PathBuf, Box<dyn Error>> {
        match &self.ebd {
            Some(ebd) => Ok(std::fs::canonicalize(ebd)?),
            None => crate::release_build("ebd-cli", "ebd"),
        }
    }
}

/// Seconds of one run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seconds {
    pub(crate) real: f64,
    pub(crate) user: f64,
    pub(crate) sys: f64,
}

/// Runs a command to its end. Its output goes nowhere, unless it has to succeed and does not.
pub(crate) fn timed(command: &mut Command, must_succeed: bool) -> Result<Seconds, Box<dyn Error>> {
    let before = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let begin = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let real = begin.elapsed().as_secs_f64();
    let after = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    if output.status.code().is_none() || must_succeed && !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        let program = command.get_program().to_string_lossy().into_owned();
        return Err(format!(
            "{program}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&text)
        )
        .into());
    }
    let spent = |a: TimeVal, b: TimeVal| (b - a).num_microseconds() as f64 / 1e6;
    Ok(Seconds {
        real,
        user: spent(before.user_time(), after.user_time()),
        sys: spent(before.system_time(), after.system_time()),
    })
}
