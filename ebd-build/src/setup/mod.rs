//! From the configuration of a system to what builds and merges need to know.
//!
//! [`Setup`] says where the configuration is and what of it a caller overrides. [`Setup::package`] makes [`Package`](crate::Package),
//! [`Settings`](crate::Settings) and [`Sources`] of an ebuild, [`Setup::system`] the settings for packages that are installed.

mod environment;
mod error;
mod options;
mod package;
mod sources;
mod system;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ebd_config::ConfigOptions;

pub use environment::configuration_environment;
pub use error::SetupError;
pub use options::{build_user, helper_names};
pub use package::{PackageSetup, metadata_values};
pub use sources::Sources;
pub use system::SystemSetup;

/// Where the configuration of a system is, and what of it is overridden.
#[derive(Debug, Clone)]
pub struct Setup {
    config: ConfigOptions,
    distdir: Option<PathBuf>,
    tmpdir: Option<PathBuf>,
    use_flags: Vec<String>,
    test: bool,
}

impl Setup {
    /// Makes the setup of the system whose configuration is below a directory (PORTAGE_CONFIGROOT), with nothing overridden.
    #[must_use]
    pub fn below(config_root: impl Into<PathBuf>) -> Self {
        Self {
            config: ConfigOptions::new(config_root),
            distdir: None,
            tmpdir: None,
            use_flags: Vec::new(),
            test: false,
        }
    }

    /// Takes variables of the caller's environment, which beat all files; [`configuration_environment`] chooses them.
    #[must_use]
    pub fn environment(mut self, variables: BTreeMap<String, String>) -> Self {
        self.config.environment = variables;
        self
    }

    /// Sets ROOT; `None` for that of the environment or of `make.conf`.
    #[must_use]
    pub fn root(mut self, root: Option<&Path>) -> Self {
        self.config.root = root.map(Path::to_owned);
        self
    }

    /// Sets the directory of the profile; `None` for `etc/portage/make.profile`.
    #[must_use]
    pub fn profile(mut self, profile: Option<&Path>) -> Self {
        self.config.profile = profile.map(Path::to_owned);
        self
    }

    /// Sets DISTDIR; `None` for that of the configuration.
    #[must_use]
    pub fn distdir(mut self, distdir: Option<&Path>) -> Self {
        self.distdir = distdir.map(Path::to_owned);
        self
    }

    /// Sets PORTAGE_TMPDIR; `None` for that of the configuration.
    #[must_use]
    pub fn tmpdir(mut self, tmpdir: Option<&Path>) -> Self {
        self.tmpdir = tmpdir.map(Path::to_owned);
        self
    }

    /// Adds USE flags, and with a hyphen before them takes them away, after those of the environment.
    #[must_use]
    pub fn use_flags<T: Into<String>>(mut self, flags: impl IntoIterator<Item = T>) -> Self {
        self.use_flags.extend(flags.into_iter().map(Into::into));
        self
    }

    /// Says whether `test` is added to FEATURES.
    #[must_use]
    pub const fn test(mut self, test: bool) -> Self {
        self.test = test;
        self
    }

    /// What is overridden counts as the environment does.
    fn config_options(&self) -> ConfigOptions {
        let mut options = self.config.clone();
        let environment = &mut options.environment;
        for (name, path) in [("DISTDIR", &self.distdir), ("PORTAGE_TMPDIR", &self.tmpdir)] {
            if let Some(path) = path {
                environment.insert(name.to_owned(), path.to_string_lossy().into_owned());
            }
        }
        for flags in &self.use_flags {
            let all = environment.entry("USE".to_owned()).or_default();
            all.push(' ');
            all.push_str(flags);
        }
        if self.test {
            let features = environment.entry("FEATURES".to_owned()).or_default();
            features.push_str(" test");
        }
        options
    }
}
