//! Files to install, and an image to install them to.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ebd_helpers::HelperState;
use ebd_helpers::multicall::{self, Outcome};
use ebd_pms::Eapi;

use crate::common::temporary_folder;

/// A place for one call. The files to install are the same for all: no helper changes them.
pub struct Fixture {
    folder: tempfile::TempDir,
    files: &'static Path,
}

static FILES: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = temporary_folder();
    make_files(folder.path());
    folder
});

impl Fixture {
    pub fn new() -> Self {
        let folder = temporary_folder();
        fs::create_dir(folder.path().join("image")).unwrap();
        fs::create_dir(folder.path().join("temp")).unwrap();
        Self {
            folder,
            files: FILES.path(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Calls a helper with words; `@` stands for the folder of files, `%` for a space, and `<file` for standard input.
    pub fn call(&self, eapi: Eapi, nonfatal: bool, set: &[(&str, &str)], words: &str) -> Outcome {
        let mut outcome = None;
        // Calls that come before the last one prepare the image.
        for call in words.split(" && ") {
            outcome = Some(self.call_one(eapi, nonfatal, set, call));
        }
        outcome.unwrap()
    }

    fn call_one(&self, eapi: Eapi, nonfatal: bool, set: &[(&str, &str)], words: &str) -> Outcome {
        let state = self.state(eapi, nonfatal, set);
        let (helper, arguments, stdin) = self.words(words);
        let helper = multicall::program(helper.as_ref()).unwrap();
        multicall::call_with(&state, helper, &arguments, File::open(stdin).unwrap())
    }

    /// The helper of a call, its arguments, and the file that is its standard input.
    pub fn words(&self, call: &str) -> (String, Vec<OsString>, PathBuf) {
        let mut words = call.split_whitespace().map(|word| self.word(word));
        let helper = words.next().unwrap();
        let (mut stdin, mut arguments) = (PathBuf::from("/dev/null"), Vec::new());
        for word in words {
            match word.strip_prefix('<') {
                Some(file) => stdin = file.into(),
                None if word == "''" => arguments.push(OsString::new()),
                None => arguments.push(OsString::from(word)),
            }
        }
        (helper, arguments, stdin)
    }

    pub fn word(&self, word: &str) -> String {
        word.replace('@', self.files.to_str().unwrap())
            .replace('%', " ")
    }

    pub fn state(&self, eapi: Eapi, nonfatal: bool, set: &[(&str, &str)]) -> HelperState {
        let mut env: HashMap<String, OsString> = HashMap::from([
            ("__EBD_EAPI".into(), eapi.as_str().into()),
            ("__EBD_D".into(), self.path("image/").into()),
            ("__EBD_T".into(), self.path("temp").into()),
            ("__EBD_CATEGORY".into(), "cat".into()),
            ("__EBD_PN".into(), "pkg".into()),
            ("__EBD_PF".into(), "pkg-1-r2".into()),
            ("__EBD_SLOT".into(), "3/4".into()),
            ("__EBD_LIBDIR".into(), "lib64".into()),
        ]);
        if nonfatal {
            env.insert("__EBD_NONFATAL".into(), "1".into());
        }
        for (name, value) in set {
            env.insert(format!("__EBD_{name}"), self.word(value).into());
        }
        HelperState::from_env(|name| env.get(name).cloned()).unwrap()
    }

    /// The files and links of the image, and folders that are empty or have an unusual mode.
    pub fn image(&self) -> Vec<String> {
        let mut found = Vec::new();
        let image = self.path("image");
        list(&image, &image, &mut found);
        found.sort();
        found
    }
}

fn list(folder: &Path, image: &Path, found: &mut Vec<String>) {
    let mut empty = true;
    for entry in fs::read_dir(folder).unwrap() {
        empty = false;
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        let name = path.strip_prefix(image).unwrap().display();
        if metadata.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            found.push(format!("/{name}->{}", target.display()));
        } else if metadata.is_dir() {
            if mode != 0o755 {
                found.push(format!("/{name}/:{mode:o}"));
            }
            list(&path, image, found);
        } else {
            found.push(format!("/{name}:{mode:o}"));
        }
    }
    if empty && folder != image {
        found.push(format!(
            "/{}/",
            folder.strip_prefix(image).unwrap().display()
        ));
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The files that the table calls `@/…`.
fn make_files(work: &Path) {
    for sub in ["d/sub", "e", "distfiles", "shadow"] {
        fs::create_dir_all(work.join(sub)).unwrap();
    }
    for (name, mode) in [
        ("file", 0o600),
        ("script", 0o755),
        ("foo.1", 0o600),
        ("foo.de.1", 0o600),
        ("foo.pt_BR.3pm", 0o600),
        ("bar.8.gz", 0o600),
        ("nosection.x", 0o600),
        ("de.mo", 0o600),
        ("page.html", 0o600),
        ("notes.txt", 0o600),
        ("libx.so.1", 0o600),
        ("libx.a", 0o755),
        ("x.info", 0o600),
        (".keep_a", 0o600),
        ("d/inner", 0o600),
        ("d/.hidden", 0o755),
        ("d/sub/deep.html", 0o600),
        ("distfiles/real", 0o600),
    ] {
        fs::write(work.join(name), format!("{name}\n")).unwrap();
        set_mode(&work.join(name), mode);
    }
    fs::write(work.join("empty.1"), "").unwrap();
    for (link, target) in [
        ("link", "file"),
        ("dlink", "d"),
        ("broken", "nowhere"),
        ("libx.so", "libx.so.1"),
        ("d/link", "inner"),
    ] {
        symlink(target, work.join(link)).unwrap();
    }
    symlink(work.join("distfiles/real"), work.join("dist")).unwrap();
    symlink(work.join("distfiles/real"), work.join("shadow/dist")).unwrap();
}
