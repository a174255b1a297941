//! The package that is built, and its configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ebd_pms::{Cpv, Eapi, PhaseSet};

use ebd_portageq::ConfiguredRepository;

/// The ebuild and what its metadata says.
#[derive(Debug, Clone)]
pub struct Package {
    /// The ebuild, absolute.
    pub ebuild: PathBuf,
    /// Category, name and version.
    pub cpv: Cpv,
    /// The EAPI.
    pub eapi: Eapi,
    /// SLOT with its sub-slot.
    pub slot: String,
    /// The phases that the ebuild and its eclasses define.
    pub defined_phases: PhaseSet,
    /// The eclasses, by file.
    pub eclasses: Vec<PathBuf>,
    /// Folders in which eclasses are looked up, in order.
    pub eclass_dirs: Vec<PathBuf>,
    /// Name of the repository.
    pub repository: String,
    /// Folder of the main repository: PORTDIR of old EAPIs.
    pub main_repository: PathBuf,
    /// RESTRICT as the USE flags evaluate it.
    pub restrict: Vec<String>,
    /// PROPERTIES as the USE flags evaluate it.
    pub properties: Vec<String>,
    /// A: names of the files that the USE flags want, in order.
    pub distfiles: Vec<String>,
    /// AA: names of all files.
    pub all_distfiles: Vec<String>,
}

/// A variable of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
    /// Whether programs see it.
    pub exported: bool,
}

/// What a package comes from and which versions it replaces or is replaced by: what phases see of a merge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transition {
    /// Whether it comes from a binary package, whose environment was saved when it was built.
    pub binary: bool,
    /// REPLACING_VERSIONS.
    pub replacing: Vec<String>,
    /// REPLACED_BY_VERSION.
    pub replaced_by: String,
}

/// The configuration for one package.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Variables for the ebuild's environment.
    pub variables: Vec<Setting>,
    /// USE: enabled flags of the package, in the order in which the variable lists them.
    pub use_flags: Vec<String>,
    /// IUSE_EFFECTIVE.
    pub iuse_effective: Vec<String>,
    /// Where distfiles are.
    pub distdir: PathBuf,
    /// Below which build folders are: PORTAGE_TMPDIR.
    pub tmpdir: PathBuf,
    /// Where packages are installed to, without a slash at the end; empty for the running system.
    pub root: String,
    /// What packages are built against.
    pub sysroot: String,
    /// The offset prefix of the installation.
    pub eprefix: String,
    /// The root of the tools that build.
    pub broot: String,
    /// PORTAGE_CONFIGROOT.
    pub config_root: PathBuf,
    /// Enabled FEATURES.
    pub features: Vec<String>,
    /// bashrc files of profiles and user, in order.
    pub bashrcs: Vec<PathBuf>,
    /// Where the package comes from and goes to.
    pub transition: Transition,
    /// What `portageq` answers from.
    pub system: Arc<SystemInfo>,
}

/// The configuration of the system, for those who ask about it.
#[derive(Debug, Clone, Default)]
pub struct SystemInfo {
    /// All variables, also those that ebuilds do not see.
    pub variables: BTreeMap<String, String>,
    /// The repositories, the main one first.
    pub repositories: Vec<ConfiguredRepository>,
}

impl Settings {
    /// Whether one of FEATURES is enabled.
    #[must_use]
    pub fn has_feature(&self, name: &str) -> bool {
        self.features.iter().any(|feature| feature == name)
    }
}

impl Package {
    /// Whether RESTRICT has a word.
    #[must_use]
    pub fn restricts(&self, word: &str) -> bool {
        self.restrict.iter().any(|item| item == word)
    }

    /// Whether phases may ask the user (PROPERTIES=interactive).
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.properties.iter().any(|item| item == "interactive")
    }
}
