//! Where entries are stored.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ebd_fs::Stamp;

use crate::entry::Entry;
use crate::error::Error;
use crate::name;

/// What [`Backend::put`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// The entry is new or has changed.
    Written,
    /// The stored entry said the same already; nothing was written.
    Unchanged,
}

/// A store of entries. Names are `category/package-version`; one that is not is [`Error::BadName`].
///
/// Shared by threads: different names may be used at the same time.
pub trait Backend: Send + Sync {
    /// The entry of this name, `None` if there is none.
    ///
    /// # Errors
    /// The entry exists but cannot be read ([`Error::Io`], [`Error::NotAFile`]) or understood ([`Error::Corrupt`]).
    fn get(&self, cpv: &str) -> Result<Option<Entry>, Error>;

    /// Stores an entry unless an equal one is stored already. One that cannot be understood is replaced.
    ///
    /// # Errors
    /// The entry cannot be written.
    fn put(&self, cpv: &str, entry: &Entry) -> Result<PutOutcome, Error>;

    /// Removes an entry; `false` if there was none.
    ///
    /// # Errors
    /// The entry cannot be removed.
    fn remove(&self, cpv: &str) -> Result<bool, Error>;

    /// The names of all entries, sorted. What is no entry (folders, hidden files, other names) is left
    /// out.
    ///
    /// # Errors
    /// The store cannot be listed.
    fn list(&self) -> Result<Vec<String>, Error>;

    /// What tells whether stored entries have changed since they were read, in the order of the names; `None` where there is
    /// no entry, or no such thing. Fast when neighbours are in one category.
    fn stamps(&self, cpvs: &[&str]) -> Vec<Option<Stamp>> {
        vec![None; cpvs.len()]
    }

    /// The folders in which entries are, sorted by name: while they have the same stamps, [`list`](Backend::list) gives the
    /// same. Nothing where no such thing is known.
    fn shelves(&self) -> Vec<(String, Stamp)> {
        Vec::new()
    }

    /// Makes what was put and removed visible to others. Most stores have done so at once.
    ///
    /// # Errors
    /// The store cannot be written.
    fn flush(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Entries in memory, for tests and for runs that write nothing.
#[derive(Debug, Default)]
pub struct Memory {
    entries: Mutex<BTreeMap<String, Entry>>,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Memory {
        Memory::default()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Memory {
    fn get(&self, cpv: &str) -> Result<Option<Entry>, Error> {
        name::split(cpv)?;
        Ok(self.entries().get(cpv).cloned())
    }

    fn put(&self, cpv: &str, entry: &Entry) -> Result<PutOutcome, Error> {
        name::split(cpv)?;
        let mut entries = self.entries();
        if entries.get(cpv) == Some(entry) {
            return Ok(PutOutcome::Unchanged);
        }
        entries.insert(cpv.to_owned(), entry.clone());
        Ok(PutOutcome::Written)
    }

    fn remove(&self, cpv: &str) -> Result<bool, Error> {
        name::split(cpv)?;
        Ok(self.entries().remove(cpv).is_some())
    }

    fn list(&self) -> Result<Vec<String>, Error> {
        Ok(self.entries().keys().cloned().collect())
    }
}
