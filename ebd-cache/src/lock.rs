//! One writer per output folder.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

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
    _held: ebd_fs::Lock,
}

impl Lock {
    /// Locks a folder, which is made if it is missing; `None` if another process or thread holds the lock.
    ///
    /// # Errors
    /// The folder cannot be made, opened or locked.
    pub fn try_lock(folder: impl Into<PathBuf>) -> Result<Option<Lock>, Error> {
        lock(folder.into(), &mut || false)
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
        let mut on_wait = Some(on_wait);
        loop {
            let mut go_on = || {
                if let Some(on_wait) = on_wait.take() {
                    on_wait(&folder);
                }
                true
            };
            if let Some(held) = lock(folder.clone(), &mut go_on)? {
                return Ok(held);
            }
        }
    }

    /// The folder that is locked.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// `None`: held by someone else, and `go_on` did not want to wait.
fn lock(folder: PathBuf, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Lock>, Error> {
    fs::create_dir_all(&folder).map_err(|e| Error::io("create the folder", &folder, e))?;
    let held = match ebd_fs::Lock::flock(&folder).wait_while(go_on) {
        Err(e) if cannot_be_locked(&e) => {
            let path = folder.join(LOCK_FILE);
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(|e| Error::io("open", &path, e))?;
            ebd_fs::Lock::flock(path).wait_while(go_on)?
        }
        result => result?,
    };
    Ok(held.map(|held| Lock {
        folder,
        _held: held,
    }))
}

fn cannot_be_locked(error: &ebd_fs::Error) -> bool {
    let ebd_fs::Error::Io {
        action: "lock",
        source,
        ..
    } = error
    else {
        return false;
    };
    matches!(
        source.raw_os_error().map(Errno::from_raw),
        Some(Errno::EBADF | Errno::EINVAL | Errno::EISDIR | Errno::EOPNOTSUPP | Errno::EACCES)
    )
}
