//! The Portage that is installed, to compare with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::copy_exactly;
use super::system::System;

/// Portage, laid out as a source tree so that it has no prefix, and its `ebuild`.
pub struct Portage {
    python: PathBuf,
    tree: PathBuf,
}

impl Portage {
    pub fn find(folder: &Path) -> Option<Self> {
        let Some(python) = std::env::var_os("EBD_TEST_PORTAGE").filter(|path| !path.is_empty())
        else {
            eprintln!(
                "NOT TESTED: what Portage does; EBD_TEST_PORTAGE names a Python that can import it"
            );
            return None;
        };
        let python = PathBuf::from(python);
        let script = "import os, sys, portage, _emerge, portage.const as c; print(os.path.dirname(portage.__file__)); \
                      print(os.path.dirname(_emerge.__file__)); print(c.PORTAGE_BIN_PATH); print(os.path.join(sys.prefix, 'share/portage/config'))";
        let output = Command::new(&python).args(["-c", script]).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        let places: Vec<&str> = text.lines().collect();
        let tree = folder.join("portage");
        fs::create_dir_all(tree.join("lib")).unwrap();
        for (from, to) in places
            .iter()
            .zip(["lib/portage", "lib/_emerge", "bin", "cnf"])
        {
            copy_exactly(Path::new(from), &tree.join(to));
        }
        fs::write(tree.join(".portage_not_installed"), "").unwrap();
        let installation = tree.join("lib/portage/installation.py");
        let text = fs::read_to_string(&installation).unwrap();
        fs::write(
            &installation,
            text.replace("\"MODULE\" ==", "\"SOURCE\" =="),
        )
        .unwrap();
        Some(Self { python, tree })
    }

    pub fn command(&self, system: &System) -> Command {
        let mut command = Command::new(&self.python);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("ROOT", system.root())
            .env("PORTAGE_CONFIGROOT", system.workshop.path(""))
            .env("PORTAGE_TMPDIR", system.workshop.path("tmp-portage"))
            .env("DISTDIR", system.workshop.path("distfiles"))
            .env("PKGDIR", system.workshop.path("packages"))
            .env("PORTAGE_USERNAME", "root")
            .env("PORTAGE_GRPNAME", "root")
            .env("PYTHONPATH", self.tree.join("lib"))
            .env("USE", "on");
        fs::create_dir_all(system.workshop.path("tmp-portage")).unwrap();
        command
    }

    /// `ebuild(1)`; returns whether it went well, and what it said.
    pub fn ebuild(&self, system: &System, ebuild: &Path, words: &[&str]) -> (bool, String) {
        let output = self
            .command(system)
            .arg(self.tree.join("bin/ebuild"))
            .arg(ebuild)
            .args(words)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    }

    /// A program of Portage's.
    pub fn program(&self, name: &str) -> PathBuf {
        self.tree.join("bin").join(name)
    }

    /// A Python program that has Portage; returns what it printed.
    pub fn python(&self, system: &System, script: &str) -> String {
        let output = self.command(system).args(["-c", script]).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// What both tools need of a configuration.
pub const CONFIGURATION: &str = "FEATURES=\"-userpriv -sandbox -usersandbox -userfetch -network-sandbox -ipc-sandbox -pid-sandbox -mount-sandbox -merge-sync -strict\"\nACCEPT_KEYWORDS=\"**\"\n";
