//! The folders that a configuration is for, and `profile.env` in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Loader;
use crate::assignments::{self, Assigned, ExpandMap, Syntax};
use crate::error::{ConfigError, ConfigProblem, ConfigWarning};
use crate::layers::{self, Layers, Text, Vars};
use crate::lines::Folders;
use crate::options::ConfigOptions;
use crate::origin::{Layer, Origin};
use ebd_repo::Repository;

impl<'a> Loader<'a> {
    pub(super) fn new(
        options: &'a ConfigOptions,
        warnings: &'a mut Vec<ConfigWarning>,
    ) -> Result<Self, ConfigError> {
        let config_root = std::path::absolute(&options.config_root)
            .map_err(|e| ConfigError::io("find", &options.config_root, e))?;
        if !config_root.is_dir() {
            let e = fs::metadata(&config_root)
                .err()
                .unwrap_or_else(|| std::io::Error::from(std::io::ErrorKind::NotADirectory));
            return Err(ConfigError::io(
                "open the configuration root",
                config_root,
                e,
            ));
        }
        let config_folder = config_root.join("etc/portage");
        let mut make_conf = vec![
            config_root.join("etc/make.conf"),
            config_folder.join("make.conf"),
        ];
        make_conf.retain(|path| fs::metadata(path).is_ok());
        if let [first, second] = make_conf.as_slice() {
            let real = |path: &Path| fs::canonicalize(path).ok();
            if real(first) == real(second) {
                make_conf.truncate(1);
            } else {
                let kind = ConfigProblem::TwoMakeConf {
                    other: first.clone(),
                };
                let place = crate::origin::Place {
                    file: Arc::from(second.as_path()),
                    line: 1,
                };
                warnings.push(ConfigWarning::at(place, kind));
            }
        }
        let mut loader = Self {
            options,
            warnings,
            layers: Layers::default(),
            expand_map: ExpandMap::new(),
            globals_map: ExpandMap::new(),
            config_folder,
            make_conf,
            root: PathBuf::from("/"),
        };
        loader.root = loader.find_root()?;
        Ok(loader)
    }

    /// `ROOT`, which the environment and `make.conf` may set, and which other files may refer to.
    fn find_root(&mut self) -> Result<PathBuf, ConfigError> {
        // Portage takes a ROOT of spaces for none, too.
        let of_environment = self
            .options
            .environment
            .get("ROOT")
            .filter(|root| !root.trim().is_empty());
        let root = match (&self.options.root, of_environment) {
            (Some(root), _) => Some(root.clone()),
            (None, Some(root)) => Some(PathBuf::from(root)),
            (None, None) => {
                let (mut map, mut ignored) = (ExpandMap::new(), Vec::new());
                for path in &self.make_conf {
                    assignments::read(
                        path,
                        Folders::Allowed,
                        Syntax::SOURCING,
                        &mut map,
                        &mut ignored,
                    )?;
                }
                map.remove("ROOT")
                    .filter(|root| !root.trim().is_empty())
                    .map(PathBuf::from)
            }
        };
        let root = root.unwrap_or_else(|| PathBuf::from("/"));
        std::path::absolute(&root).map_err(|e| ConfigError::io("find ROOT", root, e))
    }

    /// `profile.env`, and the variables that say where everything is.
    pub(super) fn paths(&mut self, main: Option<&Arc<Repository>>) -> Result<(), ConfigError> {
        let eprefix = self.options.eprefix.trim_end_matches('/').to_owned();
        let root = slashed(&self.root);
        let eroot = format!("{}{eprefix}/", root.trim_end_matches('/'));
        let sysroot = slashed(&self.options.sysroot);
        let esysroot = if sysroot == root {
            eroot.clone()
        } else {
            sysroot.clone()
        };
        self.layers.env_d = self.profile_env(Path::new(&eroot))?;
        for (name, text) in &self.layers.env_d {
            self.expand_map.insert(name.clone(), text.value());
        }
        let configroot = match self.config_folder.ancestors().nth(2) {
            Some(path) => slashed(path),
            None => "/".to_owned(),
        };
        for (name, value) in [
            ("BROOT", eprefix.clone()),
            ("EPREFIX", eprefix),
            ("EROOT", eroot),
            ("ESYSROOT", esysroot),
            ("PORTAGE_CONFIGROOT", configroot),
            ("ROOT", root),
            ("SYSROOT", sysroot),
        ] {
            self.expand_map.insert(name.to_owned(), value.clone());
            self.layers.fix(name, value);
        }
        if let Some(main) = main {
            let path = main.path().display().to_string();
            self.expand_map.insert("PORTDIR".to_owned(), path.clone());
            self.layers.fix("PORTDIR", path);
        }
        for (name, value) in &self.options.environment {
            let same = self
                .layers
                .env_d
                .get(name)
                .is_some_and(|text| text.value() == *value);
            if !same {
                let text = Text::new(value.clone(), Origin::without_place(Layer::Environment));
                self.layers.environment.insert(name.clone(), text);
            }
        }
        Ok(())
    }

    /// `etc/profile.env` of the build host and of ROOT: which one counts depends on the variable.
    fn profile_env(&mut self, eroot: &Path) -> Result<Vars, ConfigError> {
        let mut read = |root: &Path| -> Result<Assigned, ConfigError> {
            let path = root.join("etc/profile.env");
            let mut map = ExpandMap::new();
            let found = assignments::read(
                &path,
                Folders::Allowed,
                Syntax::LITERAL,
                &mut map,
                self.warnings,
            )?;
            Ok(found.unwrap_or_default())
        };
        let host = read(&self.options.build_root)?;
        let target = read(eroot)?;
        let of_host = |name: &str| matches!(name, "PATH" | "PREROOTPATH" | "ROOTPATH");
        let of_target = |name: &str| {
            matches!(
                name,
                "CONFIG_PROTECT" | "CONFIG_PROTECT_MASK" | "INFODIR" | "INFOPATH" | "MANPATH"
            ) || name.starts_with("PKG_CONFIG_")
        };
        let mut vars = Assigned::new();
        vars.extend(host.into_iter().filter(|(name, _)| !of_target(name)));
        vars.extend(target.into_iter().filter(|(name, _)| !of_host(name)));
        Ok(layers::from_assigned(vars, Layer::EnvD))
    }
}

fn slashed(path: &Path) -> String {
    format!("{}/", path.display().to_string().trim_end_matches('/'))
}
