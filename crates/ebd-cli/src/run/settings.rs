//! The configuration for one package.

use std::error::Error;
use std::path::PathBuf;

use ebd_cache::{Entry, Key};
use ebd_host::phase::{Package, Setting, Settings};
use ebd_pms::{Cpv, Eapi, Expression, PhaseSet, SrcUri, Word, parse_defined_phases, parse_iuse};
use ebd_repo::{EbuildFile, RepoTree};
use ebd_spawn::User;
use nix::unistd::Uid;

use crate::args::Run;

pub(crate) fn read(
    args: &Run,
    tree: &RepoTree,
    ebuild: &EbuildFile,
    entry: &Entry,
) -> Result<(Package, Settings), Box<dyn Error>> {
    let eapi = Eapi::parse(entry.get(Key::Eapi))?;
    let iuse = parse_iuse(entry.get(Key::Iuse), eapi)?;
    let mut use_flags: Vec<String> = iuse
        .iter()
        .filter(|flag| flag.default == Some(true))
        .map(|flag| flag.flag.clone())
        .collect();
    for word in args
        .use_flags
        .iter()
        .flat_map(|words| words.split_ascii_whitespace())
    {
        let name = word.trim_start_matches(['+', '-']);
        use_flags.retain(|flag| flag != name);
        if !word.starts_with('-') {
            use_flags.push(name.to_owned());
        }
    }
    let enabled = |flag: &str| use_flags.iter().any(|on| on == flag);
    let words = |key: Key| -> Result<Vec<String>, Box<dyn Error>> {
        let expression: Expression<Word> = Expression::parse(entry.get(key), eapi)?;
        Ok(expression
            .evaluate(&enabled)
            .leaves()
            .map(|word| word.0.clone())
            .collect())
    };
    let uris: Expression<SrcUri> = Expression::parse(entry.get(Key::SrcUri), eapi)?;
    let names = |uris: &mut dyn Iterator<Item = &SrcUri>| {
        let mut names: Vec<String> = Vec::new();
        for uri in uris {
            if !names.iter().any(|name| name == uri.file_name()) {
                names.push(uri.file_name().to_owned());
            }
        }
        names
    };
    let wanted = uris.evaluate(&enabled);
    let phases = parse_defined_phases(entry.get(Key::DefinedPhases), eapi)?;
    let package = Package {
        ebuild: ebuild.path().to_owned(),
        cpv: Cpv::parse(ebuild.cpv())?,
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
        restrict: words(Key::Restrict)?,
        properties: words(Key::Properties)?,
        distfiles: names(&mut wanted.leaves().copied()),
        all_distfiles: names(&mut uris.leaves()),
    };
    let from_environment = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = |given: Option<&PathBuf>, name: &str, otherwise: &str| -> PathBuf {
        given
            .cloned()
            .or_else(|| from_environment(name).map(PathBuf::from))
            .unwrap_or_else(|| otherwise.into())
    };
    let mut variables = Vec::new();
    for (name, default) in [
        ("CHOST", "x86_64-pc-linux-gnu"),
        ("CFLAGS", "-O2 -pipe"),
        ("CXXFLAGS", "-O2 -pipe"),
        ("LDFLAGS", ""),
        ("MAKEOPTS", "-j2"),
        ("ARCH", "amd64"),
        ("ABI", "amd64"),
        ("LIBDIR_amd64", "lib64"),
        ("LANG", "C.UTF-8"),
    ] {
        let value = from_environment(name)
            .map_or_else(|| default.into(), |value| value.into_encoded_bytes());
        variables.push(Setting {
            name: name.to_owned(),
            value,
            exported: true,
        });
    }
    let features = from_environment("FEATURES").unwrap_or_default();
    let mut effective: Vec<String> = iuse.iter().map(|flag| flag.flag.clone()).collect();
    effective.extend(
        [
            "amd64",
            "elibc_glibc",
            "kernel_linux",
            "prefix",
            "userland_GNU",
        ]
        .map(str::to_owned),
    );
    use_flags.extend(["amd64", "elibc_glibc", "kernel_linux", "userland_GNU"].map(str::to_owned));
    let settings = Settings {
        variables,
        use_flags,
        iuse_effective: effective,
        iuse_prefixes: Vec::new(),
        distdir: folder(args.distdir.as_ref(), "DISTDIR", "/var/cache/distfiles"),
        tmpdir: folder(args.tmpdir.as_ref(), "PORTAGE_TMPDIR", "/var/tmp"),
        root: String::new(),
        sysroot: String::new(),
        eprefix: String::new(),
        broot: String::new(),
        config_root: PathBuf::from("/"),
        features: features
            .to_string_lossy()
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect(),
        bashrcs: Vec::new(),
    };
    Ok((package, settings))
}

/// The user of the phases that need no privileges: the one that was named, else portage where it exists.
pub(crate) fn build_user(args: &Run, settings: &Settings) -> Result<Option<User>, Box<dyn Error>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = match &args.processor.user {
        Some(name) => Some(
            User::by_name(name)?.ok_or_else(|| format!("--user {name}: there is no such user"))?,
        ),
        None if settings.has_feature("userpriv") => User::by_name("portage")?,
        None => None,
    };
    Ok(user.filter(|user| user.uid != 0))
}
