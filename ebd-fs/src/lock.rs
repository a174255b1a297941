//! Locks on files, of the kind and in the places that Portage has them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// A lock on a file that is free when the value is dropped.
///
/// It and those of `lockf(3)`, which Portage takes, exclude each other. It belongs to the open file and not to the process: threads
/// exclude each other too, and closing another descriptor of the file does not free it.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
    /// Its file, if that goes with it.
    goes: Option<PathBuf>,
    /// Whether its folder goes too when nothing else is in it.
    folder: bool,
}

/// The lock file of a folder or a file: `.NAME.portage_lockfile` beside it.
#[must_use]
pub fn lock_file_of(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.portage_lockfile"))
}

impl FileLock {
    /// Takes the lock; calls back once before it waits for another process.
    ///
    /// # Errors
    /// When the file cannot be opened or locked.
    pub fn take(path: &Path, waiting: &mut dyn FnMut(&Path)) -> io::Result<Self> {
        let mut told = false;
        let mut go_on = || {
            if !std::mem::replace(&mut told, true) {
                waiting(path);
            }
            true
        };
        loop {
            if let Some(lock) = Self::take_or_give_up(path, &mut go_on)? {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock. While another process has it, asks every tenth of a second whether to go on waiting; `None` if not.
    ///
    /// # Errors
    /// When the file cannot be opened or locked.
    pub fn take_or_give_up(
        path: &Path,
        go_on: &mut dyn FnMut() -> bool,
    ) -> io::Result<Option<Self>> {
        loop {
            let file = open(path)?;
            while !try_lock(&file)? {
                if !go_on() {
                    return Ok(None);
                }
                thread::sleep(Duration::from_millis(100));
            }
            // Whoever had it may have removed the file.
            let same = |meta: io::Result<fs::Metadata>| -> Option<(u64, u64)> {
                meta.ok().map(|meta| (meta.dev(), meta.ino()))
            };
            if same(file.metadata()) == same(fs::metadata(path)) {
                return Ok(Some(Self {
                    _file: file,
                    goes: None,
                    folder: false,
                }));
            }
        }
    }

    /// Takes a lock unless another process has it. Its file goes with it, and the folder when nothing else is in it, which may be that of a
    /// category without packages.
    ///
    /// # Errors
    /// When the file cannot be opened or locked.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        Ok(try_lock(&file)?.then(|| Self {
            _file: file,
            goes: Some(path.to_owned()),
            folder: true,
        }))
    }

    /// Takes a lock whose file goes with it, as Portage's lock files do.
    ///
    /// # Errors
    /// When the file cannot be opened or locked.
    pub fn take_for_a_while(path: &Path, waiting: &mut dyn FnMut(&Path)) -> io::Result<Self> {
        Ok(Self::take(path, waiting)?.with_file(path))
    }

    /// Has the file at this path, which is the lock's, go with it.
    #[must_use]
    pub fn with_file(mut self, path: &Path) -> Self {
        self.goes = Some(path.to_owned());
        self
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Some(path) = self.goes.take() {
            // A file that stays does no harm. Whoever waits for it sees that it has gone, and makes another.
            let _ = fs::remove_file(&path);
            if self.folder {
                let _ = path.parent().map(fs::remove_dir);
            }
        }
    }
}

/// Whether the lock is taken now.
fn try_lock(file: &File) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file())) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o660)
        .open(path)
}

fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_lock_excludes_others_of_the_same_process_and_waiting_can_be_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = lock_file_of(&folder.path().join("x"));
        let lock = FileLock::take(&path, &mut |_| {}).unwrap();
        assert!(FileLock::try_take(&path).unwrap().is_none());
        // Another descriptor that is closed does not free it.
        drop(File::open(&path).unwrap());
        let mut asked = 0;
        let given_up = FileLock::take_or_give_up(&path, &mut || {
            asked += 1;
            asked < 3
        });
        assert!(given_up.unwrap().is_none());
        assert_eq!(asked, 3);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| FileLock::take(&path, &mut |_| {}).unwrap());
            thread::sleep(Duration::from_millis(150));
            assert!(!waiting.is_finished());
            drop(lock.with_file(&path));
            drop(waiting.join().unwrap());
        });
        assert!(path.exists(), "whoever waited has made it again");
    }

    #[test]
    fn locks_of_lockf_are_respected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let file = open(&path).unwrap();
        // What `lockf` does. In this process it is another owner than the open file is.
        fcntl(&file, FcntlArg::F_SETLK(&whole_file())).unwrap();
        assert!(FileLock::try_take(&path).unwrap().is_none());
        drop(file);
        let lock = FileLock::try_take(&path).unwrap().unwrap();
        let file = open(&path).unwrap();
        assert!(fcntl(&file, FcntlArg::F_SETLK(&whole_file())).is_err());
        drop(lock);
        assert!(!folder.path().exists(), "the empty folder goes with it");
    }
}
