//! A packed file as a store that can be changed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ebd_fs::Stamp;

use super::{Packed, PackedError, write};
use crate::backend::{Backend, PutOutcome};
use crate::entry::Entry;
use crate::error::Error;
use crate::file;
use crate::lock::Lock;
use crate::name;

/// A packed file as a [`Backend`]. Changes stay in memory until [`flush`](Backend::flush) puts a new file in the place of the
/// old one; without changes the file is left alone. A file that cannot be used is replaced by the first flush.
#[derive(Debug)]
pub struct PackedStore {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The file as it is; `None` without one.
    base: Option<Packed>,
    /// What differs from it; `None` for what was removed.
    changes: BTreeMap<String, Option<Entry>>,
    /// Why the file that exists cannot be used. It is replaced by the first flush.
    damaged: Option<PackedError>,
}

impl PackedStore {
    /// Uses a file that need not exist.
    ///
    /// # Errors
    /// The file cannot be read or is none. One that is not understood is [`damage`](PackedStore::damage).
    pub fn open(path: impl Into<PathBuf>) -> Result<PackedStore, Error> {
        let path = path.into();
        let (base, damaged) = match Packed::open(&path) {
            Ok(base) => (base, None),
            Err(Error::Packed { source, .. }) => (None, Some(source)),
            Err(error) => return Err(error),
        };
        Ok(PackedStore {
            path,
            state: Mutex::new(State {
                base,
                changes: BTreeMap::new(),
                damaged,
            }),
        })
    }

    /// [`open`](PackedStore::open) of a file in the folder that a lock is held on; removes temporary files of killed runs.
    ///
    /// # Errors
    /// As for `open`; a left-over file cannot be removed.
    pub fn open_locked(lock: &Lock, path: impl Into<PathBuf>) -> Result<PackedStore, Error> {
        file::remove_leftovers(lock.folder())?;
        PackedStore::open(path)
    }

    /// Why the file that was there could not be used, so that the store began without entries.
    pub fn damage(&self) -> Option<PackedError> {
        self.state().damaged.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, source: PackedError) -> Error {
        Error::Packed {
            path: self.path.clone(),
            source,
        }
    }

    fn stored(&self, state: &State, cpv: &str) -> Result<Option<Entry>, Error> {
        if let Some(change) = state.changes.get(cpv) {
            return Ok(change.clone());
        }
        let Some(base) = &state.base else {
            return Ok(None);
        };
        base.entry(cpv)?
            .map(|entry| {
                entry.to_entry().map_err(|e| {
                    self.fail(PackedError::Entry {
                        cpv: cpv.to_owned(),
                        problem: e.to_string(),
                    })
                })
            })
            .transpose()
    }
}

impl Backend for PackedStore {
    fn get(&self, cpv: &str) -> Result<Option<Entry>, Error> {
        name::split(cpv)?;
        self.stored(&self.state(), cpv)
    }

    fn put(&self, cpv: &str, entry: &Entry) -> Result<PutOutcome, Error> {
        name::split(cpv)?;
        let mut state = self.state();
        if self.stored(&state, cpv).ok().flatten().as_ref() == Some(entry) {
            return Ok(PutOutcome::Unchanged);
        }
        state.changes.insert(cpv.to_owned(), Some(entry.clone()));
        Ok(PutOutcome::Written)
    }

    fn remove(&self, cpv: &str) -> Result<bool, Error> {
        name::split(cpv)?;
        let mut state = self.state();
        // What cannot be read goes as well.
        if let Ok(None) = self.stored(&state, cpv) {
            return Ok(false);
        }
        state.changes.insert(cpv.to_owned(), None);
        Ok(true)
    }

    fn list(&self) -> Result<Vec<String>, Error> {
        let state = self.state();
        let mut names: BTreeMap<&str, bool> = BTreeMap::new();
        if let Some(base) = &state.base {
            for name in base.names() {
                names.insert(name?, true);
            }
        }
        for (name, change) in &state.changes {
            names.insert(name, change.is_some());
        }
        Ok(names
            .into_iter()
            .filter(|(_, present)| *present)
            .map(|(name, _)| name.to_owned())
            .collect())
    }

    /// The stamp of the whole file.
    fn stamps(&self, cpvs: &[&str]) -> Vec<Option<Stamp>> {
        let state = self.state();
        let stamp = state.base.as_ref().and_then(|base| base.stamp);
        let unchanged = |cpv: &&str| stamp.filter(|_| !state.changes.contains_key(*cpv));
        cpvs.iter().map(unchanged).collect()
    }

    fn flush(&self) -> Result<(), Error> {
        let mut state = self.state();
        if state.changes.is_empty() && state.damaged.is_none() && state.base.is_some() {
            return Ok(());
        }
        let mut kept: BTreeMap<String, Entry> = BTreeMap::new();
        if let Some(base) = &state.base {
            for name in base.names().flatten() {
                // A damaged entry is one that has to be made again.
                if !state.changes.contains_key(name)
                    && let Ok(Some(entry)) = self.stored(&state, name)
                {
                    kept.insert(name.to_owned(), entry);
                }
            }
        }
        let changed = state.changes.iter();
        let changed = changed.filter_map(|(name, entry)| Some((name.as_str(), entry.as_ref()?)));
        let kept = kept.iter().map(|(name, entry)| (name.as_str(), entry));
        let entries: BTreeMap<&str, &Entry> = kept.chain(changed).collect();
        let bytes = write::pack(&entries).map_err(|source| self.fail(source))?;
        ebd_fs::replace(&self.path, &bytes)?;
        *state = State {
            base: Packed::open(&self.path)?,
            changes: BTreeMap::new(),
            damaged: None,
        };
        Ok(())
    }
}
