//! The private folder of a run: the library, preloaded functions, and a scratch folder for each processor.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use nix::unistd::{Gid, Uid};

const PREFIX: &str = "ebd-";
const LOCK: &str = "lock";

/// A folder that goes when the value is dropped. Folders that killed runs left behind go when the next run begins.
#[derive(Debug)]
pub struct PrivateDir {
    folder: tempfile::TempDir,
    _lock: Flock<File>,
}

/// The folders of one processor.
#[derive(Debug)]
pub struct WorkerDirs {
    /// Where the processor may write.
    pub scratch: PathBuf,
    /// Its working folder: empty, and nobody may write there.
    pub work: PathBuf,
}

impl PrivateDir {
    /// Makes the folder: in memory where there is such a place, since bash keeps here-documents below it.
    pub fn create() -> io::Result<Self> {
        let mut refused = None;
        for parent in parents() {
            remove_abandoned(&parent);
            match Self::create_in(&parent) {
                Ok(staging) => return Ok(staging),
                Err(error) => {
                    refused = Some(io::Error::new(
                        error.kind(),
                        format!("{}: {error}", parent.display()),
                    ))
                }
            }
        }
        Err(refused.unwrap_or_else(|| io::Error::other("no folder for temporary files")))
    }

    fn create_in(parent: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        // The lock is held before it has its name: a run that looks for abandoned folders never sees it free.
        let unnamed = folder.path().join("lock.new");
        let lock = File::create(&unnamed)?;
        let lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, errno)| io::Error::from(errno))?;
        fs::rename(unnamed, folder.path().join(LOCK))?;
        // Processors may run as another user, who must be able to pass through but not to look around.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// All of it.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Returns where the bash library is.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        self.folder.path().join("library")
    }

    /// The file that tells processors where eclasses are.
    pub fn eclasses(&self) -> PathBuf {
        self.folder.path().join("eclasses.bash")
    }

    /// Returns where the preloaded functions are.
    #[must_use]
    pub fn preload(&self) -> PathBuf {
        self.folder.path().join("preload")
    }

    /// Makes the folders of a processor that runs as the given user.
    pub fn worker(&self, number: u64, owner: Option<(Uid, Gid)>) -> io::Result<WorkerDirs> {
        let base = self.folder.path().join(format!("processor-{number}"));
        let places = WorkerDirs {
            scratch: base.join("scratch"),
            work: base.join("work"),
        };
        fs::create_dir_all(&places.scratch)?;
        fs::create_dir_all(&places.work)?;
        if let Some((uid, gid)) = owner {
            nix::unistd::chown(&places.scratch, Some(uid), Some(gid))?;
        }
        fs::set_permissions(&places.scratch, fs::Permissions::from_mode(0o700))?;
        fs::set_permissions(&places.work, fs::Permissions::from_mode(0o555))?;
        Ok(places)
    }
}

fn parents() -> Vec<PathBuf> {
    let mut parents = vec![PathBuf::from("/dev/shm")];
    if let Some(dir) = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()) {
        parents.insert(0, PathBuf::from(dir));
    }
    parents.push(std::env::temp_dir());
    parents
}

/// Removes folders of runs that ended without removing their own. A run holds the lock in its folder while it lives.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && fs::symlink_metadata(&path)
                .is_ok_and(|m| m.is_dir() && m.uid() == Uid::effective().as_raw());
        if !ours {
            continue;
        }
        let Ok(lock) = File::open(path.join(LOCK)) else {
            continue;
        };
        if Flock::lock(lock, FlockArg::LockExclusiveNonblock).is_ok() {
            // Best effort: what cannot be removed costs space only.
            let _ = fs::remove_dir_all(&path);
        }
    }
}
