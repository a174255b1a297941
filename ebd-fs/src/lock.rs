//! Locks between processes and threads.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, Flock, FlockArg, fcntl};
use nix::libc;

use crate::error::Error;

/// How often somebody who waits tries again.
const PAUSE: Duration = Duration::from_millis(100);

/// A lock that is free when the value is dropped or the process ends, however it ends.
///
/// It belongs to the open file and not to the process: threads exclude each other too, and closing another descriptor of the file does
/// not free it.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _held: Held,
    removes_file: bool,
    removes_directory: bool,
}

#[derive(Debug)]
enum Held {
    Flock(#[expect(dead_code, reason = "dropping it frees the lock")] Flock<File>),
    Record(#[expect(dead_code, reason = "dropping it frees the lock")] File),
}

/// A lock that is to be taken.
#[derive(Debug, Clone)]
#[must_use]
pub struct Locking {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flock,
    Record,
}

/// Returns the lock file that Portage uses for a directory or file: `.NAME.portage_lockfile` beside it.
#[must_use]
pub fn lock_file_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.portage_lockfile"))
}

impl Lock {
    /// A `flock(2)` on an existing directory or file itself.
    pub fn flock(path: impl Into<PathBuf>) -> Locking {
        Locking {
            path: path.into(),
            kind: Kind::Flock,
        }
    }

    /// A record lock on a file, which is created when it is missing. It and those of `lockf(3)`, which Portage takes, exclude each other.
    pub fn record(path: impl Into<PathBuf>) -> Locking {
        Locking {
            path: path.into(),
            kind: Kind::Record,
        }
    }

    /// Has the file removed with the lock, as Portage's lock files are. Whoever waits for it notices and makes another.
    #[must_use]
    pub fn with_file(mut self) -> Self {
        self.removes_file = true;
        self
    }

    /// Has the file removed with the lock, and its directory when nothing else is in it, which may be that of a category without
    /// packages.
    #[must_use]
    pub fn with_directory(mut self) -> Self {
        self.removes_directory = true;
        self.with_file()
    }

    /// Returns the path that is locked.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Locking {
    /// Takes the lock unless somebody else has it; `None` if so.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be opened or locked.
    pub fn try_take(self) -> Result<Option<Lock>, Error> {
        self.wait_while(&mut || false)
    }

    /// Takes the lock; calls back once with its path before it waits for somebody else.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be opened or locked.
    pub fn wait(self, on_wait: impl FnOnce(&Path)) -> Result<Lock, Error> {
        let path = self.path.clone();
        let mut on_wait = Some(on_wait);
        loop {
            let mut go_on = || {
                if let Some(on_wait) = on_wait.take() {
                    on_wait(&path);
                }
                true
            };
            if let Some(lock) = self.clone().wait_while(&mut go_on)? {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock. While somebody else has it, asks every tenth of a second whether to go on waiting; `None` if not.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be opened or locked.
    pub fn wait_while(self, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Lock>, Error> {
        let failed = |action| {
            let path = self.path.clone();
            move |source| Error::Io {
                action,
                path,
                source,
            }
        };
        loop {
            let mut file = self.open().map_err(failed("open"))?;
            let place = place(file.metadata());
            let held = loop {
                match self.lock(file).map_err(failed("lock"))? {
                    Ok(held) => break held,
                    Err(unlocked) => file = unlocked,
                }
                if !go_on() {
                    return Ok(None);
                }
                thread::sleep(PAUSE);
            };
            // Whoever had it may have removed the file.
            if place == self::place(fs::metadata(&self.path)) {
                return Ok(Some(Lock {
                    path: self.path,
                    _held: held,
                    removes_file: false,
                    removes_directory: false,
                }));
            }
        }
    }

    fn open(&self) -> io::Result<File> {
        match self.kind {
            // Network filesystems lock only files that are open for writing. Directories cannot be, which those refuse to lock.
            Kind::Flock => OpenOptions::new()
                .read(true)
                .write(true)
                .open(&self.path)
                .or_else(|_| File::open(&self.path)),
            // Such files are also in directories that a group can write: a symlink there may lead anywhere.
            Kind::Record => OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o660)
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
                .open(&self.path),
        }
    }

    /// Locks the file, or gives it back when somebody else has locked it.
    fn lock(&self, file: File) -> io::Result<Result<Held, File>> {
        match self.kind {
            Kind::Flock => match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(held) => Ok(Ok(Held::Flock(held))),
                Err((file, Errno::EWOULDBLOCK | Errno::EINTR)) => Ok(Err(file)),
                Err((_, errno)) => Err(errno.into()),
            },
            Kind::Record => match fcntl(&file, FcntlArg::F_OFD_SETLK(&whole_file())) {
                Ok(_) => Ok(Ok(Held::Record(file))),
                Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) => Ok(Err(file)),
                Err(errno) => Err(errno.into()),
            },
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.removes_file {
            // A file that stays does no harm.
            let _ = fs::remove_file(&self.path);
        }
        if self.removes_directory {
            let _ = self.path.parent().map(fs::remove_dir);
        }
    }
}

fn place(metadata: io::Result<fs::Metadata>) -> Option<(u64, u64)> {
    metadata
        .ok()
        .map(|metadata| (metadata.dev(), metadata.ino()))
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
    use super::*;

    #[test]
    fn a_lock_excludes_others_of_the_same_process_and_waiting_can_be_given_up() {
        let temp = tempfile::tempdir().unwrap();
        let path = lock_file_of(&temp.path().join("x"));
        fs::write(&path, "").unwrap();
        for locking in [Lock::record(&path), Lock::flock(&path)] {
            let lock = locking.clone().wait(|_| {}).unwrap();
            assert!(locking.clone().try_take().unwrap().is_none());
            // Another descriptor that is closed does not free it.
            drop(File::open(&path).unwrap());
            let mut asked = 0;
            let given_up = locking.clone().wait_while(&mut || {
                asked += 1;
                asked < 3
            });
            assert!(given_up.unwrap().is_none());
            assert_eq!(asked, 3);
            drop(lock);
            assert!(locking.try_take().unwrap().is_some());
        }
    }

    #[test]
    fn a_removed_lock_file_is_made_again_by_whoever_waits() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("x");
        let lock = Lock::record(&path).wait(|_| {}).unwrap();
        let (reports, reported) = std::sync::mpsc::channel();
        thread::scope(|scope| {
            let waiting = scope
                .spawn(|| Lock::record(&path).wait(|path| reports.send(path.to_owned()).unwrap()));
            assert_eq!(reported.recv().unwrap(), path);
            assert!(!waiting.is_finished());
            drop(lock.with_file());
            drop(waiting.join().unwrap().unwrap());
        });
        assert!(path.exists());
    }

    #[test]
    fn locks_of_lockf_are_respected() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("x");
        let file = File::create(&path).unwrap();
        // What `lockf` does. In this process it is another owner than the open file is.
        fcntl(&file, FcntlArg::F_SETLK(&whole_file())).unwrap();
        assert!(Lock::record(&path).try_take().unwrap().is_none());
        drop(file);
        let lock = Lock::record(&path).try_take().unwrap().unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        assert!(fcntl(&file, FcntlArg::F_SETLK(&whole_file())).is_err());
        drop(lock.with_directory());
        assert!(!temp.path().exists(), "the empty directory goes with it");
    }

    #[test]
    fn a_lock_file_is_not_created_through_a_symlink() {
        let temp = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("elsewhere", temp.path().join("x")).unwrap();
        assert!(Lock::record(temp.path().join("x")).try_take().is_err());
        assert!(!temp.path().join("elsewhere").exists());
    }
}
