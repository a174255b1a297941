//! The engine that evaluates ebuilds in this process.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ebd_pms::Eapi;
use ebd_protocol::MetadataReply;
use ebd_repo::{EbuildFile, EclassDigests, EclassTable, RepoTree, read_source};
use ebd_shell::{Abort, Cause, Ebuild, Eclass, Eclasses, Explained, Script};

use crate::failure::{Failure, FailureKind, Location};

/// What evaluates ebuilds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Engine {
    /// This process, and bash for what it leaves.
    #[default]
    Auto,
    /// This process alone; what it leaves is a failure.
    Native,
    /// bash alone.
    Bash,
}

/// An ebuild that was left to bash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// Its index among the ebuilds of the run.
    pub index: usize,
    /// Why, and where.
    pub reason: String,
}

/// What a run has to tell apart from the outcomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many ebuilds were evaluated without bash.
    pub native: usize,
    /// Which ebuilds were left to bash, in their order; none if only bash was to be used.
    pub fallbacks: Vec<Fallback>,
}

/// What the threads of a run share: the texts of eclasses, each read once, and what is counted.
pub(crate) struct Shared<'a> {
    digests: &'a EclassDigests,
    texts: BTreeMap<&'a str, OnceLock<Result<Vec<u8>, String>>>,
    native: AtomicUsize,
    fallbacks: Mutex<Vec<Fallback>>,
}

impl<'a> Shared<'a> {
    pub(crate) fn new(eclasses: &'a EclassTable, digests: &'a EclassDigests) -> Self {
        Self {
            digests,
            texts: eclasses
                .iter()
                .map(|(name, _)| (name, OnceLock::new()))
                .collect(),
            native: AtomicUsize::new(0),
            fallbacks: Mutex::default(),
        }
    }

    pub(crate) fn count_native(&self) {
        self.native.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_fallback(&self, index: usize, reason: String) {
        let mut fallbacks = self
            .fallbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        fallbacks.push(Fallback { index, reason });
    }

    pub(crate) fn into_summary(self) -> Summary {
        let mut fallbacks = self
            .fallbacks
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        fallbacks.sort_by_key(|fallback| fallback.index);
        Summary {
            native: self.native.into_inner(),
            fallbacks,
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = self.path(name)?;
        let source = read_source(path).map_err(|error| error.to_string())?;
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
    shared: &'a Shared<'a>,
    scripts: RefCell<HashMap<&'a str, Result<Script, String>>>,
}

impl<'a> Compiled<'a> {
    pub(crate) fn new(shared: &'a Shared<'a>) -> Self {
        Self {
            shared,
            scripts: RefCell::default(),
        }
    }

    fn compile(
        &self,
        name: &str,
        text: &OnceLock<Result<Vec<u8>, String>>,
    ) -> Result<Script, String> {
        let text = text.get_or_init(|| self.shared.read(name)).clone()?;
        Script::compile(self.shared.path(name)?, text).map_err(|error| error.to_string())
    }
}

impl Eclasses for Compiled<'_> {
    fn get(&self, name: &str) -> Eclass {
        let Some((name, text)) = self.shared.texts.get_key_value(name) else {
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
pub(crate) struct Evaluator<'a> {
    engine: ebd_shell::Engine,
    eclasses: Compiled<'a>,
    timeout: Option<Duration>,
    /// When the ebuild that is being evaluated must be done.
    deadline: Rc<Cell<Option<Instant>>>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(shared: &'a Shared<'a>, timeout: Option<Duration>) -> Self {
        let deadline = Rc::new(Cell::new(None::<Instant>));
        let watched = Rc::clone(&deadline);
        let late = move || {
            watched
                .get()
                .is_some_and(|deadline| Instant::now() >= deadline)
        };
        Self {
            engine: ebd_shell::Engine::new().watched_by(late),
            eclasses: Compiled::new(shared),
            timeout,
            deadline,
        }
    }

    /// Evaluates an ebuild whose text is given.
    pub(crate) fn evaluate(
        &self,
        ebuild: &EbuildFile,
        eapi: Eapi,
        text: Vec<u8>,
    ) -> Result<MetadataReply, Box<Abort>> {
        let now = self.timeout.map(|timeout| (Instant::now(), timeout));
        self.deadline
            .set(now.and_then(|(now, timeout)| now.checked_add(timeout)));
        let script = compile(ebuild, text)?;
        let ebuild = describe(ebuild, eapi);
        let metadata = self.engine.evaluate(&ebuild, &script, &self.eclasses)?;
        Ok(metadata
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_vec()))
            .collect())
    }

    /// Returns the failure of an ebuild that was not evaluated to its end.
    pub(crate) fn failure(&self, abort: &Abort) -> Failure {
        failure(abort, self.timeout)
    }
}

/// Says of each ebuild where the parts of its metadata come from.
///
/// bash is not asked: what only bash can evaluate is a failure that says so ([`FailureKind::NotNative`]).
pub fn explain(
    tree: &RepoTree,
    ebuilds: &[EbuildFile],
) -> Vec<Result<Vec<Explained>, Box<Failure>>> {
    let digests = EclassDigests::new(tree.eclasses());
    let shared = Shared::new(tree.eclasses(), &digests);
    let compiled = Compiled::new(&shared);
    let engine = ebd_shell::Engine::new();
    ebuilds
        .iter()
        .map(|ebuild| explain_one(&engine, &compiled, ebuild))
        .collect()
}

fn explain_one(
    engine: &ebd_shell::Engine,
    eclasses: &Compiled<'_>,
    ebuild: &EbuildFile,
) -> Result<Vec<Explained>, Box<Failure>> {
    let fail = |kind: FailureKind| Box::new(Failure::from(kind));
    let source = read_source(ebuild.path()).map_err(|error| {
        fail(FailureKind::Unreadable {
            reason: error.to_string(),
        })
    })?;
    let line = ebd_pms::parse_eapi_line(&source.bytes);
    let eapi = line.eapi().map_err(|_| {
        fail(FailureKind::UnknownEapi {
            eapi: line.value.to_owned(),
        })
    })?;
    let explain = || {
        let script = compile(ebuild, source.bytes.clone())?;
        engine.explain(&describe(ebuild, eapi), &script, eclasses)
    };
    explain().map_err(|abort| Box::new(failure(&abort, None)))
}

fn describe(ebuild: &EbuildFile, eapi: Eapi) -> Ebuild<'_> {
    let (pv, pr) = crate::pipeline::split_revision(ebuild.version());
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

fn compile(ebuild: &EbuildFile, text: Vec<u8>) -> Result<Script, Box<Abort>> {
    Script::compile(ebuild.path(), text).map_err(|error| {
        Box::new(Abort {
            cause: Cause::Fallback(ebd_shell::Fallback::Syntax(error.message)),
            stack: Vec::new(),
            printed: false,
        })
    })
}

/// Why and where an evaluation ended, in one line.
pub(crate) fn reason(abort: &Abort) -> String {
    match abort.stack.first() {
        Some(place) => format!("{} ({}:{})", abort.cause, place.file.display(), place.line),
        None => abort.cause.to_string(),
    }
}

/// The failure of an ebuild that only this engine was to evaluate.
fn failure(abort: &Abort, timeout: Option<Duration>) -> Failure {
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
