//! The programs that make metadata caches, and how each is told to make one of a repository.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::Report;
use super::report::output;

/// Where other programs are found.
#[derive(Debug, clap::Args)]
pub(crate) struct Peers {
    /// Python environment with Portage and pkgcore [default: programs on PATH]
    #[arg(long, value_name = "DIR")]
    venv: Option<PathBuf>,
    /// pkgcraft's pk
    #[arg(long, value_name = "FILE", default_value = "pk")]
    pk: PathBuf,
    /// portage-cli's em
    #[arg(long, value_name = "FILE", default_value = "em")]
    em: PathBuf,
    /// The bash of all programs; pkgcore demands 5.3
    #[arg(long, value_name = "FILE")]
    bash: Option<PathBuf>,
}

impl Peers {
    /// A program of the Python environment.
    fn python(&self, name: &str) -> PathBuf {
        match &self.venv {
            Some(folder) => folder.join("bin").join(name),
            None => PathBuf::from(name),
        }
    }
}

/// A program, in one of its ways of working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// ebd as it is used.
    Ebd,
    /// ebd's bash processors alone.
    EbdBash,
    /// A fresh bash for each ebuild, which reads the whole library and every eclass.
    Vanilla,
    Egencache,
    Pmaint,
    Pk,
    Em,
}

impl Program {
    pub(crate) const OWN: [Self; 3] = [Self::Ebd, Self::EbdBash, Self::Vanilla];
    pub(crate) const PEERS: [Self; 4] = [Self::Egencache, Self::Pmaint, Self::Pk, Self::Em];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ebd => "ebd",
            Self::EbdBash => "ebd --engine bash",
            Self::Vanilla => "vanilla",
            Self::Egencache => "egencache",
            Self::Pmaint => "pmaint regen",
            Self::Pk => "pk repo metadata regen",
            Self::Em => "em regen",
        }
    }
}

/// What has pkgcore read a configuration that is not above its own installation.
const PMAINT: &str = "import sys
from pkgcore.ebuild import portage_conf
from pkgcore.scripts import run
begin = portage_conf.PortageConfig.__init__
where = sys.argv.pop(1)
portage_conf.PortageConfig.__init__ = lambda self, location=None, **rest: begin(self, location=where, **rest)
sys.argv[0] = 'pmaint'
sys.exit(run('pmaint'))";

/// Copies of a repository and of its masters' eclasses and profiles, with a configuration that Portage and pkgcore read.
/// All programs write entries into the copy, as they do for whoever maintains a repository.
pub(crate) struct Place {
    folder: TempDir,
    name: String,
    ebd: PathBuf,
}

impl Place {
    /// Copies those packages (`category/name`) of a repository that are wanted.
    pub(crate) fn new(
        ebd: &Path,
        repo: &Path,
        peers: &Peers,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        // Run by root, programs source ebuilds as another user.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let name = repo_name(repo);
        let place = Self {
            folder,
            name,
            ebd: ebd.to_owned(),
        };
        let repo = fs::canonicalize(repo)?;
        let mut sections = String::new();
        let mut names = masters(&repo);
        names.retain(|master| *master != place.name);
        for master in &names {
            let from = repo.with_file_name(master);
            if !from.is_dir() {
                return Err(
                    format!("{}: the master {master} is not beside it", repo.display()).into(),
                );
            }
            copy_repository(&from, &place.path("repos").join(master), &|_| false)?;
        }
        copy_repository(&repo, &place.repo(), &wanted)?;
        names.push(place.name.clone());
        for name in &names {
            let location = place.path("repos").join(name);
            prepare(&location)?;
            sections.push_str(&format!("[{name}]\nlocation = {}\n", location.display()));
        }
        let conf = place.path("conf/etc/portage");
        let main = names.first().unwrap_or(&place.name);
        // pkgcore wants the profile to be in a repository.
        let profile = place.path("repos").join(main).join("profiles/bench");
        for folder in [
            &conf,
            &profile,
            &place.path("bin"),
            &place.path("tmp"),
            &place.path("dep"),
            &place.path("home"),
        ] {
            fs::create_dir_all(folder)?;
        }
        fs::write(
            conf.join("repos.conf"),
            format!("[DEFAULT]\nmain-repo = {main}\n{sections}"),
        )?;
        fs::write(
            conf.join("make.conf"),
            "FEATURES=\"-userpriv -usersandbox -sandbox -network-sandbox -pid-sandbox -ipc-sandbox -userfetch -usersync\"\n",
        )?;
        fs::write(
            profile.join("make.defaults"),
            "ARCH=\"amd64\"\nACCEPT_KEYWORDS=\"amd64\"\n",
        )?;
        fs::write(profile.join("eapi"), "8\n")?;
        symlink(&profile, conf.join("make.profile"))?;
        if let Some(bash) = &peers.bash {
            symlink(fs::canonicalize(bash)?, place.path("bin/bash"))?;
        }
        Ok(place)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.path("repos").join(&self.name)
    }

    pub(crate) fn entries(&self) -> PathBuf {
        self.repo().join("metadata/md5-cache")
    }

    /// Forgets everything that a run has made.
    pub(crate) fn wipe(&self) -> Result<(), Box<dyn Error>> {
        for folder in [self.entries(), self.path("dep"), self.path("cache")] {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(folder)?;
        }
        Ok(())
    }

    /// The command that brings the cache up to date.
    pub(crate) fn command(&self, program: Program, peers: &Peers, jobs: usize) -> Command {
        let jobs = jobs.to_string();
        let repo = self.repo();
        let conf = self.path("conf");
        let mut command = match program {
            Program::Ebd | Program::EbdBash | Program::Vanilla => {
                let mut command = Command::new(&self.ebd);
                command
                    .args([
                        "regen",
                        "--no-progress",
                        "--tolerant",
                        "--jobs",
                        &jobs,
                        "--repo",
                    ])
                    .arg(&repo);
                match program {
                    Program::EbdBash => command.args(["--engine", "bash"]),
                    Program::Vanilla => {
                        command.args(["--engine", "bash", "--no-preload", "--fresh"])
                    }
                    _ => &mut command,
                };
                command
            }
            Program::Egencache => {
                let mut command = Command::new(peers.python("egencache"));
                command.args(["--update", "--repo", &self.name, "--jobs", &jobs]);
                command
                    .arg("--config-root")
                    .arg(&conf)
                    .arg("--cache-dir")
                    .arg(self.path("dep"));
                command
            }
            Program::Pmaint => {
                let mut command = Command::new(peers.python("python3"));
                command.args(["-c", PMAINT]).arg(conf.join("etc/portage"));
                command.args(["regen", "-t", &jobs, &self.name]);
                command
            }
            Program::Pk => {
                let mut command = Command::new(&peers.pk);
                command
                    .args([
                        "repo",
                        "metadata",
                        "regen",
                        "--no-progress",
                        "--jobs",
                        &jobs,
                    ])
                    .arg(&repo);
                command
            }
            Program::Em => {
                let mut command = Command::new(&peers.em);
                command
                    .args(["regen", "--jobs", &jobs, "--repo"])
                    .arg(&repo);
                command
            }
        };
        let mut path = vec![self.path("bin")];
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        if let Ok(path) = std::env::join_paths(path) {
            command.env("PATH", path);
        }
        command
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("PORTAGE_CONFIGROOT", conf)
            .env("PORTAGE_TMPDIR", self.path("tmp"))
            .env("PORTAGE_USERNAME", "root")
            .env("PORTAGE_GRPNAME", "root");
        command
    }
}

/// Versions of everything that takes part.
pub(crate) fn versions(report: &mut Report, ebd: &Path, peers: &Peers, programs: &[Program]) {
    report.version(
        "ebd",
        output(&ebd.display().to_string(), &["--version"]).trim_start_matches("ebd "),
    );
    let bash = peers.bash.clone().unwrap_or_else(|| PathBuf::from("bash"));
    let text = output(
        &bash.display().to_string(),
        &["-c", "echo ${BASH_VERSION%(*}"],
    );
    report.version("bash", &text);
    if programs.contains(&Program::Egencache) {
        let python = peers.python("python3").display().to_string();
        report.version(
            "Portage",
            &output(&python, &["-c", "import portage; print(portage.VERSION)"]),
        );
    }
    if programs.contains(&Program::Pmaint) {
        let python = peers.python("python3").display().to_string();
        report.version(
            "pkgcore",
            &output(
                &python,
                &["-c", "import pkgcore; print(pkgcore.__version__)"],
            ),
        );
    }
    if programs.contains(&Program::Pk) {
        let text = output(&peers.pk.display().to_string(), &["--version"]);
        report.version("pkgcraft-tools", text.trim_start_matches("pk "));
    }
    if programs.contains(&Program::Em) {
        let text = output(&peers.em.display().to_string(), &["--version"]);
        report.version("portage-cli", text.trim_start_matches("em "));
    }
}

/// The version of Portage in a Python environment.
pub(crate) fn note_portage(report: &mut Report, environment: &Path) {
    let python = environment.join("bin/python").display().to_string();
    report.version(
        "Portage",
        &output(&python, &["-c", "import portage; print(portage.VERSION)"]),
    );
}

/// A repository's packages with the number of their ebuilds, by `category/name`.
pub(crate) fn packages(repo: &Path) -> Result<BTreeMap<String, usize>, Box<dyn Error>> {
    let mut packages = BTreeMap::new();
    for category in folders(repo)? {
        for package in folders(&category)? {
            let files = fs::read_dir(&package)?.flatten();
            let count = files
                .filter(|file| file.path().extension().is_some_and(|e| e == "ebuild"))
                .count();
            if count > 0 {
                packages.insert(format!("{}/{}", base(&category), base(&package)), count);
            }
        }
    }
    Ok(packages)
}

fn base(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() && !base(&path).starts_with('.') {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

pub(crate) fn repo_name(repo: &Path) -> String {
    let text = fs::read_to_string(repo.join("profiles/repo_name")).unwrap_or_default();
    text.trim().to_owned()
}

fn masters(repo: &Path) -> Vec<String> {
    let text = fs::read_to_string(repo.join("metadata/layout.conf")).unwrap_or_default();
    let line = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| key.trim() == "masters");
    line.map(|(_, names)| names.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Copies what sourcing needs: eclasses, profiles, layout, and the wanted packages' ebuilds with their Manifests.
fn copy_repository(
    from: &Path,
    to: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to.join("metadata"))?;
    for folder in ["eclass", "profiles", "licenses"] {
        if from.join(folder).is_dir() {
            copy_folder(&from.join(folder), &to.join(folder))?;
        }
    }
    let layout = from.join("metadata/layout.conf");
    if layout.is_file() {
        fs::copy(layout, to.join("metadata/layout.conf"))?;
    }
    for package in packages(from)?.keys().filter(|name| wanted(name)) {
        fs::create_dir_all(to.join(package))?;
        for file in fs::read_dir(from.join(package))? {
            let path = file?.path();
            if path.is_file() {
                fs::copy(&path, to.join(package).join(base(&path)))?;
            }
        }
    }
    Ok(())
}

/// Copies a folder; links are followed.
fn copy_folder(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(base(&path));
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else if path.is_file() {
            fs::copy(&path, target)?;
        }
    }
    Ok(())
}

/// What some programs ask of a repository that others do without: the format of its cache, an EAPI of its profiles.
fn prepare(repo: &Path) -> Result<(), Box<dyn Error>> {
    let layout = repo.join("metadata/layout.conf");
    let text = fs::read_to_string(&layout).unwrap_or_default();
    if !text
        .lines()
        .any(|line| line.trim_start().starts_with("cache-formats"))
    {
        fs::write(
            &layout,
            format!("{}\ncache-formats = md5-dict\n", text.trim_end()),
        )?;
    }
    let eapi = repo.join("profiles/eapi");
    if !eapi.is_file() {
        fs::write(eapi, "8\n")?;
    }
    Ok(())
}
