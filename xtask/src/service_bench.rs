//! `service-bench`: `has_version` asked by a shell of a phase, by a program of a phase, and with Portage's `portageq`, of the same
//! installed packages.

use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::real_builds::{portage, release_build};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Python environment that Portage is installed in
    #[arg(long, value_name = "DIR")]
    portage: PathBuf,
    /// Questions of a shell
    #[arg(long, default_value_t = 2000)]
    calls: u32,
    /// Runs of Portage's portageq
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// The ebd to time [default: that of the release profile]
    #[arg(long, value_name = "FILE")]
    ebd: Option<PathBuf>,
}

/// What is asked.
const ATOM: &str = ">=cat-3/package17-1.0:0[flag]";

/// What the repository has besides its ebuild.
const FILES: [(&str, &str); 7] = [
    ("repo/profiles/repo_name", "bench\n"),
    ("repo/profiles/categories", "app-test\n"),
    ("repo/profiles/arch.list", "amd64\n"),
    ("repo/profiles/eapi", "8\n"),
    (
        "repo/profiles/make.defaults",
        "ARCH=\"amd64\"\nACCEPT_KEYWORDS=\"amd64\"\nCHOST=\"x86_64-pc-linux-gnu\"\n",
    ),
    (
        "repo/metadata/layout.conf",
        "masters =\nthin-manifests = true\ncache-formats = md5-dict\n",
    ),
    (
        "conf/etc/portage/make.conf",
        "FEATURES=\"-userpriv -network-sandbox -ipc-sandbox -pid-sandbox -mount-sandbox\"\n",
    ),
];

/// The ebuild: each way of asking a number of times, with the microseconds that it took.
const EBUILD: &str = r#"EAPI=8
DESCRIPTION="Asks"
SLOT="0"
KEYWORDS="amd64"
measure() {
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

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ebd = match &arguments.ebd {
        Some(ebd) => ebd.clone(),
        None => release_build()?,
    };
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    prepare(root, arguments)?;
    let ebuild = root.join("repo/app-test/asks/asks-1.ebuild");
    let mut ours = Command::new(&ebd);
    ours.arg("run").arg(&ebuild).args(["clean", "setup"]);
    ours.arg("--root").arg(root.join("target"));
    timed(root, ours)?;
    portage::lay_out(&arguments.portage, &root.join("portage"))?;
    let mut theirs = Vec::new();
    for _ in 0..arguments.runs {
        let mut command = Command::new(arguments.portage.join("bin/python"));
        command.arg(root.join("portage/bin/portageq"));
        command
            .arg("has_version")
            .arg(root.join("target"))
            .arg(ATOM);
        theirs.push(timed(root, command)?.as_secs_f64() * 1e6);
    }
    let portageq = report("Portage's portageq", theirs, None)?;
    for (what, file) in [
        ("program of a phase", "program"),
        ("$(best_version) of a phase", "substitution"),
        ("shell of a phase", "shell"),
    ] {
        report(what, times(&root.join(file))?, Some(portageq))?;
    }
    Ok(())
}

/// Prints a row; returns the median.
fn report(what: &str, mut times: Vec<f64>, other: Option<f64>) -> Result<f64, Box<dyn Error>> {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times.get(times.len() * part / 100).copied();
    let (Some(median), Some(high)) = (at(50), at(95)) else {
        return Err(format!("{what}: nothing was measured").into());
    };
    let ratio = other.map_or(String::new(), |other| {
        format!(
            ", {:.0} times faster than Portage's portageq",
            other / median
        )
    });
    println!(
        "{what:28} median {median:9.0} µs, 95 % below {high:9.0} µs, {} calls{ratio}",
        times.len()
    );
    Ok(median)
}

/// Repository, configuration, and 400 installed packages.
fn prepare(root: &Path, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    for (name, text) in FILES {
        write(&root.join(name), text)?;
    }
    let programs = (arguments.calls / 10).max(1).to_string();
    let ebuild = EBUILD
        .replace("@FOLDER@", &root.to_string_lossy())
        .replace("@CALLS@", &arguments.calls.to_string())
        .replace("@PROGRAMS@", &programs)
        .replace("@ATOM@", ATOM);
    write(&root.join("repo/app-test/asks/asks-1.ebuild"), &ebuild)?;
    for package in 0..400 {
        let cpv = format!("cat-{}/package{package}-1.5", package % 7);
        let record = root.join("target/var/db/pkg").join(cpv);
        for (name, text) in [
            ("SLOT", "0"),
            ("EAPI", "8"),
            ("USE", "flag"),
            ("IUSE", "flag other"),
            ("repository", "bench"),
        ] {
            write(&record.join(name), &format!("{text}\n"))?;
        }
    }
    let conf = format!(
        "[DEFAULT]\nmain-repo = bench\n[bench]\nlocation = {}\n",
        root.join("repo").display()
    );
    write(&root.join("conf/etc/portage/repos.conf"), &conf)?;
    symlink(
        root.join("repo/profiles"),
        root.join("conf/etc/portage/make.profile"),
    )?;
    // As long as it takes until the folders are old enough to be believed: installed packages are.
    std::thread::sleep(Duration::from_millis(2500));
    Ok(())
}

fn times(file: &Path) -> Result<Vec<f64>, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    Ok(text.lines().map(str::parse).collect::<Result<_, _>>()?)
}

fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(fs::write(path, text)?)
}

/// How long a command takes; its output goes nowhere unless it fails.
fn timed(root: &Path, mut command: Command) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let output = command
        .env("PORTAGE_CONFIGROOT", root.join("conf"))
        .env("PORTAGE_TMPDIR", root.join("tmp"))
        .env("PYTHONPATH", root.join("portage/lib"))
        .stdin(Stdio::null())
        .output()?;
    let elapsed = started.elapsed();
    if output.status.success() {
        return Ok(elapsed);
    }
    let text = [output.stdout, output.stderr].concat();
    Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&text)).into())
}
