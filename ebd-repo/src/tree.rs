//! A repository together with its masters.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::category;
use crate::eclass::EclassTable;
use crate::error::Error;
use crate::repository::Repository;
use crate::search::{RepoSet, SearchPaths, find_repository_around};

/// A repository with its masters, its eclasses and its categories. A snapshot: made anew when files have changed.
#[derive(Debug, Clone)]
pub struct RepoTree {
    repository: Arc<Repository>,
    masters: Vec<Arc<Repository>>,
    eclasses: EclassTable,
    categories: Vec<String>,
    warnings: Vec<Warning>,
}

/// Something to tell the user once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// `layout.conf` has no `masters` key, so that the main repository was assumed, as Portage does.
    NoMastersKey {
        /// The repository.
        repository: String,
        /// Its `layout.conf`.
        file: PathBuf,
        /// The master that was assumed; `None` if there is no main repository.
        assumed: Option<String>,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::NoMastersKey {
                repository,
                file,
                assumed: Some(master),
            } => write!(
                f,
                "the repository {repository} does not say what its masters are; assuming {master}: write \
                 \"masters = {master}\" into {}, or \"masters =\" if it has none",
                file.display()
            ),
            Warning::NoMastersKey {
                repository,
                file,
                assumed: None,
            } => write!(
                f,
                "the repository {repository} does not say what its masters are, and there is no main repository; \
                 assuming none: write \"masters =\" into {}",
                file.display()
            ),
        }
    }
}

impl RepoTree {
    /// Puts a repository and those that belong to it together: its masters in the order of the `masters` key (the repository
    /// itself may be among them) and the repositories of `eclass-overrides`.
    /// [`RepoSet::resolve`](crate::RepoSet::resolve) finds them.
    ///
    /// # Errors
    /// A folder of eclasses exists but cannot be listed.
    pub fn new(
        repository: Arc<Repository>,
        masters: Vec<Arc<Repository>>,
        overrides: Vec<Arc<Repository>>,
        warnings: Vec<Warning>,
    ) -> Result<RepoTree, Error> {
        let mut roots: Vec<&Path> = masters.iter().map(|master| master.path()).collect();
        if !roots.contains(&repository.path()) {
            roots.push(repository.path());
        }
        roots.extend(overrides.iter().map(|other| other.path()));
        let eclasses = EclassTable::read(roots.iter().rev().map(|root| root.join("eclass")))?;
        let lists = masters
            .iter()
            .filter(|master| master.path() != repository.path())
            .chain([&repository]);
        let categories =
            category::stack(lists.filter_map(|repository| repository.own_categories()));
        Ok(RepoTree {
            repository,
            masters,
            eclasses,
            categories,
            warnings,
        })
    }

    /// Opens the repository around a file or directory, with its masters as `repos.conf` of this system and the repository have them.
    ///
    /// # Errors
    /// [`Error::NoRepository`], or what is wrong with the repository or its masters.
    pub fn around(path: impl AsRef<Path>) -> Result<RepoTree, Error> {
        let path = path.as_ref();
        let found = find_repository_around(path).ok_or_else(|| Error::NoRepository {
            path: path.to_owned(),
        })?;
        let repositories = RepoSet::new(SearchPaths::system(Path::new("/")))?;
        repositories.resolve(Arc::new(Repository::open(found)?))
    }

    /// The repository itself.
    pub fn repository(&self) -> &Arc<Repository> {
        &self.repository
    }

    /// Its masters, in the order of the `masters` key.
    pub fn masters(&self) -> &[Arc<Repository>] {
        &self.masters
    }

    /// The folder of the repository.
    pub fn path(&self) -> &Path {
        self.repository.path()
    }

    /// The name of the repository.
    pub fn name(&self) -> &str {
        self.repository.name()
    }

    /// What was noticed while putting it together.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The eclasses that ebuilds of this repository can inherit.
    pub fn eclasses(&self) -> &EclassTable {
        &self.eclasses
    }

    /// The folders that eclasses come from, in the order in which they are searched.
    pub fn eclass_dirs(&self) -> &[PathBuf] {
        self.eclasses.dirs()
    }

    /// The file of an eclass.
    pub fn find_eclass(&self, name: &str) -> Option<&Path> {
        self.eclasses.find(name)
    }

    /// The categories that count, sorted: those that `profiles/categories` of the repository or of one of its masters lists.
    /// As in Portage, a folder that no list names is no category, and a repository without any list has none;
    /// [`scan`](RepoTree::scan) reports such folders.
    pub fn categories(&self) -> &[String] {
        &self.categories
    }

    /// Whether a category is listed.
    pub fn has_category(&self, name: &str) -> bool {
        self.categories
            .binary_search_by(|category| category.as_str().cmp(name))
            .is_ok()
    }
}
