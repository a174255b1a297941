//! `phase-bench`: a package whose phases do nothing, from `clean` to `install`, with Portage and with ebd.

use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::real_builds::{portage, release_build};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Python environment that Portage is installed in
    #[arg(long, value_name = "DIR")]
    portage: PathBuf,
    /// Runs of each side, alternating
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The ebd to time [default: that of the release profile]
    #[arg(long, value_name = "FILE")]
    ebd: Option<PathBuf>,
}

/// What the repository has besides its ebuild.
const FILES: [(&str, &str); 8] = [
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
        "FEATURES=\"-sandbox -usersandbox -userpriv -userfetch -network-sandbox -ipc-sandbox -pid-sandbox -mount-sandbox\"\n",
    ),
    (
        "repo/app-test/nothing/nothing-1.ebuild",
        "EAPI=8\nDESCRIPTION=\"Does nothing\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nS=${WORKDIR}\n",
    ),
];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ebd = match &arguments.ebd {
        Some(ebd) => ebd.clone(),
        None => release_build()?,
    };
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    for (name, text) in FILES {
        write(&root.join(name), text)?;
    }
    let repository = root.join("repo");
    let conf = format!(
        "[DEFAULT]\nmain-repo = bench\n[bench]\nlocation = {}\n",
        repository.display()
    );
    write(&root.join("conf/etc/portage/repos.conf"), &conf)?;
    symlink(
        repository.join("profiles"),
        root.join("conf/etc/portage/make.profile"),
    )?;
    let ebuild = portage::lay_out(&arguments.portage, &root.join("portage"))?;
    let target = repository.join("app-test/nothing/nothing-1.ebuild");
    // Both have a cache of the repository, as they do on a real system.
    let mut regen = Command::new(&ebd);
    timed(
        root,
        "cache",
        regen
            .args(["regen", "--no-progress", "--repo"])
            .arg(&repository),
    )?;
    let mut seconds = [Vec::new(), Vec::new()];
    for _ in 0..arguments.runs {
        let mut command = portage::command(&arguments.portage, &ebuild, &target);
        seconds[0].push(timed(root, "portage", &mut command)?);
        let mut command = Command::new(&ebd);
        command.arg("run").arg(&target).args(["clean", "install"]);
        seconds[1].push(timed(root, "ebd", &mut command)?);
    }
    let best = seconds.map(|times| {
        println!(
            "{}",
            times
                .iter()
                .map(|time| format!("{time:8.3}"))
                .collect::<String>()
        );
        times.into_iter().fold(f64::INFINITY, f64::min)
    });
    println!(
        "best: Portage {:.3} s, ebd {:.3} s, ratio {:.1}",
        best[0],
        best[1],
        best[0] / best[1]
    );
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(fs::write(path, text)?)
}

/// Seconds that a command takes; its output goes nowhere unless it fails.
fn timed(root: &Path, name: &str, command: &mut Command) -> Result<f64, Box<dyn Error>> {
    let tmpdir = root.join(format!("tmp-{name}"));
    fs::create_dir_all(&tmpdir)?;
    let started = Instant::now();
    let output = command
        .env("PORTAGE_CONFIGROOT", root.join("conf"))
        .env("PORTAGE_TMPDIR", tmpdir)
        .stdin(Stdio::null())
        .output()?;
    let seconds = started.elapsed().as_secs_f64();
    if output.status.success() {
        return Ok(seconds);
    }
    let text = [output.stdout, output.stderr].concat();
    Err(format!("{name} failed:\n{}", String::from_utf8_lossy(&text)).into())
}
