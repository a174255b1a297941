//! `env-bench`: parsing, filtering and writing saved environments, as `cargo bench -p ebd-env` measures it.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{Common, Group, Report, Row};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// An environment as Portage saves it, unpacked [default: one of 500 KB that the bench makes]
    #[arg(long, value_name = "FILE")]
    environment: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// What the bench calls its parts.
const PARTS: [&str; 3] = ["parse", "parse and filter", "write"];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let mut rows = PARTS.map(Row::new);
    for _ in 0..arguments.common.runs {
        let mut command = Command::new("cargo");
        command.args([
            "bench",
            "--quiet",
            "--package",
            "ebd-env",
            "--bench",
            "environment",
        ]);
        if let Some(file) = &arguments.environment {
            command.env("EBD_BENCH_ENVIRONMENT", fs::canonicalize(file)?);
        }
        super::timed(command.current_dir(crate::root()), true)?;
        for (part, row) in PARTS.into_iter().zip(&mut rows) {
            let file =
                crate::target().join(format!("criterion/environment/{part}/new/estimates.json"));
            let estimates: Value = serde_json::from_slice(&fs::read(&file)?)?;
            let nanoseconds = estimates["mean"]["point_estimate"].as_f64();
            let seconds = nanoseconds.ok_or("criterion wrote no estimate")? / 1e9;
            row.times.extend(Row::of_real(part, [seconds]).times);
        }
    }
    let mut report = Report::new("Saved environments");
    report.version("ebd", env!("CARGO_PKG_VERSION"));
    let title = match &arguments.environment {
        Some(file) => format!("an environment of {} KB", fs::metadata(file)?.len() / 1000),
        None => "an environment of 500 KB".to_owned(),
    };
    report.group(Group {
        title,
        rows: rows.to_vec(),
    });
    report.write(arguments.common.json.as_deref())
}
