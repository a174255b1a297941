//! One folder of a profile stack.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_pms::{Eapi, Feature};

use crate::{ConfigError, FolderRules, Folders};
use ebd_repo::Repository;

/// A folder of a profile stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileNode {
    path: PathBuf,
    eapi: Option<Eapi>,
    folders: bool,
    formats: Vec<String>,
    user: bool,
}

/// The repository that a profile is in, if it is in one.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) repository: Option<Arc<Repository>>,
}

impl ProfileNode {
    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The EAPI of its files; `None` for the user's own profile without an `eapi` file, in which everything is allowed.
    #[must_use]
    pub const fn eapi(&self) -> Option<Eapi> {
        self.eapi
    }

    /// Whether it is `etc/portage/profile`.
    #[must_use]
    pub const fn is_user(&self) -> bool {
        self.user
    }

    /// The `profile-formats` that hold for it.
    #[must_use]
    pub fn formats(&self) -> &[String] {
        &self.formats
    }

    pub(crate) fn has_format(&self, name: &str) -> bool {
        self.formats.iter().any(|format| format == name)
    }

    /// Whether folders may stand for files.
    #[must_use]
    pub const fn allows_folders(&self) -> bool {
        self.folders
    }

    pub(crate) fn rules(&self) -> FolderRules {
        let folders = match self.eapi {
            Some(eapi) if !self.folders => Folders::Forbidden(eapi),
            _ => Folders::Allowed,
        };
        FolderRules {
            eapi: self.eapi,
            folders,
            repository: self.has_format("profile-repo-deps"),
        }
    }

    pub(super) fn read(path: &Path, home: &Home) -> Result<Self, ConfigError> {
        let repository = home.repository.as_deref();
        let eapi = match read_eapi(path)? {
            Some(eapi) => eapi,
            None => match repository {
                Some(repository) => default_eapi(repository)?,
                None => Eapi::E0,
            },
        };
        let formats = match repository {
            Some(repository) => formats(repository),
            None => Vec::new(),
        };
        let folders = repository.is_none()
            || eapi.has(Feature::ProfileDirectories)
            || formats.iter().any(|format| allows_folders(format));
        Ok(Self {
            path: path.to_owned(),
            eapi: Some(eapi),
            folders,
            formats,
            user: false,
        })
    }

    pub(super) fn user(path: &Path) -> Result<Self, ConfigError> {
        Ok(Self {
            path: path.to_owned(),
            eapi: read_eapi(path)?,
            folders: true,
            formats: vec!["profile-bashrcs".to_owned(), "profile-set".to_owned()],
            user: true,
        })
    }
}

impl Home {
    /// Whether `name:path` is understood in `parent`.
    pub(super) fn allows_colon(&self) -> bool {
        match self.repository.as_deref() {
            None => true,
            Some(repository) => formats(repository)
                .iter()
                .any(|format| format == "portage-2"),
        }
    }
}

/// The rules for `profiles` of a repository itself.
pub(crate) fn repository_rules(repository: &Repository) -> Result<FolderRules, ConfigError> {
    let path = repository.path().join("profiles");
    let eapi = match read_eapi(&path)? {
        Some(eapi) => eapi,
        None => default_eapi(repository)?,
    };
    let formats = formats(repository);
    let folders = eapi.has(Feature::ProfileDirectories)
        || formats.iter().any(|format| allows_folders(format));
    Ok(FolderRules {
        eapi: Some(eapi),
        folders: if folders {
            Folders::Allowed
        } else {
            Folders::Forbidden(eapi)
        },
        repository: formats.iter().any(|format| format == "profile-repo-deps"),
    })
}

/// The EAPI in a folder's `eapi` file.
fn read_eapi(folder: &Path) -> Result<Option<Eapi>, ConfigError> {
    let path = folder.join("eapi");
    let Some(text) = crate::read_text(&path)? else {
        return Ok(None);
    };
    let name = text.lines().next().unwrap_or_default().trim();
    Eapi::parse(name)
        .map(Some)
        .map_err(|source| ConfigError::Eapi { path, source })
}

/// The EAPI of a repository's profiles without an `eapi` file: that of `profiles/eapi` where that EAPI says so, else
/// `profile_eapi_when_unspecified`, else 0.
fn default_eapi(repository: &Repository) -> Result<Eapi, ConfigError> {
    let profiles = repository.path().join("profiles");
    if let Some(eapi) = read_eapi(&profiles)?
        && eapi.has(Feature::ProfileEapiDefault)
    {
        return Ok(eapi);
    }
    let layout = repository.layout();
    let allowed = layout
        .profile_formats
        .iter()
        .flatten()
        .any(|format| format == "profile-default-eapi");
    match layout.raw.get("profile_eapi_when_unspecified") {
        Some(name) if allowed => Eapi::parse(name).map_err(|source| ConfigError::Eapi {
            path: repository.path().join("metadata/layout.conf"),
            source,
        }),
        _ => Ok(Eapi::E0),
    }
}

fn formats(repository: &Repository) -> Vec<String> {
    match &repository.layout().profile_formats {
        Some(formats) => formats.clone(),
        None => vec!["portage-1-compat".to_owned()],
    }
}

fn allows_folders(format: &str) -> bool {
    matches!(format, "portage-1-compat" | "portage-1" | "portage-2")
}

/// The repository around a folder, if there is one: the innermost folder above that has `profiles` below it.
pub(super) fn repository_around(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .filter(|folder| folder.file_name().is_some_and(|name| name == "profiles"))
        .filter_map(Path::parent)
        .find(|root| {
            fs::metadata(root.join("profiles/repo_name")).is_ok()
                || fs::metadata(root.join("metadata/layout.conf")).is_ok()
        })
        .map(Path::to_owned)
}
