//! The evaluator that is built in: it evaluates ebuilds in this process.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use ebd_cache::Entry;
use ebd_pms::Eapi;
use ebd_protocol::MetadataReply;
use ebd_repo::{EbuildFile, EclassDigests, EclassTable, read_source};
use ebd_shell::{Abort, Cause, Ebuild, Eclass, Eclasses, Script};

use crate::error::RunError;
use crate::evaluator::{Answer, Evaluator, Reply};
use crate::failure::{Failure, FailureKind, Location};
use crate::job::{Job, split_revision};
use crate::metadata;
use crate::summary::Counter;

/// The texts of eclasses, each read once for all threads.
pub(crate) struct EclassTexts<'a> {
    digests: &'a EclassDigests,
    texts: BTreeMap<&'a str, OnceLock<Result<Vec<u8>, String>>>,
}

impl<'a> EclassTexts<'a> {
    pub(crate) fn new(eclasses: &'a EclassTable, digests: &'a EclassDigests) -> Self {
        Self {
            digests,
            texts: eclasses
                .iter()
                .map(|(name, _)| (name, OnceLock::new()))
                .collect(),
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = self.path(name)?;
        let source = read_source(path).map_err(|error| ebd_fs::chain(&error))?;
        match self.digests.get(name) {
            Ok(Some(digest)) if digest.md5 == source.md5 => Ok(source.bytes),
            _ => Err(format!("{name}.eclass has changed")),
        }
    }

    fn path(&self, name: &str) -> Result<&Path, String> {
        self.digests
            .path(name)
            .ok_or_else(|| format!("{name}.eclass is gone"))
    }
}

/// The eclasses of a repository, compiled once for each thread: evaluating counts references to the code all the time, and
/// threads that count together wait for each other longer than compiling takes.
pub(crate) struct Compiled<'a> {
    texts: &'a EclassTexts<'a>,
    scripts: RefCell<HashMap<&'a str, Result<Script, String>>>,
}

impl<'a> Compiled<'a> {
    pub(crate) fn new(texts: &'a EclassTexts<'a>) -> Self {
        Self {
            texts,
            scripts: RefCell::default(),
        }
    }

    fn compile(
        &self,
        name: &str,
        text: &OnceLock<Result<Vec<u8>, String>>,
    ) -> Result<Script, String> {
        let text = text.get_or_init(|| self.texts.read(name)).clone()?;
        Script::compile(self.texts.path(name)?, text).map_err(|error| ebd_fs::chain(&error))
    }
}

impl Eclasses for Compiled<'_> {
    fn get(&self, name: &str) -> Eclass {
        let Some((name, text)) = self.texts.texts.get_key_value(name) else {
            return Eclass::Missing;
        };
        let mut scripts = self.scripts.borrow_mut();
        let script = scripts
            .entry(*name)
            .or_insert_with(|| self.compile(name, text));
        match script {
            Ok(script) => Eclass::Script(script.clone()),
            Err(reason) => Eclass::Unusable(reason.clone()),
        }
    }
}

/// Evaluates ebuilds in one thread, each for no longer than a time.
pub(crate) struct Builtin<'a> {
    engine: ebd_shell::Engine,
    eclasses: Compiled<'a>,
    digests: &'a EclassDigests,
    counter: &'a Counter,
    timeout: Option<Duration>,
    /// When the ebuild that is being evaluated must be done.
    deadline: Rc<Cell<Option<Instant>>>,
}

/// Why an ebuild has no metadata that counts.
pub(crate) struct Refusal {
    /// Why and where, in one line.
    pub(crate) reason: String,
    /// What is reported if bash is not asked.
    pub(crate) failure: Failure,
    pub(crate) cause: RefusalCause,
}

/// What a refusal says about asking bash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalCause {
    /// There is nothing to be uncertain about, and nothing for bash to add.
    MissingEclass,
    /// The time of the ebuild is over, and bash would not be faster.
    Stopped,
    /// bash may be able to do it, or knows better what to say.
    Uncertain,
}

impl RefusalCause {
    pub(crate) fn is_stopped(self) -> bool {
        self == Self::Stopped
    }
}

impl Refusal {
    /// Returns whether there is no need to ask bash.
    pub(crate) fn is_certain(&self) -> bool {
        self.cause != RefusalCause::Uncertain
    }
}

impl<'a> Evaluator<'a> for Builtin<'a> {
    fn begin(&mut self, job: Job<'a>) -> Result<Option<Answer<'a>>, RunError> {
        let result = self.evaluate(&job);
        Ok(Some(self.answer(job, result)))
    }
}

impl<'a> Builtin<'a> {
    pub(crate) fn new(
        texts: &'a EclassTexts<'a>,
        digests: &'a EclassDigests,
        counter: &'a Counter,
        timeout: Option<Duration>,
    ) -> Self {
        let deadline = Rc::new(Cell::new(None::<Instant>));
        let watched = Rc::clone(&deadline);
        let late = move || {
            watched
                .get()
                .is_some_and(|deadline| Instant::now() >= deadline)
        };
        Self {
            engine: ebd_shell::Engine::new().watched_by(late),
            eclasses: Compiled::new(texts),
            digests,
            counter,
            timeout,
            deadline,
        }
    }

    /// Evaluates an ebuild.
    pub(crate) fn evaluate(&self, job: &Job<'_>) -> Result<Box<Entry>, Refusal> {
        let reply = self.reply(job).map_err(|abort| Refusal {
            reason: reason(&abort),
            failure: failure(&abort, self.timeout),
            cause: match abort.cause {
                Cause::MissingEclass(_) if !abort.printed => RefusalCause::MissingEclass,
                Cause::Stopped => RefusalCause::Stopped,
                _ => RefusalCause::Uncertain,
            },
        })?;
        metadata::entry(&reply, job.eapi, job.source.md5, self.digests)
            .map(Box::new)
            .map_err(|kind| Refusal {
                reason: kind.to_string(),
                failure: kind.into(),
                cause: RefusalCause::Uncertain,
            })
    }

    fn reply(&self, job: &Job<'_>) -> Result<MetadataReply, Box<Abort>> {
        let now = self.timeout.map(|timeout| (Instant::now(), timeout));
        self.deadline
            .set(now.and_then(|(now, timeout)| now.checked_add(timeout)));
        let script = compile(job.ebuild, job.source.bytes.clone())?;
        let ebuild = describe(job.ebuild, job.eapi);
        let metadata = self.engine.evaluate(&ebuild, &script, &self.eclasses)?;
        Ok(metadata
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_vec()))
            .collect())
    }

    /// Makes an answer of what bash is not asked about, and counts it.
    pub(crate) fn answer<'j>(
        &self,
        job: Job<'j>,
        result: Result<Box<Entry>, Refusal>,
    ) -> Answer<'j> {
        let reply = match result {
            Ok(entry) => {
                self.count_native();
                Reply::Metadata(entry)
            }
            Err(refusal) => {
                if refusal.cause == RefusalCause::MissingEclass {
                    self.count_native();
                }
                Reply::Failed(Box::new(refusal.failure))
            }
        };
        Answer { job, reply }
    }

    pub(crate) fn count_native(&self) {
        self.counter.count_native();
    }

    pub(crate) fn count_fallback(&self, job: &Job<'_>, refusal: Refusal) {
        self.counter.count_fallback(job.index, refusal.reason);
    }
}

pub(crate) fn describe(ebuild: &EbuildFile, eapi: Eapi) -> Ebuild<'_> {
    let (pv, pr) = split_revision(ebuild.version());
    Ebuild {
        eapi,
        category: ebuild.category(),
        pn: ebuild.package(),
        pv,
        pr,
        pvr: ebuild.version(),
        path: ebuild.path(),
    }
}

pub(crate) fn compile(ebuild: &EbuildFile, text: Vec<u8>) -> Result<Script, Box<Abort>> {
    Script::compile(ebuild.path(), text).map_err(|error| {
        Box::new(Abort {
            cause: Cause::Fallback(ebd_shell::Fallback::Syntax(error.message)),
            stack: Vec::new(),
            printed: false,
        })
    })
}

/// Returns why and where an evaluation ended, in one line.
fn reason(abort: &Abort) -> String {
    match abort.stack.first() {
        Some(place) => format!("{} ({}:{})", abort.cause, place.file.display(), place.line),
        None => abort.cause.to_string(),
    }
}

/// Returns the failure of an ebuild that only this evaluator was to evaluate.
pub(crate) fn failure(abort: &Abort, timeout: Option<Duration>) -> Failure {
    let kind = match &abort.cause {
        Cause::Die(message) => FailureKind::Die {
            message: message.clone(),
        },
        Cause::MissingEclass(eclass) => FailureKind::MissingEclass {
            eclass: eclass.clone(),
        },
        Cause::ExternalCommand(command) if command.starts_with('/') => {
            FailureKind::ExternalProgram {
                program: command.split(' ').next().unwrap_or_default().to_owned(),
            }
        }
        Cause::ExternalCommand(command) => FailureKind::ExternalCommand {
            command: command.clone(),
        },
        Cause::SourceStatus(status) => FailureKind::SourceStatus {
            status: status.to_string(),
        },
        Cause::Readonly(variable) => FailureKind::Readonly {
            variable: variable.clone(),
        },
        Cause::Exited(status) => FailureKind::Exited {
            status: status.unsigned_abs(),
        },
        Cause::Stopped => FailureKind::Timeout {
            seconds: timeout.map_or(0, |timeout| timeout.as_secs()),
        },
        Cause::Fallback(ebd_shell::Fallback::Limit { .. }) => FailureKind::Limit {
            reason: abort.cause.to_string(),
        },
        cause => FailureKind::NotNative {
            reason: cause.to_string(),
        },
    };
    Failure::from(kind).with_places(abort.stack.iter().map(|place| Location {
        file: place.file.clone(),
        line: place.line,
    }))
}
