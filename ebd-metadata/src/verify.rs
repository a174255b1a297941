//! Evaluates each ebuild in every way and compares: `--verify`.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;

use ebd_cache::{Entry, Key};
use ebd_protocol::MetadataReply;

use crate::bash::{Bash, BashReply};
use crate::builtin::{Builtin, Refusal};
use crate::error::RunError;
use crate::evaluator::{Answer, Evaluator, Reply};
use crate::failure::{Failure, FailureKind};
use crate::job::Job;

/// The built-in evaluator, bash with preloaded functions, and bash without.
pub(crate) struct Verify<'a> {
    builtin: Option<Builtin<'a>>,
    /// Whether what the built-in evaluator cannot evaluate is a failure.
    alone: bool,
    bash: Bash<'a>,
    /// By the index of the ebuild, what it was evaluated to so far.
    found: HashMap<usize, Found>,
}

#[derive(Default)]
struct Found {
    builtin: Option<Box<Entry>>,
    preloaded: Option<MetadataReply>,
}

impl<'a> Verify<'a> {
    pub(crate) fn new(builtin: Option<Builtin<'a>>, alone: bool, bash: Bash<'a>) -> Self {
        Self {
            builtin,
            alone,
            bash,
            found: HashMap::new(),
        }
    }
}

impl<'a> Evaluator<'a> for Verify<'a> {
    fn begin(&mut self, job: Job<'a>) -> Result<Option<Answer<'a>>, RunError> {
        let mut found = Found::default();
        if let Some(builtin) = &self.builtin {
            match builtin.evaluate(&job) {
                Ok(entry) => {
                    builtin.count_native();
                    found.builtin = Some(entry);
                }
                // bash would not be faster, and the time of the ebuild is over.
                Err(Refusal { failure, cause, .. }) if self.alone || cause.is_stopped() => {
                    let reply = Reply::Failed(Box::new(failure));
                    return Ok(Some(Answer { job, reply }));
                }
                Err(refusal) => builtin.count_fallback(&job, refusal),
            }
        }
        self.found.insert(job.index, found);
        self.bash.begin(job)
    }

    fn resume(&mut self) -> Result<(), RunError> {
        self.bash.resume()
    }

    fn wants_more(&mut self) -> Result<bool, RunError> {
        self.bash.wants_more()
    }

    fn is_busy(&self) -> bool {
        self.bash.is_busy()
    }

    fn wait(&mut self, cancel: BorrowedFd<'_>) -> Result<Option<Answer<'a>>, RunError> {
        let Some((job, reply)) = self.bash.next_reply(cancel)? else {
            return Ok(None);
        };
        let mut found = self.found.remove(&job.index).unwrap_or_default();
        let reply = match reply {
            BashReply::Metadata(sourced) if sourced.preloaded => {
                found.preloaded = Some(sourced.reply);
                self.found.insert(job.index, found);
                self.bash.begin_plainly(job)?;
                return Ok(None);
            }
            BashReply::Metadata(sourced) => {
                let preloaded = found.preloaded.as_ref();
                let other = found.builtin.as_deref();
                preloaded
                    .and_then(|preloaded| differing_values(preloaded, &sourced.reply))
                    .or_else(|| differing_keys(other?, &sourced.entry))
                    .map_or(Reply::Metadata(sourced.entry), mismatch)
            }
            BashReply::Failed(failure) if found.builtin.is_some() => {
                mismatch(format!("all, bash reports: {}", failure.kind))
            }
            reply => reply.into(),
        };
        Ok(Some(Answer { job, reply }))
    }
}

fn mismatch(keys: String) -> Reply {
    let kind = FailureKind::VerifyMismatch { keys };
    Reply::Failed(Box::new(Failure::from(kind)))
}

/// Returns the keys whose values differ between two entries.
fn differing_keys(a: &Entry, b: &Entry) -> Option<String> {
    if a == b {
        return None;
    }
    let mut keys: Vec<&str> = Key::ALL
        .into_iter()
        .filter(|key| a.get(*key) != b.get(*key))
        .map(Key::as_str)
        .collect();
    if a.eclasses() != b.eclasses() {
        keys.push("eclasses");
    }
    Some(keys.join(" "))
}

/// Returns the keys whose values differ between two replies of workers.
fn differing_values(a: &MetadataReply, b: &MetadataReply) -> Option<String> {
    let mut keys: Vec<&str> = a
        .iter()
        .chain(b.iter())
        .map(|(key, _)| key)
        .filter(|k| a.get(k) != b.get(k))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    (!keys.is_empty()).then(|| keys.join(" "))
}
