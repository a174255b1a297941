//! One repository.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::category;
use crate::error::Error;
use crate::layout::{Layout, valid_repo_name};

/// A repository: a folder with a name, a layout and perhaps a list of categories. What needs its masters is in
/// [`RepoTree`](crate::RepoTree).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    path: PathBuf,
    name: String,
    layout: Layout,
    categories: Option<Vec<String>>,
    eapi: String,
}

impl Repository {
    /// Reads what describes the repository in a folder. Its name is, as in Portage, `repo-name` of `metadata/layout.conf`,
    /// else the first line of `profiles/repo_name` (characters that no name can contain become hyphens; a file without any
    /// usable character gives `x-` and the folder's name).
    ///
    /// # Errors
    /// [`Error::NoName`] if neither is there, [`Error::NotAFolder`], [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Repository, Error> {
        Repository::open_named(path.as_ref(), None)
    }

    /// [`open`](Repository::open) with a name for a repository that has none itself, as the section of a `repos.conf` is.
    ///
    /// # Errors
    /// As for [`open`](Repository::open).
    pub fn open_named(path: &Path, fallback: Option<&str>) -> Result<Repository, Error> {
        let path = fs::canonicalize(path).map_err(|e| Error::io("open the repository", path, e))?;
        if !path.is_dir() {
            return Err(Error::NotAFolder { path });
        }
        let layout = Layout::read(&path)?;
        let name = match &layout.repo_name {
            Some(name) => name.clone(),
            None => match profile_name(&path)?.or_else(|| fallback.map(str::to_owned)) {
                Some(name) => name,
                None => return Err(Error::NoName { path }),
            },
        };
        let categories = category::read_list(&path.join("profiles/categories"))?;
        let eapi = match profiles_eapi(&path.join("profiles/eapi"))? {
            Some(eapi) => eapi,
            None => default_profile_eapi(&layout).to_owned(),
        };
        Ok(Repository {
            path,
            name,
            layout,
            categories,
            eapi,
        })
    }

    /// The folder, absolute, symbolic links resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The lines of the repository's own `profiles/categories`; `None` if there is no such file. Those of its masters count
    /// too: [`RepoTree::categories`](crate::RepoTree::categories).
    pub fn own_categories(&self) -> Option<&[String]> {
        self.categories.as_deref()
    }

    /// The EAPI of the files in `profiles` (`profiles/eapi`, else `profile_eapi_when_unspecified`, else 0).
    pub fn profiles_eapi(&self) -> &str {
        &self.eapi
    }

    /// The cache formats of the repository: `cache-formats`, else those whose folder exists (`md5-dict`, `pms`).
    pub fn cache_formats(&self) -> Vec<String> {
        if !self.layout.cache_formats.is_empty() {
            return self.layout.cache_formats.clone();
        }
        [
            ("metadata/md5-cache", "md5-dict"),
            ("metadata/cache", "pms"),
        ]
        .into_iter()
        .filter(|(folder, _)| self.path.join(folder).is_dir())
        .map(|(_, format)| format.to_owned())
        .collect()
    }

    /// The folder of the repository's own eclasses; it need not exist.
    pub fn own_eclass_dir(&self) -> PathBuf {
        self.path.join("eclass")
    }
}

/// The name in `profiles/repo_name`; `None` without that file.
pub(crate) fn profile_name(repository: &Path) -> Result<Option<String>, Error> {
    let Some(text) = read_optional(&repository.join("profiles/repo_name"))? else {
        return Ok(None);
    };
    let first = text.lines().next().unwrap_or_default();
    Ok(valid_repo_name(first).or_else(|| {
        let folder = repository
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        valid_repo_name(&format!("x-{folder}"))
    }))
}

fn profiles_eapi(path: &Path) -> Result<Option<String>, Error> {
    let text = read_optional(path)?;
    Ok(text
        .and_then(|text| text.lines().next().map(|line| line.trim().to_owned()))
        .filter(|eapi| !eapi.is_empty()))
}

fn default_profile_eapi(layout: &Layout) -> &str {
    let allowed = layout
        .profile_formats
        .iter()
        .flatten()
        .any(|format| format == "profile-default-eapi");
    match layout.raw.get("profile_eapi_when_unspecified") {
        Some(eapi) if allowed => eapi,
        _ => "0",
    }
}

/// A text file, bytes that are not UTF-8 replaced; `None` if it does not exist.
pub(crate) fn read_optional(path: &Path) -> Result<Option<String>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(e) => Err(Error::io("read", path, e)),
    }
}
