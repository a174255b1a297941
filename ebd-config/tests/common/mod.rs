//! Repositories made for a test.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of these helpers"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_repo::{RepoSet, RepoTree, Repository, SearchPaths};

/// Writes a file and the folders above it.
pub fn write(path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
    let path = path.as_ref();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A repository with a name and a `layout.conf`.
pub fn repository(path: impl AsRef<Path>, name: &str, layout: &str) -> PathBuf {
    let path = path.as_ref();
    write(path.join("profiles/repo_name"), format!("{name}\n"));
    write(path.join("metadata/layout.conf"), layout);
    path.canonicalize().unwrap()
}

/// A repository without masters and with categories, put together.
pub fn alone(path: &Path, categories: &str) -> RepoTree {
    repository(path, "alone", "masters =\n");
    write(path.join("profiles/categories"), categories);
    resolve(SearchPaths::default(), path).unwrap()
}

/// Opens a repository and finds its masters.
pub fn resolve(paths: SearchPaths, path: &Path) -> Result<RepoTree, ebd_repo::Error> {
    RepoSet::new(paths)?.resolve(Arc::new(Repository::open(path)?))
}

/// A text with the test's folder replaced.
pub fn shown(text: impl ToString, folder: &Path) -> String {
    let real = folder.canonicalize().unwrap();
    text.to_string()
        .replace(&real.display().to_string(), "<dir>")
        .replace(&folder.display().to_string(), "<dir>")
}
