//! What the tests share: copies of the test repositories, the `ebd` program, cache folders as maps.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

pub mod builds;
pub mod choices;
pub mod portage;
pub mod system;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Entries of a cache folder: `category/pf` and the bytes.
pub type Entries = BTreeMap<String, Vec<u8>>;

/// The folder with test data.
pub fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}

/// A copy of the test repositories that every user can read, and a home that belongs to nobody else.
pub struct Repos {
    folder: TempDir,
}

impl Repos {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        // Run by root, processors are another user, who must get here.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        copy(&testdata().join("repos"), &folder.path().join("repos"));
        for name in ["home", "run"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    /// The temporary folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A repository.
    pub fn repo(&self, name: &str) -> PathBuf {
        self.folder.path().join("repos").join(name)
    }

    /// Where processors have their private files.
    pub fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// The cache folder of a repository.
    pub fn cache(&self, name: &str) -> PathBuf {
        self.repo(name).join("metadata/md5-cache")
    }

    /// The program with these arguments, in an environment that depends on nothing of the user's but the choice of bash.
    pub fn ebd(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebd"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("XDG_CACHE_HOME", self.folder.path().join("home/cache"))
            .env("XDG_RUNTIME_DIR", self.runtime())
            .env("EAPI", "7")
            .env("IUSE", "of-the-caller");
        if let Some(bash) = std::env::var_os("EBD_BASH") {
            command.env("EBD_BASH", bash);
        }
        command
    }

    /// `ebd regen` of a repository with further arguments, run to its end.
    pub fn regen(&self, repo: &str, args: &[&str]) -> Done {
        self.run(&self.regen_args(repo, args))
    }

    /// The arguments of `ebd regen` for a repository.
    pub fn regen_args<'a>(&self, repo: &'a str, args: &[&'a str]) -> Vec<String> {
        let mut all = vec![
            "regen".to_owned(),
            "--repo".to_owned(),
            self.repo(repo).display().to_string(),
            "--repos-dir".to_owned(),
            self.folder.path().join("repos").display().to_string(),
        ];
        all.extend(args.iter().map(|arg| (*arg).to_owned()));
        all
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[String]) -> Done {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Done::new(self.ebd(&args).output().unwrap())
    }

    /// A text with the names of temporary folders replaced.
    pub fn filtered(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "[folder]")
    }
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    pub fn new(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }

    /// Fails the test unless the run ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// What Portage makes of a repository. Without bash 5.3, ebuilds of EAPI 9 are left out.
pub fn expected(repo: &str) -> Entries {
    let mut entries = entries(&testdata().join("expected").join(repo));
    if !bash_is_5_3() {
        entries.retain(|_, text| !text.windows(8).any(|window| window == b"\nEAPI=9\n"));
    }
    entries
}

/// The entries of a cache folder, none if there is no folder.
pub fn entries(folder: &Path) -> Entries {
    let mut entries = Entries::new();
    let Ok(categories) = fs::read_dir(folder) else {
        return entries;
    };
    for category in categories {
        let category = category.unwrap();
        for file in fs::read_dir(category.path()).unwrap() {
            let file = file.unwrap();
            let names = [category.file_name(), file.file_name()];
            let names: Vec<_> = names.iter().map(|name| name.to_string_lossy()).collect();
            entries.insert(names.join("/"), fs::read(file.path()).unwrap());
        }
    }
    entries
}

/// Fails the test with a readable text unless the entries are the same.
#[track_caller]
pub fn assert_entries(found: &Entries, wanted: &Entries, what: &str) {
    let names =
        |entries: &Entries| -> Vec<String> { entries.keys().map(ToOwned::to_owned).collect() };
    assert_eq!(names(found), names(wanted), "{what}: which entries exist");
    for (name, text) in wanted {
        let found = String::from_utf8_lossy(&found[name]);
        assert_eq!(found, String::from_utf8_lossy(text), "{what}: {name}");
    }
}

/// The bash that the program will run.
pub fn bash() -> PathBuf {
    if let Some(bash) = std::env::var_os("EBD_BASH").filter(|bash| !bash.is_empty()) {
        return PathBuf::from(bash);
    }
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|dir| dir.join("bash"))
        .find(|file| file.is_file())
        .expect("there is a bash on PATH")
}

/// Version of that bash.
pub fn bash_version() -> (u32, u32) {
    let output = Command::new(bash())
        .args([
            "--norc",
            "-c",
            "echo ${BASH_VERSINFO[0]} ${BASH_VERSINFO[1]}",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// Whether ebuilds of EAPI 9 can be sourced.
pub fn bash_is_5_3() -> bool {
    bash_version() >= (5, 3)
}

/// The targets of all ebuilds of a repository, as paths.
pub fn ebuilds(repo: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let list = |path: &Path| -> Vec<PathBuf> {
        fs::read_dir(path)
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default()
    };
    for category in list(repo).iter().filter(|path| path.join("..").is_dir()) {
        for package in list(category).iter().filter(|path| path.is_dir()) {
            let files = list(package).into_iter();
            found.extend(
                files
                    .filter(|file| file.extension().is_some_and(|ext| ext == "ebuild"))
                    .map(|file| file.display().to_string()),
            );
        }
    }
    found.sort();
    found
}

/// Copies a folder with all that is in it; symbolic links stay as they are.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            symlink(fs::read_link(&source).unwrap(), &target).unwrap();
        } else if kind.is_dir() {
            copy(&source, &target);
        } else {
            fs::copy(&source, &target).unwrap();
            fs::set_permissions(&target, Permissions::from_mode(0o644)).unwrap();
        }
    }
}

/// Copies a folder with links, times and owners.
pub fn copy_exactly(from: &Path, to: &Path) {
    let copied = Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(to)
        .status()
        .unwrap();
    assert!(copied.success());
}

/// Mixes a list up in a way that only the seed decides.
pub fn shuffle<T>(list: &mut [T], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for last in (1..list.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = usize::try_from(state % (last as u64 + 1)).unwrap();
        list.swap(last, other);
    }
}

/// The command lines of running processes that name a folder.
pub fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let name = entry.file_name();
        if !name.to_string_lossy().bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        // A process may end meanwhile; that of a zombie is empty.
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(&folder) {
            found.push(format!("{} {line}", name.to_string_lossy()));
        }
    }
    found
}
