//! The package of an ebuild and its configuration, from repository, profile and the user's files.

use std::path::PathBuf;
use std::sync::Arc;

use ebd_cache::{Entry, Key};
use ebd_config::{Config, ConfigOptions, ConfigWarning, EbuildInfo, PackageConfig};
use ebd_fetch::{Distfile, plan};
use ebd_pms::{Cpv, Eapi, PhaseSet, parse_defined_phases};
use ebd_portageq::ConfiguredRepository;
use ebd_repo::{EbuildFile, RepoSet, RepoTree};

use super::sources::Sources;
use super::variables::{is_of_the_manager, search_path, without_slash};
use super::{Setup, SetupError};
use crate::{Package, Setting, Settings, SystemInfo, Transition};

/// Everything that a build of an ebuild needs to know.
#[derive(Debug)]
#[non_exhaustive]
pub struct PackageSetup {
    /// The package.
    pub package: Package,
    /// Its configuration.
    pub settings: Settings,
    /// Its distfiles.
    pub sources: Sources,
    /// What is wrong with the configuration and was left out.
    pub warnings: Vec<ConfigWarning>,
}

impl Setup {
    /// Reads everything that a build of an ebuild needs to know. `entry` is the metadata of the ebuild.
    ///
    /// # Errors
    /// When the configuration cannot be read, or the metadata not be understood.
    pub fn package(
        &self,
        repositories: &RepoSet,
        tree: &RepoTree,
        ebuild: &EbuildFile,
        entry: &Entry,
    ) -> Result<PackageSetup, SetupError> {
        let eapi = Eapi::parse(entry.get(Key::Eapi))?;
        let cpv = Cpv::parse(ebuild.cpv())?;
        let options = self.config_options();
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
        let uris = entry.get(Key::SrcUri);
        let files = plan(uris, eapi, Some(&|flag| wanted.use_flags.contains(flag)))?;
        let names = |files: &[Distfile]| files.iter().map(|file| file.name.clone()).collect();
        let package = Package {
            distfiles: names(&files),
            all_distfiles: names(&plan(uris, eapi, None)?),
            ..package(tree, ebuild, entry, cpv, eapi, &wanted)?
        };
        let manifest = ebuild.path().with_file_name("Manifest");
        Ok(PackageSetup {
            package,
            settings: settings(&options, &wanted, repositories),
            sources: Sources::new(files, &wanted, config.mirrors(tree)?, manifest),
            warnings: [config.warnings(), &wanted.warnings].concat(),
        })
    }
}

fn package(
    tree: &RepoTree,
    ebuild: &EbuildFile,
    entry: &Entry,
    cpv: Cpv,
    eapi: Eapi,
    wanted: &PackageConfig,
) -> Result<Package, SetupError> {
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

fn settings(options: &ConfigOptions, wanted: &PackageConfig, repositories: &RepoSet) -> Settings {
    let mut variables: Vec<Setting> = wanted
        .settings()
        .iter()
        .filter(|(name, _)| !is_of_the_manager(name))
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

/// Returns the values of an ebuild's metadata by the names of their keys; nothing for a name that is no key.
pub fn metadata_values(entry: &Entry) -> impl Fn(&str) -> String + '_ {
    |name| Key::from_name(name).map_or_else(String::new, |key| entry.get(key).to_owned())
}
