//! The package and its configuration, from repository, profile and the user's files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_build::{Package, Setting, Settings, SystemInfo, Transition};
use ebd_cache::{Entry, Key};
use ebd_config::{Config, ConfigOptions, EbuildInfo, PackageConfig};
use ebd_fetch::{Distfile, plan};
use ebd_pms::{Cpv, Eapi, PhaseSet, parse_defined_phases};
use ebd_portageq::ConfiguredRepository;
use ebd_repo::{EbuildFile, RepoSet, RepoTree};
use ebd_spawn::User;
use nix::unistd::Uid;

use super::args::Run;
use super::fetch::Sources;
use crate::confinement::user_named;
use crate::error::Error;
use crate::repository::config_root;

/// Everything that a build of an ebuild needs to know.
pub(crate) struct Plan {
    pub(crate) package: Package,
    pub(crate) settings: Settings,
    pub(crate) sources: Sources,
    /// All variables of the configuration.
    pub(crate) variables: BTreeMap<String, String>,
}

/// Reads everything that a build of the ebuild needs to know.
pub(crate) fn read(
    args: &Run,
    repositories: &RepoSet,
    tree: &RepoTree,
    ebuild: &EbuildFile,
    entry: &Entry,
) -> Result<Plan, Error> {
    let eapi = Eapi::parse(entry.get(Key::Eapi))?;
    let cpv = Cpv::parse(ebuild.cpv())?;
    let options = config_options(args);
    let config = Config::load(&options, repositories, Some(tree))?;
    let wanted = config.package(
        tree,
        &EbuildInfo {
            cpv: &cpv,
            eapi,
            slot: entry.get(Key::Slot),
            iuse: entry.get(Key::Iuse),
            keywords: entry.get(Key::Keywords),
            restrict: entry.get(Key::Restrict),
            properties: entry.get(Key::Properties),
            license: entry.get(Key::License),
        },
    )?;
    for warning in config.warnings().iter().chain(&wanted.warnings) {
        errln!("ebd: warning: {warning}");
    }
    let uris = entry.get(Key::SrcUri);
    let files = plan(uris, eapi, Some(&|flag| wanted.use_flags.contains(flag)))?;
    let names = |files: &[Distfile]| files.iter().map(|file| file.name.clone()).collect();
    let package = Package {
        distfiles: names(&files),
        all_distfiles: names(&plan(uris, eapi, None)?),
        ..package(tree, ebuild, entry, cpv, eapi, &wanted)?
    };
    let manifest = ebuild.path().with_file_name("Manifest");
    Ok(Plan {
        package,
        settings: settings(&options, &wanted, repositories),
        variables: wanted
            .settings()
            .iter()
            .map(|(name, setting)| (name.clone(), setting.value.clone()))
            .collect(),
        sources: Sources::new(files, &wanted, config.mirrors(tree)?, manifest),
    })
}

/// Where the configuration is; arguments count as the caller's environment does.
fn config_options(args: &Run) -> ConfigOptions {
    let mut environment = caller_environment();
    let path = |path: &Path| path.to_string_lossy().into_owned();
    if let Some(dir) = &args.distdir {
        environment.insert("DISTDIR".to_owned(), path(dir));
    }
    if let Some(dir) = &args.tmpdir {
        environment.insert("PORTAGE_TMPDIR".to_owned(), path(dir));
    }
    for flags in &args.use_flags {
        let all = environment.entry("USE".to_owned()).or_default();
        all.push(' ');
        all.push_str(flags);
    }
    if args.test {
        let features = environment.entry("FEATURES".to_owned()).or_default();
        features.push_str(" test");
    }
    let mut options = ConfigOptions::new(config_root(args.config_root.as_deref()));
    options.root.clone_from(&args.root);
    options.profile.clone_from(&args.profile);
    options.environment = environment;
    options
}

/// The caller's environment without what belongs to its session, its shell, or this program.
pub(crate) fn caller_environment() -> BTreeMap<String, String> {
    const OTHERS: [&str; 15] = [
        "BASHOPTS",
        "HISTFILE",
        "HOME",
        "LS_COLORS",
        "MAIL",
        "OLDPWD",
        "PATH",
        "PWD",
        "SHELL",
        "SHELLOPTS",
        "SHLVL",
        "TEMP",
        "TMP",
        "TMPDIR",
        "_",
    ];
    const FAMILIES: [&str; 8] = [
        "BASH_", "CARGO_", "DBUS_", "EBD_", "RUST", "SUDO_", "XDG_", "__EBD_",
    ];
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| {
            !OTHERS.contains(&name.as_str())
                && !FAMILIES.iter().any(|family| name.starts_with(family))
        })
        .collect()
}

fn package(
    tree: &RepoTree,
    ebuild: &EbuildFile,
    entry: &Entry,
    cpv: Cpv,
    eapi: Eapi,
    wanted: &PackageConfig,
) -> Result<Package, Error> {
    let phases = parse_defined_phases(entry.get(Key::DefinedPhases), eapi)?;
    Ok(Package {
        ebuild: ebuild.path().to_owned(),
        cpv,
        eapi,
        slot: entry.get(Key::Slot).to_owned(),
        defined_phases: phases.unwrap_or(PhaseSet::ALL),
        eclasses: entry
            .eclasses()
            .iter()
            .filter_map(|eclass| tree.find_eclass(&eclass.name).map(PathBuf::from))
            .collect(),
        eclass_dirs: tree.eclass_dirs().to_vec(),
        repository: tree.name().to_owned(),
        main_repository: tree
            .masters()
            .first()
            .map_or_else(|| tree.path().to_owned(), |master| master.path().to_owned()),
        restrict: wanted.restrict.iter().cloned().collect(),
        properties: wanted.properties.iter().cloned().collect(),
        distfiles: Vec::new(),
        all_distfiles: Vec::new(),
    })
}

/// Variables that only the package manager reads; programs of a build need not see them.
const OF_THE_MANAGER: [&str; 14] = [
    "CLEAN_DELAY",
    "COLLISION_IGNORE",
    "FEATURES",
    "FETCHCOMMAND",
    "GENTOO_MIRRORS",
    "INSTALL_MASK",
    "PATH",
    "PKGDIR",
    "PORT_LOGDIR",
    "RESUMECOMMAND",
    "ROOTPATH",
    "PREROOTPATH",
    "UNINSTALL_IGNORE",
    "USE_ORDER",
];
/// Beginnings of the names of further ones.
const FAMILIES_OF_THE_MANAGER: [&str; 7] = [
    "ACCEPT_",
    "BINPKG_",
    "EMERGE_",
    "FETCHCOMMAND_",
    "PORTAGE_ELOG_",
    "PORTAGE_FETCH_",
    "RESUMECOMMAND_",
];

fn settings(options: &ConfigOptions, wanted: &PackageConfig, repositories: &RepoSet) -> Settings {
    let mut variables: Vec<Setting> = wanted
        .settings()
        .iter()
        .filter(|(name, _)| {
            !OF_THE_MANAGER.contains(&name.as_str())
                && !FAMILIES_OF_THE_MANAGER
                    .iter()
                    .any(|family| name.starts_with(family))
        })
        .map(|(name, setting)| Setting {
            name: name.clone(),
            value: setting.value.clone().into_bytes(),
            exported: true,
        })
        .collect();
    variables.push(Setting {
        name: "PATH".to_owned(),
        value: search_path(&|name| wanted.value(name)).into_bytes(),
        exported: true,
    });
    let without_slash = |path: &str| path.trim_end_matches('/').to_owned();
    Settings {
        variables,
        use_flags: wanted.use_flags.iter().cloned().collect(),
        iuse_effective: wanted.iuse_effective.iter().cloned().collect(),
        distdir: PathBuf::from(wanted.value("DISTDIR")),
        tmpdir: PathBuf::from(wanted.value("PORTAGE_TMPDIR")),
        root: without_slash(wanted.value("ROOT")),
        sysroot: without_slash(&options.sysroot.to_string_lossy()),
        eprefix: options.eprefix.clone(),
        broot: options.eprefix.clone(),
        config_root: options.config_root.clone(),
        features: wanted.features.iter().cloned().collect(),
        bashrcs: wanted.bashrcs.clone(),
        transition: Transition::default(),
        system: Arc::new(SystemInfo {
            variables: wanted
                .settings()
                .iter()
                .map(|(name, setting)| (name.clone(), setting.value.clone()))
                .collect(),
            repositories: ConfiguredRepository::all(repositories),
        }),
    }
}

/// PATH of a build: the standard folders, and what `env.d` adds before and behind.
pub(crate) fn search_path<'a>(value: &dyn Fn(&str) -> &'a str) -> String {
    let mut folders: Vec<&str> = Vec::new();
    let named = |name: &str| value(name).split(':').filter(|folder| !folder.is_empty());
    let standard = [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];
    for folder in named("PREROOTPATH")
        .chain(standard)
        .chain(named("ROOTPATH"))
    {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders.join(":")
}

/// The user of the phases that need no privileges: the one that was named, else portage where FEATURES have userpriv or even
/// pkg_setup is to have none.
pub(crate) fn build_user(
    named: Option<&str>,
    settings: &Settings,
    unprivileged_setup: bool,
) -> Result<Option<User>, Error> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = match named {
        Some(name) => Some(user_named(name)?),
        None if settings.has_feature("userpriv") || unprivileged_setup => {
            User::by_name("portage").map_err(Error::system("look up a user"))?
        }
        None => None,
    };
    let user = user.filter(|user| user.uid != 0);
    if user.is_none() && unprivileged_setup {
        return Err(Error::NoUnprivilegedUser);
    }
    Ok(user)
}
