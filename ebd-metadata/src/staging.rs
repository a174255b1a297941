//! What the bash workers of a run share: a private directory with the library, the table of eclasses and preloaded functions.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use bash_lib::Library;
use ebd_repo::RepoTree;
use ebd_spawn::{PrivateDir, User, WorkerDirs};

use crate::error::RunError;
use crate::preload::{self, Preload};

/// The private directory of a run. It is made when the first worker is: a run that needs none makes no directory.
pub(crate) struct Staging<'a> {
    tree: &'a RepoTree,
    library: &'a Library,
    directory: OnceLock<PrivateDir>,
    begins: Mutex<()>,
    preload: OnceLock<Option<Preload>>,
    workers: AtomicU64,
}

impl<'a> Staging<'a> {
    pub(crate) fn new(tree: &'a RepoTree, library: &'a Library) -> Self {
        Self {
            tree,
            library,
            directory: OnceLock::new(),
            begins: Mutex::new(()),
            preload: OnceLock::new(),
            workers: AtomicU64::new(0),
        }
    }

    /// Returns the directory; makes it first if need be.
    pub(crate) fn directory(&self) -> Result<&PrivateDir, RunError> {
        // `OnceLock` cannot be initialised by what may fail, and two threads must not make two directories.
        let begins = self.begins.lock();
        let _one = begins.unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = self.directory.get() {
            return Ok(directory);
        }
        let directory = PrivateDir::create().map_err(RunError::PrivateDir)?;
        let library = self.library.install(&directory.library());
        library.map_err(RunError::PrivateDir)?;
        preload::write_table(self.tree, &directory.eclasses()).map_err(RunError::PrivateDir)?;
        Ok(self.directory.get_or_init(|| directory))
    }

    /// Returns the directory for somebody who outlives the run.
    pub(crate) fn into_directory(self) -> Result<PrivateDir, RunError> {
        self.directory()?;
        let missing = || RunError::PrivateDir(std::io::ErrorKind::NotFound.into());
        self.directory.into_inner().ok_or_else(missing)
    }

    /// Makes the directories of another worker.
    pub(crate) fn worker(&self, user: Option<&User>) -> Result<WorkerDirs, RunError> {
        let number = self.workers.fetch_add(1, Ordering::Relaxed);
        let owner = user.map(|user| (user.uid.into(), user.gid.into()));
        let dirs = self.directory()?.worker(number, owner);
        dirs.map_err(RunError::PrivateDir)
    }

    /// Returns where the library is that workers have.
    pub(crate) fn library(&self) -> PathBuf {
        // There is one: whoever asks has started a worker.
        self.directory
            .get()
            .map(PrivateDir::library)
            .unwrap_or_else(|| PathBuf::from("/dev/null"))
    }

    /// Returns the functions of eclasses as workers load them, split now if nobody has done it yet; `None` if there are none.
    pub(crate) fn preload(&self) -> Option<&Preload> {
        self.preload
            .get_or_init(|| {
                let directory = self.directory().ok()?.preload();
                Preload::build(self.tree, self.library, &directory)
            })
            .as_ref()
    }

    /// Returns the same if the eclasses have been split already.
    pub(crate) fn ready_preload(&self) -> Option<&Preload> {
        self.preload.get()?.as_ref()
    }
}
