//! `merge-bench`: an image of many files merged into an empty ROOT and removed again, with ebd and with Portage.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use super::workshop::{Side, Workshop};
use super::{Common, Group, Report, Row};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Python environment that Portage is installed in
    #[arg(long, value_name = "DIR")]
    portage: PathBuf,
    /// Files of the image
    #[arg(long, default_value_t = 20_000)]
    files: usize,
    #[command(flatten)]
    common: Common,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let content = tempfile::tempdir()?;
    let ebuild = format!(
        "RESTRICT=\"strip binchecks\"\nsrc_install() {{ cp -a {}/. \"${{D}}\" || die; }}\n",
        content.path().display()
    );
    // Files of 200 to 8,200 bytes, 50 in a folder.
    for number in 0..arguments.files {
        let folder = content
            .path()
            .join(format!("usr/share/many/{}", number / 50));
        fs::create_dir_all(&folder)?;
        let size = 200 + number * 7919 % 8000;
        let text = format!("{number} ").repeat(size / 6 + 1);
        fs::write(folder.join(format!("file-{number}")), text)?;
    }
    let workshop = Workshop::new(&arguments.common.ebd()?, &arguments.portage, &ebuild)?;
    let mut rows =
        [["qmerge"; 2], ["unmerge"; 2]].map(|_| Side::BOTH.map(|side| Row::new(side.name())));
    for _ in 0..arguments.common.runs {
        for (index, side) in Side::BOTH.into_iter().enumerate() {
            let _ = fs::remove_dir_all(workshop.path("target"));
            workshop.run(side, &["clean", "install"])?;
            for (word, rows) in ["qmerge", "unmerge"].into_iter().zip(&mut rows) {
                if let Some(row) = rows.get_mut(index) {
                    row.times.push(workshop.run(side, &[word])?);
                }
            }
        }
    }
    let mut report = Report::new("Merging and removing a package");
    super::programs::note_portage(&mut report, &arguments.portage);
    for (word, rows) in ["merging", "removing"].into_iter().zip(rows) {
        report.group(Group {
            title: format!("{word} {} files", arguments.files),
            rows: rows.to_vec(),
        });
    }
    report.write(arguments.common.json.as_deref())
}
