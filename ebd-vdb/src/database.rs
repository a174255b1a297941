//! The records of installed packages, `var/db/pkg`: writing and removing them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::contents::Contents;
use crate::error::VdbError;
use crate::owners::records;
use ebd_fs::{Lock, lock_file_of, remove_all, replace, replace_durably, sync_directory};

/// What the name of a record begins with that is not finished.
const MERGING: &str = "-MERGING-";

/// The records below a ROOT with its offset prefix, and the files beside them.
#[derive(Debug, Clone)]
pub struct Database {
    eroot: PathBuf,
}

impl Database {
    /// The records below this folder; they need not exist.
    #[must_use]
    pub fn below(eroot: &Path) -> Self {
        Self {
            eroot: eroot.to_owned(),
        }
    }

    /// The folder with the records.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.eroot.join("var/db/pkg")
    }

    /// The record of a package.
    #[must_use]
    pub fn record(&self, category: &str, pf: &str) -> PathBuf {
        self.folder().join(category).join(pf)
    }

    /// The record of a package that is being merged.
    #[must_use]
    pub fn unfinished(&self, category: &str, pf: &str) -> PathBuf {
        self.folder().join(category).join(format!("{MERGING}{pf}"))
    }

    /// The memory of configuration files.
    #[must_use]
    pub fn config_memory(&self) -> PathBuf {
        self.eroot.join("var/lib/portage/config")
    }

    /// The registry of preserved libraries.
    #[must_use]
    pub fn preserved(&self) -> PathBuf {
        self.eroot.join("var/lib/portage/preserved_libs_registry")
    }

    /// Where journals are.
    #[must_use]
    pub fn journals(&self) -> PathBuf {
        self.eroot.join("var/lib/ebd/journal")
    }

    /// Makes the folders and takes the lock that Portage takes when it merges.
    ///
    /// # Errors
    /// When the folders cannot be made or the lock cannot be taken.
    pub fn lock(&self, waiting: &mut dyn FnMut(&Path)) -> Result<Lock, VdbError> {
        for folder in [self.folder(), self.eroot.join("var/lib/portage")] {
            fs::create_dir_all(&folder).map_err(VdbError::io("make the folder", &folder))?;
        }
        let path = lock_file_of(&self.folder());
        Lock::record(&path)
            .wait(waiting)
            .map(Lock::with_file)
            .map_err(|error| VdbError::io("lock", &path)(error.into()))
    }

    /// Takes the lock on a slot of a package, which Portage takes with FEATURES=parallel-install. Nobody is waited for: whoever has it may be waiting
    /// for the lock on the records.
    ///
    /// # Errors
    /// When another process has it, the folder cannot be made or the lock cannot be taken.
    pub fn lock_slot(&self, category: &str, name: &str, slot: &str) -> Result<Lock, VdbError> {
        let folder = self.folder().join(category);
        fs::create_dir_all(&folder).map_err(VdbError::io("make the folder", &folder))?;
        let path = lock_file_of(&folder.join(format!("{name}:{slot}")));
        Lock::record(&path)
            .try_take()
            .map_err(|error| VdbError::io("lock", &path)(error.into()))?
            .map(Lock::with_directory)
            .ok_or_else(|| VdbError::Busy(format!("{category}/{name}:{slot}")))
    }

    /// A counter higher than that of every package, and writes it down. Whoever calls holds the lock.
    ///
    /// # Errors
    /// When records cannot be listed or the counter cannot be written.
    pub fn next_counter(&self) -> Result<u64, VdbError> {
        let file = self.eroot.join("var/cache/edb/counter");
        let number = |path: &Path| -> Option<u64> {
            let text = fs::read_to_string(path).ok()?;
            text.lines().next()?.trim().parse().ok()
        };
        let highest = records(&self.folder())?
            .iter()
            .filter_map(|record| number(&record.join("COUNTER")))
            .chain(number(&file))
            .max();
        let next = highest.map_or(0, |highest| highest.saturating_add(1));
        replace(&file, next.to_string().as_bytes())?;
        Ok(next)
    }

    /// Writes a record that is not finished; one that is there is replaced.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(
        &self,
        category: &str,
        pf: &str,
        files: &[(String, Vec<u8>)],
    ) -> Result<PathBuf, VdbError> {
        let folder = self.unfinished(category, pf);
        remove_all(&folder)?;
        fs::create_dir_all(&folder).map_err(VdbError::io("make the folder", &folder))?;
        for (name, content) in files {
            let path = folder.join(name);
            fs::write(&path, content).map_err(VdbError::io("write", &path))?;
        }
        Ok(folder)
    }

    /// Writes CONTENTS of a record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_contents(&self, record: &Path, contents: &Contents) -> Result<(), VdbError> {
        Ok(replace_durably(
            record.join("CONTENTS"),
            &contents.to_bytes(),
        )?)
    }

    /// Gives a record its name; an older one of that name goes.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn finish(&self, category: &str, pf: &str) -> Result<PathBuf, VdbError> {
        let (unfinished, record) = (self.unfinished(category, pf), self.record(category, pf));
        match fs::symlink_metadata(&unfinished) {
            Ok(_) => {
                self.remove_folder(&record)?;
                fs::rename(&unfinished, &record).map_err(VdbError::io("write", &record))?;
            }
            // It has been done.
            Err(error) if error.kind() == io::ErrorKind::NotFound && record.is_dir() => {}
            Err(error) => return Err(VdbError::io("look at", unfinished)(error)),
        }
        sync_directory(record.parent().unwrap_or(&self.eroot))?;
        Ok(record)
    }

    /// Removes a record, whole or not at all as readers see it, and its category if that is empty then.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn delete(&self, record: &Path) -> Result<(), VdbError> {
        self.remove_folder(record)?;
        if let Some(category) = record.parent() {
            if category.is_dir() {
                sync_directory(category)?;
            }
            // Others may be in it.
            let _ = fs::remove_dir(category);
        }
        Ok(())
    }

    /// Takes the name away first.
    fn remove_folder(&self, record: &Path) -> Result<(), VdbError> {
        let mut name = std::ffi::OsString::from(".ebd-removed-");
        name.push(record.file_name().unwrap_or_default());
        let away = record.with_file_name(name);
        remove_all(&away)?;
        match fs::rename(record, &away) {
            Ok(()) => Ok(remove_all(&away)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(VdbError::io("remove", record)(error)),
        }
    }

    /// Takes files out of what a package has.
    ///
    /// # Errors
    /// When CONTENTS cannot be read or written.
    pub fn disown(&self, record: &Path, lost: &dyn Fn(&Path) -> bool) -> Result<(), VdbError> {
        let mut contents = Contents::read(&record.join("CONTENTS"))?;
        let gone: Vec<PathBuf> = contents
            .iter()
            .map(|(path, _)| path.to_owned())
            .filter(|path| lost(path))
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        for path in gone {
            contents.remove(&path);
        }
        self.write_contents(record, &contents)
    }
}

/// One value of a record; empty if the record does not have it.
///
/// # Errors
/// When it cannot be read.
pub fn value(record: &Path, name: &str) -> Result<String, VdbError> {
    let path = record.join(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(VdbError::io("read", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_there_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::below(folder.path());
        let _lock = database.lock(&mut |_| ()).unwrap();
        assert_eq!(database.next_counter().unwrap(), 0);
        let files = [
            ("SLOT".to_owned(), b"0\n".to_vec()),
            ("COUNTER".to_owned(), b"41".to_vec()),
        ];
        database.write("a", "b-1", &files).unwrap();
        assert!(records(&database.folder()).unwrap().is_empty());
        let record = database.finish("a", "b-1").unwrap();
        assert_eq!(
            records(&database.folder()).unwrap(),
            std::slice::from_ref(&record)
        );
        assert_eq!(database.finish("a", "b-1").unwrap(), record);
        assert_eq!(value(&record, "SLOT").unwrap(), "0");
        assert_eq!(value(&record, "USE").unwrap(), "");
        assert_eq!(database.next_counter().unwrap(), 42);
        assert_eq!(database.next_counter().unwrap(), 43);
        database.write("a", "b-1", &files[..1]).unwrap();
        database.finish("a", "b-1").unwrap();
        assert_eq!(value(&record, "COUNTER").unwrap(), "");
        database.delete(&record).unwrap();
        database.delete(&record).unwrap();
        assert!(!folder.path().join("var/db/pkg/a").exists());
    }
}
