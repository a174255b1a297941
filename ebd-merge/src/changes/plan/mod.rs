//! What merging an image does to a ROOT, decided before anything is done.

mod collisions;
mod configuration;
mod decide;
mod input;
mod outcome;
mod place;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::changes::MergeError;
use collisions::ignored;
use ebd_fs::{Root, Stat};
use ebd_image::copy::Attributes;
use ebd_image::pattern::Patterns;
use ebd_image::{ImageEntry, ImageKind};
use ebd_vdb::Item;
use ebd_vdb::{ConfigMemory, Protection};

pub use decide::{Decision, Found, decide};
pub use input::{MergeOptions, Neighbours, Source};
pub use outcome::{Conflict, Copy, Note, Plan, Step};

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
        declared: HashMap::new(),
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
    /// The owners that the image gives its directories, by their real paths. Where the package itself says that a user has a
    /// directory, what it has below may belong to others.
    declared: HashMap<PathBuf, u32>,
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
        let real = self.root.real_for_change(&entry.path, &|step| {
            let declared = self.declared.get(&step.path) == Some(&step.from);
            !step.by_link && (declared || step.path == Path::new("/"))
        })?;
        if entry.kind == ImageKind::Folder {
            self.declared.insert(real.clone(), entry.uid);
        }
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

    fn look(&self, real: &Path) -> Result<(Found, Option<Stat>), MergeError> {
        if real
            .parent()
            .is_some_and(|parent| self.new_folders.contains(parent))
        {
            return Ok((Found::Nothing, None));
        }
        let Some(meta) = self.root.look(real)? else {
            return Ok((Found::Nothing, None));
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
        let unchanged = match owned {
            Some(Item::File { md5, .. }) => {
                let target = self.root.target(real)?;
                target.as_ref().is_some_and(Stat::is_file) && self.root.md5(real)? == *md5
            }
            Some(Item::Link { target, .. }) => {
                let now = self.root.read_link(real);
                now.is_ok_and(|now| now == target.as_os_str())
            }
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
            .find(|path| !matches!(self.root.look(path), Ok(Some(_))))
            .unwrap_or_else(|| real.with_extension("backup"));
        self.plan.notes.push(Note::MadeRoom {
            path: path.clone(),
            to: to.clone(),
        });
        self.plan.steps.push(Step::Rename { path, to });
        Ok(())
    }

    fn finish(mut self) -> Result<Plan, MergeError> {
        if !self.conflicts.is_empty() {
            return Err(MergeError::Conflicts(self.conflicts));
        }
        self.plan.steps.append(&mut self.late);
        self.settle_collisions()?;
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
