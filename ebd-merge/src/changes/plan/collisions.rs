//! Files that are there and belong to nobody who is replaced.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Found, Note, Planner};
use crate::changes::MergeError;
use ebd_fs::{Root, Stat};
use ebd_image::ImageEntry;
use ebd_image::pattern::Patterns;
use ebd_vdb::Item;
use ebd_vdb::OwnerSearch;

/// Patterns; a folder stands for all that is in it.
pub(super) fn ignored(root: &Root, words: &[String]) -> Patterns {
    let words: Vec<String> = words
        .iter()
        .map(|word| {
            let target = root.target(&Path::new("/").join(word)).ok().flatten();
            if target.as_ref().is_some_and(Stat::is_dir) {
                format!("{}/*", word.trim_end_matches('/'))
            } else {
                word.clone()
            }
        })
        .collect();
    // A pattern without a slash is for any path, as fnmatch(3) has it.
    Patterns::file_names(words.iter().map(String::as_str))
}

impl Planner<'_> {
    pub(super) fn owned_in_slot(&self, real: &Path) -> Option<&Item> {
        self.neighbours
            .in_slot
            .iter()
            .find_map(|owned| owned.get(real))
    }

    pub(super) fn check_owner(&mut self, entry: &ImageEntry, real: &Path, found: Found) {
        if found == Found::Nothing || self.owned_in_slot(real).is_some() {
            return;
        }
        if self.neighbours.preserved.contains(real) {
            self.plan.taken_over.push(real.to_owned());
        } else if !self.protection.covers(&entry.path) {
            self.collide(real.to_owned());
        }
    }

    pub(super) fn collide(&mut self, real: PathBuf) {
        use std::os::unix::ffi::OsStrExt;
        if !self.ignored.matches(real.as_os_str().as_bytes()) {
            self.collisions.push(real);
        }
    }

    /// Asks who owns what would be overwritten, and refuses what must not be.
    pub(super) fn settle_collisions(&mut self) -> Result<(), MergeError> {
        if self.collisions.is_empty() {
            return Ok(());
        }
        let paths: HashSet<PathBuf> = self.collisions.iter().cloned().collect();
        let search = OwnerSearch {
            records: self.neighbours.others,
            folders: false,
            jobs: self.options.jobs,
        };
        let mut owners = search.owners(self.root, &paths)?;
        let mut collisions = std::mem::take(&mut self.collisions);
        collisions.sort();
        collisions.dedup();
        let collisions: Vec<(PathBuf, Vec<String>)> = collisions
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
        Ok(())
    }
}
