//! Finding the ebuilds of a repository.

mod category;
mod ebuild;
mod entry;
mod found;

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::error::Error;
use crate::folders::Folders;
use crate::list;
use crate::names;
use crate::threads::in_threads;
use crate::tree::RepoTree;
use category::{Part, folders, scan_category, scan_known, scan_package};
use entry::{holds_packages, is_dir, is_ignored};

pub use ebuild::EbuildFile;
pub(crate) use ebuild::{ebuild_version, is_ebuild_name};
pub use found::{Problem, Scan};

impl RepoTree {
    /// Every ebuild of the repository (not of its masters), and what looks like one but is not used. Symbolic links are
    /// followed; hidden files, `CVS` folders, other files and folders without ebuilds are passed over.
    ///
    /// # Errors
    /// The folder of the repository cannot be listed. What fails below it is a [`Problem`].
    pub fn scan(&self) -> Result<Scan, Error> {
        self.scan_with(&Folders::default()).map(|(scan, _)| scan)
    }

    /// [`scan`](RepoTree::scan) that does not list folders again that have not changed; returns what is known of the folders
    /// now, `None` if that is what was known before.
    ///
    /// # Errors
    /// As for [`scan`](RepoTree::scan).
    pub fn scan_with(&self, known: &Folders) -> Result<(Scan, Option<Folders>), Error> {
        let next = AtomicUsize::new(0);
        let parts: Mutex<Vec<Part<'_>>> = Mutex::default();
        let begin = SystemTime::now();
        let work = || {
            while let Some(category) = self.categories().get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut part = Part::new(category, known.category(category), begin);
                if !scan_known(self.path(), &mut part) {
                    scan_category(self.path(), &mut part);
                }
                part.scan.sort();
                parts
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(part);
            }
        };
        in_threads(self.categories().len(), work);
        let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        parts.sort_unstable_by_key(|part| part.category);
        let folders = folders(&parts, known);
        let mut scan = Scan::default();
        scan.ebuilds
            .reserve_exact(parts.iter().map(|part| part.scan.ebuilds.len()).sum());
        for part in parts {
            scan.ebuilds.extend(part.scan.ebuilds);
            scan.problems.extend(part.scan.problems);
        }
        self.unlisted_categories(&mut scan)?;
        scan.sort_problems();
        Ok((scan, folders))
    }

    /// Reports folders of packages that are no categories.
    fn unlisted_categories(&self, scan: &mut Scan) -> Result<(), Error> {
        let fail = |e| Error::io("list", self.path(), e);
        for entry in fs::read_dir(self.path()).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| names::is_category(name)) else {
                continue;
            };
            let is_dir = is_dir(&entry).unwrap_or(false);
            if is_dir
                && !NOT_CATEGORIES.contains(&name)
                && !self.has_category(name)
                && holds_packages(&entry.path())
            {
                scan.problems
                    .push(Problem::UnlistedCategory { path: entry.path() });
            }
        }
        Ok(())
    }

    /// The names of all folders that may be packages, with or without ebuilds, as `category/package`, sorted as text.
    ///
    /// # Errors
    /// A category's folder cannot be listed.
    pub fn package_names(&self) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        for category in self.categories() {
            let folder = self.path().join(category);
            let fail = |e| Error::io("list", &folder, e);
            let Some(entries) = list::if_there(&folder).map_err(fail)? else {
                continue;
            };
            for entry in entries {
                let entry = entry.map_err(fail)?;
                let name = entry.file_name();
                if let Some(name) = name.to_str().filter(|name| names::is_package(name))
                    && !is_ignored(entry.file_name().as_os_str())
                    && is_dir(&entry).unwrap_or(false)
                {
                    found.push(format!("{category}/{name}"));
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The ebuilds of one category, listed or not.
    pub fn scan_category(&self, category: &str) -> Scan {
        let mut scan = Scan::default();
        if names::is_category(category) {
            let mut part = Part::new(category, None, SystemTime::now());
            scan_category(self.path(), &mut part);
            scan = part.scan;
        }
        scan.sort();
        scan
    }

    /// The ebuilds of one package.
    pub fn scan_package(&self, category: &str, package: &str) -> Scan {
        let mut scan = Scan::default();
        if names::is_category(category) && names::is_package(package) {
            let mut part = Part::new(category, None, SystemTime::now());
            scan_package(&self.path().join(category), package, &mut part);
            scan = part.scan;
        }
        scan.sort();
        scan
    }
}

/// Folders of a repository that hold no packages (PMS, "Tree layout"), and those of version control.
const NOT_CATEGORIES: [&str; 9] = [
    "profiles",
    "licenses",
    "eclass",
    "metadata",
    "scripts",
    "distfiles",
    "packages",
    "local",
    "CVS",
];
