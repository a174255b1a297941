//! `merge-bench`: an image of many files merged into an empty ROOT and removed again, with Portage and with ebd.

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
    /// Files of the image
    #[arg(long, default_value_t = 20_000)]
    files: usize,
    /// Runs of each side, alternating
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The ebd to time [default: that of the release profile]
    #[arg(long, value_name = "FILE")]
    ebd: Option<PathBuf>,
}

/// What the repository has besides its ebuild.
const FILES: [(&str, &str); 6] = [
    ("repo/profiles/repo_name", "bench\n"),
    ("repo/profiles/categories", "app-test\n"),
    ("repo/profiles/arch.list", "amd64\n"),
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
        "FEATURES=\"-sandbox -usersandbox -userpriv -userfetch -network-sandbox -ipc-sandbox -pid-sandbox -mount-sandbox noclean\"\n",
    ),
];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ebd = match &arguments.ebd {
        Some(ebd) => ebd.clone(),
        None => release_build()?,
    };
    let folder = tempfile::tempdir()?;
    let bench = Bench {
        root: folder.path().to_owned(),
    };
    bench.prepare(arguments.files)?;
    let program = portage::lay_out(&arguments.portage, &bench.root.join("portage"))?;
    let python = arguments.portage.join("bin/python");
    let ebuild = bench.root.join("repo/app-test/many/many-1.ebuild");
    let theirs = |words: &[&str]| {
        let mut command = Command::new(&python);
        command.arg(&program).arg(&ebuild).args(words);
        command
    };
    let ours = |words: &[&str]| {
        let mut command = Command::new(&ebd);
        command
            .arg("run")
            .arg(&ebuild)
            .args(words)
            .arg("--root")
            .arg(bench.target());
        command
    };
    let sides: [(&str, &Starter<'_>); 2] = [("Portage", &theirs), ("ebd", &ours)];
    let mut best = [[f64::INFINITY; 2]; 2];
    println!("{} files; seconds to merge and to remove", arguments.files);
    for _ in 0..arguments.runs {
        for ((name, command), best) in sides.iter().zip(&mut best) {
            let _ = fs::remove_dir_all(bench.target());
            fs::create_dir_all(bench.target())?;
            bench.timed(name, command(&["clean", "install"]))?;
            let times = [
                bench.timed(name, command(&["qmerge"]))?,
                bench.timed(name, command(&["unmerge"]))?,
            ];
            println!("{name:8} {:8.3} {:8.3}", times[0], times[1]);
            for (best, time) in best.iter_mut().zip(times) {
                *best = best.min(time);
            }
        }
    }
    for (index, what) in ["merge", "unmerge"].iter().enumerate() {
        let (theirs, ours) = (best[0][index], best[1][index]);
        println!(
            "best {what}: Portage {theirs:.3} s, ebd {ours:.3} s, ratio {:.1}",
            theirs / ours
        );
    }
    Ok(())
}

/// Makes the command for some words of `ebuild(1)`.
type Starter<'a> = dyn Fn(&[&str]) -> Command + 'a;

struct Bench {
    root: PathBuf,
}

impl Bench {
    fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Writes repository, configuration, and what the package installs: files of 200 to 8,200 bytes, 50 in a folder.
    fn prepare(&self, files: usize) -> Result<(), Box<dyn Error>> {
        let root = &self.root;
        for (name, text) in FILES {
            write(&root.join(name), text.as_bytes())?;
        }
        let repository = root.join("repo");
        let conf = format!(
            "[DEFAULT]\nmain-repo = bench\n[bench]\nlocation = {}\n",
            repository.display()
        );
        write(&root.join("conf/etc/portage/repos.conf"), conf.as_bytes())?;
        symlink(
            repository.join("profiles"),
            root.join("conf/etc/portage/make.profile"),
        )?;
        let content = root.join("content");
        for number in 0..files {
            let path = content.join(format!("usr/share/many/{}/file-{number}", number / 50));
            let size = 200 + number * 7919 % 8000;
            let text = format!("{number} ").repeat(size / 6 + 1);
            write(&path, text.as_bytes())?;
        }
        let text = format!(
            "EAPI=8\nDESCRIPTION=\"Many files\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nRESTRICT=\"strip binchecks\"\nS=${{WORKDIR}}\n\
             src_install() {{ cp -a {}/. \"${{D}}\" || die; }}\n",
            content.display()
        );
        write(
            &repository.join("app-test/many/many-1.ebuild"),
            text.as_bytes(),
        )
    }

    /// Seconds that a command takes; its output goes nowhere unless it fails.
    fn timed(&self, name: &str, mut command: Command) -> Result<f64, Box<dyn Error>> {
        let tmpdir = self.root.join(format!("tmp-{name}"));
        fs::create_dir_all(&tmpdir)?;
        let started = Instant::now();
        let output = command
            .env("PORTAGE_CONFIGROOT", self.root.join("conf"))
            .env("PORTAGE_TMPDIR", tmpdir)
            .env("ROOT", self.target())
            .env("PORTAGE_USERNAME", "root")
            .env("PORTAGE_GRPNAME", "root")
            .stdin(Stdio::null())
            .output()?;
        let seconds = started.elapsed().as_secs_f64();
        if output.status.success() {
            return Ok(seconds);
        }
        let text = [output.stdout, output.stderr].concat();
        Err(format!("{name} failed:\n{}", String::from_utf8_lossy(&text)).into())
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(fs::write(path, content)?)
}
