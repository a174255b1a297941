//! Ebuild files and their names.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::names;

pub(super) const SUFFIX: &str = ".ebuild";

/// An ebuild file with a proper name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EbuildFile {
    path: PathBuf,
    /// `category/package-version`.
    cpv: String,
    category_len: usize,
    package_len: usize,
}

impl EbuildFile {
    pub(super) fn new(path: PathBuf, category: &str, package: &str, version: &str) -> EbuildFile {
        let cpv = format!("{category}/{package}-{version}");
        EbuildFile {
            path,
            cpv,
            category_len: category.len(),
            package_len: package.len(),
        }
    }

    /// Takes the ebuild at a path, whose file and directories have the names that PMS demands: `CATEGORY/PACKAGE/PACKAGE-VERSION.ebuild`.
    /// Whether the repository lists the category is not checked, unlike by [`RepoTree::select`](crate::RepoTree::select).
    ///
    /// # Errors
    /// [`Error::Misnamed`], or [`Error::Io`] if there is no such file.
    pub fn from_path(path: impl AsRef<Path>) -> Result<EbuildFile, Error> {
        let path = path.as_ref();
        let misnamed = |reason: String| Error::Misnamed {
            path: path.to_owned(),
            reason,
        };
        // The directories' own names count, whatever symlinks lead there; that of the file is the ebuild's, symlink or not.
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let directory =
            fs::canonicalize(parent).map_err(|error| Error::io("find", parent, error))?;
        let file = path
            .file_name()
            .filter(|name| is_ebuild_name(name))
            .ok_or_else(|| misnamed("the name does not end with .ebuild".to_owned()))?;
        let whole = directory.join(file);
        fs::metadata(&whole).map_err(|error| Error::io("read", &whole, error))?;
        let package = directory_name(Some(&directory)).filter(|name| names::is_package(name));
        let package =
            package.ok_or_else(|| misnamed("its directory has no name of a package".to_owned()))?;
        let category = directory_name(directory.parent()).filter(|name| names::is_category(name));
        let category = category.ok_or_else(|| {
            misnamed("its package is not in the directory of a category".to_owned())
        })?;
        let version = ebuild_version(file, package).map_err(misnamed)?;
        Ok(EbuildFile::new(whole.clone(), category, package, version))
    }

    /// The file, below the path of the repository.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `category/package-version`, the name of its cache entry.
    pub fn cpv(&self) -> &str {
        &self.cpv
    }

    /// The category.
    pub fn category(&self) -> &str {
        self.cpv.get(..self.category_len).unwrap_or_default()
    }

    /// The name of the package (PN).
    pub fn package(&self) -> &str {
        self.pf().get(..self.package_len).unwrap_or_default()
    }

    /// The version with its revision, as the file name has it.
    pub fn version(&self) -> &str {
        self.pf().get(self.package_len + 1..).unwrap_or_default()
    }

    /// Package and version (PF).
    pub fn pf(&self) -> &str {
        self.cpv.get(self.category_len + 1..).unwrap_or_default()
    }

    /// `category/package`.
    pub fn cp(&self) -> &str {
        self.cpv
            .get(..self.category_len + 1 + self.package_len)
            .unwrap_or_default()
    }
}

fn directory_name(directory: Option<&Path>) -> Option<&str> {
    directory?.file_name()?.to_str()
}

/// The version that the name of an ebuild file contains, or why it does not fit its folder.
pub(crate) fn ebuild_version<'a>(file: &'a OsStr, package: &str) -> Result<&'a str, String> {
    let Some(name) = file.to_str() else {
        return Err("the name is not UTF-8".to_owned());
    };
    let pf = name.strip_suffix(SUFFIX).unwrap_or(name);
    names::version_of(pf, package).ok_or_else(|| match names::split_pf(pf) {
        Some((other, _)) if other != package => {
            format!("the name belongs to the package {other}, but the folder is {package}")
        }
        _ => format!("the name is not {package}-VERSION.ebuild with a valid version"),
    })
}

pub(crate) fn is_ebuild_name(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(SUFFIX.as_bytes())
}
