//! Which repository, which ebuilds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_cache::{Scope, StatIndex};
use ebd_repo::{
    EbuildFile, Problem, RepoSet, RepoTree, Repository, SearchPaths, Target, find_repository_around,
};

use crate::args::RepositoryArgs;
use crate::error::{Error, working_directory};

/// Opens the repository that the user named, or the one around the current folder.
pub(crate) fn open(
    name_or_path: Option<&str>,
    around: &Path,
    args: &RepositoryArgs,
) -> Result<RepoTree, Error> {
    open_in(&set(args, &config_root(None))?, name_or_path, around)
}

/// The folder above `etc/portage`: the one that was named, PORTAGE_CONFIGROOT, or the root folder.
pub(crate) fn config_root(named: Option<&Path>) -> PathBuf {
    let of_environment = std::env::var_os("PORTAGE_CONFIGROOT").filter(|path| !path.is_empty());
    named
        .map(Path::to_owned)
        .or_else(|| of_environment.map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("/"))
}

/// The repositories of a system whose configuration is below this folder.
pub(crate) fn set(args: &RepositoryArgs, config_root: &Path) -> Result<RepoSet, Error> {
    Ok(RepoSet::new(SearchPaths {
        explicit: args.repo_path.clone(),
        repos_dirs: args.repos_dir.clone(),
        ..SearchPaths::system(config_root)
    })?)
}

/// Opens the repository that the user named among these, or the one around a path.
pub(crate) fn open_in(
    set: &RepoSet,
    name_or_path: Option<&str>,
    around: &Path,
) -> Result<RepoTree, Error> {
    let repository = match name_or_path {
        Some(name) => set.open(name)?,
        None => {
            let root = find_repository_around(around).ok_or_else(|| Error::NoRepository {
                path: around.to_owned(),
            })?;
            Arc::new(Repository::open(root)?)
        }
    };
    let tree = set.resolve(repository)?;
    for warning in tree.warnings() {
        errln!("ebd: warning: {warning}");
    }
    Ok(tree)
}

/// The ebuilds that a run is about.
pub(crate) struct Work {
    /// The ebuilds, in order.
    pub(crate) ebuilds: Vec<EbuildFile>,
    /// What looks like one and cannot be used.
    pub(crate) problems: Vec<Problem>,
    /// The part of the cache that the run is responsible for.
    pub(crate) scope: Scope,
}

/// Finds the ebuilds of the targets, or of the whole repository.
pub(crate) fn select(tree: &RepoTree, targets: &[String], cwd: &Path) -> Result<Work, Error> {
    select_with(tree, targets, cwd, &mut StatIndex::new())
}

/// Opens the repository that the user named, or the one around the target if that is a path; finds the ebuilds of the target.
pub(crate) fn of_target(
    name_or_path: Option<&str>,
    target: &str,
    args: &RepositoryArgs,
) -> Result<(RepoTree, Work), Error> {
    let cwd = working_directory()?;
    let path = Path::new(target);
    let around = if name_or_path.is_none() && path.exists() {
        path
    } else {
        &cwd
    };
    let tree = open(name_or_path, around, args)?;
    let work = select(&tree, std::slice::from_ref(&target.to_owned()), &cwd)?;
    if work.ebuilds.is_empty() {
        return Err(Error::NoEbuild {
            target: target.to_owned(),
        });
    }
    Ok((tree, work))
}

/// [`select`] with what an index knows of the repository's folders.
pub(crate) fn select_with(
    tree: &RepoTree,
    targets: &[String],
    cwd: &Path,
    index: &mut StatIndex,
) -> Result<Work, Error> {
    if targets.is_empty() {
        let (scan, folders) = tree.scan_with(index.folders())?;
        if let Some(folders) = folders {
            index.set_folders(folders);
        }
        return Ok(Work {
            ebuilds: scan.ebuilds,
            problems: scan.problems,
            scope: Scope::Everything,
        });
    }
    let mut work = Work {
        ebuilds: Vec::new(),
        problems: Vec::new(),
        scope: Scope::nothing(),
    };
    for target in targets {
        let selection = tree.select(target, cwd)?;
        add_to_scope(&mut work.scope, selection.target);
        work.ebuilds.extend(selection.scan.ebuilds);
        work.problems.extend(selection.scan.problems);
    }
    work.ebuilds.sort_by(|a, b| {
        (a.category(), a.package(), a.version()).cmp(&(b.category(), b.package(), b.version()))
    });
    work.ebuilds.dedup();
    work.problems.sort_by(|a, b| a.path().cmp(b.path()));
    work.problems.dedup();
    Ok(work)
}

fn add_to_scope(scope: &mut Scope, target: Target) {
    if target == Target::Everything {
        *scope = Scope::Everything;
    }
    let Scope::Parts {
        categories,
        packages,
        entries,
    } = scope
    else {
        return;
    };
    match target {
        Target::Everything => {}
        Target::Category(category) => {
            categories.insert(category);
        }
        Target::Package { category, package } => {
            packages.insert(format!("{category}/{package}"));
        }
        Target::Ebuild {
            category,
            package,
            version,
        } => {
            entries.insert(format!("{category}/{package}-{version}"));
        }
    }
}
