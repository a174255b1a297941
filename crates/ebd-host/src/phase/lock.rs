//! The lock on a build folder, in the place and of the kind that Portage uses.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::PhaseError;

/// A lock on a file, of the kind that `lockf(3)` takes. It is free when the value is dropped.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

/// The lock file of a folder: `.NAME.portage_lockfile` beside it.
pub(crate) fn lock_file_of(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.portage_lockfile"))
}

impl FileLock {
    /// Takes the lock; calls back once before it waits for another process.
    pub(crate) fn take(path: &Path, waiting: &mut dyn FnMut(&Path)) -> Result<Self, PhaseError> {
        let failed = || PhaseError::io("lock", path);
        let mut told = false;
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(failed())?;
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
                    Err(errno) => return Err(failed()(errno.into())),
                }
            }
            // Whoever had it may have removed the file.
            let same = |meta: io::Result<std::fs::Metadata>| -> Option<(u64, u64)> {
                meta.ok().map(|meta| (meta.dev(), meta.ino()))
            };
            if same(file.metadata()) == same(std::fs::metadata(path)) {
                return Ok(Self { _file: file });
            }
        }
    }
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
