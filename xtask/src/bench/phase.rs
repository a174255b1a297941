//! `phase-bench`: a package whose phases do nothing, from `clean` to `install`, with ebd and with Portage.

use std::error::Error;
use std::path::PathBuf;

use super::workshop::{Side, Workshop};
use super::{Common, Group, Report, Row};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Python environment that Portage is installed in
    #[arg(long, value_name = "DIR")]
    portage: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let workshop = Workshop::new(&arguments.common.ebd()?, &arguments.portage, "")?;
    let mut rows = Side::BOTH.map(|side| Row::new(side.name()));
    for _ in 0..arguments.common.runs {
        for (side, row) in Side::BOTH.into_iter().zip(&mut rows) {
            row.times.push(workshop.run(side, &["clean", "install"])?);
        }
    }
    let mut report = Report::new("A package whose phases do nothing");
    super::programs::note_portage(&mut report, &arguments.portage);
    report.group(Group {
        title: "clean … install".to_owned(),
        rows: rows.to_vec(),
    });
    report.write(arguments.common.json.as_deref())
}
