//! `service-bench`: `has_version` asked by a shell of a phase, by a program of a phase, and with Portage's `portageq`, of the same
//! installed packages.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::workshop::{Side, Workshop};
use super::{Common, Group, Report, Row, timed};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Python environment that Portage is installed in
    #[arg(long, value_name = "DIR")]
    portage: PathBuf,
    /// Questions of a shell; a tenth of them of programs
    #[arg(long, default_value_t = 2000)]
    calls: u32,
    #[command(flatten)]
    common: Common,
}

/// What is asked.
const ATOM: &str = ">=cat-3/package17-1.0:0[flag]";

/// The ebuild: each way of asking a number of times, with the microseconds that it took.
const EBUILD: &str = r#"measure() {
	local name=$1 calls=$2 times=() start i
	shift 2
	for (( i = 0; i < calls; i++ )); do
		start=${EPOCHREALTIME/./}
		"$@" || die "wrong answer"
		times+=( $(( ${EPOCHREALTIME/./} - start )) )
	done
	printf '%s\n' "${times[@]}" >"@FOLDER@/${name}" || die
}
substitute() {
	[[ $(best_version "$1") == cat-3/package17-1.5 ]]
}
pkg_setup() {
	measure shell @CALLS@ has_version "@ATOM@"
	measure substitution @PROGRAMS@ substitute "@ATOM@"
	measure program @PROGRAMS@ command has_version "@ATOM@"
}
"#;

/// The ways of asking, and the files that their times are in.
const WAYS: [(&str, &str); 3] = [
    ("has_version", "shell"),
    ("$(best_version)", "substitution"),
    ("has_version, a program", "program"),
];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let times = tempfile::tempdir()?;
    let programs = (arguments.calls / 10).max(1).to_string();
    let ebuild = EBUILD
        .replace("@FOLDER@", &times.path().to_string_lossy())
        .replace("@CALLS@", &arguments.calls.to_string())
        .replace("@PROGRAMS@", &programs)
        .replace("@ATOM@", ATOM);
    let workshop = Workshop::new(&arguments.common.ebd()?, &arguments.portage, &ebuild)?;
    install(&workshop)?;
    workshop.run(Side::Ebd, &["clean", "setup"])?;
    let mut rows = Vec::new();
    for (name, file) in WAYS {
        rows.push(Row::of_real(name, seconds(&times.path().join(file))?));
    }
    let mut row = Row::new("Portage's portageq");
    for _ in 0..arguments.common.runs {
        let mut command = Command::new(arguments.portage.join("bin/python"));
        command
            .arg(workshop.path("portage/bin/portageq"))
            .arg("has_version")
            .arg(workshop.path("target"))
            .arg(ATOM)
            .env("PORTAGE_CONFIGROOT", workshop.path("conf"))
            .env("PYTHONPATH", workshop.path("portage/lib"));
        row.times.push(timed(&mut command, true)?);
    }
    rows.push(row);
    let mut report = Report::new("A question of a phase");
    super::programs::note_portage(&mut report, &arguments.portage);
    report.group(Group {
        title: "400 installed packages, one call".to_owned(),
        rows,
    });
    report.write(arguments.common.json.as_deref())
}

/// Writes the records of 400 installed packages.
fn install(workshop: &Workshop) -> Result<(), Box<dyn Error>> {
    for package in 0..400 {
        let cpv = format!("cat-{}/package{package}-1.5", package % 7);
        for (name, text) in [
            ("SLOT", "0"),
            ("EAPI", "8"),
            ("USE", "flag"),
            ("IUSE", "flag other"),
            ("repository", "bench"),
        ] {
            workshop.write(
                &format!("target/var/db/pkg/{cpv}/{name}"),
                &format!("{text}\n"),
            )?;
        }
    }
    // As long as it takes until the folders are old enough to be believed: installed packages are.
    std::thread::sleep(Duration::from_millis(2500));
    Ok(())
}

/// Microseconds, a line each.
fn seconds(file: &Path) -> Result<Vec<f64>, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let times = text
        .lines()
        .map(|line| line.parse::<f64>().map(|micros| micros / 1e6));
    Ok(times.collect::<Result<_, _>>()?)
}
