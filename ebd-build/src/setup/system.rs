//! The settings of a system as a whole, for the phases of packages that are installed there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ebd_config::{Config, ConfigError, ConfigOptions};
use ebd_portageq::ConfiguredRepository;
use ebd_repo::RepoSet;

use super::variables::{search_path, without_slash};
use super::{Setup, SetupError};
use crate::{Setting, Settings, SystemInfo};

/// What is configured for a system as a whole.
#[derive(Debug)]
#[non_exhaustive]
pub struct SystemSetup {
    /// The settings. They have no variables of ebuilds but PATH; `system` has all.
    pub settings: Settings,
    /// Why the profile cannot be used. The rest of the configuration holds all the same.
    pub no_profile: Option<ConfigError>,
}

impl Setup {
    /// Reads profile and configuration. Packages can be removed without a repository, and so without a profile.
    ///
    /// # Errors
    /// When the configuration cannot be read, even without its profile.
    pub fn system(&self, repositories: &RepoSet) -> Result<SystemSetup, SetupError> {
        let options = self.config_options();
        let (config, no_profile) = match Config::load(&options, repositories, None) {
            Ok(config) => (config, None),
            Err(error) => (without_profile(&options, repositories)?, Some(error)),
        };
        let variables: BTreeMap<String, String> = config
            .settings()
            .into_iter()
            .map(|(name, setting)| (name, setting.value))
            .collect();
        let value = |name: &str| variables.get(name).map_or("", String::as_str);
        let settings = Settings {
            variables: vec![Setting {
                name: "PATH".to_owned(),
                value: search_path(&value).into_bytes(),
                exported: true,
            }],
            distdir: PathBuf::from(value("DISTDIR")),
            tmpdir: PathBuf::from(value("PORTAGE_TMPDIR")),
            root: without_slash(value("ROOT")),
            eprefix: options.eprefix.clone(),
            broot: options.eprefix.clone(),
            config_root: options.config_root,
            features: value("FEATURES")
                .split_ascii_whitespace()
                .map(str::to_owned)
                .collect(),
            system: Arc::new(SystemInfo {
                repositories: ConfiguredRepository::all(repositories),
                variables,
            }),
            ..Settings::default()
        };
        Ok(SystemSetup {
            settings,
            no_profile,
        })
    }
}

fn without_profile(options: &ConfigOptions, repositories: &RepoSet) -> Result<Config, SetupError> {
    let empty = tempfile::tempdir().map_err(SetupError::Scratch)?;
    let options = ConfigOptions {
        profile: Some(empty.path().to_owned()),
        ..options.clone()
    };
    Ok(Config::load(&options, repositories, None)?)
}
