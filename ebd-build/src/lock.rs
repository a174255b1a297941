//! The lock on a build folder, in the place and of the kind that Portage uses.

use std::path::Path;

use ebd_fs::FileLock;

use super::PhaseError;

/// Takes the lock; calls back once before it waits for another process.
pub(crate) fn take(path: &Path, waiting: &mut dyn FnMut(&Path)) -> Result<FileLock, PhaseError> {
    FileLock::take(path, waiting).map_err(PhaseError::io("lock", path))
}
