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

/// A lock on a file, of the kind that `lockf(3)` takes. It is free when the value is dropped, and when this process closes any
/// other descriptor of the file.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
    /// Its file, if that goes with it.
    goes: Option<PathBuf>,
}

/// The lock file of a folder: `.NAME.portage_lockfile` beside it.
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
        loop {
            let file = open(path)?;
            loop {
                match fcntl(&file, FcntlArg::F_SETLK(&whole_file())) {
                    Ok(_) => break,
                    Err(Errno::EAGAIN | Errno::EACCES) => {
                        if !told {
                            waiting(path);
                            told = true;
                        }
                        thread::sleep(Duration::from_millis(100));
                    }
                    Err(errno) => return Err(errno.into()),
                }
            }
            // Whoever had it may have removed the file.
            let same = |meta: io::Result<fs::Metadata>| -> Option<(u64, u64)> {
                meta.ok().map(|meta| (meta.dev(), meta.ino()))
            };
            if same(file.metadata()) == same(fs::metadata(path)) {
                return Ok(Self {
                    _file: file,
                    goes: None,
                });
            }
        }
    }

    /// Takes a lock whose file goes with it, unless another process has it.
    ///
    /// # Errors
    /// When the file cannot be opened or locked.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match fcntl(&file, FcntlArg::F_SETLK(&whole_file())) {
            Ok(_) => Ok(Some(Self {
                _file: file,
                goes: Some(path.to_owned()),
            })),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Takes a lock whose file goes with it, as Portage's lock files do.
    ///
    /// # Errors
    /// When the file cannot be opened or locked.
    pub fn take_for_a_while(path: &Path, waiting: &mut dyn FnMut(&Path)) -> io::Result<Self> {
        let mut lock = Self::take(path, waiting)?;
        lock.goes = Some(path.to_owned());
        Ok(lock)
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Some(path) = self.goes.take() {
            // A file that stays does no harm. Whoever waits for it sees that it has gone, and makes another.
            let _ = fs::remove_file(&path);
            // The folder may be that of a category without packages.
            let _ = path.parent().map(fs::remove_dir);
        }
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
