//! Making the Manifest of a package folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::entry::{FileKind, Manifest, ManifestFile};
use super::hash::{HashName, Hasher};
use crate::layout::Layout;

/// What Manifests of a repository have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestRules {
    /// Only files that are downloaded are listed.
    pub thin: bool,
    /// The checksums that are written.
    pub hashes: Vec<HashName>,
    /// The checksums that an old line must have to be kept.
    pub required: Vec<HashName>,
}

/// What is already known of files that are downloaded.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The old Manifest.
    pub manifest: &'a Manifest,
    /// Whether an old line is taken over for a file of the right size, without reading it (`FEATURES=assume-digests`).
    pub assume: bool,
    /// Whether old lines count at all.
    pub force: bool,
}

/// A Manifest that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The Manifest.
    pub manifest: Manifest,
    /// Files of which nothing is known: there is neither such a file nor a line; they are not in the Manifest.
    pub missing: Vec<String>,
}

/// Why no Manifest can be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct GenerateError {
    /// What was tried.
    pub action: &'static str,
    /// On what.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl ManifestRules {
    /// What a repository's `layout.conf` says. Checksums that are not known here are left out; if none remains, the usual ones
    /// are taken.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        let names = |list: &Option<Vec<String>>| -> Option<Vec<HashName>> {
            let known: Vec<_> = list
                .as_ref()?
                .iter()
                .filter_map(|name| HashName::parse(name))
                .collect();
            (!known.is_empty()).then_some(known)
        };
        let hashes = names(&layout.manifest_hashes).unwrap_or_else(|| HashName::DEFAULT.to_vec());
        let mut required =
            names(&layout.manifest_required_hashes).unwrap_or_else(|| hashes.clone());
        required.retain(|name| hashes.contains(name));
        Self {
            thin: layout.thin_manifests,
            hashes,
            required,
        }
    }
}

impl Manifest {
    /// Makes the Manifest of a package folder as Portage's `ebuild … manifest` does. `distfiles` are the names of all files that
    /// some version of the package downloads. A line of the old Manifest is kept for a file that is not in `distdir`.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn generate(
        folder: &Path,
        distfiles: &BTreeSet<String>,
        distdir: &Path,
        rules: &ManifestRules,
        known: Known<'_>,
    ) -> Result<Generated, GenerateError> {
        let mut manifest = Self::default();
        if !rules.thin {
            add_package_files(folder, rules, &mut manifest)?;
        }
        let mut missing = Vec::new();
        for name in distfiles {
            let path = distdir.join(name);
            let size = match fs::metadata(&path) {
                Ok(metadata) => Some(metadata.len()),
                Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                Err(source) => return Err(fail("examine", &path, source)),
            };
            let old = known
                .manifest
                .get(FileKind::Dist, name)
                .filter(|old| !known.force && has_all(old, &rules.required))
                .filter(|old| match size {
                    None => true,
                    Some(size) => known.assume && old.size == size && has_exactly(old, rules),
                });
            match (old, size) {
                (Some(old), _) => manifest.insert(FileKind::Dist, name, writable(old)),
                (None, Some(_)) => manifest.insert(FileKind::Dist, name, sum(&path, rules)?),
                (None, None) => missing.push(name.clone()),
            }
        }
        Ok(Generated { manifest, missing })
    }
}

fn has_all(file: &ManifestFile, names: &[HashName]) -> bool {
    names
        .iter()
        .all(|name| file.hashes.contains_key(name.as_str()))
}

fn has_exactly(file: &ManifestFile, rules: &ManifestRules) -> bool {
    file.hashes.len() == rules.hashes.len() && has_all(file, &rules.hashes)
}

/// A line as it is written again: without checksums that nobody knows any more.
fn writable(file: &ManifestFile) -> ManifestFile {
    const KEPT: [&str; 10] = [
        "BLAKE2B",
        "BLAKE2S",
        "MD5",
        "RMD160",
        "SHA1",
        "SHA256",
        "SHA3_256",
        "SHA3_512",
        "SHA512",
        "WHIRLPOOL",
    ];
    let hashes: BTreeMap<_, _> = file
        .hashes
        .iter()
        .filter(|(name, _)| KEPT.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    ManifestFile {
        size: file.size,
        hashes,
    }
}

fn sum(path: &Path, rules: &ManifestRules) -> Result<ManifestFile, GenerateError> {
    let sums = Hasher::of_file(path, rules.hashes.iter().copied())
        .map_err(|source| fail("read", path, source))?;
    Ok(ManifestFile::from_sums(&sums))
}

fn add_package_files(
    folder: &Path,
    rules: &ManifestRules,
    manifest: &mut Manifest,
) -> Result<(), GenerateError> {
    for (name, path, is_dir) in list(folder)? {
        if is_dir || name.starts_with('.') {
            continue;
        }
        let kind = if name.ends_with(".ebuild") {
            FileKind::Ebuild
        } else if is_path_name(&name) && name != "Manifest" {
            FileKind::Misc
        } else {
            continue;
        };
        manifest.insert(kind, name, sum(&path, rules)?);
    }
    let files = folder.join("files");
    if files.is_dir() {
        add_aux_files(&files, "", rules, manifest)?;
    }
    Ok(())
}

fn add_aux_files(
    folder: &Path,
    prefix: &str,
    rules: &ManifestRules,
    manifest: &mut Manifest,
) -> Result<(), GenerateError> {
    for (name, path, is_dir) in list(folder)? {
        let relative = format!("{prefix}{name}");
        if name.starts_with('.') || name == "CVS" || relative.starts_with("digest-") {
            continue;
        }
        // As Python's os.walk: folders behind links are listed as folders, but not entered.
        let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
        if is_dir {
            if !is_link {
                add_aux_files(&path, &format!("{relative}/"), rules, manifest)?;
            }
        } else if is_path_name(&relative) {
            manifest.insert(FileKind::Aux, relative, sum(&path, rules)?);
        }
    }
    Ok(())
}

/// Names in UTF-8 in a folder, with paths and whether they lead to folders.
fn list(folder: &Path) -> Result<Vec<(String, PathBuf, bool)>, GenerateError> {
    let failed = |source| fail("list", folder, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if let Ok(name) = entry.file_name().into_string() {
            let path = entry.path();
            let is_dir = path.is_dir();
            found.push((name, path, is_dir));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a path has only characters that PMS allows in repositories.
fn is_path_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-+/".contains(&byte))
}

fn fail(action: &'static str, path: &Path, source: io::Error) -> GenerateError {
    GenerateError {
        action,
        path: path.to_owned(),
        source,
    }
}
