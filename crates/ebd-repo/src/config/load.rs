//! Reading the configuration of a system.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ebd_pms::{Cpv, Feature};

use super::assignments::{self, Assigned, ExpandMap, Syntax};
use super::error::{ConfigError, ConfigProblem, ConfigWarning};
use super::flags::{FolderRules, UseFiles, Which};
use super::keywords::Keywords;
use super::layers::{self, Layers, Text, Vars};
use super::licenses::Licenses;
use super::lines::{self, Folders, Token};
use super::mask::MaskFile;
use super::names;
use super::origin::{Layer, Origin, Setting};
use super::pattern::PatternSyntax;
use super::repositories::{self, RepositoryFiles};
use super::table::{PackageTable, Words};
use super::use_set::{ExpandVariables, Stacked, UseSet};
use crate::profile::{ProfileNode, ProfileStack};
use crate::repository::Repository;
use crate::search::RepoSet;
use crate::tree::RepoTree;

/// Where the configuration of a system is.
#[derive(Debug, Clone)]
pub struct ConfigOptions {
    /// The folder above `etc/portage` (`PORTAGE_CONFIGROOT`).
    pub config_root: PathBuf,
    /// `ROOT`; `None` to take that of `make.conf`, else `/`.
    pub root: Option<PathBuf>,
    /// `SYSROOT`.
    pub sysroot: PathBuf,
    /// `EPREFIX`, without a final slash.
    pub eprefix: String,
    /// The profile; `None` for `etc/portage/make.profile`, else `etc/make.profile`.
    pub profile: Option<PathBuf>,
    /// The defaults of all settings.
    pub globals: Globals,
    /// The folder above `etc/profile.env`, from which programs of the build host come.
    pub build_root: PathBuf,
    /// The environment of the caller; it beats all files.
    pub environment: BTreeMap<String, String>,
    /// Whether `etc/portage/package.*` and `etc/portage/profile` count.
    pub user_files: bool,
}

/// The defaults of all settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Globals {
    /// Those that are built in.
    BuiltIn,
    /// Portage's `make.globals`.
    File(PathBuf),
}

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
    provided: Vec<Cpv>,
    system: Vec<String>,
    warnings: Vec<ConfigWarning>,
}

/// The files of one folder of the profile.
#[derive(Debug, Default)]
pub(super) struct NodeFiles {
    pub(super) flags: UseFiles,
    /// The flags that its `make.defaults` sets.
    pub(super) use_text: Text,
    pub(super) mask: MaskFile,
    pub(super) unmask: MaskFile,
    pub(super) bashrc: Option<PathBuf>,
    pub(super) package_bashrc: PackageTable,
}

/// The user's files.
#[derive(Debug, Default)]
pub(super) struct UserFiles {
    pub(super) package_use: PackageTable,
    pub(super) package_env: PackageTable,
    pub(super) mask: MaskFile,
    pub(super) unmask: MaskFile,
}

impl ConfigOptions {
    /// The configuration below a folder, with `make.globals` of this machine's Portage if it is installed, and an empty
    /// environment.
    #[must_use]
    pub fn new(config_root: impl Into<PathBuf>) -> Self {
        let globals = Path::new("/usr/share/portage/config/make.globals");
        Self {
            config_root: config_root.into(),
            root: None,
            sysroot: PathBuf::from("/"),
            eprefix: String::new(),
            profile: None,
            globals: if globals.is_file() {
                Globals::File(globals.to_owned())
            } else {
                Globals::BuiltIn
            },
            build_root: PathBuf::from("/"),
            environment: BTreeMap::new(),
            user_files: true,
        }
    }
}

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
        let provided = read_provided(&profile, loader.warnings)?;
        let system = read_packages(&profile)?;
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
        let profile_iuse = profile_iuse(&layers);
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

/// The user's files, and what they say of all packages.
struct User {
    files: UserFiles,
    env: Vec<Token>,
}

const ASSIGNMENTS: Syntax = Syntax {
    sourcing: false,
    expanding: true,
};
const MAKE_CONF: Syntax = Syntax {
    sourcing: true,
    expanding: true,
};
const USER: PatternSyntax = PatternSyntax {
    eapi: None,
    repository: true,
    use_deps: false,
};

impl<'a> Loader<'a> {
    fn new(
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
                let place = super::origin::Place {
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

    /// `ROOT`, which `make.conf` may set, and which other files may refer to.
    fn find_root(&mut self) -> Result<PathBuf, ConfigError> {
        let root = match &self.options.root {
            Some(root) => Some(root.clone()),
            None => {
                let (mut map, mut ignored) = (ExpandMap::new(), Vec::new());
                for path in &self.make_conf {
                    assignments::read(path, Folders::Allowed, MAKE_CONF, &mut map, &mut ignored)?;
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
    fn paths(&mut self, main: Option<&Arc<Repository>>) -> Result<(), ConfigError> {
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
        let syntax = Syntax {
            sourcing: false,
            expanding: false,
        };
        let mut read = |root: &Path| -> Result<Assigned, ConfigError> {
            let path = root.join("etc/profile.env");
            let mut map = ExpandMap::new();
            let found =
                assignments::read(&path, Folders::Allowed, syntax, &mut map, self.warnings)?;
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

    fn read_globals(&mut self) -> Result<(), ConfigError> {
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
            let found = assignments::read(path, Folders::Allowed, ASSIGNMENTS, map, self.warnings)?;
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
    fn read_profile(
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
                ASSIGNMENTS,
                &mut self.expand_map,
                self.warnings,
            )?;
            let vars = layers::from_assigned(found.unwrap_or_default(), Layer::Profile);
            layers::stack(&mut self.layers.profile, vars.clone());
            all.push(vars);
        }
        Ok((stack, all))
    }

    fn read_make_conf(&mut self) -> Result<(), ConfigError> {
        let mut vars = Vars::new();
        for path in &self.make_conf {
            let map = &mut self.expand_map;
            let found = assignments::read(path, Folders::Allowed, MAKE_CONF, map, self.warnings)?;
            vars.extend(layers::from_assigned(
                found.unwrap_or_default(),
                Layer::MakeConf,
            ));
        }
        vars.retain(|name, _| !name.starts_with("__"));
        self.layers.conf = vars;
        Ok(())
    }

    fn read_user_files(&mut self) -> Result<User, ConfigError> {
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
        files.package_use = self.user_table("package.use", USER, flags)?;
        let with_use = PatternSyntax {
            use_deps: true,
            ..USER
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

    fn user_table(
        &mut self,
        name: &str,
        syntax: PatternSyntax,
        words: Words,
    ) -> Result<PackageTable, ConfigError> {
        let path = self.config_folder.join(name);
        PackageTable::read(&path, Folders::Allowed, syntax, words, self.warnings)
    }

    fn add_to_conf(&mut self, variable: &str, tokens: Vec<Token>) {
        for token in tokens {
            let text = self.layers.conf.entry(variable.to_owned()).or_default();
            text.push(token.text, Origin::at(Layer::MakeConf, token.place));
        }
    }

    /// Takes out what may be set neither by files nor by the environment. Returns the variables that only profiles may set.
    fn drop_own_variables(&mut self) -> Vec<String> {
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

    fn read_arch_list(&mut self, known: &[Arc<Repository>]) -> Result<(), ConfigError> {
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

    /// What `*/*` lines of `package.env` name holds as if `make.conf` said it.
    fn global_package_env(
        &mut self,
        env: &[Token],
        profile_only: &[String],
    ) -> Result<(), ConfigError> {
        let mut vars = Vars::new();
        read_env_files(
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
            let mut table = self.user_table("package.keywords", USER, Words::Plain)?;
            let path = self.config_folder.join("package.accept_keywords");
            table.extend(&path, Folders::Allowed, USER, Words::Plain, self.warnings)?;
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

impl NodeFiles {
    fn read(node: &ProfileNode, warnings: &mut Vec<ConfigWarning>) -> Result<Self, ConfigError> {
        let rules = node.rules();
        let path = node.path();
        let bashrc = path.join("profile.bashrc");
        let package_bashrc = if node.has_format("profile-bashrcs") {
            let syntax = PatternSyntax {
                eapi: None,
                use_deps: true,
                ..rules.patterns()
            };
            let path = path.join("package.bashrc");
            PackageTable::read(&path, Folders::Allowed, syntax, Words::Plain, warnings)?
        } else {
            PackageTable::default()
        };
        let unmask = if node.allows_folders() {
            MaskFile::read(&path.join("package.unmask"), rules, warnings)?
        } else {
            MaskFile::default()
        };
        Ok(Self {
            flags: UseFiles::read(path, rules, warnings)?,
            use_text: Text::default(),
            mask: MaskFile::read(&path.join("package.mask"), rules, warnings)?,
            unmask,
            bashrc: bashrc.is_file().then_some(bashrc),
            package_bashrc,
        })
    }
}

/// Reads `env/NAME` for words of `package.env`.
#[allow(
    clippy::too_many_arguments,
    reason = "each is needed, and none belong together"
)]
pub(super) fn read_env_files(
    names: &[Token],
    config_folder: &Path,
    expand_map: &ExpandMap,
    profile_only: &[String],
    protected: &[&str],
    layer: Layer,
    vars: &mut Vars,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<(), ConfigError> {
    let mut map = expand_map.clone();
    for name in names {
        let path = config_folder.join("env").join(&name.text);
        let found = assignments::read(&path, Folders::Allowed, MAKE_CONF, &mut map, warnings)?;
        let Some(found) = found else {
            let kind = ConfigProblem::NoEnvFile { path };
            warnings.push(ConfigWarning::at(name.place.clone(), kind));
            continue;
        };
        let mut settable = Assigned::new();
        for (name, (value, place)) in found {
            if repositories::is_forbidden(&name, profile_only) || protected.contains(&&*name) {
                let kind = ConfigProblem::NotSettable { name };
                warnings.push(ConfigWarning::at(place, kind));
            } else {
                settable.insert(name, (value, place));
            }
        }
        layers::stack(vars, layers::from_assigned(settable, layer));
    }
    Ok(())
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

/// What profiles add to IUSE_EFFECTIVE.
fn profile_iuse(layers: &Layers) -> BTreeSet<String> {
    let mut flags: BTreeSet<String> = layers.words("IUSE_IMPLICIT").into_iter().collect();
    let implicit = layers.words("USE_EXPAND_IMPLICIT");
    let values = |name: &str| layers.words(&format!("USE_EXPAND_VALUES_{name}"));
    for name in layers.words("USE_EXPAND_UNPREFIXED") {
        if implicit.contains(&name) {
            flags.extend(values(&name));
        }
    }
    let expand = layers.words("USE_EXPAND");
    for name in implicit.iter().filter(|name| expand.contains(name)) {
        let prefix = name.to_lowercase();
        flags.extend(
            values(name)
                .into_iter()
                .map(|word| format!("{prefix}_{word}")),
        );
    }
    flags
}

fn read_provided(
    profile: &ProfileStack,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<Vec<Cpv>, ConfigError> {
    let mut provided: Vec<(String, Cpv)> = Vec::new();
    for node in profile.nodes() {
        let tokens =
            lines::read_tokens(&node.path().join("package.provided"), node.rules().folders)?;
        if let (Some(eapi), Some(first)) = (node.eapi(), tokens.first())
            && !eapi.has(Feature::PackageProvided)
        {
            let kind = ConfigProblem::NotInEapi {
                name: "package.provided".to_owned(),
                eapi,
            };
            warnings.push(ConfigWarning::at(first.place.clone(), kind));
            continue;
        }
        for token in tokens {
            match token.text.strip_prefix('-') {
                Some("*") => provided.clear(),
                Some(removed) => provided.retain(|(text, _)| text != removed),
                None => match Cpv::parse(&token.text) {
                    Ok(cpv) => {
                        provided.retain(|(text, _)| *text != token.text);
                        provided.push((token.text, cpv));
                    }
                    Err(_) => {
                        let kind = ConfigProblem::Provided(token.text);
                        warnings.push(ConfigWarning::at(token.place, kind));
                    }
                },
            }
        }
    }
    Ok(provided.into_iter().map(|(_, cpv)| cpv).collect())
}

fn read_packages(profile: &ProfileStack) -> Result<Vec<String>, ConfigError> {
    let mut packages: Vec<String> = Vec::new();
    for node in profile.nodes() {
        for token in lines::read_tokens(&node.path().join("packages"), node.rules().folders)? {
            match token.text.strip_prefix('-') {
                Some("*") => packages.clear(),
                Some(removed) => packages.retain(|other| other != removed),
                None if packages.contains(&token.text) => {}
                None => packages.push(token.text),
            }
        }
    }
    Ok(packages)
}

fn slashed(path: &Path) -> String {
    format!("{}/", path.display().to_string().trim_end_matches('/'))
}
