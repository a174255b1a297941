//! `ebd portageq`: questions about configuration and installed packages.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use ebd_build::{Setup, configuration_environment};
use ebd_fs::chain;
use ebd_portageq::{ConfiguredRepository, Printed};
use ebd_repo::{RepoSet, SearchPaths};

use crate::error::{Error, absolute};
use crate::stdout;

#[derive(Debug, Args)]
pub(crate) struct Portageq {
    /// The query and its arguments; most begin with an EROOT
    #[arg(
        value_name = "WORD",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) words: Vec<String>,
}

/// The queries that are about the repositories configured in the EROOT.
const OF_CONFIGURATION_ROOT: [&str; 4] = [
    "get_repo_path",
    "get_repos",
    "master_repos",
    "master_repositories",
];

/// What Portage's programs exit with when they are used wrongly.
const USAGE: u8 = 64;

/// Answers a query; returns the exit code of Portage's program.
pub(crate) fn run(args: &Portageq) -> Result<u8, Error> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let printed = match words.split_first() {
        Some((query, words)) => answer(query, words)?,
        None => wrong("portageq: a query is needed"),
    };
    stdout::write(printed.output.as_bytes());
    err!("{}", printed.error);
    Ok(printed.status)
}

fn wrong(error: &str) -> Printed {
    Printed {
        status: USAGE,
        error: format!("{error}\n"),
        ..Printed::default()
    }
}

fn answer(query: &str, words: &[&str]) -> Result<Printed, Error> {
    let needs_eroot = ebd_portageq::WITH_EROOT.contains(&query);
    if !needs_eroot && !ebd_portageq::WITHOUT_EROOT.contains(&query) {
        return Ok(ebd_portageq::unknown(query));
    }
    let (eroot, words) = match words.split_first() {
        Some((eroot, rest)) if needs_eroot => (Some(*eroot), rest),
        // A query that needs an EROOT and has nothing says itself what is missing.
        _ => (None, words),
    };
    if let Some(eroot) = eroot
        && !Path::new(eroot).is_dir()
    {
        return Ok(ebd_portageq::no_folder(eroot));
    }
    let named = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty());
    // As in Portage, repositories are those that are configured in the EROOT that is asked about.
    let config_root = match eroot {
        Some(eroot) if OF_CONFIGURATION_ROOT.contains(&query) => PathBuf::from(eroot),
        _ => named("PORTAGE_CONFIGROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from),
    };
    let repositories = RepoSet::new(SearchPaths::system(&config_root))?;
    let sections = ConfiguredRepository::all(&repositories);
    let named_root = eroot
        .map(PathBuf::from)
        .or_else(|| named("ROOT").map(PathBuf::from));
    let variables: BTreeMap<String, String> = if OF_CONFIGURATION_ROOT.contains(&query) {
        BTreeMap::new()
    } else {
        variables(&config_root, named_root.as_deref(), &repositories)?
    };
    let root = match named_root {
        Some(root) => root,
        None => PathBuf::from(variables.get("ROOT").map_or("/", String::as_str)),
    };
    let root = absolute(&root)?;
    let folder = std::env::current_dir().ok();
    let use_flags = std::env::var("USE").ok();
    let system = ebd_portageq::Portageq {
        eroot: &root,
        root: &root,
        variables: &variables,
        repositories: &sections,
        folder: folder.as_deref(),
        use_flags: use_flags.as_deref(),
    };
    if needs_eroot && eroot.is_none() {
        return Ok(ebd_portageq::without_eroot(query));
    }
    Ok(system.answer(query, words, &mut io::stdin().lock()))
}

/// The variables of the configuration; without a profile where there is none, since packages are installed all the same.
fn variables(
    config_root: &Path,
    root: Option<&Path>,
    repositories: &RepoSet,
) -> Result<BTreeMap<String, String>, Error> {
    let system = Setup::below(config_root)
        .environment(configuration_environment(std::env::vars_os()))
        .root(root)
        .system(repositories)?;
    if let Some(error) = system.no_profile {
        errln!(
            "ebd: warning: going on without a profile: {}",
            chain(&error)
        );
    }
    Ok(system.settings.system.variables.clone())
}
