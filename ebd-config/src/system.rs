//! The configuration of a system, as it was read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ebd_pms::Cpv;

use super::assignments::ExpandMap;
use super::error::ConfigWarning;
use super::keywords::Keywords;
use super::layers::Layers;
use super::licenses::Licenses;
use super::mask::MaskFile;
use super::origin::Setting;
use super::profile_files::NodeFiles;
use super::repositories::RepositoryFiles;
use super::table::PackageTable;
use super::use_set::{Stacked, UseSet};
use crate::profile::ProfileStack;

/// The configuration of a system. A snapshot: load it anew when files have changed.
#[derive(Debug)]
pub struct Config {
    pub(super) layers: Layers,
    pub(super) profile: ProfileStack,
    pub(super) nodes: Vec<NodeFiles>,
    pub(super) user: UserFiles,
    pub(super) licenses: Licenses,
    pub(super) keywords: Keywords,
    pub(super) expand_map: ExpandMap,
    pub(super) profile_only: Vec<String>,
    pub(super) config_folder: PathBuf,
    /// IUSE_EFFECTIVE without what ebuilds have in IUSE.
    pub(super) profile_iuse: BTreeSet<String>,
    pub(super) use_set: UseSet,
    pub(super) globals: ExpandMap,
    pub(super) repositories: Mutex<HashMap<PathBuf, Arc<RepositoryFiles>>>,
    pub(super) masks: (Stacked, Stacked),
    pub(super) provided: Vec<Cpv>,
    pub(super) system: Vec<String>,
    pub(super) warnings: Vec<ConfigWarning>,
}

/// The user's files about packages.
#[derive(Debug, Default)]
pub(super) struct UserFiles {
    pub(super) package_use: PackageTable,
    pub(super) package_env: PackageTable,
    pub(super) mask: MaskFile,
    pub(super) unmask: MaskFile,
}

impl Config {
    /// The value of a variable for the system as a whole, and where it comes from.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Setting> {
        self.layers.get(name)
    }

    /// Every variable for the system as a whole.
    #[must_use]
    pub fn settings(&self) -> BTreeMap<String, Setting> {
        self.layers.settings()
    }

    /// The USE flags that are enabled for the system as a whole.
    pub fn use_flags(&self) -> impl Iterator<Item = &str> {
        self.use_set.enabled()
    }

    /// The profile, with all that it inherits from.
    #[must_use]
    pub const fn profile(&self) -> &ProfileStack {
        &self.profile
    }

    /// The packages that `package.provided` of the profile names.
    #[must_use]
    pub fn provided(&self) -> &[Cpv] {
        &self.provided
    }

    /// The words of the profile's `packages`: with a `*`, what belongs to the system.
    #[must_use]
    pub fn packages(&self) -> &[String] {
        &self.system
    }

    /// What is wrong with the configuration and was left out.
    #[must_use]
    pub fn warnings(&self) -> &[ConfigWarning] {
        &self.warnings
    }
}
