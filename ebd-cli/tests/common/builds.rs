//! Ebuilds that a test writes itself, built by `ebd run`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A repository with one category, a configuration, and a folder to build in.
pub struct Workshop {
    folder: TempDir,
}

/// How a run of `ebd run` ended.
#[derive(Debug)]
pub struct Built {
    pub code: Option<i32>,
    /// Standard output and standard error.
    pub text: String,
    /// The build folder.
    pub folder: PathBuf,
}

impl Workshop {
    pub fn new() -> Self {
        Self::in_folder(TempDir::new().unwrap())
    }

    /// One in memory, where there is such a place: writing to the disk is free there.
    pub fn in_memory() -> Self {
        Self::in_folder(TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap()))
    }

    fn in_folder(folder: TempDir) -> Self {
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let workshop = Self { folder };
        workshop.write("repo/profiles/repo_name", "workshop\n");
        workshop.write("repo/profiles/categories", "cat\n");
        workshop.write("repo/profiles/make.defaults", "ARCH=\"amd64\"\nCHOST=\"x86_64-pc-linux-gnu\"\nABI=\"amd64\"\nLIBDIR_amd64=\"lib64\"\nCFLAGS=\"-O1\"\nUSE_EXPAND=\"PYTHON_TARGETS\"\nUSE_EXPAND_IMPLICIT=\"\"\nIUSE_IMPLICIT=\"implicit\"\nPYTHON_TARGETS=\"py3\"\nENV_UNSET=\"LEAKED\"\n");
        workshop.write(
            "repo/metadata/layout.conf",
            "masters =\nthin-manifests = true\n",
        );
        fs::create_dir_all(workshop.path("etc/portage")).unwrap();
        fs::create_dir_all(workshop.path("distfiles")).unwrap();
        std::os::unix::fs::symlink(
            workshop.path("repo/profiles"),
            workshop.path("etc/portage/make.profile"),
        )
        .unwrap();
        workshop.write(
            "etc/portage/make.conf",
            "FEATURES=\"-userpriv\"\nMAKEOPTS=\"-j2\"\n",
        );
        workshop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes `cat/NAME-1` with what every ebuild needs before the text; returns the file.
    pub fn ebuild(&self, name: &str, eapi: &str, text: &str) -> PathBuf {
        let file = format!("repo/cat/{name}/{name}-1.ebuild");
        self.write(
            &file,
            &format!("EAPI={eapi}\nDESCRIPTION=\"A test\"\nSLOT=\"0\"\nIUSE=\"on off\"\n{text}\n"),
        );
        self.path(&file)
    }

    /// The build folder of `cat/NAME-1`.
    pub fn build_folder(&self, name: &str) -> PathBuf {
        self.path("tmp/portage/cat").join(format!("{name}-1"))
    }

    /// `ebd run` of an ebuild, in an environment that is the test's own.
    pub fn command(&self, ebuild: &Path, words: &[&str]) -> Command {
        // How processors are confined is the subject of other tests.
        self.command_at("none", ebuild, words)
    }

    /// The same at a level of isolation.
    ///
    /// Words that change what is installed need `--root`: without it they would be about the machine that the tests run on.
    pub fn command_at(&self, isolation: &str, ebuild: &Path, words: &[&str]) -> Command {
        let changes = |word: &&str| matches!(*word, "merge" | "qmerge" | "unmerge");
        assert!(
            !words.iter().any(changes) || words.contains(&"--root"),
            "{words:?} without --root"
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebd"));
        command
            .arg("run")
            .arg(ebuild)
            .args(["--isolation", isolation])
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PORTAGE_CONFIGROOT", self.folder.path())
            .env("PORTAGE_TMPDIR", self.path("tmp"))
            .env("DISTDIR", self.path("distfiles"))
            .env("USE", "on")
            .env("XDG_RUNTIME_DIR", self.runtime());
        if let Some(bash) = std::env::var_os("EBD_BASH") {
            command.env("EBD_BASH", bash);
        }
        command
    }

    fn runtime(&self) -> PathBuf {
        let path = self.path("run");
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    pub fn run(&self, ebuild: &Path, words: &[&str]) -> Built {
        let output = self.command(ebuild, words).output().unwrap();
        let name = ebuild.file_stem().unwrap().to_str().unwrap();
        Built::new(&output, self.path("tmp/portage/cat").join(name))
    }

    /// Writes an ebuild and runs it.
    pub fn build(&self, name: &str, eapi: &str, text: &str, words: &[&str]) -> Built {
        let ebuild = self.ebuild(name, eapi, text);
        self.run(&ebuild, words)
    }
}

impl Built {
    pub fn new(output: &Output, folder: PathBuf) -> Self {
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Self {
            code: output.status.code(),
            text,
            folder,
        }
    }

    /// Fails the test unless the build went well.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.text);
        self
    }

    /// Fails the test unless a phase failed and this was said.
    #[track_caller]
    pub fn dies(self, message: &str) -> Self {
        assert_eq!(self.code, Some(1), "{}", self.text);
        assert!(
            self.text.contains(message),
            "{message:?} is not in\n{}",
            self.text
        );
        self
    }

    /// Fails the test if this was said.
    #[track_caller]
    pub fn silent_about(self, text: &str) -> Self {
        assert!(!self.text.contains(text), "{text:?} is in\n{}", self.text);
        self
    }

    /// Fails the test unless this was said.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.text.contains(text),
            "{text:?} is not in\n{}",
            self.text
        );
        self
    }

    /// A file or folder of the image.
    pub fn image(&self, path: &str) -> PathBuf {
        self.folder.join("image").join(path)
    }
}

/// Bash functions for checks in ebuilds.
pub const CHECKS: &str = r#"
is() { [[ $1 == "$2" ]] || die "line ${BASH_LINENO[0]}: got '$1', wanted '$2'"; }
yes() { "$@" || die "line ${BASH_LINENO[0]}: failed: $*"; }
no() { ! "$@" || die "line ${BASH_LINENO[0]}: did not fail: $*"; }
"#;
