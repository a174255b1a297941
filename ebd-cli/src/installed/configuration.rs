//! The configuration of a system whose packages are merged and removed.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_build::{Options, Setting, Settings, SystemInfo};
use ebd_config::{Config, ConfigOptions};
use ebd_fs::chain;
use ebd_image::InstallMask;
use ebd_merge::changes::{MergeOptions, RemoveOptions};
use ebd_merge::{Sink, System};
use ebd_portageq::ConfiguredRepository;
use ebd_repo::{RepoSet, SearchPaths};
use ebd_vdb::ProtectPolicy;

use super::args::SystemArgs;
use crate::error::Error;
use crate::repository::config_root;
use crate::run::{caller_environment, search_path};
use crate::{confinement, programs};

/// What is configured for a system as a whole.
pub(crate) struct Configuration {
    pub(crate) settings: Settings,
    variables: BTreeMap<String, String>,
}

impl Configuration {
    /// Reads profile and configuration. Packages can be removed without a repository, and so without a profile.
    pub(crate) fn load(args: &SystemArgs) -> Result<Self, Error> {
        let config_root = config_root(args.config_root.as_deref());
        let mut options = ConfigOptions::new(&config_root);
        options.root.clone_from(&args.root);
        options.environment = caller_environment();
        if let Some(dir) = &args.tmpdir {
            let dir = dir.to_string_lossy().into_owned();
            options.environment.insert("PORTAGE_TMPDIR".to_owned(), dir);
        }
        let repositories = RepoSet::new(SearchPaths::system(&config_root))?;
        let config = match Config::load(&options, &repositories, None) {
            Ok(config) => config,
            Err(error) => {
                errln!(
                    "ebd: warning: going on without a profile: {}",
                    chain(&error)
                );
                let empty =
                    tempfile::tempdir().map_err(Error::system("make a temporary folder"))?;
                options.profile = Some(empty.path().to_owned());
                Config::load(&options, &repositories, None)?
            }
        };
        let variables: BTreeMap<String, String> = config
            .settings()
            .into_iter()
            .map(|(name, setting)| (name, setting.value))
            .collect();
        let value = |name: &str| variables.get(name).map_or("", String::as_str);
        let without_slash = |path: &str| path.trim_end_matches('/').to_owned();
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
            config_root,
            features: value("FEATURES")
                .split_ascii_whitespace()
                .map(str::to_owned)
                .collect(),
            system: Arc::new(SystemInfo {
                variables: variables.clone(),
                repositories: ConfiguredRepository::all(&repositories),
            }),
            ..Settings::default()
        };
        Ok(Self {
            settings,
            variables,
        })
    }

    /// ROOT with the offset prefix.
    pub(crate) fn eroot(&self) -> PathBuf {
        root_of(&self.settings).join(self.settings.eprefix.trim_start_matches('/'))
    }

    pub(crate) fn system<'a>(
        &'a self,
        phases: &'a Options,
        interrupt: BorrowedFd<'a>,
        sink: &'a Sink<'a>,
        rerun: bool,
    ) -> System<'a> {
        system(
            &self.settings,
            &self.variables,
            phases,
            interrupt,
            sink,
            rerun,
        )
    }

    /// A variable.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }
}

fn root_of(settings: &Settings) -> PathBuf {
    if settings.root.is_empty() {
        PathBuf::from("/")
    } else {
        PathBuf::from(&settings.root)
    }
}

/// How packages are merged and removed with these variables.
pub(crate) fn system<'a>(
    settings: &'a Settings,
    variables: &BTreeMap<String, String>,
    phases: &'a Options,
    interrupt: BorrowedFd<'a>,
    sink: &'a Sink<'a>,
    rerun: bool,
) -> System<'a> {
    let value = |name: &str| variables.get(name).map_or("", String::as_str);
    let words = |name: &str| -> Vec<String> {
        value(name)
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect()
    };
    let jobs = jobs();
    System {
        root: root_of(settings),
        settings,
        phases,
        merge: MergeOptions {
            protect: words("CONFIG_PROTECT"),
            protect_mask: words("CONFIG_PROTECT_MASK"),
            policy: ProtectPolicy {
                if_modified: settings.has_feature("config-protect-if-modified"),
                again: variables.contains_key("NOCONFMEM"),
            },
            collision_ignore: words("COLLISION_IGNORE"),
            collision_protect: settings.has_feature("collision-protect"),
            protect_owned: settings.has_feature("protect-owned"),
            attributes: true,
            attributes_excluded: value("PORTAGE_XATTR_EXCLUDE").to_owned(),
            jobs,
        },
        remove: RemoveOptions {
            protect: words("CONFIG_PROTECT"),
            protect_mask: words("CONFIG_PROTECT_MASK"),
            ignore: words("UNINSTALL_IGNORE"),
            orphans: settings.has_feature("unmerge-orphans"),
            eprefix: PathBuf::from("/").join(settings.eprefix.trim_start_matches('/')),
            jobs,
        },
        sync: settings.has_feature("merge-sync"),
        preserve_libs: settings.has_feature("preserve-libs"),
        rerun,
        interrupt,
        sink,
    }
}

/// What of an image is not installed.
pub(crate) fn install_mask(settings: &Settings, value: &str) -> InstallMask {
    let mut text = value.to_owned();
    for kind in ["man", "info", "doc"] {
        if settings.has_feature(&format!("no{kind}")) {
            text.push_str(&format!(" /usr/share/{kind}"));
        }
    }
    InstallMask::parse(&text)
}

pub(crate) fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How phases of installed packages run: all as the caller.
pub(crate) fn phase_options(bash: Option<&Path>) -> Result<Options, Error> {
    Ok(Options {
        bash: confinement::bash(bash)?,
        library: confinement::library()?,
        user: None,
        executable: std::env::current_exe().map_err(Error::system("find this program"))?,
        helpers: programs::names(),
        timeout: None,
        force: false,
        test: false,
        colour: false,
        keep_failure: false,
        isolation: ebd_build::Isolation::NONE,
        unprivileged_setup: None,
        confcache: None,
    })
}

/// Says which lock is waited for.
pub(crate) fn waiting(path: &Path) {
    errln!(
        "ebd: waiting for {}: another process has it",
        path.display()
    );
}
