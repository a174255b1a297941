//! Finding the ebuilds of a repository.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::error::Error;
use crate::folders::{Category, Folders, Listing};
use crate::names;
use crate::source::{Stamp, StampFolder};
use crate::threads::in_threads;
use crate::tree::RepoTree;

const SUFFIX: &str = ".ebuild";

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
    fn new(path: PathBuf, category: &str, package: &str, version: &str) -> EbuildFile {
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
    fn sort(&mut self) {
        self.ebuilds.sort_unstable_by(|a, b| {
            (a.category(), a.package(), a.version()).cmp(&(b.category(), b.package(), b.version()))
        });
        self.sort_problems();
    }

    fn sort_problems(&mut self) {
        self.problems
            .sort_unstable_by(|a, b| a.path().cmp(b.path()));
    }
}

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
            let entries = match fs::read_dir(&folder) {
                Err(e)
                    if matches!(
                        e.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                    ) =>
                {
                    continue;
                }
                result => result.map_err(fail)?,
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

/// A category on its way.
struct Part<'a> {
    category: &'a str,
    known: Option<Category<'a>>,
    begin: SystemTime,
    /// The category's folder, when something is known of what is in it.
    folder: Option<StampFolder>,
    scan: Scan,
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
fn folders(parts: &[Part<'_>], known: &Folders) -> Option<Folders> {
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
    fn new(category: &'a str, known: Option<Category<'a>>, begin: SystemTime) -> Part<'a> {
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
fn scan_known(root: &Path, part: &mut Part<'_>) -> bool {
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

fn scan_category(root: &Path, part: &mut Part<'_>) {
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
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // Masters list categories that this repository does not have.
        Err(e) if e.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder).is_err() => {
            return None;
        }
        Err(e) => {
            part.scan.unreadable(folder.to_owned(), &e);
            return None;
        }
    };
    let mut plain = Some(PlainNames::default());
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                part.scan.unreadable(folder.to_owned(), &e);
                return None;
            }
        };
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

fn scan_package(category: &Path, package: &str, part: &mut Part<'_>) {
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
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder).is_err() => {
            return None;
        }
        Err(e) => {
            part.scan.unreadable(folder.to_owned(), &e);
            return None;
        }
    };
    let mut plain = Some(PlainNames::default());
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                part.scan.unreadable(folder.to_owned(), &e);
                return None;
            }
        };
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

/// Whether it is what it is by itself: no symbolic link, whose target may change.
fn is_plain(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| !kind.is_symlink())
}

impl Scan {
    fn unreadable(&mut self, path: PathBuf, error: &io::Error) {
        self.problems.push(Problem::Unreadable {
            path,
            reason: describe(error),
        });
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

fn is_ignored(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || name == "CVS"
}

/// Whether it is a folder or leads to one. A regular entry costs no system call.
fn is_dir(entry: &fs::DirEntry) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if kind.is_symlink() {
        fs::metadata(entry.path()).map(|metadata| metadata.is_dir())
    } else {
        Ok(kind.is_dir())
    }
}

/// Why an ebuild cannot be read, as far as its directory entry tells.
fn file_problem(entry: &fs::DirEntry) -> Option<String> {
    let kind = match entry.file_type() {
        Ok(kind) if kind.is_symlink() => match fs::metadata(entry.path()) {
            Ok(metadata) => metadata.file_type(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Some("the symbolic link leads nowhere".to_owned());
            }
            Err(e) => return Some(describe(&e)),
        },
        Ok(kind) => kind,
        Err(e) => return Some(describe(&e)),
    };
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => None,
        (_, true) => Some("it is a folder".to_owned()),
        _ => Some("it is not a regular file".to_owned()),
    }
}

/// What the system said, without its number.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error")
        .map_or(text.as_str(), |(text, _)| text)
        .to_owned()
}

fn holds_ebuilds(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| is_ebuild_name(&entry.file_name()) && !is_ignored(&entry.file_name()))
    })
}

fn holds_packages(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            !is_ignored(&entry.file_name())
                && is_dir(&entry).unwrap_or(false)
                && holds_ebuilds(&entry.path())
        })
    })
}
