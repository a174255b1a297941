//! `confcache-bench`: configure scripts of real ebuilds, without and with the results of earlier builds.

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Ebuilds whose sources have configure scripts; PORTAGE_CONFIGROOT and DISTDIR are taken from the environment
    #[arg(value_name = "EBUILD", required = true)]
    ebuilds: Vec<PathBuf>,
    /// The ebd to try
    #[arg(long, value_name = "FILE")]
    ebd: PathBuf,
    /// Folder to build in
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
}

/// The runs of a package.
const RUNS: [Run; 3] = [
    Run {
        name: "without",
        cached: false,
    },
    Run {
        name: "first",
        cached: true,
    },
    Run {
        name: "second",
        cached: true,
    },
];

struct Run {
    name: &'static str,
    cached: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    println!(
        "{:36} {:>8} {:>8} {:>8} {:>6}  differences",
        "package", "without", "first", "second", "ratio"
    );
    let cache = arguments.work.join("cache");
    if cache.exists() {
        fs::remove_dir_all(&cache)?;
    }
    let mut worst: f64 = 0.0;
    let mut differ = false;
    for ebuild in &arguments.ebuilds {
        let package = Package::of(ebuild)?;
        let mut seconds = Vec::new();
        let mut differences = 0;
        for run in &RUNS {
            seconds.push(package.configure(arguments, run, &cache)?);
            if run.cached {
                differences += package.differences(arguments, run)?;
            }
        }
        let [without, first, second] = seconds.as_slice() else {
            continue;
        };
        let ratio = second / first;
        worst = worst.max(ratio);
        differ |= differences > 0;
        println!(
            "{:36} {without:8.2} {first:8.2} {second:8.2} {ratio:6.2}  {differences}",
            package.name()
        );
    }
    println!("worst ratio of the second run to the first: {worst:.2}");
    if differ {
        return Err("there are differences".into());
    }
    Ok(())
}

struct Package {
    ebuild: PathBuf,
    category: String,
    pf: String,
}

impl Package {
    fn of(ebuild: &Path) -> Result<Self, Box<dyn Error>> {
        let ebuild = fs::canonicalize(ebuild)?;
        let text = |path: Option<&Path>| -> Option<String> {
            Some(path?.file_name()?.to_str()?.to_owned())
        };
        let category = text(ebuild.ancestors().nth(2)).ok_or("no category")?;
        let pf = ebuild
            .file_stem()
            .and_then(|name| name.to_str())
            .ok_or("no name")?
            .to_owned();
        Ok(Self {
            ebuild,
            category,
            pf,
        })
    }

    fn name(&self) -> String {
        format!("{}/{}", self.category, self.pf)
    }

    /// The sources as a run has left them.
    fn tree(&self, arguments: &Arguments, run: &str) -> PathBuf {
        arguments.work.join("trees").join(&self.pf).join(run)
    }

    /// The seconds of `ebd run … configure` with prepared sources.
    fn configure(
        &self,
        arguments: &Arguments,
        run: &Run,
        cache: &Path,
    ) -> Result<f64, Box<dyn Error>> {
        let log = arguments.work.join(format!("{}.{}.log", self.pf, run.name));
        fs::create_dir_all(&arguments.work)?;
        let output = File::create(&log)?;
        let temporary = arguments.work.join("tmp");
        let ebd = |words: &[&str]| -> Result<f64, Box<dyn Error>> {
            let mut command = Command::new(&arguments.ebd);
            command
                .arg("run")
                .arg(&self.ebuild)
                .args(words)
                .arg("--tmpdir")
                .arg(&temporary)
                .stdin(Stdio::null())
                .stdout(output.try_clone()?)
                .stderr(output.try_clone()?);
            if run.cached {
                command.arg("--confcache").arg(cache);
            }
            let started = Instant::now();
            if command.status()?.success() {
                Ok(started.elapsed().as_secs_f64())
            } else {
                Err(format!("{}: it failed, see {}", self.name(), log.display()).into())
            }
        };
        ebd(&["clean", "prepare"])?;
        let seconds = ebd(&["configure"])?;
        let tree = self.tree(arguments, run.name);
        if tree.exists() {
            fs::remove_dir_all(&tree)?;
        }
        fs::create_dir_all(tree.parent().ok_or("no folder")?)?;
        let built = temporary
            .join("portage")
            .join(&self.category)
            .join(&self.pf);
        fs::rename(built.join("work"), &tree)?;
        ebd(&["clean"])?;
        Ok(seconds)
    }

    /// How many files of the sources are not as they are without the cache; config.log says how a result was come by.
    fn differences(&self, arguments: &Arguments, run: &Run) -> Result<usize, Box<dyn Error>> {
        let output = Command::new("diff")
            .args(["-rq", "--no-dereference", "-x", "config.log"])
            .arg(self.tree(arguments, "without"))
            .arg(self.tree(arguments, run.name))
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        print!("{text}");
        match output.status.code() {
            Some(0 | 1) => Ok(text.lines().count()),
            _ => Err("diff cannot compare the folders".into()),
        }
    }
}
