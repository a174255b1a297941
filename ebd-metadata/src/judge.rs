//! From what a worker sent back about one ebuild to its entry or failure.

use std::path::Path;
use std::time::Duration;

use ebd_cache::Entry;
use ebd_protocol::MetadataReply;
use ebd_repo::EclassDigests;

use crate::classify;
use crate::connection::{Ended, Finished};
use crate::failure::{Failure, FailureKind};
use crate::job::Job;
use crate::limits;
use crate::metadata;

/// The reply of an ebuild with the entry made of it, or what is wrong.
pub(crate) type Judgement = Result<(MetadataReply, Box<Entry>), Verdict>;

/// Why there is no entry.
pub(crate) enum Verdict {
    /// The host ended the ebuild.
    Ended(Failure),
    /// The ebuild failed.
    Failed(Failure),
}

/// What must be known to understand a worker's answer.
pub(crate) struct Judge<'a> {
    pub(crate) job: &'a Job<'a>,
    /// The process number of the worker.
    pub(crate) worker: i32,
    /// Where the worker has the library.
    pub(crate) library: &'a Path,
    pub(crate) digests: &'a EclassDigests,
    pub(crate) timeout: Option<Duration>,
}

impl Judge<'_> {
    /// Makes an entry, or a failure, of what an ebuild left behind.
    pub(crate) fn judge(&self, finished: Finished<()>) -> Judgement {
        let output = String::from_utf8_lossy(&finished.output);
        let output = output.trim_end().to_owned();
        if let Some(why) = finished.ended {
            // Of an ebuild that printed without end, that is all there is to say.
            let flood = why == Ended::Flood;
            let output = if flood { String::new() } else { output };
            let failure = ended(why, self.timeout).with_output(output);
            return Err(Verdict::Ended(failure));
        }
        self.result(finished, output).map_err(Verdict::Failed)
    }

    fn result(
        &self,
        finished: Finished<()>,
        output: String,
    ) -> Result<(MetadataReply, Box<Entry>), Failure> {
        let path = self.job.ebuild.path();
        if let Some(program) = finished.programs.first() {
            return Err(classify::program(program.clone(), output, path));
        }
        if let Some(refused) = finished.signals.first() {
            return Err(classify::signal(refused, self.worker, output));
        }
        let Some(frame) = finished.result.map_err(bad_result)? else {
            return Err(classify::silent(finished.status, output, self.library));
        };
        if let Some(limit) = limits::met(&output, finished.status) {
            // What is there may be wrong, because a part of it had no place.
            return Err(Failure::from(FailureKind::BashLimit { limit }).with_output(output));
        }
        let reply = match frame.decode().map_err(bad_result)? {
            Ok(reply) => reply,
            Err(error) => return Err(classify::reported(&error, output, path, self.library)),
        };
        if finished.left {
            return Err(Failure::from(FailureKind::Leftover).with_output(output));
        }
        let md5 = self.job.source.md5;
        match metadata::entry(&reply, self.job.eapi, md5, self.digests) {
            Ok(entry) => Ok((reply, Box::new(entry))),
            Err(kind) => Err(Failure::from(kind).with_output(output)),
        }
    }
}

fn bad_result(error: impl std::error::Error + 'static) -> Failure {
    let reason = ebd_fs::chain(&error);
    FailureKind::BadResult { reason }.into()
}

/// Returns the failure of an ebuild that the host ended.
pub(crate) fn ended(why: Ended, timeout: Option<Duration>) -> Failure {
    let kind = match why {
        Ended::Timeout => FailureKind::Timeout {
            seconds: timeout.map_or(0, |limit| limit.as_secs()),
        },
        Ended::Flood => FailureKind::Flood {
            limit: limits::LOG >> 20,
        },
        Ended::Limit(limit) => FailureKind::BashLimit { limit },
    };
    kind.into()
}
