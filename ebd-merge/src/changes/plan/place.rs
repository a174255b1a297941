//! How a file or link of the image gets to its place: moved, copied, or left as it is.

use std::io;
use std::path::{Path, PathBuf};

use super::{Copy, Note, Planner, Step, item_of};
use crate::changes::MergeError;
use ebd_fs::Stat;
use ebd_image::copy::through;
use ebd_image::{ImageEntry, ImageKind};

impl Planner<'_> {
    pub(super) fn place(
        &mut self,
        index: usize,
        entry: &ImageEntry,
        real: PathBuf,
        meta: Option<&Stat>,
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
        let missing = match self.root.look(folder)? {
            Some(stat) if stat.is_dir() => {
                self.devices.insert(folder.to_owned(), stat.device);
                self.existing.insert(folder.to_owned());
                return Ok(stat.device);
            }
            Some(_) => io::ErrorKind::NotADirectory,
            None => io::ErrorKind::NotFound,
        };
        let Some(parent) = folder.parent() else {
            return Err(MergeError::io("look at", folder)(missing.into()));
        };
        let device = self.device_of(parent)?;
        self.devices.insert(folder.to_owned(), device);
        Ok(device)
    }

    /// Whether a file that is there is what would take its place.
    fn is_unchanged(
        &self,
        entry: &ImageEntry,
        size: u64,
        md5: &str,
        place: &Path,
        meta: &Stat,
    ) -> Result<bool, MergeError> {
        let root = nix::unistd::Uid::effective().is_root();
        let same_owner = !root || (meta.uid, meta.gid) == (entry.uid, entry.gid);
        if !meta.is_file() || meta.size != size || meta.mode != entry.mode || !same_owner {
            return Ok(false);
        }
        let original = self
            .source
            .image
            .join(entry.path.strip_prefix("/").unwrap_or(&entry.path));
        let attributes = |path: &Path| {
            self.attributes
                .of(path)
                .map_err(MergeError::io("read", path))
        };
        let Some((dir, name)) = self.root.entry(place)? else {
            return Ok(false);
        };
        Ok(dir.md5(name)? == *md5 && attributes(&through(&dir, name))? == attributes(&original)?)
    }
}
