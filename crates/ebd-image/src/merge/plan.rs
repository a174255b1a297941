//! What merging an image does to a ROOT, decided before anything is done.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::MergeError;
use super::contents::{Contents, Item};
use super::files::Attributes;
use super::owners::{OwnedPaths, OwnerSearch};
use super::protect::{
    ConfigMemory, Offer, Present, Protect, ProtectPolicy, Protection, offer_path, protect,
};
use super::root::Root;
use super::tree::{ImageEntry, ImageKind, md5_of, md5_of_text};
use crate::finish::pattern::Patterns;

/// Settings of a merge.
#[derive(Debug, Clone, Default)]
pub struct MergeOptions {
    /// CONFIG_PROTECT.
    pub protect: Vec<String>,
    /// CONFIG_PROTECT_MASK.
    pub protect_mask: Vec<String>,
    /// How protected files are treated.
    pub policy: ProtectPolicy,
    /// COLLISION_IGNORE: patterns of files that may be overwritten.
    pub collision_ignore: Vec<String>,
    /// Whether no file may be overwritten that is not the replaced version's: FEATURES=collision-protect.
    pub collision_protect: bool,
    /// Whether no file of another package may be overwritten: FEATURES=protect-owned.
    pub protect_owned: bool,
    /// Whether extended attributes are taken along.
    pub attributes: bool,
    /// PORTAGE_XATTR_EXCLUDE.
    pub attributes_excluded: String,
    /// How many files are read at once.
    pub jobs: usize,
}

/// What is known of other packages.
#[derive(Debug)]
pub struct Neighbours<'a> {
    /// The version that is replaced, as far as configuration files go: the one installed last.
    pub replaced: Option<&'a OwnedPaths>,
    /// All versions that are replaced.
    pub in_slot: &'a [OwnedPaths],
    /// The records of all other packages.
    pub others: &'a [PathBuf],
    /// Libraries that are kept for other packages and may be overwritten, by their real paths.
    pub preserved: &'a HashSet<PathBuf>,
}

/// What stands at a place in ROOT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A folder.
    Folder,
    /// A link that leads to a folder.
    LinkToFolder,
    /// Any other link.
    Link,
    /// A regular file.
    File,
    /// A pipe, device or socket.
    Special,
}

/// What is done with one thing of an image, as far as kinds decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The folder is made.
    MakeFolder,
    /// The folder that is there, perhaps through a link, is used.
    UseFolder,
    /// What is there makes room for the folder.
    MakeRoom,
    /// It takes its place, whatever was there.
    Place,
    /// What is there stays.
    Keep,
    /// It cannot be merged.
    Refuse,
}

/// Decides by the kinds of what is merged and what is there.
#[must_use]
pub fn decide(kind: &ImageKind, found: Found) -> Decision {
    match (kind, found) {
        (ImageKind::Folder, Found::Nothing) => Decision::MakeFolder,
        (ImageKind::Folder, Found::Folder | Found::LinkToFolder) => Decision::UseFolder,
        (ImageKind::Folder, Found::Link | Found::File | Found::Special) => Decision::MakeRoom,
        (ImageKind::Socket, _) => Decision::Keep,
        (ImageKind::File { .. } | ImageKind::Link(_), Found::Folder) => Decision::Refuse,
        (ImageKind::File { .. } | ImageKind::Link(_), _) => Decision::Place,
        (ImageKind::Fifo | ImageKind::Device(_), Found::Nothing) => Decision::Place,
        (ImageKind::Fifo | ImageKind::Device(_), _) => Decision::Keep,
    }
}

/// Things of an image that cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// A file or link is to stand where a folder is.
    Folder(PathBuf),
    /// Two different files of the image have one place in ROOT, where folders are links.
    Twice(PathBuf, PathBuf),
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(
                f,
                "{} is a folder, and the package has a file or link there; move the folder away",
                path.display()
            ),
            Self::Twice(one, other) => write!(
                f,
                "{} and {} of the package differ and have the same place",
                one.display(),
                other.display()
            ),
        }
    }
}

/// One thing to do. Each may be done again when it is not known whether it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// What stands in the way of a folder is renamed.
    Rename {
        /// What, as a path in ROOT.
        path: PathBuf,
        /// To what.
        to: PathBuf,
    },
    /// An unchanged file of the replaced version that stands in the way of a folder is removed.
    Remove {
        /// What.
        path: PathBuf,
    },
    /// A folder is made.
    Folder {
        /// Where.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// Its owner.
        uid: u32,
        /// Its group.
        gid: u32,
    },
    /// A thing of the image is renamed to its place.
    Move {
        /// What, as a path in the image.
        from: PathBuf,
        /// Its place.
        to: PathBuf,
    },
    /// A copy that was made beside it takes its place.
    Put {
        /// The copy.
        from: PathBuf,
        /// Its place.
        to: PathBuf,
    },
    /// A file that is the same already gets the time of the new one.
    Touch {
        /// The file.
        path: PathBuf,
        /// Seconds and nanoseconds.
        mtime: (i64, i64),
    },
}

/// A copy that is made before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Which entry of the image.
    pub entry: usize,
    /// Where the copy is made.
    pub to: PathBuf,
    /// A copy of the same file that it is another name of.
    pub link_to: Option<PathBuf>,
}

/// Something the user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A configuration file was put beside the one that is there.
    Offered {
        /// Its place.
        path: PathBuf,
        /// Where it is.
        to: PathBuf,
    },
    /// A configuration file was left out because it had been offered before.
    LeftOut(PathBuf),
    /// What stood in the way was renamed.
    MadeRoom {
        /// What.
        path: PathBuf,
        /// To what.
        to: PathBuf,
    },
    /// Files that were there, with the packages that own them.
    Overwritten(Vec<(PathBuf, Vec<String>)>),
    /// A pipe, device or socket was not merged.
    NotMerged(PathBuf),
}

/// What merging an image will do.
#[derive(Debug, Default)]
pub struct Plan {
    /// The copies that are made first.
    pub copies: Vec<Copy>,
    /// Then these in this order.
    pub steps: Vec<Step>,
    /// What the package has then.
    pub contents: Contents,
    /// What is remembered of configuration files, or forgotten.
    pub memory: Vec<(PathBuf, Option<String>)>,
    /// What the user should know.
    pub notes: Vec<Note>,
    /// Libraries that had been kept for other packages and are the package's now.
    pub taken_over: Vec<PathBuf>,
}

/// Where an image comes from and how its files get to their places.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The folder.
    pub image: &'a Path,
    /// Whether files leave it, where they are on the same filesystem.
    pub takes: bool,
    /// What temporary names have in them, so that they are nobody else's.
    pub tag: &'a str,
}

/// Decides what merging an image does.
///
/// # Errors
/// When the image cannot be merged, with all reasons of one kind; when something cannot be looked at.
pub fn plan(
    root: &Root,
    source: Source<'_>,
    entries: &[ImageEntry],
    neighbours: &Neighbours<'_>,
    memory: &ConfigMemory,
    options: &MergeOptions,
) -> Result<Plan, MergeError> {
    let mut planner = Planner {
        root,
        source,
        neighbours,
        memory,
        options,
        protection: Protection::new(
            root,
            options.protect.iter().map(String::as_str),
            options.protect_mask.iter().map(String::as_str),
        ),
        ignored: ignored(root, &options.collision_ignore),
        attributes: Attributes::new(options.attributes, &options.attributes_excluded),
        devices: HashMap::new(),
        existing: HashSet::new(),
        taken: HashMap::new(),
        links: HashMap::new(),
        new_folders: HashSet::new(),
        collisions: Vec::new(),
        conflicts: Vec::new(),
        late: Vec::new(),
        plan: Plan::default(),
    };
    for (index, entry) in entries.iter().enumerate() {
        planner.entry(index, entry, entries)?;
    }
    planner.finish()
}

/// Patterns; a folder stands for all that is in it.
fn ignored(root: &Root, words: &[String]) -> Patterns {
    let words: Vec<String> = words
        .iter()
        .map(|word| {
            if root.join(Path::new(word)).is_dir() {
                format!("{}/*", word.trim_end_matches('/'))
            } else {
                word.clone()
            }
        })
        .collect();
    // A pattern without a slash is for any path, as fnmatch(3) has it.
    Patterns::file_names(words.iter().map(String::as_str))
}

struct Planner<'a> {
    root: &'a Root,
    source: Source<'a>,
    neighbours: &'a Neighbours<'a>,
    memory: &'a ConfigMemory,
    options: &'a MergeOptions,
    protection: Protection,
    ignored: Patterns,
    attributes: Attributes,
    /// Devices of folders, also of those that will be made.
    devices: HashMap<PathBuf, u64>,
    /// Folders that exist.
    existing: HashSet<PathBuf>,
    /// Entries by their real places.
    taken: HashMap<PathBuf, usize>,
    /// Copies of files with several names, by identity and device.
    links: HashMap<((u64, u64), u64), PathBuf>,
    /// Folders that will be made: nothing is in them.
    new_folders: HashSet<PathBuf>,
    /// Real paths that belong to nobody who is replaced.
    collisions: Vec<PathBuf>,
    conflicts: Vec<Conflict>,
    /// Steps for links, which come after what they point to.
    late: Vec<Step>,
    plan: Plan,
}

impl Planner<'_> {
    fn entry(
        &mut self,
        index: usize,
        entry: &ImageEntry,
        entries: &[ImageEntry],
    ) -> Result<(), MergeError> {
        let real = self.root.real(&entry.path)?;
        let (found, meta) = self.look(&real)?;
        let is_folder = entry.kind == ImageKind::Folder;
        let other = match self.taken.get(&real).and_then(|other| entries.get(*other)) {
            Some(file) if is_folder => Some(file.path.clone()),
            None if !is_folder && self.new_folders.contains(&real) => Some(real.clone()),
            _ => None,
        };
        if let Some(other) = other {
            let conflict = Conflict::Twice(other, entry.path.clone());
            self.conflicts.push(conflict);
            return Ok(());
        }
        let decision = decide(&entry.kind, found);
        match decision {
            Decision::UseFolder => self.record(entry, Item::Folder),
            Decision::MakeFolder => {
                self.make_folder(entry, &real);
                self.record(entry, Item::Folder);
            }
            Decision::MakeRoom => {
                self.make_room(&real)?;
                self.make_folder(entry, &real);
                self.record(entry, Item::Folder);
            }
            Decision::Keep => {
                self.plan.notes.push(Note::NotMerged(entry.path.clone()));
                match entry.kind {
                    ImageKind::Fifo => self.record(entry, Item::Fifo),
                    ImageKind::Device(_) => self.record(entry, Item::Device),
                    _ => {}
                }
            }
            Decision::Refuse => self.conflicts.push(Conflict::Folder(real)),
            Decision::Place => {
                if let Some(other) = self.taken.get(&real).and_then(|other| entries.get(*other)) {
                    if !is_same(entry, other) {
                        let conflict = Conflict::Twice(other.path.clone(), entry.path.clone());
                        self.conflicts.push(conflict);
                    }
                    self.record(entry, item_of(entry));
                    return Ok(());
                }
                self.taken.insert(real.clone(), index);
                self.check_owner(entry, &real, found);
                self.place(index, entry, real, meta.as_ref())?;
            }
        }
        Ok(())
    }

    fn record(&mut self, entry: &ImageEntry, item: Item) {
        self.plan.contents.insert(entry.path.clone(), item);
    }

    fn look(&self, real: &Path) -> Result<(Found, Option<Metadata>), MergeError> {
        if real
            .parent()
            .is_some_and(|parent| self.new_folders.contains(parent))
        {
            return Ok((Found::Nothing, None));
        }
        let host = self.root.join(real);
        let meta = match fs::symlink_metadata(&host) {
            Ok(meta) => meta,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok((Found::Nothing, None));
            }
            Err(error) => return Err(MergeError::io("look at", host)(error)),
        };
        let found = if meta.is_dir() {
            Found::Folder
        } else if meta.is_file() {
            Found::File
        } else if meta.is_symlink() {
            let target = self.root.target(real)?;
            if target.is_some_and(|target| target.is_dir()) {
                Found::LinkToFolder
            } else {
                Found::Link
            }
        } else {
            Found::Special
        };
        Ok((found, Some(meta)))
    }

    fn make_folder(&mut self, entry: &ImageEntry, real: &Path) {
        // A link that led nowhere has been known under its target.
        self.root.assume(&entry.path, real);
        self.new_folders.insert(real.to_owned());
        self.plan.steps.push(Step::Folder {
            path: real.to_owned(),
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
        });
    }

    /// What is in the way of a folder is removed when it is the replaced version's and unchanged; else it is renamed.
    fn make_room(&mut self, real: &Path) -> Result<(), MergeError> {
        let owned = self.owned_in_slot(real);
        let host = self.root.join(real);
        let unchanged = match owned {
            Some(Item::File { md5, .. }) => host.is_file() && md5_of(&host)? == *md5,
            Some(Item::Link { target, .. }) => fs::read_link(&host).is_ok_and(|is| is == *target),
            _ => false,
        };
        if owned.is_none() {
            self.collide(real.to_owned());
        }
        let path = real.to_owned();
        if unchanged {
            self.plan.steps.push(Step::Remove { path });
            return Ok(());
        }
        let name = real.file_name().unwrap_or_default().to_owned();
        let to = (0_u32..)
            .map(|number| {
                let mut name = name.clone();
                name.push(format!(".backup.{number:04}"));
                real.with_file_name(name)
            })
            .find(|path| fs::symlink_metadata(self.root.join(path)).is_err())
            .unwrap_or_else(|| real.with_extension("backup"));
        self.plan.notes.push(Note::MadeRoom {
            path: path.clone(),
            to: to.clone(),
        });
        self.plan.steps.push(Step::Rename { path, to });
        Ok(())
    }

    fn owned_in_slot(&self, real: &Path) -> Option<&Item> {
        self.neighbours
            .in_slot
            .iter()
            .find_map(|owned| owned.get(real))
    }

    fn check_owner(&mut self, entry: &ImageEntry, real: &Path, found: Found) {
        if found == Found::Nothing || self.owned_in_slot(real).is_some() {
            return;
        }
        if self.neighbours.preserved.contains(real) {
            self.plan.taken_over.push(real.to_owned());
        } else if !self.protection.covers(&entry.path) {
            self.collide(real.to_owned());
        }
    }

    fn collide(&mut self, real: PathBuf) {
        use std::os::unix::ffi::OsStrExt;
        if !self.ignored.matches(real.as_os_str().as_bytes()) {
            self.collisions.push(real);
        }
    }

    fn place(
        &mut self,
        index: usize,
        entry: &ImageEntry,
        real: PathBuf,
        meta: Option<&Metadata>,
    ) -> Result<(), MergeError> {
        self.record(entry, item_of(entry));
        let mut place = real;
        let mut aside = false;
        if self.is_protected(entry) {
            match self.offer(entry, &place, meta)? {
                None => {
                    self.plan.notes.push(Note::LeftOut(entry.path.clone()));
                    return Ok(());
                }
                Some(to) if to != place => {
                    self.plan.notes.push(Note::Offered {
                        path: entry.path.clone(),
                        to: to.clone(),
                    });
                    place = to;
                    aside = true;
                }
                Some(_) => {}
            }
        }
        if let (ImageKind::File { size, md5 }, Some(meta), false) = (&entry.kind, meta, aside)
            && self.is_unchanged(entry, *size, md5, &place, meta)?
        {
            self.plan.steps.push(Step::Touch {
                path: place,
                mtime: entry.mtime,
            });
            return Ok(());
        }
        let device = self.device_of(place.parent().unwrap_or(Path::new("/")))?;
        let is_link = matches!(entry.kind, ImageKind::Link(_));
        let moves = self.source.takes && device == entry.identity.0 && (entry.as_found || !is_link);
        let step = if moves {
            Step::Move {
                from: entry.path.clone(),
                to: place,
            }
        } else {
            let copy = self.copy(index, entry, &place, device);
            Step::Put {
                from: copy,
                to: place,
            }
        };
        if is_link {
            self.late.push(step);
        } else {
            self.plan.steps.push(step);
        }
        Ok(())
    }

    /// Plans a copy in the deepest folder above a place that exists; returns where.
    fn copy(&mut self, index: usize, entry: &ImageEntry, place: &Path, device: u64) -> PathBuf {
        let folder = place
            .ancestors()
            .skip(1)
            .find(|folder| self.exists(folder))
            .unwrap_or(Path::new("/"));
        let number = self.plan.copies.len();
        let to = folder.join(format!("._ebd-{}-{number}", self.source.tag));
        let is_file = matches!(entry.kind, ImageKind::File { .. });
        let link_to = if is_file {
            let key = (entry.identity, device);
            let first = self.links.entry(key).or_insert_with(|| to.clone());
            (*first != to).then(|| first.clone())
        } else {
            None
        };
        self.plan.copies.push(Copy {
            entry: index,
            to: to.clone(),
            link_to,
        });
        to
    }

    fn exists(&self, folder: &Path) -> bool {
        self.existing.contains(folder)
    }

    /// The device of a folder, or of the one in which it will be made.
    fn device_of(&mut self, folder: &Path) -> Result<u64, MergeError> {
        if let Some(known) = self.devices.get(folder) {
            return Ok(*known);
        }
        let host = self.root.join(folder);
        let missing = match fs::symlink_metadata(&host) {
            Ok(meta) if meta.is_dir() => {
                self.devices.insert(folder.to_owned(), meta.dev());
                self.existing.insert(folder.to_owned());
                return Ok(meta.dev());
            }
            Ok(_) => io::ErrorKind::NotADirectory,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                error.kind()
            }
            Err(error) => return Err(MergeError::io("look at", host)(error)),
        };
        let Some(parent) = folder.parent() else {
            return Err(MergeError::io("look at", host)(missing.into()));
        };
        let device = self.device_of(parent)?;
        self.devices.insert(folder.to_owned(), device);
        Ok(device)
    }

    fn is_protected(&self, entry: &ImageEntry) -> bool {
        use std::os::unix::ffi::OsStrExt;
        let keep = matches!(entry.kind, ImageKind::File { size: 0, .. })
            && entry
                .path
                .file_name()
                .is_some_and(|name| name.as_bytes().starts_with(b".keep"));
        matches!(entry.kind, ImageKind::File { .. } | ImageKind::Link(_))
            && !keep
            && self.protection.covers(&entry.path)
    }

    /// Where a protected file goes; `None` if nowhere.
    fn offer(
        &mut self,
        entry: &ImageEntry,
        real: &Path,
        meta: Option<&Metadata>,
    ) -> Result<Option<PathBuf>, MergeError> {
        let host = self.root.join(real);
        let present = match meta {
            Some(meta) if meta.is_symlink() => {
                let target =
                    fs::read_link(&host).map_err(MergeError::io("read the link", &host))?;
                use std::os::unix::ffi::OsStrExt;
                Some(Present {
                    md5: Some(md5_of_text(target.as_os_str().as_bytes())),
                    link: Some(target),
                })
            }
            Some(meta) if meta.is_file() => Some(Present {
                md5: Some(md5_of(&host)?),
                link: None,
            }),
            Some(_) => Some(Present::default()),
            None => None,
        };
        let (md5, link) = match &entry.kind {
            ImageKind::File { md5, .. } => (md5.clone(), None),
            ImageKind::Link(target) => {
                use std::os::unix::ffi::OsStrExt;
                (
                    md5_of_text(target.as_os_str().as_bytes()),
                    Some(target.as_path()),
                )
            }
            _ => return Ok(Some(real.to_owned())),
        };
        let offer = Offer {
            md5: &md5,
            link,
            present: present.as_ref(),
            installed: self.neighbours.replaced.and_then(|owned| owned.get(real)),
            remembered: self.memory.get(&entry.path),
        };
        let (decision, memory) = protect(&offer, self.options.policy);
        if let Some(memory) = memory {
            let memory = memory.map(str::to_owned);
            self.plan.memory.push((entry.path.clone(), memory));
        }
        Ok(match decision {
            Protect::LeaveOut => None,
            Protect::InPlace => Some(real.to_owned()),
            // A link that leads nowhere does not count as being there.
            Protect::Aside { always } if !always && !host.exists() => Some(real.to_owned()),
            Protect::Aside { .. } => {
                let in_place = present.as_ref().and_then(|present| present.link.as_ref());
                let digest =
                    in_place.map_or(md5.clone(), |link| link.to_string_lossy().into_owned());
                let path = offer_path(&host, &digest)?;
                let name = path.file_name().unwrap_or_default();
                Some(real.with_file_name(name))
            }
        })
    }

    /// Whether a file that is there is what would take its place.
    fn is_unchanged(
        &self,
        entry: &ImageEntry,
        size: u64,
        md5: &str,
        place: &Path,
        meta: &Metadata,
    ) -> Result<bool, MergeError> {
        let root = nix::unistd::Uid::effective().is_root();
        let same_owner = !root || (meta.uid(), meta.gid()) == (entry.uid, entry.gid);
        if !meta.is_file()
            || meta.len() != size
            || meta.mode() & 0o7777 != entry.mode
            || !same_owner
        {
            return Ok(false);
        }
        let host = self.root.join(place);
        let original = self
            .source
            .image
            .join(entry.path.strip_prefix("/").unwrap_or(&entry.path));
        let attributes = |path: &Path| {
            self.attributes
                .of(path)
                .map_err(MergeError::io("read", path))
        };
        Ok(md5_of(&host)? == *md5 && attributes(&host)? == attributes(&original)?)
    }

    fn finish(mut self) -> Result<Plan, MergeError> {
        if !self.conflicts.is_empty() {
            return Err(MergeError::Conflicts(self.conflicts));
        }
        self.plan.steps.append(&mut self.late);
        if self.collisions.is_empty() {
            return Ok(self.plan);
        }
        let paths: HashSet<PathBuf> = self.collisions.iter().cloned().collect();
        let search = OwnerSearch {
            records: self.neighbours.others,
            folders: false,
            jobs: self.options.jobs,
        };
        let mut owners = search.owners(self.root, &paths)?;
        self.collisions.sort();
        self.collisions.dedup();
        let collisions: Vec<(PathBuf, Vec<String>)> = self
            .collisions
            .into_iter()
            .map(|path| {
                let owners = owners.remove(&path).unwrap_or_default();
                (path, owners)
            })
            .collect();
        let owned = collisions.iter().any(|(_, owners)| !owners.is_empty());
        if owned && (self.options.protect_owned || self.options.collision_protect) {
            let owned = collisions
                .into_iter()
                .filter(|(_, owners)| !owners.is_empty());
            return Err(MergeError::Owned(owned.collect()));
        }
        if self.options.collision_protect {
            let paths = collisions.into_iter().map(|(path, _)| path);
            return Err(MergeError::Unowned(paths.collect()));
        }
        self.plan.notes.push(Note::Overwritten(collisions));
        Ok(self.plan)
    }
}

/// The item of a record that stands for an entry of the image.
fn item_of(entry: &ImageEntry) -> Item {
    let mtime = entry.mtime.0;
    match &entry.kind {
        ImageKind::Folder => Item::Folder,
        ImageKind::File { md5, .. } => Item::File {
            md5: md5.clone(),
            mtime,
        },
        ImageKind::Link(target) => Item::Link {
            target: target.clone(),
            mtime,
        },
        ImageKind::Fifo => Item::Fifo,
        ImageKind::Device(_) | ImageKind::Socket => Item::Device,
    }
}

/// Whether two things are the same but for their times.
fn is_same(one: &ImageEntry, other: &ImageEntry) -> bool {
    one.identity == other.identity
        || (&one.kind, one.mode, one.uid, one.gid)
            == (&other.kind, other.mode, other.uid, other.gid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_over_every_kind() {
        use Decision::{Keep, MakeFolder, MakeRoom, Place, Refuse, UseFolder};
        let file = ImageKind::File {
            size: 1,
            md5: String::new(),
        };
        let link = ImageKind::Link("x".into());
        let found = [
            Found::Nothing,
            Found::Folder,
            Found::LinkToFolder,
            Found::Link,
            Found::File,
            Found::Special,
        ];
        for (kind, expected) in [
            (
                &ImageKind::Folder,
                [
                    MakeFolder, UseFolder, UseFolder, MakeRoom, MakeRoom, MakeRoom,
                ],
            ),
            (&file, [Place, Refuse, Place, Place, Place, Place]),
            (&link, [Place, Refuse, Place, Place, Place, Place]),
            (&ImageKind::Fifo, [Place, Keep, Keep, Keep, Keep, Keep]),
            (&ImageKind::Device(5), [Place, Keep, Keep, Keep, Keep, Keep]),
            (&ImageKind::Socket, [Keep; 6]),
        ] {
            assert_eq!(found.map(|found| decide(kind, found)), expected, "{kind:?}");
        }
    }
}
