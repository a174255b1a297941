//! `real-builds`: real ebuilds built with Portage and with ebd on the same machine, and their images compared.

mod compare;
pub(crate) mod portage;

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use compare::{Difference, compare};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Packages to build, as category/package-version [default: all of the list]
    #[arg(value_name = "CPV")]
    only: Vec<String>,
    /// Table of the packages, with the columns cpv and repo first
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// Folder with the repositories that the list names
    #[arg(long, value_name = "DIR")]
    trees: PathBuf,
    /// Folder above etc/portage, for both sides
    #[arg(long, value_name = "DIR")]
    config_root: PathBuf,
    /// Python environment that Portage is installed in
    #[arg(long, value_name = "DIR")]
    portage: PathBuf,
    /// Folder to build in; images of Portage that are there already are not made again
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
    /// Build systems to leave out, as the column build_system names them
    #[arg(long, value_name = "NAME")]
    without: Vec<String>,
    /// The ebd to try [default: that of the release profile]
    #[arg(long, value_name = "FILE")]
    ebd: Option<PathBuf>,
    /// Build with ebd only what Portage has built
    #[arg(long)]
    built_only: bool,
}

/// A package of the list.
struct Package {
    cpv: String,
    /// Bytes of the distfile.
    size: u64,
    ebuild: PathBuf,
}

/// The two sides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Portage,
    Ebd,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Portage => "portage",
            Self::Ebd => "ebd",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let packages = packages(arguments)?;
    let ebuild = portage::lay_out(&arguments.portage, &arguments.work.join("portage"))?;
    let ebd = match &arguments.ebd {
        Some(ebd) => ebd.clone(),
        None => crate::release_build("ebd-cli", "ebd")?,
    };
    let (mut built, mut same, mut tried) = (0, 0, 0);
    for package in &packages {
        let images = |side: Side| {
            arguments
                .work
                .join("images")
                .join(side.name())
                .join(&package.cpv)
        };
        let reference = images(Side::Portage);
        if !reference.is_dir() {
            if arguments.built_only {
                continue;
            }
            let command = portage::command(&arguments.portage, &ebuild, &package.ebuild);
            build(arguments, package, Side::Portage, command)?;
        }
        if !reference.is_dir() {
            println!("{:44} Portage does not build it here", package.cpv);
            continue;
        }
        tried += 1;
        let mut command = Command::new(&ebd);
        command
            .args(["run"])
            .arg(&package.ebuild)
            .args(["clean", "install"]);
        let seconds = build(arguments, package, Side::Ebd, command)?;
        if !images(Side::Ebd).is_dir() {
            println!(
                "{:44} FAILED, see {}",
                package.cpv,
                log(arguments, package, Side::Ebd).display()
            );
            continue;
        }
        built += 1;
        let differences = compare(&reference, &images(Side::Ebd))?;
        let (content, other): (Vec<_>, Vec<_>) = differences
            .iter()
            .partition(|difference| matches!(difference, Difference::Content { .. }));
        if other.is_empty() {
            same += 1;
        }
        println!(
            "{:44} {} ({seconds:.1} s){}",
            package.cpv,
            if other.is_empty() {
                "same"
            } else {
                "DIFFERENT"
            },
            if content.is_empty() {
                String::new()
            } else {
                format!(", {} files with other contents", content.len())
            },
        );
        for difference in other.iter().chain(&content).take(20) {
            println!("    {difference}");
        }
    }
    println!(
        "{tried} that Portage builds: ebd builds {built}, {same} with the same paths, types, modes, owners and links"
    );
    if built == tried && same == tried {
        Ok(())
    } else {
        Err("not every package was built with the same image".into())
    }
}

fn packages(arguments: &Arguments) -> Result<Vec<Package>, Box<dyn Error>> {
    let mut packages: Vec<Package> = Vec::new();
    for line in fs::read_to_string(&arguments.list)?.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (Some(cpv), Some(repository)) = (columns.first(), columns.get(1)) else {
            continue;
        };
        let system = columns.get(6).copied().unwrap_or_default();
        let wanted = if arguments.only.is_empty() {
            !arguments.without.iter().any(|name| name == system)
        } else {
            arguments.only.iter().any(|only| only == cpv)
        };
        if !wanted || packages.iter().any(|package| package.cpv == *cpv) {
            continue;
        }
        let Some((category, pf)) = cpv.split_once('/') else {
            return Err(format!("{}: {cpv} is no package", arguments.list.display()).into());
        };
        let category = arguments.trees.join(repository).join(category);
        let found = fs::read_dir(&category)?
            .flatten()
            .map(|folder| folder.path().join(format!("{pf}.ebuild")))
            .find(|ebuild| ebuild.is_file());
        match found {
            Some(ebuild) => packages.push(Package {
                cpv: (*cpv).to_owned(),
                size: columns
                    .get(3)
                    .and_then(|bytes| bytes.parse().ok())
                    .unwrap_or(0),
                ebuild,
            }),
            None => println!("{cpv:44} is not in the tree"),
        }
    }
    // Small ones first: what is wrong everywhere is seen early.
    packages.sort_by_key(|package| package.size);
    Ok(packages)
}

fn log(arguments: &Arguments, package: &Package, side: Side) -> PathBuf {
    let name = package.cpv.replace('/', "_");
    arguments
        .work
        .join("logs")
        .join(format!("{name}.{}.log", side.name()))
}

/// Builds a package, in the same folder on both sides because programs remember it, and takes the image away.
fn build(
    arguments: &Arguments,
    package: &Package,
    side: Side,
    mut command: Command,
) -> Result<f64, Box<dyn Error>> {
    let tmpdir = arguments.work.join("build");
    let folder = tmpdir.join("portage").join(&package.cpv);
    let image = arguments
        .work
        .join("images")
        .join(side.name())
        .join(&package.cpv);
    for stale in [&folder, &image] {
        remove(stale)?;
    }
    fs::create_dir_all(&tmpdir)?;
    let path = log(arguments, package, side);
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let output = File::create(&path)?;
    let started = Instant::now();
    let status = command
        .env("PORTAGE_CONFIGROOT", &arguments.config_root)
        .env("PORTAGE_TMPDIR", &tmpdir)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()?;
    let seconds = started.elapsed().as_secs_f64();
    if status.success() {
        fs::create_dir_all(image.parent().unwrap_or(Path::new(".")))?;
        fs::rename(folder.join("image"), &image)?;
    }
    remove(&folder)?;
    Ok(seconds)
}

fn remove(folder: &Path) -> Result<(), Box<dyn Error>> {
    // Builds leave folders that may not be written to.
    let status = Command::new("rm").arg("-rf").arg(folder).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} cannot be removed", folder.display()).into())
    }
}
