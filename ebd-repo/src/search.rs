//! Finding repositories by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Searched};
use crate::layout::Layout;
use crate::repos_conf::ReposConf;
use crate::repository::{Repository, profile_name};
use crate::tree::{RepoTree, Warning};

/// The main repository when no `repos.conf` names one.
const MAIN_REPOSITORY: &str = "gentoo";

/// Where repositories are looked for, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPaths {
    /// Folders given by name (`--repo-path NAME=DIR`).
    pub explicit: Vec<(String, PathBuf)>,
    /// Folders of repositories given by the user (`--repos-dir DIR`).
    pub repos_dirs: Vec<PathBuf>,
    /// `repos.conf` files or folders, later ones override earlier ones.
    pub repos_conf: Vec<PathBuf>,
    /// Whether a master may be a folder beside the repository that wants it.
    pub siblings: bool,
    /// Folders of repositories on this machine.
    pub system_dirs: Vec<PathBuf>,
    /// The root of this machine's files, for `%(EROOT)s` and the like in `repos.conf`; empty means `/`.
    pub root: PathBuf,
}

impl SearchPaths {
    /// The places of a Gentoo system below `root`: `usr/share/portage/config/repos.conf`, `etc/portage/repos.conf`, siblings,
    /// `var/db/repos`.
    pub fn system(root: &Path) -> SearchPaths {
        SearchPaths {
            repos_conf: vec![
                root.join("usr/share/portage/config/repos.conf"),
                root.join("etc/portage/repos.conf"),
            ],
            siblings: true,
            system_dirs: vec![root.join("var/db/repos")],
            root: root.to_owned(),
            ..SearchPaths::default()
        }
    }
}

/// The repositories that can be found by name.
#[derive(Debug, Clone)]
pub struct RepoSet {
    paths: SearchPaths,
    conf: ReposConf,
}

impl RepoSet {
    /// Reads `repos.conf`; repositories are looked for later.
    ///
    /// # Errors
    /// `repos.conf` cannot be read or understood.
    pub fn new(paths: SearchPaths) -> Result<RepoSet, Error> {
        let conf = ReposConf::read(&paths.repos_conf, &paths.root)?;
        Ok(RepoSet { paths, conf })
    }

    /// What `repos.conf` says.
    pub fn repos_conf(&self) -> &ReposConf {
        &self.conf
    }

    /// Where repositories are looked for.
    pub fn search_paths(&self) -> &SearchPaths {
        &self.paths
    }

    /// The repository of this name or alias, for a user who named it.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`], or what is wrong with the folder that was given for the name.
    pub fn find(&self, name: &str) -> Result<Arc<Repository>, Error> {
        let mut searched = Searched::default();
        match self.look_up(name, None, &mut searched)? {
            Some(repository) => Ok(repository),
            None => Err(Error::RepositoryNotFound {
                name: name.to_owned(),
                searched,
            }),
        }
    }

    /// The repository that a user gave as a path (it contains a slash, or it is an existing folder that is a repository) or
    /// as a name.
    ///
    /// # Errors
    /// As for [`find`](RepoSet::find) and [`Repository::open`].
    pub fn open(&self, name_or_path: &str) -> Result<Arc<Repository>, Error> {
        let path = Path::new(name_or_path);
        if name_or_path.contains('/') || matches!(name_or_path, "." | "..") {
            let named = self
                .conf
                .sections()
                .iter()
                .find(|s| s.location.as_deref() == Some(path))
                .map(|s| s.name.as_str());
            return Repository::open_named(path, named).map(Arc::new);
        }
        match self.find(name_or_path) {
            Err(Error::RepositoryNotFound { .. }) if is_repository(path) => {
                Repository::open(path).map(Arc::new)
            }
            result => result,
        }
    }

    /// The main repository: `main-repo` of `repos.conf` if it can be found, else `gentoo` if that can.
    ///
    /// # Errors
    /// What is wrong with a folder that was found for the name.
    pub fn main(&self, near: Option<&Repository>) -> Result<Option<Arc<Repository>>, Error> {
        let mut searched = Searched::default();
        let name = self.conf.main_repo().unwrap_or(MAIN_REPOSITORY);
        self.look_up(name, near, &mut searched)
    }

    /// Finds the masters of a repository, and with them its eclasses and categories.
    ///
    /// As in Portage: `masters` of its section in `repos.conf` replaces that of `layout.conf`. Masters of masters are not
    /// added; a repository lists all it needs. Without any `masters` key the main repository is assumed, with a
    /// [`Warning`]. A repository may list itself, which decides its place among the eclass folders. Unlike in Portage, which
    /// goes on without it, a master that cannot be found is an error.
    ///
    /// # Errors
    /// [`Error::MasterNotFound`], or what is wrong with a folder that was found.
    pub fn resolve(&self, repository: Arc<Repository>) -> Result<RepoTree, Error> {
        let section = self.conf.section(repository.name());
        let mut warnings = Vec::new();
        let listed = section
            .and_then(|s| s.masters.as_ref())
            .or(repository.layout().masters.as_ref());
        let masters = match listed {
            Some(names) => self.find_all(&repository, names)?,
            None => {
                let main = match self.main(Some(&repository))? {
                    Some(main)
                        if main.path() == repository.path() || main.name() == repository.name() =>
                    {
                        None
                    }
                    found => {
                        let file = repository.path().join("metadata/layout.conf");
                        let assumed = found.as_ref().map(|main| main.name().to_owned());
                        let repository = repository.name().to_owned();
                        if repository != self.conf.main_repo().unwrap_or(MAIN_REPOSITORY) {
                            warnings.push(Warning::NoMastersKey {
                                repository,
                                file,
                                assumed,
                            });
                        }
                        found
                    }
                };
                main.into_iter().collect()
            }
        };
        let overrides = match section {
            Some(section) => self.find_all(&repository, &section.eclass_overrides)?,
            None => Vec::new(),
        };
        RepoTree::new(repository, masters, overrides, warnings)
    }

    fn find_all(
        &self,
        repository: &Arc<Repository>,
        names: &[String],
    ) -> Result<Vec<Arc<Repository>>, Error> {
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            if name == repository.name() {
                found.push(Arc::clone(repository));
                continue;
            }
            let mut searched = Searched::default();
            match self.look_up(name, Some(repository), &mut searched)? {
                Some(master) => found.push(master),
                None => {
                    return Err(Error::MasterNotFound {
                        repository: repository.name().to_owned(),
                        master: name.clone(),
                        searched,
                    });
                }
            }
        }
        Ok(found)
    }

    fn look_up(
        &self,
        name: &str,
        near: Option<&Repository>,
        searched: &mut Searched,
    ) -> Result<Option<Arc<Repository>>, Error> {
        if let Some((_, folder)) = self.paths.explicit.iter().find(|(given, _)| given == name) {
            let repository = Repository::open_named(folder, Some(name))?;
            if !answers_to(&repository, name) {
                return Err(Error::OtherName {
                    path: repository.path().to_owned(),
                    wanted: name.to_owned(),
                    found: repository.name().to_owned(),
                });
            }
            return Ok(Some(Arc::new(repository)));
        }
        for folder in &self.paths.repos_dirs {
            searched.add("the repositories in", folder);
            if let Some(repository) = find_in(folder, name)? {
                return Ok(Some(repository));
            }
        }
        for path in &self.paths.repos_conf {
            searched.add("the configuration", path);
        }
        if let Some(location) = self
            .conf
            .section(name)
            .and_then(|section| section.location.as_ref())
        {
            // Portage drops sections whose folder is missing or holds a repository of another name.
            let repository = location
                .is_dir()
                .then(|| Repository::open_named(location, Some(name)))
                .transpose()?;
            match repository {
                Some(repository)
                    if answers_to(&repository, name)
                        || self
                            .conf
                            .section(name)
                            .is_some_and(|section| section.name == repository.name()) =>
                {
                    return Ok(Some(Arc::new(repository)));
                }
                Some(_) => searched.add("a repository of another name at its location", location),
                None => searched.add("its location, which is no folder,", location),
            }
        }
        if self.paths.siblings
            && let Some(parent) = near.and_then(|repository| repository.path().parent())
        {
            searched.add("the siblings in", parent);
            if let Some(repository) = find_in(parent, name)? {
                return Ok(Some(repository));
            }
        }
        for folder in &self.paths.system_dirs {
            searched.add("the repositories in", folder);
            if let Some(repository) = find_in(folder, name)? {
                return Ok(Some(repository));
            }
        }
        Ok(None)
    }
}

fn answers_to(repository: &Repository, name: &str) -> bool {
    repository.name() == name
        || repository
            .layout()
            .aliases
            .iter()
            .any(|alias| alias == name)
}

/// The repository of this name among the folders in a folder; one with such an alias if there is none. Folders that are no
/// repositories or cannot be read are passed over.
fn find_in(folder: &Path, name: &str) -> Result<Option<Arc<Repository>>, Error> {
    let is_named = |path: &Path| is_repository(path) && name_of(path).as_deref() == Some(name);
    let likely = folder.join(name);
    if !name.contains('/') && is_named(&likely) {
        return Repository::open(&likely).map(|repository| Some(Arc::new(repository)));
    }
    let mut children: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect(),
        Err(_) => return Ok(None),
    };
    children.sort_unstable();
    children.retain(|path| is_repository(path));
    let by_alias = || {
        children.iter().find(|path| {
            Layout::read(path).is_ok_and(|layout| layout.aliases.iter().any(|alias| alias == name))
        })
    };
    match children
        .iter()
        .find(|path| is_named(path))
        .or_else(by_alias)
    {
        Some(path) => Repository::open(path).map(|repository| Some(Arc::new(repository))),
        None => Ok(None),
    }
}

fn name_of(path: &Path) -> Option<String> {
    let layout = Layout::read(path).ok()?;
    layout
        .repo_name
        .or_else(|| profile_name(path).ok().flatten())
}

fn is_repository(path: &Path) -> bool {
    path.join("profiles/repo_name").is_file() || path.join("metadata/layout.conf").is_file()
}

/// The innermost repository that contains a folder or file: the nearest folder upwards with `profiles/repo_name` or
/// `metadata/layout.conf`.
pub fn find_repository_around(path: &Path) -> Option<PathBuf> {
    let start = fs::canonicalize(path).ok()?;
    start
        .ancestors()
        .find(|folder| is_repository(folder))
        .map(Path::to_owned)
}
