//! What is stored of the answers, and what the caller is told of each ebuild.

use ebd_cache::{Backend, Entry, PutOutcome, Verdict};
use ebd_fs::Md5;
use ebd_repo::{EbuildFile, EclassDigests};

use crate::failure::{Failure, FailureKind};

/// What became of one ebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its entry was valid.
    Valid,
    /// Its entry is stale; only with [`Options::check`](crate::Options::check).
    Stale(Verdict),
    /// It was evaluated; the entry is new or has changed.
    Written(Box<Entry>),
    /// It was evaluated; the entry said the same already.
    Unchanged(Box<Entry>),
    /// There is no metadata.
    Failed(Box<Failure>),
}

/// The cache of a run.
pub(crate) struct Store<'a> {
    cache: &'a dyn Backend,
    digests: &'a EclassDigests,
    /// Whether nothing may be changed.
    read_only: bool,
}

impl<'a> Store<'a> {
    pub(crate) fn new(cache: &'a dyn Backend, digests: &'a EclassDigests, read_only: bool) -> Self {
        Self {
            cache,
            digests,
            read_only,
        }
    }

    /// Returns whether the entry of an ebuild is valid, or why it is not.
    pub(crate) fn verdict(
        &self,
        ebuild: &EbuildFile,
        md5: Md5,
    ) -> Result<Verdict, ebd_cache::Error> {
        let resolve = |name: &str| {
            let digest = self.digests.get(name).ok().flatten()?;
            Some(digest.md5.into())
        };
        ebd_cache::check(self.cache, ebuild.cpv(), md5.into(), &resolve).map(|(verdict, _)| verdict)
    }

    /// Stores the entry of an ebuild.
    pub(crate) fn put(&self, ebuild: &EbuildFile, entry: Box<Entry>) -> Outcome {
        match self.cache.put(ebuild.cpv(), &entry) {
            Ok(PutOutcome::Written) => Outcome::Written(entry),
            Ok(PutOutcome::Unchanged) => Outcome::Unchanged(entry),
            Err(error) => not_written(&error),
        }
    }

    /// Removes the entry of an ebuild that has failed: it would claim metadata that nobody can get any more.
    pub(crate) fn fail(&self, ebuild: &EbuildFile, failure: Failure) -> Outcome {
        if self.read_only {
            return Outcome::Failed(Box::new(failure));
        }
        match self.cache.remove(ebuild.cpv()) {
            Ok(_) => Outcome::Failed(Box::new(failure)),
            Err(error) => not_written(&error),
        }
    }
}

fn not_written(error: &ebd_cache::Error) -> Outcome {
    let kind = FailureKind::NotWritten {
        reason: ebd_fs::chain(error),
    };
    Outcome::Failed(Box::new(kind.into()))
}
