//! The variables that files set for the system: `make.globals`, `make.defaults` of the profile, `make.conf`, `arch.list`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Loader;
use crate::assignments::{self, Syntax};
use crate::error::{ConfigError, ConfigProblem, ConfigWarning};
use crate::layers::{self, Text, Vars};
use crate::lines::Folders;
use crate::names;
use crate::options::Globals;
use crate::origin::{Layer, Origin};
use crate::profile::ProfileStack;
use crate::repositories;
use ebd_repo::RepoSet;
use ebd_repo::Repository;

impl Loader<'_> {
    pub(super) fn read_globals(&mut self) -> Result<(), ConfigError> {
        let mut vars = Vars::new();
        for (name, value) in names::DEFAULTS {
            let builtin = self.options.globals == Globals::BuiltIn;
            if builtin || matches!(name, "ACCEPT_PROPERTIES" | "PORTAGE_BZIP2_COMMAND") {
                let origin = Origin::without_place(Layer::Globals);
                vars.insert(name.to_owned(), Text::new(value, origin));
                if builtin {
                    self.expand_map.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        if let Globals::File(path) = &self.options.globals {
            let map = &mut self.expand_map;
            let found = assignments::read(
                path,
                Folders::Allowed,
                Syntax::EXPANDING,
                map,
                self.warnings,
            )?;
            vars.extend(layers::from_assigned(
                found.unwrap_or_default(),
                Layer::Globals,
            ));
        }
        self.globals_map = vars
            .iter()
            .map(|(name, text)| (name.clone(), text.value()))
            .collect();
        self.layers.globals = vars;
        Ok(())
    }

    /// The profile, and the variables of each of its `make.defaults`.
    pub(super) fn read_profile(
        &mut self,
        repositories: &RepoSet,
    ) -> Result<(ProfileStack, Vec<Vars>), ConfigError> {
        let link = self.config_folder.join("make.profile");
        let old_link = self.config_folder.join("../make.profile");
        let path = match &self.options.profile {
            Some(path) => Some(path.clone()),
            None => [&link, &old_link]
                .into_iter()
                .find(|path| path.is_dir())
                .cloned(),
        };
        let mut stack = match path {
            Some(path) if path.is_dir() => ProfileStack::read(&path, repositories)?,
            Some(path) => return Err(ConfigError::NoSuchProfile { path, link }),
            None => {
                let kind = ConfigProblem::NoProfile { path: link };
                self.warnings.push(ConfigWarning::general(kind));
                ProfileStack::default()
            }
        };
        let own = self.config_folder.join("profile");
        if self.options.user_files && !stack.nodes().is_empty() && own.exists() {
            stack.add_user(&own)?;
        }
        let mut all = Vec::new();
        for node in stack.nodes() {
            // A profile's USE="${USE} x" must not repeat what its parents set.
            self.expand_map.remove("USE");
            let found = assignments::read(
                &node.path().join("make.defaults"),
                node.rules().folders,
                Syntax::EXPANDING,
                &mut self.expand_map,
                self.warnings,
            )?;
            let vars = layers::from_assigned(found.unwrap_or_default(), Layer::Profile);
            layers::stack(&mut self.layers.profile, vars.clone());
            all.push(vars);
        }
        Ok((stack, all))
    }

    pub(super) fn read_make_conf(&mut self) -> Result<(), ConfigError> {
        let mut vars = Vars::new();
        for path in &self.make_conf {
            let map = &mut self.expand_map;
            let found =
                assignments::read(path, Folders::Allowed, Syntax::SOURCING, map, self.warnings)?;
            vars.extend(layers::from_assigned(
                found.unwrap_or_default(),
                Layer::MakeConf,
            ));
        }
        vars.retain(|name, _| !name.starts_with("__"));
        self.layers.conf = vars;
        Ok(())
    }

    /// Takes out what may be set neither by files nor by the environment. Returns the variables that only profiles may set.
    pub(super) fn drop_own_variables(&mut self) -> Vec<String> {
        let mut profile_only: Vec<String> = Vec::new();
        if let Some(text) = self.layers.profile.get("PROFILE_ONLY_VARIABLES") {
            for (word, _) in text.words() {
                match word.strip_prefix('-') {
                    Some("*") => profile_only.clear(),
                    Some(removed) => profile_only.retain(|other| other != removed),
                    None if profile_only.iter().any(|other| other == word) => {}
                    None => profile_only.push(word.to_owned()),
                }
            }
        }
        for name in &profile_only {
            self.layers.conf.remove(name);
            self.layers.environment.remove(name);
            self.layers.env_d.remove(name);
        }
        for name in names::OWN {
            self.layers.remove(name);
        }
        profile_only
    }

    pub(super) fn read_arch_list(&mut self, known: &[Arc<Repository>]) -> Result<(), ConfigError> {
        let mut all = BTreeSet::new();
        let mut tokens = Vec::new();
        for repository in known {
            tokens.extend(repositories::list(
                &repository.path().join("profiles"),
                "arch.list",
            )?);
        }
        tokens.extend(repositories::list(&self.config_folder, "arch.list")?);
        for token in tokens {
            match token.text.strip_prefix('-') {
                Some(removed) => {
                    all.remove(removed);
                }
                None => {
                    all.insert(token.text);
                }
            }
        }
        let words: Vec<_> = all.into_iter().collect();
        self.layers.fix("PORTAGE_ARCHLIST", words.join(" "));
        Ok(())
    }
}
