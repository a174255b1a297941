//! What a scan finds.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ebuild::EbuildFile;
use super::entry::describe;

/// Something that looks like an ebuild or holds ebuilds, but is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// An ebuild, or a folder of ebuilds, whose name does not follow the rules.
    Misnamed {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An ebuild, or a folder that may hold some, that cannot be read.
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A folder of packages that no `profiles/categories` lists.
    UnlistedCategory {
        /// The path.
        path: PathBuf,
    },
}

impl Problem {
    /// What it is about.
    pub fn path(&self) -> &Path {
        match self {
            Problem::Misnamed { path, .. }
            | Problem::Unreadable { path, .. }
            | Problem::UnlistedCategory { path } => path,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Misnamed { path, reason } => {
                write!(f, "{} is ignored: {reason}", path.display())
            }
            Problem::Unreadable { path, reason } => {
                write!(f, "{} cannot be read: {reason}", path.display())
            }
            Problem::UnlistedCategory { path } => write!(
                f,
                "{} is ignored: no profiles/categories of the repository or of its masters lists it",
                path.display()
            ),
        }
    }
}

/// The ebuilds of a repository or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Sorted by category, package and version as text.
    pub ebuilds: Vec<EbuildFile>,
    /// What is not used, sorted by path.
    pub problems: Vec<Problem>,
}

impl Scan {
    pub(super) fn sort(&mut self) {
        self.ebuilds.sort_unstable_by(|a, b| {
            (a.category(), a.package(), a.version()).cmp(&(b.category(), b.package(), b.version()))
        });
        self.sort_problems();
    }

    pub(super) fn sort_problems(&mut self) {
        self.problems
            .sort_unstable_by(|a, b| a.path().cmp(b.path()));
    }

    /// Lists a folder. What fails is noted; a folder that is not there is empty.
    pub(super) fn list(&mut self, folder: &Path) -> Option<fs::ReadDir> {
        match fs::read_dir(folder) {
            Ok(entries) => Some(entries),
            // Masters list categories that this repository does not have.
            Err(e)
                if e.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder).is_err() =>
            {
                None
            }
            Err(e) => {
                self.unreadable(folder.to_owned(), &e);
                None
            }
        }
    }

    /// The next entry of a folder; a failure is noted.
    pub(super) fn entry(
        &mut self,
        folder: &Path,
        entry: io::Result<fs::DirEntry>,
    ) -> Option<fs::DirEntry> {
        entry
            .map_err(|e| self.unreadable(folder.to_owned(), &e))
            .ok()
    }

    /// Notes that something cannot be read.
    pub(super) fn unreadable(&mut self, path: PathBuf, error: &io::Error) {
        self.problems.push(Problem::Unreadable {
            path,
            reason: describe(error),
        });
    }
}
