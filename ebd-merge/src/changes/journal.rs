//! Journals: what a merge or a removal has done, so that the next command can finish or undo what was interrupted.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::MergeError;
use ebd_fs::{remove_all, replace_durably, sync_directory};

/// A journal: a folder with a file of marks, each of which is on the disk before the next thing is done, and files for whoever goes on.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    log: File,
    marks: Vec<String>,
}

const LOG: &str = "log";

impl Journal {
    /// Begins a journal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(journals: &Path, name: &str) -> Result<Self, MergeError> {
        fs::create_dir_all(journals).map_err(MergeError::io("make the folder", journals))?;
        let folder = journals.join(name);
        remove_all(&folder)?;
        fs::create_dir(&folder).map_err(MergeError::io("make the folder", &folder))?;
        let path = folder.join(LOG);
        let log = File::create_new(&path).map_err(MergeError::io("write", &path))?;
        sync_directory(&folder)?;
        sync_directory(journals)?;
        Ok(Self {
            folder,
            log,
            marks: Vec::new(),
        })
    }

    /// The journals that were not ended, oldest name first.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn pending(journals: &Path) -> Result<Vec<Self>, MergeError> {
        let entries = match fs::read_dir(journals) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(MergeError::io("list", journals)(error)),
        };
        let mut pending = Vec::new();
        for entry in entries {
            let folder = entry.map_err(MergeError::io("list", journals))?.path();
            let path = folder.join(LOG);
            let text = match fs::read(&path) {
                Ok(text) => text,
                // It ended, or had not begun.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    remove_all(&folder)?;
                    continue;
                }
                Err(error) => return Err(MergeError::io("read", path)(error)),
            };
            // A mark without its line break was being written.
            let whole = text
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |at| at + 1);
            let text = String::from_utf8_lossy(text.get(..whole).unwrap_or_default()).into_owned();
            let log = File::options()
                .write(true)
                .open(&path)
                .map_err(MergeError::io("write", &path))?;
            log.set_len(whole as u64)
                .map_err(MergeError::io("write", &path))?;
            let mut log = log;
            io::Seek::seek(&mut log, io::SeekFrom::End(0))
                .map_err(MergeError::io("write", &path))?;
            pending.push(Self {
                folder,
                log,
                marks: text.lines().map(str::to_owned).collect(),
            });
        }
        pending.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(pending)
    }

    /// Makes a mark, which is on the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn mark(&mut self, mark: &str) -> Result<(), MergeError> {
        let path = self.folder.join(LOG);
        self.log
            .write_all(format!("{mark}\n").as_bytes())
            .and_then(|()| self.log.sync_data())
            .map_err(MergeError::io("write", path))?;
        self.marks.push(mark.to_owned());
        Ok(())
    }

    /// Whether a mark was made.
    #[must_use]
    pub fn has(&self, mark: &str) -> bool {
        self.marks.iter().any(|made| made == mark)
    }

    /// All marks.
    #[must_use]
    #[cfg(test)]
    fn marks(&self) -> &[String] {
        &self.marks
    }

    /// Keeps a file, which is on the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, name: &str, content: &[u8]) -> Result<(), MergeError> {
        Ok(replace_durably(self.folder.join(name), content)?)
    }

    /// A file that was kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn kept(&self, name: &str) -> Result<Vec<u8>, MergeError> {
        let path = self.folder.join(name);
        fs::read(&path).map_err(MergeError::io("read", path))
    }

    /// A file of the journal.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Ends the journal: nothing is left to do.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn end(self) -> Result<(), MergeError> {
        remove_all(&self.folder.join(LOG))?;
        sync_directory(&self.folder)?;
        Ok(remove_all(&self.folder)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_survive_and_torn_ones_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(folder.path(), "one").unwrap();
        journal.mark("first").unwrap();
        journal.keep("file", b"content").unwrap();
        drop(journal);
        let log = folder.path().join("one/log");
        let mut file = File::options().append(true).open(&log).unwrap();
        file.write_all(b"sec").unwrap();
        let mut pending = Journal::pending(folder.path()).unwrap();
        let mut journal = pending.pop().unwrap();
        assert_eq!(journal.marks(), ["first"]);
        journal.mark("third").unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), "first\nthird\n");
        assert_eq!(journal.kept("file").unwrap(), b"content");
        journal.end().unwrap();
        assert!(Journal::pending(folder.path()).unwrap().is_empty());
        fs::create_dir(folder.path().join("ended")).unwrap();
        assert!(Journal::pending(folder.path()).unwrap().is_empty());
        assert!(!folder.path().join("ended").exists());
    }
}
