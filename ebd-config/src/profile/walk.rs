//! From the chosen profile to all that it inherits from.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::node::{Home, ProfileNode, repository_around};
use crate::{ConfigError, Folders, Token, read_tokens};
use ebd_repo::RepoSet;
use ebd_repo::Repository;

/// More profiles than anybody has, so that profiles that inherit each other many times over end.
const MAX_PROFILES: usize = 4096;

/// A profile with all that it inherits from, farthest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileStack {
    nodes: Vec<ProfileNode>,
}

impl ProfileStack {
    /// Reads the `parent` files from a profile on. A parent is a path relative to the profile; where the repository has
    /// `profile-formats = portage-2`, or outside of repositories, also `:path` and `name:path`, relative to `profiles` of the
    /// same or the named repository. A profile that is reached twice is there twice, as in Portage.
    ///
    /// # Errors
    /// A parent that does not exist, profiles in a circle, an unknown EAPI.
    pub fn read(profile: &Path, repositories: &RepoSet) -> Result<Self, ConfigError> {
        let path = fs::canonicalize(profile)
            .map_err(|e| ConfigError::io("open the profile", profile, e))?;
        if !path.is_dir() {
            return Err(ConfigError::NoSuchProfile {
                path: profile.to_owned(),
                link: PathBuf::from("etc/portage/make.profile"),
            });
        }
        let mut walk = Walk {
            repositories,
            homes: HashMap::new(),
            open: Vec::new(),
            nodes: Vec::new(),
        };
        walk.add(&path, None)?;
        Ok(Self { nodes: walk.nodes })
    }

    /// Adds the user's own profile, which comes after all others.
    pub(crate) fn add_user(&mut self, path: &Path) -> Result<(), ConfigError> {
        self.nodes.push(ProfileNode::user(path)?);
        Ok(())
    }

    /// The folders, farthest ancestor first, the chosen profile last (or last but one, before the user's own).
    #[must_use]
    pub fn nodes(&self) -> &[ProfileNode] {
        &self.nodes
    }
}

struct Walk<'a> {
    repositories: &'a RepoSet,
    homes: HashMap<PathBuf, Home>,
    /// The profiles whose parents are being read.
    open: Vec<PathBuf>,
    nodes: Vec<ProfileNode>,
}

impl Walk<'_> {
    fn add(&mut self, path: &Path, from: Option<&Token>) -> Result<(), ConfigError> {
        if let Some(token) = from {
            if let Some(start) = self.open.iter().position(|open| open == path) {
                let mut profiles: Vec<_> = self.open.iter().skip(start).cloned().collect();
                profiles.push(path.to_owned());
                return Err(ConfigError::ParentCycle {
                    place: token.place.clone(),
                    profile: path.to_owned(),
                    profiles,
                });
            }
            if self.nodes.len().saturating_add(self.open.len()) > MAX_PROFILES {
                return Err(ConfigError::TooManyParents {
                    place: token.place.clone(),
                    profile: path.to_owned(),
                    limit: MAX_PROFILES,
                });
            }
        }
        let home = self.home(path)?;
        let node = ProfileNode::read(path, &home)?;
        self.open.push(path.to_owned());
        let file = path.join("parent");
        if fs::metadata(&file).is_ok() {
            let folders = Folders::Forbidden(node.eapi().unwrap_or(ebd_pms::Eapi::E0));
            let parents = read_tokens(&file, folders)?;
            if parents.is_empty() {
                return Err(ConfigError::EmptyParent { path: file });
            }
            for parent in &parents {
                let target = self.parent(path, &home, parent)?;
                self.add(&target, Some(parent))?;
            }
        }
        self.open.pop();
        self.nodes.push(node);
        Ok(())
    }

    fn home(&mut self, path: &Path) -> Result<Home, ConfigError> {
        let Some(root) = repository_around(path) else {
            return Ok(Home { repository: None });
        };
        if let Some(home) = self.homes.get(&root) {
            return Ok(home.clone());
        }
        let home = Home {
            repository: Some(Arc::new(Repository::open(&root)?)),
        };
        self.homes.insert(root, home.clone());
        Ok(home)
    }

    fn parent(&self, from: &Path, home: &Home, parent: &Token) -> Result<PathBuf, ConfigError> {
        let text = parent.text.as_str();
        let path = match text.split_once(':') {
            Some((name, rest)) if !text.starts_with('/') && home.allows_colon() => {
                self.profiles_of(name, home, parent)?.join(rest)
            }
            _ => from.join(text),
        };
        let not_found = || ConfigError::ParentNotFound {
            place: parent.place.clone(),
            text: text.to_owned(),
            path: path.clone(),
        };
        // `..` is taken literally, as Portage does, before links are followed.
        let found = fs::canonicalize(normalize(&path)).map_err(|_| not_found())?;
        if found.is_dir() {
            Ok(found)
        } else {
            Err(not_found())
        }
    }

    fn profiles_of(&self, name: &str, home: &Home, parent: &Token) -> Result<PathBuf, ConfigError> {
        let fail = |reason: String| ConfigError::ParentRepository {
            place: parent.place.clone(),
            text: parent.text.clone(),
            reason,
        };
        let repository = match (name, &home.repository) {
            ("", Some(repository)) => Arc::clone(repository),
            ("", None) => return Err(fail("the profile is in no repository".to_owned())),
            (name, Some(repository)) if repository.name() == name => Arc::clone(repository),
            (name, _) => self
                .repositories
                .find(name)
                .map_err(|e| fail(ebd_fs::chain(&e)))?,
        };
        Ok(repository.path().join("profiles"))
    }
}

/// A path without `.` and `..`, by its text alone.
fn normalize(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !result.pop() {
                    result.push(component);
                }
            }
            other => result.push(other),
        }
    }
    result
}
