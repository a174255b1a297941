//! The user's files about packages.

use super::Loader;
use crate::env_files;
use crate::error::ConfigError;
use crate::flags::FolderRules;
use crate::layers::{self, Vars};
use crate::lines::{Folders, Token};
use crate::mask::MaskFile;
use crate::origin::{Layer, Origin};
use crate::pattern::PatternSyntax;
use crate::system::UserFiles;
use crate::table::{PackageTable, Words};

/// The user's files, and what they say of all packages.
pub(super) struct User {
    pub(super) files: UserFiles,
    pub(super) env: Vec<Token>,
}

impl Loader<'_> {
    pub(super) fn read_user_files(&mut self) -> Result<User, ConfigError> {
        let mut files = UserFiles::default();
        if !self.options.user_files {
            return Ok(User {
                files,
                env: Vec::new(),
            });
        }
        let flags = Words::Flags {
            prefixes: true,
            checked: false,
        };
        files.package_use = self.user_table("package.use", PatternSyntax::USER, flags)?;
        let with_use = PatternSyntax {
            use_deps: true,
            ..PatternSyntax::USER
        };
        files.package_env = self.user_table("package.env", with_use, Words::Plain)?;
        let rules = FolderRules {
            eapi: None,
            folders: Folders::Allowed,
            repository: true,
        };
        let folder = &self.config_folder;
        files.mask = MaskFile::read(&folder.join("package.mask"), rules, self.warnings)?;
        files.unmask = MaskFile::read(&folder.join("package.unmask"), rules, self.warnings)?;
        let global = files.package_use.take_global();
        self.add_to_conf("USE", global);
        for (file, variable) in [
            ("package.properties", "ACCEPT_PROPERTIES"),
            ("package.accept_restrict", "ACCEPT_RESTRICT"),
        ] {
            let mut table = self.user_table(file, with_use, Words::Plain)?;
            self.add_to_conf(variable, table.take_global());
        }
        let env = files.package_env.take_global();
        Ok(User { files, env })
    }

    pub(super) fn user_table(
        &mut self,
        name: &str,
        syntax: PatternSyntax,
        words: Words,
    ) -> Result<PackageTable, ConfigError> {
        let path = self.config_folder.join(name);
        PackageTable::read(&path, Folders::Allowed, syntax, words, self.warnings)
    }

    pub(super) fn add_to_conf(&mut self, variable: &str, tokens: Vec<Token>) {
        for token in tokens {
            let text = self.layers.conf.entry(variable.to_owned()).or_default();
            text.push(token.text, Origin::at(Layer::MakeConf, token.place));
        }
    }

    /// What `*/*` lines of `package.env` name holds as if `make.conf` said it.
    pub(super) fn global_package_env(
        &mut self,
        env: &[Token],
        profile_only: &[String],
    ) -> Result<(), ConfigError> {
        let mut vars = Vars::new();
        env_files::read(
            env,
            &self.config_folder,
            &self.expand_map,
            profile_only,
            &[],
            Layer::MakeConf,
            &mut vars,
            self.warnings,
        )?;
        for (name, text) in &vars {
            self.expand_map.insert(name.clone(), text.value());
        }
        layers::stack(&mut self.layers.conf, vars);
        Ok(())
    }
}
