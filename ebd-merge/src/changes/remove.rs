//! Removing what a package has installed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::MergeError;
use ebd_fs::{Kind, Root, Stat, Transition};
use ebd_image::pattern::Patterns;
use ebd_vdb::{ConfigMemory, Protection};
use ebd_vdb::{Contents, Item};
use ebd_vdb::{OwnedPaths, OwnerSearch};

/// Settings of a removal.
#[derive(Debug, Clone, Default)]
pub struct RemoveOptions {
    /// CONFIG_PROTECT.
    pub protect: Vec<String>,
    /// CONFIG_PROTECT_MASK.
    pub protect_mask: Vec<String>,
    /// UNINSTALL_IGNORE: patterns of files that stay.
    pub ignore: Vec<String>,
    /// Whether files that are not protected go although they have been changed: FEATURES=unmerge-orphans.
    pub orphans: bool,
    /// The offset prefix, which stays.
    pub eprefix: PathBuf,
    /// How many records are read at once.
    pub jobs: usize,
}

/// Why something stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// It is not there.
    Missing,
    /// UNINSTALL_IGNORE has it, or it is a link of the system for libraries.
    Ignored,
    /// The version that takes its place has it.
    Replaced,
    /// Another package has it.
    Owned,
    /// It has been changed: another time.
    Time,
    /// It has been changed: other content.
    Content,
    /// Something of another kind is there.
    Kind,
    /// A folder that is not empty, or a link to one.
    NotEmpty,
    /// A pipe or device.
    Special,
    /// The system refused to remove it.
    Refused,
}

impl Kept {
    /// The word Portage has for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "!found",
            Self::Ignored => "cfgpro",
            Self::Replaced => "replaced",
            Self::Owned => "owned",
            Self::Time => "!mtime",
            Self::Content => "!md5",
            Self::Kind => "!kind",
            Self::NotEmpty => "!empty",
            Self::Special => "special",
            Self::Refused => "refused",
        }
    }
}

/// What was removed and what was not.
#[derive(Debug, Default)]
pub struct Removed {
    /// What is gone.
    pub gone: BTreeSet<PathBuf>,
    /// What stays, and why.
    pub kept: BTreeMap<PathBuf, Kept>,
}

/// The other packages of a removal.
#[derive(Debug)]
pub struct Others<'a> {
    /// Versions in the same slot: what they have stays.
    pub in_slot: &'a [OwnedPaths],
    /// The records of all other packages.
    pub records: &'a [PathBuf],
}

/// Files that the package manager makes in folders for info pages.
const INFO_FILES: [&[u8]; 2] = [b"dir", b"dir.old"];
/// Links that a system has for its libraries.
const LIBRARY_LINKS: [&str; 3] = ["/lib", "/usr/lib", "/usr/local/lib"];

/// Removes the items of a package as Portage does: files that are as they were installed, links, and folders that are empty then.
/// What is forgotten of configuration files is taken out of the memory.
///
/// # Errors
/// When something cannot be looked at. A file that cannot be removed is among those that stay.
pub fn remove(
    root: &Root,
    contents: &Contents,
    others: &Others<'_>,
    memory: &mut ConfigMemory,
    options: &RemoveOptions,
) -> Result<Removed, MergeError> {
    let mut paths = Vec::new();
    let mut interest = HashSet::new();
    for (path, item) in contents.iter().rev() {
        let real = root.real(path)?;
        if *item != Item::Folder {
            interest.insert(real.clone());
        }
        paths.push((path, real, item));
    }
    let mut search = OwnerSearch {
        records: others.records,
        folders: false,
        jobs: options.jobs,
    };
    let owned = search.owners(root, &interest)?;
    search.folders = true;
    let mut remover = Remover {
        root,
        own: paths.iter().map(|(_, real, _)| real.as_path()).collect(),
        others,
        protection: Protection::new(
            root,
            options.protect.iter().map(String::as_str),
            options.protect_mask.iter().map(String::as_str),
        ),
        ignore: Patterns::file_names(options.ignore.iter().map(String::as_str)),
        options,
        folders: Vec::new(),
        links: HashMap::new(),
        removed: Removed::default(),
    };
    for (path, real, item) in &paths {
        let kept = if owned.contains_key(real) {
            Some(Kept::Owned)
        } else {
            match remover.item(path, real, item, memory) {
                Err(error) if error.is_of_owner() => Some(Kept::Refused),
                result => result?,
            }
        };
        if let Some(kept) = kept {
            remover.removed.kept.insert((*path).to_owned(), kept);
        }
    }
    remover.remove_folders()?;
    remover.remove_links(&search)?;
    Ok(remover.removed)
}

/// Directories of any owner are gone into, for their descriptors lead nowhere else; a user's symlink is followed to what is the same
/// user's alone.
fn own_directory(step: &Transition) -> bool {
    !step.by_link
}

struct Remover<'a> {
    root: &'a Root,
    own: HashSet<&'a Path>,
    others: &'a Others<'a>,
    protection: Protection,
    ignore: Patterns,
    options: &'a RemoveOptions,
    /// Folders that may go, as paths of the record with their identity.
    folders: Vec<(PathBuf, PathBuf, (u64, u64))>,
    /// Links to folders that are not empty, by the folder.
    links: HashMap<(u64, u64), Vec<(PathBuf, PathBuf)>>,
    removed: Removed,
}

impl Remover<'_> {
    /// Removes an item, puts it aside, or says why it stays.
    fn item(
        &mut self,
        path: &Path,
        real: &Path,
        item: &Item,
        memory: &mut ConfigMemory,
    ) -> Result<Option<Kept>, MergeError> {
        if path == Path::new("/") || self.options.eprefix.starts_with(path) {
            return Ok(Some(Kept::Ignored));
        }
        match self.root.real_for_change(path, &own_directory) {
            Ok(_) => {}
            Err(ebd_fs::Error::UnsafeTransition { .. }) => return Ok(Some(Kept::Refused)),
            Err(error) => return Err(error.into()),
        }
        let Some(meta) = self.root.look(real)? else {
            return Ok(Some(Kept::Missing));
        };
        let is_link = meta.is_symlink();
        let target = if is_link {
            self.root.target(real)?
        } else {
            None
        };
        let to_folder = target.as_ref().filter(|target| target.is_dir());
        let below = path.strip_prefix(&self.options.eprefix).unwrap_or(path);
        let below = Path::new("/").join(below);
        if self.ignore.matches(below.as_os_str().as_bytes())
            || (is_link && LIBRARY_LINKS.iter().any(|link| below == Path::new(link)))
        {
            return Ok(Some(Kept::Ignored));
        }
        let replaced = self.others.in_slot.iter().find_map(|owned| owned.get(real));
        if let Some(new) = replaced {
            if let (true, Some(target), Item::Folder) = (is_link, to_folder, new) {
                self.put_aside(path, real, target);
            }
            return Ok(Some(Kept::Replaced));
        }
        memory.set(path, None);
        if self.options.orphans
            && !meta.is_dir()
            && to_folder.is_none()
            && !self.protection.covers(path)
        {
            return Ok(self.unlink(path, real, &meta));
        }
        match item {
            Item::File { mtime, .. } | Item::Link { mtime, .. } if *mtime != meta.mtime.0 => {
                Ok(Some(Kept::Time))
            }
            Item::Folder if !is_link => {
                if meta.is_dir() {
                    let identity = meta.identity();
                    self.folders
                        .push((path.to_owned(), real.to_owned(), identity));
                    return Ok(None);
                }
                Ok(Some(Kept::Kind))
            }
            Item::Link { .. } | Item::Folder => {
                if !is_link {
                    return Ok(Some(Kept::Kind));
                }
                if let Some(target) = to_folder
                    && !self.holds_only_own(real)?
                {
                    self.put_aside(path, real, target);
                    return Ok(Some(Kept::NotEmpty));
                }
                if let Item::Link { target, .. } = item
                    && self
                        .root
                        .read_link(real)
                        .is_ok_and(|now| now != target.as_os_str())
                {
                    return Ok(Some(Kept::Content));
                }
                Ok(self.unlink(path, real, &meta))
            }
            Item::File { md5, .. } => {
                // A link to a file counts as the file.
                if !(meta.is_file() || target.is_some_and(|target| target.is_file())) {
                    return Ok(Some(Kept::Kind));
                }
                if self.root.md5(real)? != *md5 {
                    return Ok(Some(Kept::Content));
                }
                Ok(self.unlink(path, real, &meta))
            }
            Item::Fifo | Item::Device => Ok(Some(Kept::Special)),
        }
    }

    fn put_aside(&mut self, path: &Path, real: &Path, target: &Stat) {
        let folder = target.identity();
        self.links
            .entry(folder)
            .or_default()
            .push((path.to_owned(), real.to_owned()));
    }

    /// Whether all that is in the folder that a link leads to are files of the package.
    fn holds_only_own(&self, link: &Path) -> Result<bool, MergeError> {
        let folder = self.root.real_dir(link)?;
        let entries = self.root.held(&folder)?.entries()?;
        Ok(entries.iter().all(|entry| {
            let place = folder.join(entry.name.as_os_str());
            entry.kind == Kind::File && self.own.contains(place.as_path())
        }))
    }

    /// Removes a file; its permissions go first, so that other names of a setuid program are harmless.
    fn unlink(&mut self, path: &Path, real: &Path, meta: &Stat) -> Option<Kept> {
        let unlink = || -> Result<bool, ebd_fs::Error> {
            let Some((dir, name)) = self.root.entry(real)? else {
                return Ok(false);
            };
            if !meta.is_symlink() && (meta.links > 1 || meta.mode & 0o6000 != 0) {
                // Who owns the directory may have put another file in its place.
                let held = dir.hold(name)?;
                if held.stat().identity() != meta.identity() {
                    return Ok(false);
                }
                held.chmod(0)?;
            }
            dir.remove_file(name).map(|()| true)
        };
        match unlink() {
            Ok(true) => {
                self.removed.gone.insert(path.to_owned());
                None
            }
            Ok(false) => Some(Kept::Refused),
            Err(error) if error.is_absent() => Some(Kept::Missing),
            Err(_) => Some(Kept::Refused),
        }
    }

    /// Removes a directory if it is empty.
    fn remove_dir(&self, real: &Path) -> Result<(), ebd_fs::Error> {
        match self.root.entry(real)? {
            Some((dir, name)) => dir.remove_dir(name),
            None => Ok(()),
        }
    }

    /// Removes folders that are empty, the deepest first.
    fn remove_folders(&mut self) -> Result<(), MergeError> {
        // They have been found in the opposite order.
        let mut pending = std::mem::take(&mut self.folders);
        pending.reverse();
        let mut again: BTreeMap<PathBuf, (PathBuf, (u64, u64))> = BTreeMap::new();
        while let Some((path, real, identity)) = pending.pop() {
            if path.file_name().is_some_and(|name| name == "info") {
                self.clean_info(&path, &real);
            }
            match self.remove_dir(&real) {
                Ok(()) => {
                    self.removed.gone.insert(path.clone());
                    self.removed.kept.remove(&path);
                    for (link, real) in self.links.remove(&identity).unwrap_or_default() {
                        let Ok(Some(meta)) = self.root.look(&real) else {
                            continue;
                        };
                        if self.unlink(&link, &real, &meta).is_none() {
                            self.removed.kept.remove(&link);
                            // The folders of the link may be empty now.
                            for above in link.ancestors().skip(1) {
                                if let Some((real, identity)) = again.remove(above) {
                                    pending.insert(0, (above.to_owned(), real, identity));
                                }
                            }
                            pending.sort();
                        }
                    }
                }
                Err(error) if error.is_absent() => {}
                Err(_) => {
                    self.removed.kept.insert(path.clone(), Kept::NotEmpty);
                    again.insert(path, (real, identity));
                }
            }
        }
        Ok(())
    }

    /// Removes the index of a folder of info pages if nothing else is in it.
    fn clean_info(&mut self, path: &Path, real: &Path) {
        let Ok(entries) = self.root.held(real).and_then(|dir| dir.entries()) else {
            return;
        };
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_os_str()).collect();
        if names
            .iter()
            .all(|name| INFO_FILES.contains(&name.as_bytes()))
        {
            for name in names {
                let file = real.join(name);
                if let Ok(Some(meta)) = self.root.look(&file)
                    && meta.is_file()
                {
                    self.unlink(&path.join(name), &file, &meta);
                }
            }
        }
    }

    /// Removes links to folders that stay, unless another package has something below them.
    fn remove_links(&mut self, search: &OwnerSearch<'_>) -> Result<(), MergeError> {
        if self.links.is_empty() {
            return Ok(());
        }
        let links: Vec<(PathBuf, PathBuf)> =
            self.links.drain().flat_map(|(_, links)| links).collect();
        let reals: HashSet<PathBuf> = links.iter().map(|(_, real)| real.clone()).collect();
        let in_slot = |real: &PathBuf| self.others.in_slot.iter().any(|o| o.get(real).is_some());
        if reals.iter().any(in_slot) || !search.owners(self.root, &reals)?.is_empty() {
            return Ok(());
        }
        let mut above = BTreeSet::new();
        for (path, real) in links {
            let Ok(Some(meta)) = self.root.look(&real) else {
                continue;
            };
            if self.unlink(&path, &real, &meta).is_none() {
                self.removed.kept.remove(&path);
                above.extend(path.ancestors().skip(1).map(Path::to_owned));
            }
        }
        self.root.forget();
        above.remove(Path::new("/"));
        for path in above.into_iter().rev() {
            let real = self.root.real(&path)?;
            if self.own.contains(path.as_path()) && self.remove_dir(&real).is_ok() {
                self.removed.kept.remove(&path);
                self.removed.gone.insert(path);
            }
        }
        Ok(())
    }
}
