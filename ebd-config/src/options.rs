//! Where the configuration of a system is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the configuration of a system is.
#[derive(Debug, Clone)]
pub struct ConfigOptions {
    /// The folder above `etc/portage` (`PORTAGE_CONFIGROOT`).
    pub config_root: PathBuf,
    /// `ROOT`; `None` to take that of the environment, else that of `make.conf`, else `/`.
    pub root: Option<PathBuf>,
    /// `SYSROOT`.
    pub sysroot: PathBuf,
    /// `EPREFIX`, without a final slash.
    pub eprefix: String,
    /// The profile; `None` for `etc/portage/make.profile`, else `etc/make.profile`.
    pub profile: Option<PathBuf>,
    /// The defaults of all settings.
    pub globals: Globals,
    /// The folder above `etc/profile.env`, from which programs of the build host come.
    pub build_root: PathBuf,
    /// The environment of the caller; it beats all files.
    pub environment: BTreeMap<String, String>,
    /// Whether `etc/portage/package.*` and `etc/portage/profile` count.
    pub user_files: bool,
}

/// The defaults of all settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Globals {
    /// Those that are built in.
    BuiltIn,
    /// Portage's `make.globals`.
    File(PathBuf),
}

impl ConfigOptions {
    /// The configuration below a folder, with `make.globals` of this machine's Portage if it is installed, and an empty
    /// environment.
    #[must_use]
    pub fn new(config_root: impl Into<PathBuf>) -> Self {
        let globals = Path::new("/usr/share/portage/config/make.globals");
        Self {
            config_root: config_root.into(),
            root: None,
            sysroot: PathBuf::from("/"),
            eprefix: String::new(),
            profile: None,
            globals: if globals.is_file() {
                Globals::File(globals.to_owned())
            } else {
                Globals::BuiltIn
            },
            build_root: PathBuf::from("/"),
            environment: BTreeMap::new(),
            user_files: true,
        }
    }
}
