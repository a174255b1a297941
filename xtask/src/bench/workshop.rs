//! What the benches of builds and merges need: a repository with one package, a configuration, and Portage's `ebuild` beside `ebd`.

use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Seconds, timed};
use crate::real_builds::portage;

/// What the repository and its configuration have besides the ebuild.
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
        "FEATURES=\"-sandbox -usersandbox -userpriv -userfetch -network-sandbox -ipc-sandbox -pid-sandbox -mount-sandbox noclean\"\n",
    ),
];

/// The two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Ebd,
    Portage,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Ebd, Self::Portage];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ebd => "ebd",
            Self::Portage => "Portage's ebuild",
        }
    }
}

/// One ebuild, and both programs.
pub(super) struct Workshop {
    folder: TempDir,
    ebd: PathBuf,
    python: PathBuf,
    portage: PathBuf,
}

impl Workshop {
    /// `environment` is the Python environment that Portage is installed in; `ebuild` the text after `KEYWORDS`.
    pub(super) fn new(
        ebd: &Path,
        environment: &Path,
        ebuild: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let root = folder.path();
        let workshop = Self {
            ebd: ebd.to_owned(),
            python: environment.join("bin/python"),
            portage: portage::lay_out(environment, &root.join("portage"))?,
            folder,
        };
        for (name, text) in FILES {
            workshop.write(name, text)?;
        }
        let repository = workshop.path("repo");
        workshop.write(
            "conf/etc/portage/repos.conf",
            &format!(
                "[DEFAULT]\nmain-repo = bench\n[bench]\nlocation = {}\n",
                repository.display()
            ),
        )?;
        symlink(
            repository.join("profiles"),
            workshop.path("conf/etc/portage/make.profile"),
        )?;
        workshop.write(
            "repo/app-test/sample/sample-1.ebuild",
            &format!("EAPI=8\nDESCRIPTION=\"A sample\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nS=${{WORKDIR}}\n{ebuild}"),
        )?;
        // Both have a cache of the repository, as they do on a real system.
        let mut regen = Command::new(ebd);
        timed(
            regen
                .args(["regen", "--no-progress", "--repo"])
                .arg(&repository),
            true,
        )?;
        Ok(workshop)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Box<dyn Error>> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        Ok(fs::write(path, text)?)
    }

    /// Runs words of `ebuild(1)`.
    pub(super) fn run(&self, side: Side, words: &[&str]) -> Result<Seconds, Box<dyn Error>> {
        let ebuild = self.path("repo/app-test/sample/sample-1.ebuild");
        let target = self.path("target");
        let (mut command, tmpdir) = match side {
            Side::Ebd => (Command::new(&self.ebd), self.path("tmp-ebd")),
            Side::Portage => (Command::new(&self.python), self.path("tmp-portage")),
        };
        for folder in [&target, &tmpdir] {
            fs::create_dir_all(folder)?;
        }
        match side {
            Side::Ebd => command
                .arg("run")
                .arg(&ebuild)
                .args(words)
                .arg("--root")
                .arg(&target),
            Side::Portage => command.arg(&self.portage).arg(&ebuild).args(words),
        };
        command
            .env("PORTAGE_CONFIGROOT", self.path("conf"))
            .env("PORTAGE_TMPDIR", tmpdir)
            .env("ROOT", &target)
            .env("PORTAGE_USERNAME", "root")
            .env("PORTAGE_GRPNAME", "root");
        timed(&mut command, true)
    }
}
