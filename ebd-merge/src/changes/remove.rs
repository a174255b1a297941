//! Removing what a package has installed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::MergeError;
use ebd_fs::md5_of;
use ebd_image::pattern::Patterns;
use ebd_vdb::Root;
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
            remover.item(path, real, item, memory)?
        };
        if let Some(kept) = kept {
            remover.removed.kept.insert((*path).to_owned(), kept);
        }
    }
    remover.remove_folders()?;
    remover.remove_links(&search)?;
    Ok(remover.removed)
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
        let host = self.root.join(real);
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
            return Ok(self.unlink(path, &host, &meta));
        }
        match item {
            Item::File { mtime, .. } | Item::Link { mtime, .. } if *mtime != meta.mtime() => {
                Ok(Some(Kept::Time))
            }
            Item::Folder if !is_link => {
                if meta.is_dir() {
                    let identity = (meta.dev(), meta.ino());
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
                    && fs::read_link(&host).is_ok_and(|now| now != *target)
                {
                    return Ok(Some(Kept::Content));
                }
                Ok(self.unlink(path, &host, &meta))
            }
            Item::File { md5, .. } => {
                // A link to a file counts as the file.
                if !(meta.is_file() || target.is_some_and(|target| target.is_file())) {
                    return Ok(Some(Kept::Kind));
                }
                if md5_of(&host)? != *md5 {
                    return Ok(Some(Kept::Content));
                }
                Ok(self.unlink(path, &host, &meta))
            }
            Item::Fifo | Item::Device => Ok(Some(Kept::Special)),
        }
    }

    fn put_aside(&mut self, path: &Path, real: &Path, target: &Metadata) {
        let folder = (target.dev(), target.ino());
        self.links
            .entry(folder)
            .or_default()
            .push((path.to_owned(), real.to_owned()));
    }

    /// Whether all that is in the folder that a link leads to are files of the package.
    fn holds_only_own(&self, link: &Path) -> Result<bool, MergeError> {
        let folder = self.root.folder(link)?;
        let host = self.root.join(&folder);
        for entry in fs::read_dir(&host).map_err(MergeError::io("list", &host))? {
            let entry = entry.map_err(MergeError::io("list", &host))?;
            let is_file = entry
                .file_type()
                .map_err(MergeError::io("look at", entry.path()))?
                .is_file();
            if !is_file || !self.own.contains(folder.join(entry.file_name()).as_path()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes a file; its permissions go first, so that other names of a setuid program are harmless.
    fn unlink(&mut self, path: &Path, host: &Path, meta: &Metadata) -> Option<Kept> {
        let unlink = || -> io::Result<()> {
            if !meta.is_symlink() && (meta.nlink() > 1 || meta.mode() & 0o6000 != 0) {
                fs::set_permissions(host, fs::Permissions::from_mode(0o0))?;
            }
            fs::remove_file(host)
        };
        match unlink() {
            Ok(()) => {
                self.removed.gone.insert(path.to_owned());
                None
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Kept::Missing),
            Err(_) => Some(Kept::Refused),
        }
    }

    /// Removes folders that are empty, the deepest first.
    fn remove_folders(&mut self) -> Result<(), MergeError> {
        // They have been found in the opposite order.
        let mut pending = std::mem::take(&mut self.folders);
        pending.reverse();
        let mut again: BTreeMap<PathBuf, (PathBuf, (u64, u64))> = BTreeMap::new();
        while let Some((path, real, identity)) = pending.pop() {
            let host = self.root.join(&real);
            if path.file_name().is_some_and(|name| name == "info") {
                self.clean_info(&path, &host);
            }
            match fs::remove_dir(&host) {
                Ok(()) => {
                    self.removed.gone.insert(path.clone());
                    self.removed.kept.remove(&path);
                    for (link, real) in self.links.remove(&identity).unwrap_or_default() {
                        let host = self.root.join(&real);
                        let Ok(meta) = fs::symlink_metadata(&host) else {
                            continue;
                        };
                        if self.unlink(&link, &host, &meta).is_none() {
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
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => {
                    self.removed.kept.insert(path.clone(), Kept::NotEmpty);
                    again.insert(path, (real, identity));
                }
            }
        }
        Ok(())
    }

    /// Removes the index of a folder of info pages if nothing else is in it.
    fn clean_info(&mut self, path: &Path, host: &Path) {
        let Ok(entries) = fs::read_dir(host) else {
            return;
        };
        let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        if names
            .iter()
            .all(|name| INFO_FILES.contains(&name.as_bytes()))
        {
            for name in names {
                let file = host.join(&name);
                if let Ok(meta) = fs::symlink_metadata(&file)
                    && meta.is_file()
                {
                    self.unlink(&path.join(&name), &file, &meta);
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
            let host = self.root.join(&real);
            let Ok(meta) = fs::symlink_metadata(&host) else {
                continue;
            };
            if self.unlink(&path, &host, &meta).is_none() {
                self.removed.kept.remove(&path);
                above.extend(path.ancestors().skip(1).map(Path::to_owned));
            }
        }
        self.root.forget();
        above.remove(Path::new("/"));
        for path in above.into_iter().rev() {
            let host = self.root.join(&self.root.real(&path)?);
            if self.own.contains(path.as_path()) && fs::remove_dir(host).is_ok() {
                self.removed.kept.remove(&path);
                self.removed.gone.insert(path);
            }
        }
        Ok(())
    }
}
