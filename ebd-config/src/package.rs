//! What the configuration says for one ebuild.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use ebd_pms::{Cpv, Eapi, Expression, Feature, License, Word};

use super::env_files;
use super::error::{ConfigError, ConfigWarning};
use super::flags::Which;
use super::layers::{self, Layers, Text, Vars};
use super::lines::Token;
use super::mask::MaskStack;
use super::origin::{Layer, Origin, Place, Setting};
use super::pattern::Package;
use super::repositories::RepositoryFiles;
use super::system::Config;
use super::use_expand::Expander;
use super::use_set::{ExpandVariables, Stacked, UseSet};
use ebd_repo::RepoTree;

/// What has to be known of an ebuild: values of its metadata as they are written there.
#[derive(Debug, Clone, Copy)]
pub struct EbuildInfo<'a> {
    /// Category, name and version.
    pub cpv: &'a Cpv,
    /// Its EAPI.
    pub eapi: Eapi,
    /// `SLOT`, with the sub-slot if it has one.
    pub slot: &'a str,
    /// `IUSE`.
    pub iuse: &'a str,
    /// `KEYWORDS`.
    pub keywords: &'a str,
    /// `RESTRICT`.
    pub restrict: &'a str,
    /// `PROPERTIES`.
    pub properties: &'a str,
    /// `LICENSE`.
    pub license: &'a str,
}

/// What the configuration says for one ebuild.
#[derive(Debug, Clone)]
pub struct PackageConfig {
    /// The enabled flags that the ebuild may ask for: `USE`.
    pub use_flags: BTreeSet<String>,
    /// The flags that it may ask for: IUSE_EFFECTIVE; in EAPIs before 5, what Portage takes for it.
    pub iuse_effective: BTreeSet<String>,
    /// The flags that are forced.
    pub forced: BTreeSet<String>,
    /// The flags that are masked.
    pub masked: BTreeSet<String>,
    /// Whether the package counts as stable.
    pub stable: bool,
    /// The words of FEATURES.
    pub features: BTreeSet<String>,
    /// The words of RESTRICT that hold with these flags.
    pub restrict: BTreeSet<String>,
    /// The words of PROPERTIES that hold with these flags.
    pub properties: BTreeSet<String>,
    /// The licences of the package that are accepted.
    pub accepted_licenses: BTreeSet<String>,
    /// What masks the package, if something does: the line's package and where it stands.
    pub mask: Option<(String, Place)>,
    /// The shell files to be sourced for it, in this order: of profiles, of the user.
    pub bashrcs: Vec<PathBuf>,
    /// What is wrong with configuration for this package.
    pub warnings: Vec<ConfigWarning>,
    settings: BTreeMap<String, Setting>,
    flags: UseSet,
}

impl PackageConfig {
    /// The value of a variable, and where it comes from. `USE` are the flags that the ebuild may ask for.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)
    }

    /// The value of a variable; nothing if it is not set.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.settings
            .get(name)
            .map(|setting| setting.value.as_str())
            .unwrap_or_default()
    }

    /// Every variable.
    #[must_use]
    pub const fn settings(&self) -> &BTreeMap<String, Setting> {
        &self.settings
    }

    /// What decided that a flag is enabled or disabled; `None` if nothing speaks of it, so that it is disabled.
    #[must_use]
    pub fn flag_origin(&self, flag: &str) -> Option<&Origin> {
        self.flags.origin(flag)
    }
}

impl Config {
    /// What holds for an ebuild of a repository: its USE flags and every variable. The strongest source comes first: the
    /// environment, `package.env`, `make.conf`, the profile, the repository; for USE flags it is what `USE_ORDER` says, and
    /// masked and forced flags beat all.
    ///
    /// # Errors
    /// A file for this package cannot be read: a `package.env` file, `profiles` of its repository.
    pub fn package(
        &self,
        tree: &RepoTree,
        ebuild: &EbuildInfo<'_>,
    ) -> Result<PackageConfig, ConfigError> {
        let mut warnings = Vec::new();
        let (slot, subslot) = ebuild
            .slot
            .split_once('/')
            .unwrap_or((ebuild.slot, ebuild.slot));
        let package = Package {
            cpv: ebuild.cpv,
            slot,
            subslot,
            repository: Some(tree.name()),
        };
        let repositories = self.repository_files(tree, &mut warnings)?;
        let environment: Vec<String> = self
            .layers
            .environment
            .get("ACCEPT_KEYWORDS")
            .map(|text| text.words().map(|(word, _)| word.to_owned()).collect())
            .unwrap_or_default();
        let general = self.layers.words("ACCEPT_KEYWORDS");
        let stable = self
            .keywords
            .is_stable(package, ebuild.keywords, &general, &environment);

        let mut layers = self.layers.clone();
        layers.derived.remove("USE");
        layers.repository = repository_layer(&repositories, package, stable);
        layers
            .profile
            .insert("USE".to_owned(), self.profile_use(package, stable));
        layers.package = self.package_layer(tree, ebuild, package, &mut warnings)?;
        layers.derive_incrementals(&mut warnings);
        let features: BTreeSet<String> = layers.words("FEATURES").into_iter().collect();
        layers.features.clear();
        if features.contains("test") {
            let text = Text::new("test", Origin::without_place(Layer::Features));
            layers.features.insert("USE".to_owned(), text);
        }
        let mut ebuild_use = Text::default();
        let explicit: Vec<String> = ebuild
            .iuse
            .split_whitespace()
            .map(|word| word.trim_start_matches(['+', '-']).to_owned())
            .collect();
        for word in ebuild.iuse.split_whitespace() {
            let origin = Origin::without_place(Layer::Ebuild);
            if let Some(flag) = word.strip_prefix('+') {
                ebuild_use.push(flag, origin);
            } else if word.starts_with('-') {
                ebuild_use.push(word, origin);
            }
        }

        let restricted = |which| self.restrictions(which, &repositories, package, stable);
        let (mask, force) = (restricted(Which::Mask), restricted(Which::Force));
        let arch = layers.profile.get("ARCH").map(Text::value);
        let expand = ExpandVariables::of(&layers);
        let calculate = |layers: &Layers, warnings: &mut Vec<ConfigWarning>| {
            let mut set = UseSet::of(layers, &expand, Some(&explicit), warnings);
            set.restrict(&force, arch.as_deref(), &mask);
            set
        };
        let may_ask = |flag: &str| {
            explicit.iter().any(|own| own == flag) || self.is_implicit_flag(ebuild.eapi, flag)
        };
        layers.ebuild.insert("USE".to_owned(), ebuild_use.clone());
        let mut set = calculate(&layers, &mut warnings);
        let words = |text: &str, set: &UseSet| -> BTreeSet<String> {
            reduce(text, ebuild.eapi, &|flag| set.has(flag) && may_ask(flag))
        };
        if features.contains("test")
            && refuses_tests(
                &words(ebuild.restrict, &set),
                &words(ebuild.properties, &set),
                &layers.words("ALLOW_TEST"),
            )
        {
            // As if IUSE had "-test".
            ebuild_use.push("-test", Origin::without_place(Layer::Ebuild));
            layers.ebuild.insert("USE".to_owned(), ebuild_use);
            set = calculate(&layers, &mut Vec::new());
        }

        let iuse_effective = self.iuse_effective(ebuild.eapi, &explicit, &mask, &force, &layers);
        let mut enabled = set.clone();
        enabled.retain(|flag| may_ask(flag) || flag.ends_with("_*"));
        let expander = Expander {
            expand: &expand,
            iuse: &iuse_effective,
            mask: &mask,
        };
        let values = expander.values(&enabled, &layers);
        let mut use_flags: BTreeSet<String> = enabled.enabled().map(str::to_owned).collect();
        expander.open_wildcards(&mut use_flags);
        use_flags.retain(|flag| !flag.ends_with("_*"));
        for (name, value) in values {
            let origins = layers
                .get(&name)
                .map_or_else(Vec::new, |setting| setting.origins);
            layers.derive(&name, value, origins);
        }
        for name in &expand.unprefixed {
            if layers.value(name).is_some() {
                let mut words = layers.words(name);
                words.retain(|word| use_flags.contains(word));
                let origins = layers
                    .get(name)
                    .map_or_else(Vec::new, |setting| setting.origins);
                layers.derive(name, words.join(" "), origins);
            }
        }
        let joined: Vec<_> = use_flags.iter().map(String::as_str).collect();
        let origins = layers::distinct(use_flags.iter().filter_map(|flag| set.origin(flag)));
        layers.derive("USE", joined.join(" "), origins);
        if ebuild.eapi.has(Feature::ProfileIuse) {
            let all: Vec<_> = iuse_effective.iter().map(String::as_str).collect();
            layers.fix("IUSE_EFFECTIVE", all.join(" "));
        }

        let holds = |text: &str| reduce(text, ebuild.eapi, &|flag| use_flags.contains(flag));
        let licenses = reduce_licenses(ebuild.license, ebuild.eapi, &|flag| {
            use_flags.contains(flag)
        });
        let accepted_licenses = self.licenses.accepted(
            &layers.value("ACCEPT_LICENSE").unwrap_or_default(),
            &licenses,
            package,
            &mut warnings,
        );
        let joined: Vec<_> = accepted_licenses.iter().map(String::as_str).collect();
        let origins = layers
            .get("ACCEPT_LICENSE")
            .map_or_else(Vec::new, |setting| setting.origins);
        layers.derive("ACCEPT_LICENSE", joined.join(" "), origins);
        Ok(PackageConfig {
            restrict: holds(ebuild.restrict),
            properties: holds(ebuild.properties),
            accepted_licenses,
            use_flags,
            iuse_effective,
            forced: force.0.into_keys().collect(),
            masked: mask.0.into_keys().collect(),
            stable,
            features,
            mask: self.package_mask(&repositories, package),
            bashrcs: self.bashrcs(ebuild.cpv, package),
            warnings,
            settings: layers.settings(),
            flags: set,
        })
    }

    /// The files of the ebuild's repository and its masters, in the order in which they are applied.
    fn repository_files(
        &self,
        tree: &RepoTree,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<Vec<Arc<RepositoryFiles>>, ConfigError> {
        let masters = tree
            .masters()
            .iter()
            .filter(|master| master.path() != tree.path());
        let mut all = Vec::new();
        for repository in masters.chain([tree.repository()]) {
            let known = {
                let cache = self
                    .repositories
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                cache.get(repository.path()).cloned()
            };
            let files = match known {
                Some(files) => files,
                None => {
                    let files = Arc::new(RepositoryFiles::read(
                        repository,
                        &self.globals,
                        &self.profile_only,
                        warnings,
                    )?);
                    self.repositories
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(repository.path().to_owned(), Arc::clone(&files));
                    files
                }
            };
            all.push(files);
        }
        Ok(all)
    }

    fn restrictions(
        &self,
        which: Which,
        repositories: &[Arc<RepositoryFiles>],
        package: Package<'_>,
        stable: bool,
    ) -> Stacked {
        let of_package = Some((package, stable));
        let repositories = repositories
            .iter()
            .flat_map(|files| files.flags.restrictions(which, of_package));
        let profiles = self
            .nodes
            .iter()
            .flat_map(|node| node.flags.restrictions(which, of_package));
        Stacked::of(repositories.chain(profiles), Layer::Profile)
    }

    /// What the profile's `make.defaults` and `package.use` files say, folder by folder.
    fn profile_use(&self, package: Package<'_>, stable: bool) -> Text {
        let mut all = Text::default();
        for node in &self.nodes {
            all.append(&node.use_text);
            push_tokens(
                &mut all,
                node.flags.defaults(package, stable),
                Layer::Profile,
            );
        }
        all
    }

    /// `package.env`, then `package.use`.
    fn package_layer(
        &self,
        tree: &RepoTree,
        ebuild: &EbuildInfo<'_>,
        package: Package<'_>,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<Vars, ConfigError> {
        let mut vars = Vars::new();
        let own = [
            ("CATEGORY", ebuild.cpv.category().to_owned()),
            ("PF", ebuild.cpv.package().pf()),
            ("EAPI", ebuild.eapi.as_str().to_owned()),
            ("SLOT", ebuild.slot.to_owned()),
            ("IUSE", ebuild.iuse.to_owned()),
            ("KEYWORDS", ebuild.keywords.to_owned()),
            ("RESTRICT", ebuild.restrict.to_owned()),
            ("PROPERTIES", ebuild.properties.to_owned()),
            ("LICENSE", ebuild.license.to_owned()),
            ("PORTAGE_REPO_NAME", tree.name().to_owned()),
        ];
        let protected: Vec<_> = own.iter().map(|(name, _)| *name).collect();
        let env: Vec<Token> = self
            .user
            .package_env
            .lookup(package)
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        env_files::read(
            &env,
            &self.config_folder,
            &self.expand_map,
            &self.profile_only,
            &protected,
            Layer::Package,
            &mut vars,
            warnings,
        )?;
        let mut flags = Text::default();
        let tokens = self.user.package_use.lookup(package);
        push_tokens(&mut flags, tokens.into_iter().flatten(), Layer::Package);
        let package_use = flags.value();
        vars.entry("USE".to_owned()).or_default().append(&flags);
        let origin = || Origin::without_place(Layer::Ebuild);
        vars.insert("PKGUSE".to_owned(), Text::new(package_use, origin()));
        for (name, value) in own {
            vars.insert(name.to_owned(), Text::new(value, origin()));
        }
        Ok(vars)
    }

    fn package_mask(
        &self,
        repositories: &[Arc<RepositoryFiles>],
        package: Package<'_>,
    ) -> Option<(String, Place)> {
        let mut masks = MaskStack::default();
        let mut unmasks = MaskStack::default();
        for files in repositories {
            masks.push(&files.mask);
        }
        if let Some(own) = repositories.last() {
            unmasks.push(&own.unmask);
        }
        // Profiles take away what other profiles mask, but not what repositories do; the user takes away both.
        let (mut of_profiles, mut not_of_profiles) = (MaskStack::default(), MaskStack::default());
        for node in &self.nodes {
            of_profiles.push(&node.mask);
            not_of_profiles.push(&node.unmask);
        }
        masks.append(of_profiles);
        unmasks.append(not_of_profiles);
        masks.push(&self.user.mask);
        unmasks.push(&self.user.unmask);
        let (text, place) = masks.find(package)?;
        match unmasks.find(package) {
            Some(_) => None,
            None => Some((text.to_owned(), place.clone())),
        }
    }

    fn bashrcs(&self, cpv: &Cpv, package: Package<'_>) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for (node, files_of_node) in self.profile.nodes().iter().zip(&self.nodes) {
            files.extend(files_of_node.bashrc.clone());
            let names = files_of_node.package_bashrc.lookup(package);
            let folder = node.path().join("bashrc");
            files.extend(
                names
                    .into_iter()
                    .flatten()
                    .map(|name| folder.join(&name.text)),
            );
        }
        files.push(self.config_folder.join("bashrc"));
        let folder = self.config_folder.join("env").join(cpv.category());
        let name = cpv.package();
        files.extend([
            folder.join(cpv.pn()),
            folder.join(format!("{}:{}", cpv.pn(), package.slot)),
            folder.join(name.p()),
        ]);
        if name.pf() != name.p() {
            files.push(folder.join(name.pf()));
        }
        files.retain(|path| path.is_file());
        files
    }
}

fn push_tokens<'a>(text: &mut Text, tokens: impl IntoIterator<Item = &'a Token>, layer: Layer) {
    for token in tokens {
        text.push(token.text.clone(), Origin::at(layer, token.place.clone()));
    }
}

fn repository_layer(
    repositories: &[Arc<RepositoryFiles>],
    package: Package<'_>,
    stable: bool,
) -> Vars {
    let mut all = Vars::new();
    for files in repositories {
        let mut vars = files.make_defaults.clone();
        let defaults = files.flags.defaults(package, stable);
        if !defaults.is_empty() {
            let text = vars.entry("USE".to_owned()).or_default();
            push_tokens(text, defaults, Layer::Repository);
        }
        layers::stack(&mut all, vars);
    }
    all
}

/// Whether RESTRICT=test holds, and ALLOW_TEST does not lift it.
fn refuses_tests(
    restrict: &BTreeSet<String>,
    properties: &BTreeSet<String>,
    allowed: &[String],
) -> bool {
    let allows = |word: &str| allowed.iter().any(|other| other == word);
    let lifted = allows("all")
        || (properties.contains("test_network") && allows("network"))
        || (properties.contains("test_privileged") && allows("privileged"));
    restrict.contains("test") && !lifted
}

/// The words of a value that hold; nothing if it cannot be parsed, as in Portage.
fn reduce(text: &str, eapi: Eapi, enabled: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
    match Expression::<Word>::parse(text, eapi) {
        Ok(value) => value
            .evaluate(enabled)
            .leaves()
            .map(|word| word.0.clone())
            .collect(),
        Err(_) => BTreeSet::new(),
    }
}

fn reduce_licenses(text: &str, eapi: Eapi, enabled: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
    match Expression::<License>::parse(text, eapi) {
        Ok(value) => value
            .evaluate(enabled)
            .leaves()
            .map(|license| license.0.clone())
            .collect(),
        Err(_) => BTreeSet::new(),
    }
}
