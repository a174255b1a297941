//! `formats-bench`: reading all entries of a repository from md5-dict files and from the packed format.

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::programs::{Peers, Place, Program, packages};
use super::{Common, Group, Report, Row, timed};
use crate::gen_tree;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The repository whose entries are read [default: one that gen-tree makes]
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
    #[command(flatten)]
    programs: Peers,
    #[command(flatten)]
    common: Common,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ebd = arguments.common.ebd()?;
    let generated = tempfile::tempdir()?;
    let repo = match &arguments.repo {
        Some(repo) => repo.clone(),
        None => {
            let repo = generated.path().join("generated");
            gen_tree::write(&repo, &gen_tree::Size::default())?;
            repo
        }
    };
    let all = packages(&repo)?;
    let place = Place::new(&ebd, &repo, &arguments.programs, |name| {
        all.contains_key(name)
    })?;
    place.wipe()?;
    timed(
        &mut place.command(Program::Ebd, &arguments.programs, 2),
        true,
    )?;
    let mut runs = Vec::new();
    for _ in 0..arguments.common.runs {
        runs.push(read_bench(&place)?);
    }
    let count = runs
        .first()
        .map(|run| run["entries"].clone())
        .unwrap_or_default();
    let row =
        |name: &str, key: &str| Row::of_real(name, runs.iter().filter_map(|run| run[key].as_f64()));
    let mut report = Report::new("Cache formats");
    super::programs::versions(&mut report, &ebd, &arguments.programs, &[]);
    report.group(Group {
        title: format!("reading all {count} entries"),
        rows: vec![
            row("packed", "packed"),
            row("packed, copied", "packed_owned"),
            row("md5-dict", "md5_dict"),
        ],
    });
    report.group(Group {
        title: "packed".to_owned(),
        rows: vec![row("one lookup", "lookup"), row("opening", "open")],
    });
    report.write(arguments.common.json.as_deref())
}

/// Runs `read-bench` of ebd-cache, which takes the fastest of several rounds.
fn read_bench(place: &Place) -> Result<Value, Box<dyn Error>> {
    let output = Command::new("cargo")
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "ebd-cache",
            "--example",
            "read-bench",
            "--",
        ])
        .arg(place.entries())
        .current_dir(crate::root())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("read-bench failed".into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
