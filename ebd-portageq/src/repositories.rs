//! Queries about the repositories that are configured.

use std::path::PathBuf;

use ebd_repo::{EclassTable, Layout, RepoSet};

use super::{Portageq, Printed};

/// A repository that is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredRepository {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub location: PathBuf,
    /// Its masters, where the configuration says something else than the repository.
    pub masters: Option<Vec<String>>,
    /// Repositories whose eclasses come before its own.
    pub eclass_overrides: Vec<String>,
}

impl ConfiguredRepository {
    /// Those of a system, the main one first.
    #[must_use]
    pub fn all(repositories: &RepoSet) -> Vec<Self> {
        let conf = repositories.repos_conf();
        let mut all: Vec<Self> = conf
            .sections()
            .iter()
            .filter_map(|section| {
                Some(Self {
                    name: section.name.clone(),
                    location: section.location.clone()?,
                    masters: section.masters.clone(),
                    eclass_overrides: section.eclass_overrides.clone(),
                })
            })
            .collect();
        all.sort_by_key(|repository| Some(repository.name.as_str()) != conf.main_repo());
        all
    }
}

impl Portageq<'_> {
    pub(super) fn repository_names(&self) -> Printed {
        let names: Vec<&str> = self
            .repositories
            .iter()
            .rev()
            .map(|repository| repository.name.as_str())
            .collect();
        Printed::said(0, &names.join(" "))
    }

    pub(super) fn repository_path(&self, words: &[&str]) -> Printed {
        self.each(words, 1, |repository| {
            repository.location.to_string_lossy().into_owned()
        })
    }

    pub(super) fn master_repositories(&self, words: &[&str]) -> Printed {
        self.each(words, 1, |repository| {
            let masters = self.masters(repository);
            let names: Vec<&str> = masters.iter().map(|master| master.name.as_str()).collect();
            names.join(" ")
        })
    }

    pub(super) fn available_eclasses(&self, words: &[&str]) -> Printed {
        self.each(words, 1, |repository| {
            let table = self.eclasses(repository);
            let mut names: Vec<&str> = table
                .iter()
                .flat_map(EclassTable::iter)
                .map(|(name, _)| name)
                .collect();
            names.sort_unstable();
            names.join(" ")
        })
    }

    pub(super) fn eclass_path(&self, words: &[&str]) -> Printed {
        self.paths(words, |repository, name| {
            let table = self.eclasses(repository)?;
            Some(table.find(name)?.to_owned())
        })
    }

    pub(super) fn license_path(&self, words: &[&str]) -> Printed {
        self.paths(words, |repository, name| {
            let own = std::iter::once(repository);
            own.chain(self.masters(repository).into_iter().rev())
                .map(|place| place.location.join("licenses").join(name))
                .find(|path| path.exists())
        })
    }

    fn find(&self, name: &str) -> Option<&ConfiguredRepository> {
        self.repositories.iter().find(|item| item.name == name)
    }

    /// The masters of a repository that are configured; without any word about them the main repository is one.
    fn masters(&self, repository: &ConfiguredRepository) -> Vec<&ConfiguredRepository> {
        let own = || Layout::read(&repository.location).ok()?.masters;
        let names = repository.masters.clone().or_else(own);
        match (names, self.repositories.first()) {
            (Some(names), _) => names.iter().filter_map(|name| self.find(name)).collect(),
            (None, Some(main)) if main.name != repository.name => vec![main],
            (None, _) => Vec::new(),
        }
    }

    pub(super) fn eclasses(&self, repository: &ConfiguredRepository) -> Option<EclassTable> {
        let overrides = repository.eclass_overrides.iter().rev();
        let overrides = overrides.filter_map(|name| self.find(name));
        let own = std::iter::once(repository);
        let masters = self.masters(repository);
        let places = overrides.chain(own).chain(masters.into_iter().rev());
        EclassTable::read(places.map(|place| place.location.join("eclass"))).ok()
    }

    /// A line for each repository that is named, up to the first that there is not.
    fn each(
        &self,
        words: &[&str],
        least: usize,
        line: impl Fn(&ConfiguredRepository) -> String,
    ) -> Printed {
        if words.len() < least {
            return Printed::wrong(3, "ERROR: insufficient parameters!");
        }
        let mut all = Printed::default();
        for word in words {
            if !is_name(word) {
                all.status = 2;
                all.error = format!("ERROR: invalid repository: {word}\n");
                return all;
            }
            match self.find(word) {
                Some(repository) => {
                    all.output.push_str(&line(repository));
                    all.output.push('\n');
                }
                None => {
                    all.status = 1;
                    all.output.push('\n');
                    return all;
                }
            }
        }
        all
    }

    /// A line with a path for each word after the repository.
    fn paths(
        &self,
        words: &[&str],
        path: impl Fn(&ConfiguredRepository, &str) -> Option<PathBuf>,
    ) -> Printed {
        let [name, words @ ..] = words else {
            return Printed::wrong(3, "ERROR: insufficient parameters!");
        };
        if words.is_empty() {
            return Printed::wrong(3, "ERROR: insufficient parameters!");
        }
        if !is_name(name) {
            return Printed::wrong(2, format_args!("ERROR: invalid repository: {name}"));
        }
        let Some(repository) = self.find(name) else {
            return Printed::said(1, "");
        };
        let mut all = Printed::default();
        for word in words {
            // A name is no path.
            match path(repository, word).filter(|_| !word.contains('/')) {
                Some(path) => all.output.push_str(&path.to_string_lossy()),
                None => all.status = 1,
            }
            all.output.push('\n');
        }
        all
    }
}

/// Whether a repository can have this name.
fn is_name(word: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !word.is_empty() && !word.starts_with('-') && word.bytes().all(fits)
}
