//! Reading the configuration of a system.

mod places;
mod user;
mod variables;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::assignments::ExpandMap;
use crate::error::{ConfigError, ConfigWarning};
use crate::flags::Which;
use crate::iuse;
use crate::keywords::Keywords;
use crate::layers::{Layers, Text};
use crate::licenses::Licenses;
use crate::lines::Folders;
use crate::names;
use crate::options::ConfigOptions;
use crate::origin::{Layer, Origin};
use crate::pattern::PatternSyntax;
use crate::profile::ProfileStack;
use crate::profile_files::{self, NodeFiles};
use crate::system::Config;
use crate::table::{PackageTable, Words};
use crate::use_set::{ExpandVariables, Stacked, UseSet};
use ebd_repo::RepoSet;
use ebd_repo::RepoTree;
use ebd_repo::Repository;

impl Config {
    /// Reads profile, `make.conf` and the user's files. `near` is the repository whose ebuilds are of interest; it need not
    /// be one that `repositories` finds.
    ///
    /// # Errors
    /// A file cannot be read, or is so wrong that going on would be a guess. What can be left out is a
    /// [warning](Config::warnings).
    pub fn load(
        options: &ConfigOptions,
        repositories: &RepoSet,
        near: Option<&RepoTree>,
    ) -> Result<Self, ConfigError> {
        let mut warnings = Vec::new();
        let known = known_repositories(repositories, near)?;
        let mut loader = Loader::new(options, &mut warnings)?;
        loader.paths(known.first())?;
        loader.read_globals()?;
        let (profile, make_defaults) = loader.read_profile(repositories)?;
        loader.read_make_conf()?;
        let user = loader.read_user_files()?;
        let profile_only = loader.drop_own_variables();
        let mut nodes = Vec::new();
        for node in profile.nodes() {
            nodes.push(NodeFiles::read(node, loader.warnings)?);
        }
        let licenses = loader.read_licenses(&known, &profile)?;
        loader.read_arch_list(&known)?;
        loader.global_package_env(&user.env, &profile_only)?;
        let keywords = loader.read_keywords(&profile)?;
        let provided = profile_files::read_provided(&profile, loader.warnings)?;
        let system = profile_files::read_packages(&profile)?;
        let Loader {
            mut layers,
            expand_map,
            globals_map,
            config_folder,
            ..
        } = loader;

        if let (None, Some(chost)) = (layers.value("CBUILD"), layers.value("CHOST")) {
            layers.fix("CBUILD", chost);
        }
        for (name, value) in [("USERLAND", "GNU"), ("USE_ORDER", names::USE_ORDER)] {
            if layers.value(name).is_none() {
                layers.fix(name, value);
            }
        }
        layers.derive_incrementals(&mut warnings);
        let expand = ExpandVariables::of(&layers);
        let mut all_use = Text::default();
        for (node, vars) in nodes.iter_mut().zip(&make_defaults) {
            node.use_text = expand.flags_of(vars, &layers);
            all_use.append(&node.use_text);
        }
        layers.profile.insert("USE".to_owned(), all_use);
        if layers.words("FEATURES").iter().any(|word| word == "test") {
            let text = Text::new("test", Origin::without_place(Layer::Features));
            layers.features.insert("USE".to_owned(), text);
        }
        let restricted = |which| {
            let tokens = nodes
                .iter()
                .flat_map(|node| node.flags.restrictions(which, None));
            Stacked::of(tokens, Layer::Profile)
        };
        let masks = (restricted(Which::Mask), restricted(Which::Force));
        let arch = layers.profile.get("ARCH").map(Text::value);
        let mut use_set = UseSet::of(&layers, &expand, None, &mut warnings);
        use_set.restrict(&masks.1, arch.as_deref(), &masks.0);
        let flags: Vec<_> = use_set.enabled().collect();
        let value = flags.join(" ");
        layers.fix("USE", value);
        let profile_iuse = iuse::of_profile(&layers);
        Ok(Self {
            layers,
            profile,
            nodes,
            user: user.files,
            licenses,
            keywords,
            expand_map,
            profile_only,
            config_folder,
            profile_iuse,
            use_set,
            globals: globals_map,
            repositories: Mutex::new(HashMap::new()),
            masks,
            provided,
            system,
            warnings,
        })
    }
}

struct Loader<'a> {
    options: &'a ConfigOptions,
    warnings: &'a mut Vec<ConfigWarning>,
    layers: Layers,
    expand_map: ExpandMap,
    globals_map: ExpandMap,
    /// `etc/portage`.
    config_folder: PathBuf,
    make_conf: Vec<PathBuf>,
    root: PathBuf,
}

impl Loader<'_> {
    fn read_licenses(
        &mut self,
        known: &[Arc<Repository>],
        profile: &ProfileStack,
    ) -> Result<Licenses, ConfigError> {
        let mut licenses = Licenses::default();
        for repository in known {
            licenses.add_groups(&repository.path().join("profiles/license_groups"))?;
        }
        if self.options.user_files {
            licenses.add_groups(&self.config_folder.join("license_groups"))?;
            let folders: Vec<_> = profile
                .nodes()
                .iter()
                .filter(|node| node.has_format("profile-license"))
                .map(|node| node.path().to_owned())
                .chain([self.config_folder.clone()])
                .collect();
            for folder in folders {
                let global =
                    licenses.add_packages(&folder.join("package.license"), self.warnings)?;
                self.add_to_conf("ACCEPT_LICENSE", global);
            }
        }
        Ok(licenses)
    }

    fn read_keywords(&mut self, profile: &ProfileStack) -> Result<Keywords, ConfigError> {
        let mut keywords = Keywords::default();
        for node in profile.nodes() {
            let rules = node.rules();
            let mut read = |name: &str| {
                let syntax = rules.patterns();
                let path = node.path().join(name);
                PackageTable::read(&path, rules.folders, syntax, Words::Plain, self.warnings)
            };
            keywords.of_ebuilds.push(read("package.keywords")?);
            keywords.of_profiles.push(read("package.accept_keywords")?);
        }
        if self.options.user_files {
            let mut table =
                self.user_table("package.keywords", PatternSyntax::USER, Words::Plain)?;
            let path = self.config_folder.join("package.accept_keywords");
            table.extend(
                &path,
                Folders::Allowed,
                PatternSyntax::USER,
                Words::Plain,
                self.warnings,
            )?;
            keywords.of_user.push(table);
        }
        if let Some(text) = self.layers.profile.get("ACCEPT_KEYWORDS") {
            keywords.default = text
                .words()
                .filter(|(word, _)| !word.starts_with(['~', '-']))
                .map(|(word, _)| format!("~{word}"))
                .collect();
        }
        Ok(keywords)
    }
}

/// The main repository, and all others that are configured.
fn known_repositories(
    repositories: &RepoSet,
    near: Option<&RepoTree>,
) -> Result<Vec<Arc<Repository>>, ConfigError> {
    let mut known: Vec<Arc<Repository>> = Vec::new();
    let mut add = |repository: Arc<Repository>| {
        if !known.iter().any(|other| other.path() == repository.path()) {
            known.push(repository);
        }
    };
    let near_repository = near.map(|tree| tree.repository().as_ref());
    if let Some(main) = repositories.main(near_repository)? {
        add(main);
    }
    let names = repositories
        .search_paths()
        .explicit
        .iter()
        .map(|(name, _)| name)
        .chain(repositories.repos_conf().sections().iter().map(|s| &s.name));
    for name in names {
        // One that is configured but not there matters only to those who ask for it.
        if let Ok(repository) = repositories.find(name) {
            add(repository);
        }
    }
    if let Some(tree) = near {
        for master in tree.masters() {
            add(Arc::clone(master));
        }
        add(Arc::clone(tree.repository()));
    }
    Ok(known)
}
