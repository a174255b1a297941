//! Locks on files in DISTDIR, as Portage takes them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// The lock on a file: nobody else downloads it. The lock file goes with it.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock on a file; `waiting` is called again and again while another one has it, and can give up.
    ///
    /// The lock belongs to the open file, not to the process, so that threads exclude each other too; Portage's locks and
    /// these exclude each other.
    pub(super) fn take(
        target: &Path,
        waiting: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Self>, (PathBuf, io::Error)> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let path = target.with_file_name(format!(".{name}.portage_lockfile"));
        let fail = |e: io::Error| (path.clone(), e);
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o660)
                .open(&path)
                .map_err(fail)?;
            loop {
                match fcntl(&file, FcntlArg::F_OFD_SETLK(&whole_file())) {
                    Ok(_) => break,
                    Err(Errno::EAGAIN | Errno::EACCES) => {
                        if !waiting() {
                            return Ok(None);
                        }
                        thread::sleep(Duration::from_millis(100));
                    }
                    Err(errno) => return Err(fail(errno.into())),
                }
            }
            // Whoever had it before removes the file.
            let held = file.metadata().map_err(fail)?;
            match fs::metadata(&path) {
                Ok(found) if (found.dev(), found.ino()) == (held.dev(), held.ino()) => {
                    return Ok(Some(Self { path, _file: file }));
                }
                _ => {}
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A file that stays is no harm: the next one takes the lock on it.
        let _ = fs::remove_file(&self.path);
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
