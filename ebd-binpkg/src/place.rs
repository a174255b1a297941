//! Where a binary package is below PKGDIR, and what it is called.

use std::fs;
use std::path::{Path, PathBuf};

use ebd_pms::Cpv;

use crate::GpkgError;

/// How the name of a binary package ends.
const SUFFIX: &str = ".gpkg.tar";

/// Returns whether a file is a binary package, going by its name.
#[must_use]
pub fn is_package(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(SUFFIX)
}

/// The file of a binary package that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The name of the package, which its members begin with.
    pub name: String,
    /// BUILD_ID, if several builds of one version are kept.
    pub build_id: Option<u32>,
}

impl Place {
    /// Returns the place of the only build of a version.
    #[must_use]
    pub fn single(pkgdir: &Path, cpv: &Cpv) -> Self {
        let name = cpv.package().pf();
        Self {
            file: pkgdir.join(cpv.category()).join(format!("{name}{SUFFIX}")),
            name,
            build_id: None,
        }
    }

    /// Returns the place of a further build of a version: FEATURES=binpkg-multi-instance.
    ///
    /// # Errors
    /// When the directory of the package cannot be listed.
    pub fn next(pkgdir: &Path, cpv: &Cpv) -> Result<Self, GpkgError> {
        let directory = pkgdir.join(cpv.category()).join(cpv.pn());
        let pf = cpv.package().pf();
        let id = next_id(&directory, &pf)?;
        let name = format!("{pf}-{id}");
        Ok(Self {
            file: directory.join(format!("{name}{SUFFIX}")),
            name,
            build_id: Some(id),
        })
    }
}

/// A number that no package of this version has.
fn next_id(directory: &Path, pf: &str) -> Result<u32, GpkgError> {
    let mut highest = 0;
    if directory.is_dir() {
        for entry in fs::read_dir(directory).map_err(GpkgError::io("read", directory))? {
            let entry = entry.map_err(GpkgError::io("read", directory))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let id = name
                .strip_prefix(pf)
                .and_then(|rest| rest.strip_prefix('-'))
                .and_then(|rest| rest.strip_suffix(SUFFIX))
                .and_then(|id| id.parse::<u32>().ok());
            highest = highest.max(id.unwrap_or(0));
        }
    }
    Ok(highest.saturating_add(1))
}
