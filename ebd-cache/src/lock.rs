//! One writer per output folder.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::error::Error;

/// Used only where a folder itself cannot be locked. A leading dot keeps it out of `list` and of Portage's listing.
const LOCK_FILE: &str = ".ebd.lock";

/// The right to write below an output folder, given up when dropped or when the process ends, however it ends.
///
/// The lock is a `flock` on the output folder itself: there is no lock file that mirrors, version control or Portage would
/// have to ignore, and none that could be left behind. Some network file systems lock only files open for writing, which a
/// folder cannot be; there it is a `flock` on `.ebd.lock` inside the folder, which Portage ignores because no category
/// begins with a dot. It keeps other processors of this kind out, not `egencache`, which takes no lock.
#[derive(Debug)]
pub struct Lock {
    folder: PathBuf,
    _held: Flock<File>,
}

impl Lock {
    /// Locks a folder, which is made if it is missing; `None` if another process or thread holds the lock.
    ///
    /// # Errors
    /// The folder cannot be made, opened or locked.
    pub fn try_lock(folder: impl Into<PathBuf>) -> Result<Option<Lock>, Error> {
        lock(folder.into(), FlockArg::LockExclusiveNonblock)
    }

    /// Locks a folder, which is made if it is missing; waits if another process or thread holds the lock, after a call of
    /// `on_wait` with the folder.
    ///
    /// # Errors
    /// The folder cannot be made, opened or locked.
    pub fn lock_waiting(
        folder: impl Into<PathBuf>,
        on_wait: impl FnOnce(&Path),
    ) -> Result<Lock, Error> {
        let folder = folder.into();
        if let Some(held) = lock(folder.clone(), FlockArg::LockExclusiveNonblock)? {
            return Ok(held);
        }
        on_wait(&folder);
        loop {
            if let Some(held) = lock(folder.clone(), FlockArg::LockExclusive)? {
                return Ok(held);
            }
        }
    }

    /// The folder that is locked.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn lock(folder: PathBuf, how: FlockArg) -> Result<Option<Lock>, Error> {
    fs::create_dir_all(&folder).map_err(|e| Error::io("create the folder", &folder, e))?;
    let file = File::open(&folder).map_err(|e| Error::io("open", &folder, e))?;
    match flock(file, how) {
        Ok(held) => Ok(held.map(|held| Lock {
            folder,
            _held: held,
        })),
        Err(Errno::EBADF | Errno::EINVAL | Errno::EISDIR | Errno::EOPNOTSUPP | Errno::EACCES) => {
            let path = folder.join(LOCK_FILE);
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(|e| Error::io("open", &path, e))?;
            let held = flock(file, how).map_err(|e| Error::io("lock", &path, e.into()))?;
            Ok(held.map(|held| Lock {
                folder,
                _held: held,
            }))
        }
        Err(e) => Err(Error::io("lock", folder, io::Error::from(e))),
    }
}

/// `None`: held by someone else. An interrupted wait goes on.
fn flock(mut file: File, how: FlockArg) -> Result<Option<Flock<File>>, Errno> {
    loop {
        match Flock::lock(file, how) {
            Ok(held) => return Ok(Some(held)),
            Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
            Err((unlocked, Errno::EINTR)) => file = unlocked,
            Err((_, e)) => return Err(e),
        }
    }
}
