//! The metadata of one ebuild.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use ebd_cache::{Entry, Memory};
use ebd_repo::{EbuildFile, RepoTree};

use crate::error::{EvaluateError, RunError};
use crate::options::Options;
use crate::schedule::run;
use crate::store::Outcome;

/// Evaluates one ebuild and returns its metadata. No cache is read or written.
///
/// For many ebuilds, [`run`] shares what this does anew each time.
///
/// # Errors
/// [`EvaluateError::Ebuild`] when the ebuild has no metadata.
pub fn evaluate(
    tree: &RepoTree,
    ebuild: &EbuildFile,
    options: &Options,
) -> Result<Entry, EvaluateError> {
    let mut options = options.clone();
    options.force = true;
    options.check = false;
    let found = Mutex::new(None);
    let sink = |_: usize, outcome: Outcome| {
        *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    };
    let (cancel, _canceller) = UnixStream::pair().map_err(RunError::PrivateDir)?;
    let ebuilds = std::slice::from_ref(ebuild);
    run(
        tree,
        ebuilds,
        &Memory::new(),
        &options,
        cancel.as_fd(),
        &sink,
    )?;
    match found.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(Outcome::Written(entry) | Outcome::Unchanged(entry)) => Ok(*entry),
        Some(Outcome::Failed(failure)) => Err(EvaluateError::Ebuild(failure)),
        // Every ebuild has an outcome, and these two only where entries are checked.
        Some(Outcome::Valid | Outcome::Stale(_)) | None => Err(RunError::Cancelled.into()),
    }
}
