//! A ROOT of the test's own, with packages that are merged and removed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::builds::{Built, Workshop};

/// A workshop with a ROOT.
pub struct System {
    pub workshop: Workshop,
    images: AtomicU32,
}

impl System {
    pub fn new() -> Self {
        Self::of(Workshop::new())
    }

    /// One in memory, where there is such a place.
    pub fn in_memory() -> Self {
        Self::of(Workshop::in_memory())
    }

    fn of(workshop: Workshop) -> Self {
        let system = Self {
            workshop,
            images: AtomicU32::new(0),
        };
        system.configure("");
        // Folders that are empty go with the last package that has them.
        for folder in ["etc", "usr/bin", "var/lib", "var/db", "var/cache"] {
            system.workshop.write(&format!("root/{folder}/.prior"), "");
        }
        let repository = system.workshop.path("repo");
        system.workshop.write(
            "etc/portage/repos.conf",
            &format!(
                "[DEFAULT]\nmain-repo = workshop\n[workshop]\nlocation = {}\n",
                repository.display()
            ),
        );
        system
    }

    /// Adds to the configuration.
    pub fn configure(&self, text: &str) {
        self.workshop.write(
            "etc/portage/make.conf",
            &format!("FEATURES=\"-userpriv\"\nMAKEOPTS=\"-j2\"\n{text}"),
        );
    }

    pub fn root(&self) -> PathBuf {
        self.workshop.path("root")
    }

    /// `ebd` with `--root`, in an environment that is the test's own.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.command_without_root(words);
        command.arg("--root").arg(self.root());
        command
    }

    /// `ebd` in an environment that is the test's own. Only for tests whose `make.conf` has a ROOT: what that says must not be
    /// the machine that the tests run on.
    pub fn command_without_root(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebd"));
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PORTAGE_CONFIGROOT", self.workshop.path(""))
            .env("PORTAGE_TMPDIR", self.workshop.path("tmp"))
            .env("DISTDIR", self.workshop.path("distfiles"))
            .env("PKGDIR", self.workshop.path("packages"))
            .env("USE", "on")
            .env("XDG_RUNTIME_DIR", self.workshop.path("run"));
        fs::create_dir_all(self.workshop.path("run")).unwrap();
        if let Some(bash) = std::env::var_os("EBD_BASH") {
            command.env("EBD_BASH", bash);
        }
        command
    }

    pub fn ebd(&self, words: &[&str]) -> Built {
        Built::new(&self.command(words).output().unwrap(), PathBuf::new())
    }

    /// Builds and installs an ebuild.
    pub fn merge(&self, ebuild: &Path) -> Built {
        self.ebd(&["merge", ebuild.to_str().unwrap(), "--isolation", "none"])
    }

    pub fn merge_image(&self, image: &Path, cpv: &str) -> Built {
        self.ebd(&["merge", "--image", image.to_str().unwrap(), "--as", cpv])
    }

    /// A new image with these files.
    pub fn image(&self, files: &[(&str, &str)]) -> PathBuf {
        let number = self.images.fetch_add(1, Ordering::Relaxed);
        let image = self.workshop.path(&format!("images/{number}"));
        fs::create_dir_all(&image).unwrap();
        for (name, text) in files {
            let path = image.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        image
    }
}

/// Everything below a folder: kind, permissions, owner, and content or target. Files that package managers keep for themselves
/// are left out.
pub fn listing(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

/// What is not part of a listing: what stays when the first package has been merged and removed.
const OWN: [&str; 10] = [
    "tmp",
    "var/tmp",
    "var/cache/edb",
    "var/lib/ebd",
    "var/lib/portage",
    "var/db/pkg",
    "var/db/.pkg.portage_lockfile",
    "etc/profile.env",
    "etc/csh.env",
    "etc/environment.d",
];

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let meta = fs::symlink_metadata(&path).unwrap();
        if OWN.contains(&name.as_str()) && fs::read_dir(path.join("cat")).is_err() {
            continue;
        }
        let made = name == "etc/env.d"
            && fs::read_dir(&path).is_ok_and(|mut inside| inside.next().is_none());
        if made || name == "etc/ld.so.conf" {
            continue;
        }
        let mut text = format!("{:o} {}:{}", meta.mode(), meta.uid(), meta.gid());
        if meta.is_symlink() {
            text += &format!(" -> {}", fs::read_link(&path).unwrap().display());
        } else if meta.is_file() {
            let content = fs::read(&path).unwrap();
            text += &format!(" {} {:x}", content.len(), checksum(&content));
        }
        if meta.is_dir() && !OWN.contains(&name.as_str()) {
            walk(root, &path, found);
        }
        found.insert(name, text);
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
