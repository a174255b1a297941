//! What a user names: a category, a package, a version, a path.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::names;
use crate::scan::{Problem, Scan, ebuild_version, is_ebuild_name};
use crate::tree::RepoTree;

/// The part of a repository that a target stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The whole repository (its path was given).
    Everything,
    /// A category.
    Category(String),
    /// A package.
    Package {
        /// The category.
        category: String,
        /// The package.
        package: String,
    },
    /// One ebuild.
    Ebuild {
        /// The category.
        category: String,
        /// The package.
        package: String,
        /// The version with its revision.
        version: String,
    },
}

/// A target with the ebuilds that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The part of the repository.
    pub target: Target,
    /// The ebuilds in it, and what looks like one but is not used.
    pub scan: Scan,
}

impl RepoTree {
    /// Finds what a user has named: `category/package`, `category/package-version`, `category/*`, `category`, or the path of
    /// an ebuild, of a package's or a category's folder, or of the repository. Paths are relative to `cwd`; a text that is
    /// the name of something in the repository is not taken as a path.
    ///
    /// # Errors
    /// [`Error::UnknownTarget`] with close matches, [`Error::OutsideRepository`], [`Error::UnlistedCategory`],
    /// [`Error::Misnamed`] for a path of an ebuild that cannot be used, [`Error::Io`].
    pub fn select(&self, text: &str, cwd: &Path) -> Result<Selection, Error> {
        if let Some(target) = self.by_name(text)? {
            return self.selected(target);
        }
        let path = cwd.join(text);
        let looks_like_path =
            text.starts_with(['/', '.']) || text.ends_with(".ebuild") || text.ends_with('/');
        if !text.is_empty() && (looks_like_path || fs::symlink_metadata(&path).is_ok()) {
            return self.by_path(text, &path);
        }
        Err(self.unknown(text))
    }

    fn selected(&self, target: Target) -> Result<Selection, Error> {
        let scan = match &target {
            Target::Everything => self.scan()?,
            Target::Category(category) => self.scan_category(category),
            Target::Package { category, package } => self.scan_package(category, package),
            Target::Ebuild {
                category,
                package,
                version,
            } => {
                let mut scan = self.scan_package(category, package);
                scan.ebuilds.retain(|ebuild| ebuild.version() == version);
                let file = format!("{package}-{version}.ebuild");
                scan.problems.retain(|problem| {
                    problem
                        .path()
                        .file_name()
                        .is_some_and(|name| name == file.as_str())
                });
                scan
            }
        };
        Ok(Selection { target, scan })
    }

    /// `None` if the text is no name of something that exists.
    fn by_name(&self, text: &str) -> Result<Option<Target>, Error> {
        let Some((category, rest)) = text.split_once('/') else {
            if names::is_category(text)
                && self.has_category(text)
                && self.path().join(text).is_dir()
            {
                return Ok(Some(Target::Category(text.to_owned())));
            }
            return Ok(None);
        };
        if !names::is_category(category) {
            return Ok(None);
        }
        let target = if rest == "*" {
            self.path()
                .join(category)
                .is_dir()
                .then(|| Target::Category(category.to_owned()))
        } else if names::is_package(rest) {
            let exists = self.path().join(category).join(rest).is_dir();
            exists.then(|| Target::Package {
                category: category.to_owned(),
                package: rest.to_owned(),
            })
        } else if let Some((package, version)) = names::split_pf(rest) {
            let file = self
                .path()
                .join(category)
                .join(package)
                .join(format!("{rest}.ebuild"));
            fs::symlink_metadata(file)
                .is_ok()
                .then(|| ebuild(category, package, version))
        } else {
            None
        };
        match target {
            Some(target) => self.check_category(category).map(|()| Some(target)),
            None => Ok(None),
        }
    }

    fn by_path(&self, text: &str, path: &Path) -> Result<Selection, Error> {
        let relative = self.relative(path)?;
        let parts: Vec<&str> = relative
            .components()
            .map(|part| part.as_os_str().to_str())
            .collect::<Option<_>>()
            .ok_or_else(|| self.unknown(text))?;
        if fs::symlink_metadata(path).is_err() {
            let like = match parts.as_slice() {
                [category, _, file] => format!(
                    "{category}/{}",
                    file.strip_suffix(".ebuild").unwrap_or(file)
                ),
                _ => parts.join("/"),
            };
            return Err(self.unknown_like(text, &like));
        }
        let target = match parts.as_slice() {
            [] => Target::Everything,
            [category] if path.is_dir() && names::is_category(category) => {
                Target::Category((*category).to_owned())
            }
            [category, package] if path.is_dir() && names::is_package(package) => Target::Package {
                category: (*category).to_owned(),
                package: (*package).to_owned(),
            },
            [category, package, file] if is_ebuild_name(file.as_ref()) => {
                let version =
                    ebuild_version(file.as_ref(), package).map_err(|reason| Error::Misnamed {
                        path: path.to_owned(),
                        reason,
                    })?;
                ebuild(category, package, version)
            }
            _ => return Err(self.unknown(text)),
        };
        if let Some(category) = parts.first() {
            self.check_category(category)?;
        }
        self.selected(target)
    }

    /// The path below the repository. Links inside the repository are kept (they are names there), links on the way to it are
    /// followed.
    fn relative(&self, path: &Path) -> Result<PathBuf, Error> {
        let outside = || Error::OutsideRepository {
            path: path.to_owned(),
            repository: self.name().to_owned(),
            root: self.path().to_owned(),
        };
        let plain = normalize(path);
        if let Ok(relative) = plain.strip_prefix(self.path()) {
            return Ok(relative.to_owned());
        }
        let root = plain
            .ancestors()
            .find(|folder| fs::canonicalize(folder).is_ok_and(|real| real == self.path()))
            .ok_or_else(outside)?;
        plain
            .strip_prefix(root)
            .map(Path::to_owned)
            .map_err(|_| outside())
    }

    fn check_category(&self, category: &str) -> Result<(), Error> {
        if self.has_category(category) {
            return Ok(());
        }
        let file = self.path().join("profiles/categories");
        Err(Error::UnlistedCategory {
            category: category.to_owned(),
            file,
        })
    }

    fn unknown(&self, text: &str) -> Error {
        self.unknown_like(text, text)
    }

    /// The error for a text that stands for a name in the repository.
    fn unknown_like(&self, text: &str, name: &str) -> Error {
        Error::UnknownTarget {
            target: text.to_owned(),
            repository: self.name().to_owned(),
            matches: self.close_matches(name),
        }
    }

    /// Names in the repository that the text may have been meant to be, best first.
    fn close_matches(&self, text: &str) -> Vec<String> {
        const MOST: usize = 5;
        let mut matches: Vec<(usize, String)> = Vec::new();
        let (category, rest) = text.split_once('/').unwrap_or(("", text));
        let (package, version) = names::split_pf(rest).unwrap_or((rest, ""));
        if !version.is_empty() {
            let scan = self.scan_package(category, package);
            matches.extend(
                scan.ebuilds
                    .iter()
                    .map(|e| (distance(e.version(), version), e.cpv().to_owned())),
            );
        }
        if matches.is_empty() {
            for known in self.categories() {
                let folder = self.path().join(known);
                if category.is_empty() && is_close(known, text) && folder.is_dir() {
                    matches.push((distance(known, text), known.clone()));
                }
                let same = known == category;
                if !same
                    && !category.is_empty()
                    && !is_close(known, category)
                    && !folder.join(package).is_dir()
                {
                    continue;
                }
                let away = if category.is_empty() || same {
                    0
                } else {
                    distance(known, category)
                };
                for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                    let name = entry.file_name();
                    let Some(name) = name.to_str().filter(|name| names::is_package(name)) else {
                        continue;
                    };
                    let close = name == package
                        || ((same || category.is_empty()) && is_close(name, package));
                    if close && entry.path().is_dir() {
                        let by = away.saturating_add(distance(name, package));
                        matches.push((by, format!("{known}/{name}")));
                    }
                }
            }
        }
        if matches.is_empty() && !category.is_empty() && !self.has_category(category) {
            let close = self
                .categories()
                .iter()
                .filter(|known| is_close(known, category));
            let close = close.filter(|known| self.path().join(known).is_dir());
            matches.extend(close.map(|known| (distance(known, category), format!("{known}/*"))));
        }
        matches.sort();
        matches.truncate(MOST);
        matches.into_iter().map(|(_, name)| name).collect()
    }
}

fn ebuild(category: &str, package: &str, version: &str) -> Target {
    Target::Ebuild {
        category: category.to_owned(),
        package: package.to_owned(),
        version: version.to_owned(),
    }
}

impl Selection {
    /// The problem of a single ebuild that was named but cannot be used.
    pub fn only_problem(&self) -> Option<&Problem> {
        match self.scan.problems.as_slice() {
            [problem] if self.scan.ebuilds.is_empty() => Some(problem),
            _ => None,
        }
    }
}

/// The path without `.` and `..`.
fn normalize(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// Few enough edits for the length, or one begins with the other.
fn is_close(name: &str, text: &str) -> bool {
    const LONGEST: usize = 64;
    if text.is_empty() || text.len() > LONGEST || name.len() > LONGEST {
        return false;
    }
    (text.len() >= 3 && name.starts_with(text)) || distance(name, text) <= text.len().div_ceil(4)
}

/// Levenshtein distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let best = (diagonal + usize::from(x != y))
                .min(row[j] + 1)
                .min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row.last().copied().unwrap_or_default()
}
