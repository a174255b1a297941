//! Ebuild files and their names.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

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
