//! The metadata of the ebuild: from the cache of its repository where that is valid, else from the ebuild.

use std::sync::{Mutex, PoisonError};

use ebd_cache::{Backend, Entry, Md5Dict, Memory};
use ebd_metadata::{Outcome, RunError};
use ebd_repo::{EbuildFile, EclassDigests, RepoTree, read_source};

use crate::args::ProcessorArgs;
use crate::error::Error;
use crate::report;
use crate::session::Session;

/// The metadata; `None` when there is none, which has been reported.
pub(crate) fn of(
    tree: &RepoTree,
    ebuild: &EbuildFile,
    args: &ProcessorArgs,
) -> Result<Option<Entry>, Error> {
    if let Some(entry) = cached(tree, ebuild) {
        return Ok(Some(entry));
    }
    let session = Session::start(args, std::slice::from_ref(tree))?;
    let result = Mutex::new(None);
    let sink = |_: usize, outcome: Outcome| {
        *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    };
    let ebuilds = std::slice::from_ref(ebuild);
    match ebd_metadata::run(
        tree,
        ebuilds,
        &Memory::new(),
        &session.options(),
        session.interrupted(),
        &sink,
    ) {
        Ok(_) => {}
        Err(RunError::Cancelled) => return Err(Error::Interrupted),
        Err(error) => return Err(error.into()),
    }
    match result.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(Outcome::Written(entry) | Outcome::Unchanged(entry)) => Ok(Some(*entry)),
        Some(Outcome::Failed(failure)) => {
            let path = report::relative(tree, ebuild.path());
            err!("{}", report::describe(tree, &path, &failure));
            Ok(None)
        }
        _ => Err(Error::NoMetadata {
            path: ebuild.path().to_owned(),
        }),
    }
}

/// The entry in the repository's own cache, if it is valid.
fn cached(tree: &RepoTree, ebuild: &EbuildFile) -> Option<Entry> {
    let entry = Md5Dict::open(tree.path().join("metadata/md5-cache"))
        .get(ebuild.cpv())
        .ok()??;
    let source = read_source(ebuild.path()).ok()?;
    let digests = EclassDigests::new(tree.eclasses());
    let resolver = |name: &str| Some(digests.get(name).ok()??.md5.into());
    ebd_cache::validate(&entry, source.md5.into(), &resolver)
        .is_good()
        .then_some(entry)
}
