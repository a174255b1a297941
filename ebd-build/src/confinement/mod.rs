//! What a phase may write and reach, and hearing at once when it tries more.

mod denials;
mod guard;
mod lists;
mod table;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ebd_pms::Phase;
use ebd_spawn::{Floor, Ground, Rule, Rules, Spec, User, WritePolicy};

use super::folder::BuildFolder;
use super::package::{Package, Settings};
pub(crate) use denials::Denials;
pub(crate) use guard::Guard;
use lists::Lists;
use table::{Confines, confines};

/// What the machine offers to confine phases with, and how sharply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isolation {
    /// What keeps phases from writing.
    pub ground: Ground,
    /// Whether changes of files can be watched, so that what is denied is reported and what is added is allowed.
    pub watches: bool,
    /// Whether nothing can be added to what a phase may write once it runs.
    pub strict: bool,
}

impl Isolation {
    /// Nothing is confined, whatever FEATURES say.
    pub const NONE: Self = Self {
        ground: Ground::None,
        watches: false,
        strict: false,
    };
}

/// How one phase is confined.
#[derive(Debug)]
pub(crate) struct Confinement {
    isolation: Isolation,
    confines: Confines,
    floor: Floor,
    rules: Rules,
    user: Option<User>,
    /// What the shell says when it adds a rule; empty when nobody listens.
    word: String,
}

/// Folders that have device files and the like, writable as far as they are mounts of their own.
const DEVICE_FOLDERS: [&str; 2] = ["/dev/pts", "/dev/mqueue"];

/// What a confinement depends on.
pub(crate) struct Subject<'a> {
    pub(crate) phase: Phase,
    pub(crate) package: &'a Package,
    pub(crate) settings: &'a Settings,
    pub(crate) folder: &'a BuildFolder,
    /// The private folder of the run.
    pub(crate) staging: &'a Path,
    /// The user that the phase runs as when it is not this one.
    pub(crate) user: Option<&'a User>,
    /// Random text.
    pub(crate) word: String,
}

impl Confinement {
    /// Finds out how a phase is confined.
    pub(crate) fn new(isolation: Isolation, subject: Subject<'_>) -> Self {
        let Subject {
            phase,
            package,
            settings,
            folder,
            staging,
            user,
            word,
        } = subject;
        let mut confines = confines(phase, package, settings, user.is_some());
        if isolation == Isolation::NONE {
            confines = Confines::default();
        }
        let mut floor = Floor::new(isolation.ground);
        let mut rules = Rules::new().with_environment();
        if confines.network {
            floor = floor.private_network();
        }
        if confines.ipc {
            floor = floor.private_ipc();
        }
        let announces = confines.files && isolation.watches;
        if confines.files {
            let home = folder.home();
            let mut lists = Lists::read(Path::new("/etc"), &|name| match name {
                "HOME" => home.to_str().map(str::to_owned),
                name => variable(settings, name),
            });
            for (name, list) in [
                ("SANDBOX_WRITE", &mut lists.write),
                ("SANDBOX_PREDICT", &mut lists.predict),
                ("SANDBOX_DENY", &mut lists.deny),
            ] {
                list.extend(paths(&variable(settings, name).unwrap_or_default()));
            }
            for (feature, name) in [("ccache", "CCACHE_DIR"), ("distcc", "DISTCC_DIR")] {
                if settings.has_feature(feature) {
                    lists
                        .write
                        .extend(variable(settings, name).map(PathBuf::from));
                }
            }
            lists.write.push(folder.path().to_owned());
            if phase == Phase::Test {
                lists.predict.push(PathBuf::from("/"));
            }
            for path in &lists.write {
                if !is_device(path) {
                    floor = floor.writable(path);
                }
                rules.add(Rule::Write, path);
            }
            for path in &lists.predict {
                rules.add(Rule::Predict, path);
            }
            for path in &lists.deny {
                rules.add(Rule::Deny, path);
            }
            for path in DEVICE_FOLDERS {
                floor = floor.writable(path);
            }
            // The host's own files, other builds, and what this one is run by.
            rules.add(Rule::Deny, &folder.state());
            floor = floor
                .read_only(folder.state())
                .read_only(settings.tmpdir.join("portage"))
                .read_only(staging);
            if announces {
                rules = rules.with_announcements(&word);
            }
        }
        Self {
            isolation,
            confines,
            floor,
            rules,
            user: user.cloned(),
            word: if announces { word } else { String::new() },
        }
    }

    /// The word with which the shell of the phase adds rules.
    pub(crate) fn word(&self) -> &str {
        &self.word
    }

    /// Puts it in force.
    pub(crate) fn apply(&self, spec: Spec) -> Spec {
        if !self.confines.anything() {
            return spec;
        }
        let spec = spec.floor(if self.confines.files {
            self.floor.clone()
        } else {
            self.floor.clone().everything_writable()
        });
        if self.word.is_empty() {
            spec
        } else {
            spec.watch_writes()
        }
    }

    /// How changes of files are answered.
    pub(crate) fn policy(&self) -> WritePolicy {
        WritePolicy {
            rules: self.rules.clone(),
            widen: !self.isolation.strict,
            user: self.user.clone(),
            // The shell says where it is.
            signal: Some(nix::libc::SIGURG),
        }
    }
}

/// Whether a path is about single device files or pipes of a process, which need no mount.
fn is_device(path: &Path) -> bool {
    (path.starts_with("/dev") && !path.starts_with("/dev/shm")) || path.starts_with("/proc")
}

fn variable(settings: &Settings, name: &str) -> Option<String> {
    let found = settings
        .variables
        .iter()
        .find(|setting| setting.name == name)?;
    String::from_utf8(found.value.clone()).ok()
}

/// The paths of a list with colons between them.
fn paths(list: &str) -> Vec<PathBuf> {
    list.as_bytes()
        .split(|byte| *byte == b':')
        .filter(|path| path.starts_with(b"/"))
        .map(|path| PathBuf::from(OsStr::from_bytes(path)))
        .collect()
}
