//! From an ebuild file to a job for an evaluator.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use ebd_cache::Verdict;
use ebd_fs::SourceFile;
use ebd_pms::Eapi;
use ebd_protocol::{MetadataRequest, Mode, Nonce};
use ebd_repo::{EbuildFile, read_source};

use crate::error::RunError;
use crate::failure::{Failure, FailureKind, Location};
use crate::options::Options;
use crate::store::{Outcome, Store};

/// An ebuild that must be evaluated.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// Its index among the ebuilds of the run.
    pub(crate) index: usize,
    pub(crate) ebuild: &'a EbuildFile,
    pub(crate) eapi: Eapi,
    pub(crate) source: SourceFile,
    /// How often it changed while it was evaluated.
    pub(crate) changes: u32,
}

impl<'a> Job<'a> {
    /// Reads an ebuild. `Err` has the outcome of one that needs no evaluation, or fails before it.
    pub(crate) fn prepare(
        (index, ebuild): (usize, &'a EbuildFile),
        changes: u32,
        options: &Options,
        store: &Store<'_>,
    ) -> Result<Self, Outcome> {
        let fail = |failure: Failure| store.fail(ebuild, failure);
        let source = source(ebuild).map_err(|kind| fail(kind.into()))?;
        if !options.force {
            match store.verdict(ebuild, source.md5) {
                Ok(Verdict::Good) => return Err(Outcome::Valid),
                Ok(verdict) if options.check => return Err(Outcome::Stale(verdict)),
                Ok(_) => {}
                Err(error) => {
                    let reason = ebd_fs::chain(&error);
                    return Err(fail(FailureKind::NotWritten { reason }.into()));
                }
            }
        }
        let eapi = eapi(&source).map_err(|kind| fail(kind.into()))?;
        if let Some(failure) = reserved_name(ebuild.path(), &source.bytes) {
            return Err(fail(failure));
        }
        Ok(Self {
            index,
            ebuild,
            eapi,
            source,
            changes,
        })
    }

    /// Reads an ebuild that is evaluated in any case.
    pub(crate) fn read(ebuild: &'a EbuildFile) -> Result<Self, Failure> {
        let source = source(ebuild)?;
        let eapi = eapi(&source)?;
        if let Some(failure) = reserved_name(ebuild.path(), &source.bytes) {
            return Err(failure);
        }
        Ok(Self {
            index: 0,
            ebuild,
            eapi,
            source,
            changes: 0,
        })
    }

    /// Returns the request for the metadata of the ebuild.
    pub(crate) fn request(
        &self,
        nonce: Nonce,
        mode: Mode,
        timeout: Option<Duration>,
    ) -> MetadataRequest<'_> {
        let (pv, pr) = split_revision(self.ebuild.version());
        MetadataRequest {
            nonce,
            eapi: self.eapi.as_str(),
            mode,
            cpu_seconds: timeout.map(|limit| limit.as_secs() + 1),
            category: self.ebuild.category(),
            pn: self.ebuild.package(),
            pv,
            pr,
            pvr: self.ebuild.version(),
            ebuild: self.ebuild.path().as_os_str().as_bytes(),
        }
    }
}

/// Reads the file of an ebuild.
pub(crate) fn source(ebuild: &EbuildFile) -> Result<SourceFile, FailureKind> {
    read_source(ebuild.path()).map_err(|error| match error {
        ebd_repo::Error::KeepsChanging { .. } => FailureKind::Unstable,
        error => FailureKind::unreadable(error),
    })
}

/// Returns the EAPI of an ebuild's text.
pub(crate) fn eapi(source: &SourceFile) -> Result<Eapi, FailureKind> {
    let line = ebd_pms::parse_eapi_line(&source.bytes);
    line.eapi().map_err(|_| FailureKind::UnknownEapi {
        eapi: line.value.to_owned(),
    })
}

/// Returns a nonce that no ebuild can guess.
pub(crate) fn random_nonce() -> Result<Nonce, RunError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| RunError::Random(ebd_fs::chain(&error)))?;
    Ok(Nonce::from_random(u128::from_le_bytes(bytes)))
}

/// Finds the first function with a name of the library's own that a text defines.
fn reserved_name(path: &Path, text: &[u8]) -> Option<Failure> {
    memchr::memmem::find(text, b"__ebd_")?;
    let script = ebd_syntax::scan(text).ok()?;
    let function = script
        .functions()
        .find(|function| function.name().starts_with(b"__ebd_"))?;
    let location = Location {
        file: path.to_owned(),
        line: u32::try_from(function.line()).unwrap_or(u32::MAX),
    };
    let kind = FailureKind::ReservedName {
        function: String::from_utf8_lossy(function.name()).into_owned(),
    };
    Some(Failure {
        location: Some(location),
        ..kind.into()
    })
}

/// Splits a version with its revision into PV and PR.
pub(crate) fn split_revision(version: &str) -> (&str, &str) {
    match version.rsplit_once('-') {
        Some((pv, pr)) if pr.starts_with('r') => (pv, pr),
        _ => (version, "r0"),
    }
}
