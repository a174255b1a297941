//! Finding the ebuilds of one category.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::ebuild::{EbuildFile, SUFFIX, ebuild_version, is_ebuild_name};
use super::entry::{file_problem, holds_ebuilds, is_dir, is_ignored, is_plain};
use super::found::{Problem, Scan};
use crate::folders::{Category, Folders, Listing};
use crate::names;
use ebd_fs::{Stamp, StampFolder};

/// A category on its way.
pub(super) struct Part<'a> {
    pub(super) category: &'a str,
    known: Option<Category<'a>>,
    begin: SystemTime,
    /// The category's folder, when something is known of what is in it.
    folder: Option<StampFolder>,
    pub(super) scan: Scan,
    /// What is known now; `None` if that is what was known before.
    found: Option<Found>,
}

/// What has been found out about the folders of a category.
#[derive(Default)]
struct Found {
    listing: Option<FoundListing>,
    packages: Vec<(String, FoundListing)>,
}

struct FoundListing {
    stamp: Stamp,
    lines: String,
}

impl FoundListing {
    fn of(listing: Listing<'_>) -> FoundListing {
        FoundListing {
            stamp: listing.stamp,
            lines: listing.lines.to_owned(),
        }
    }

    fn borrow(&self) -> Listing<'_> {
        Listing {
            stamp: self.stamp,
            lines: &self.lines,
        }
    }
}

/// Names in a folder of which everything is plain, each followed by a newline; what counts as a name has none.
#[derive(Default)]
struct PlainNames(String);

impl PlainNames {
    fn push(&mut self, name: &str) {
        self.0.push_str(name);
        self.0.push('\n');
    }
}

/// What is known of the folders after a scan, `None` if that is what was known before.
pub(super) fn folders(parts: &[Part<'_>], known: &Folders) -> Option<Folders> {
    if parts.len() == known.len() && parts.iter().all(|part| part.found.is_none()) {
        return None;
    }
    let mut folders = Folders::default();
    for part in parts {
        match (&part.found, part.known) {
            (Some(found), _) => {
                let own = found.listing.as_ref().map(FoundListing::borrow);
                folders.push_category(part.category, own);
                let mut packages: Vec<_> = found.packages.iter().collect();
                packages.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                for (name, listing) in packages {
                    folders.push_package(name, listing.borrow());
                }
            }
            (None, Some(known)) => {
                folders.push_category(part.category, known.listing());
                for (name, listing) in known.packages() {
                    folders.push_package(name, listing);
                }
            }
            (None, None) => folders.push_category(part.category, None),
        }
    }
    (folders != *known).then_some(folders)
}

impl<'a> Part<'a> {
    pub(super) fn new(
        category: &'a str,
        known: Option<Category<'a>>,
        begin: SystemTime,
    ) -> Part<'a> {
        Part {
            category,
            known,
            begin,
            folder: None,
            scan: Scan::default(),
            found: None,
        }
    }

    fn push(&mut self, folder: &Path, package: &str, version: &str) {
        let length = folder.as_os_str().len() + package.len() + version.len() + SUFFIX.len() + 2;
        let mut path = PathBuf::with_capacity(length);
        path.push(folder);
        path.push(package);
        let name = path.as_mut_os_string();
        for part in ["-", version, SUFFIX] {
            name.push(part);
        }
        let ebuild = EbuildFile::new(path, self.category, package, version);
        self.scan.ebuilds.push(ebuild);
    }

    /// What can be remembered of a folder that was listed after this look at it, if all in it is plain.
    fn listing(&self, before: Option<Stamp>, plain: Option<PlainNames>) -> Option<FoundListing> {
        let stamp = before.filter(|stamp| stamp.is_settled(self.begin))?;
        plain.map(|names| FoundListing {
            stamp,
            lines: names.0,
        })
    }
}

/// Takes a category of which no folder has changed from what is known; `false` if one has, and nothing is taken.
pub(super) fn scan_known(root: &Path, part: &mut Part<'_>) -> bool {
    let Some(known) = part.known else {
        return false;
    };
    let folder = root.join(part.category);
    let open = Stamp::of(&folder)
        .ok()
        .filter(|stamp| {
            known
                .unchanged(stamp)
                .is_some_and(|listing| listing.names().count() == known.packages().len())
        })
        .and_then(|_| StampFolder::open(&folder).ok());
    let Some(open) = open else {
        return false;
    };
    for (package, listing) in known.packages() {
        if open.stamp(package).ok() != Some(listing.stamp) {
            part.scan = Scan::default();
            return false;
        }
        let folder = folder.join(package);
        for version in listing.names() {
            part.push(&folder, package, version);
        }
    }
    true
}

pub(super) fn scan_category(root: &Path, part: &mut Part<'_>) {
    let folder = root.join(part.category);
    let stamp = Stamp::of(&folder).ok();
    part.found = Some(Found::default());
    if part.known.is_some() {
        part.folder = StampFolder::open(&folder).ok();
    }
    let known = stamp.and_then(|stamp| part.known?.unchanged(&stamp));
    if let Some(listing) = known {
        for package in listing.names() {
            scan_package(&folder, package, part);
        }
        part.found.get_or_insert_default().listing = Some(FoundListing::of(listing));
        return;
    }
    let plain = list_category(&folder, part);
    let listing = part.listing(stamp, plain);
    part.found.get_or_insert_default().listing = listing;
}

/// The names of the packages, if all is plain.
fn list_category(folder: &Path, part: &mut Part<'_>) -> Option<PlainNames> {
    let entries = part.scan.list(folder)?;
    let mut plain = Some(PlainNames::default());
    for entry in entries {
        let entry = part.scan.entry(folder, entry)?;
        let name = entry.file_name();
        if is_ignored(&name) {
            continue;
        }
        if !is_plain(&entry) {
            plain = None;
        }
        match is_dir(&entry) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(e) => {
                part.scan.unreadable(entry.path(), &e);
                continue;
            }
        }
        match name.to_str().filter(|name| names::is_package(name)) {
            Some(package) => {
                scan_package(folder, package, part);
                if let Some(plain) = &mut plain {
                    plain.push(package);
                }
            }
            None => {
                plain = None;
                if holds_ebuilds(&entry.path()) {
                    let reason =
                        "the folder's name is no package name, yet it holds ebuilds".to_owned();
                    part.scan.problems.push(Problem::Misnamed {
                        path: entry.path(),
                        reason,
                    });
                }
            }
        }
    }
    plain
}

pub(super) fn scan_package(category: &Path, package: &str, part: &mut Part<'_>) {
    let folder = category.join(package);
    let stamp = match &part.folder {
        Some(folder) => folder.stamp(package).ok(),
        None => Stamp::of(&folder).ok(),
    };
    let known = stamp.and_then(|stamp| part.known?.versions(package, &stamp));
    let listing = match known {
        Some(listing) => {
            for version in listing.names() {
                part.push(&folder, package, version);
            }
            Some(FoundListing::of(listing))
        }
        None => {
            let plain = list_package(&folder, package, part);
            part.listing(stamp, plain)
        }
    };
    if let Some(listing) = listing {
        let found = part.found.get_or_insert_default();
        found.packages.push((package.to_owned(), listing));
    }
}

/// The versions, if all is plain.
fn list_package(folder: &Path, package: &str, part: &mut Part<'_>) -> Option<PlainNames> {
    let entries = part.scan.list(folder)?;
    let mut plain = Some(PlainNames::default());
    for entry in entries {
        let entry = part.scan.entry(folder, entry)?;
        let name = entry.file_name();
        if is_ignored(&name) || !is_ebuild_name(&name) {
            continue;
        }
        let path = entry.path();
        let version = match ebuild_version(&name, package) {
            Ok(version) => version,
            Err(reason) => {
                plain = None;
                part.scan.problems.push(Problem::Misnamed { path, reason });
                continue;
            }
        };
        match file_problem(&entry) {
            None => part.push(folder, package, version),
            Some(reason) => {
                plain = None;
                part.scan
                    .problems
                    .push(Problem::Unreadable { path, reason });
            }
        }
        match &mut plain {
            Some(versions) if is_plain(&entry) => versions.push(version),
            _ => plain = None,
        }
    }
    plain
}
