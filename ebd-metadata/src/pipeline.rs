//! Metadata of many ebuilds: which need sourcing, in which processor, and what becomes of the answers.

use std::collections::{HashSet, VecDeque};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ebd_cache::{Backend, Entry, PutOutcome, Verdict};
use ebd_fs::{SourceFile, Stamp};
use ebd_pms::{Eapi, EapiError};
use ebd_protocol::{MetadataReply, MetadataRequest, Mode, Nonce};
use ebd_repo::{EbuildFile, EclassDigests, RepoTree, read_source};
use ebd_shell::Cause;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::classify;
use crate::failure::{Failure, FailureKind, Location};
use crate::limits;
use crate::metadata;
use crate::native::{self, Engine, Evaluator, Shared, Summary};
use crate::options::Options;
use crate::preload::{self, Doubts, Preload};
use crate::processor::{Ended, Event, Finished, Processor, ProcessorError, Start};
use ebd_spawn::{PrivateDir, WorkerDirs};

/// A processor sources this many ebuilds plainly before eclass functions are preloaded into it, which costs as much as a
/// few ebuilds do.
const PLAIN_FIRST: usize = 6;

/// After this many processors that ended one after the other with nothing done, the request that waited is given up.
const MAX_DEATHS: u32 = 8;

/// A processor that has sourced this many ebuilds is replaced: bash never gives all memory back, and the larger it is, the longer each
/// fork takes.
const RETIRE_AFTER: usize = 4000;

/// An ebuild whose processor or shell something killed is sourced again this many times: most often it was not its fault.
const MAX_KILLS: u32 = 20;

/// What bash has in `$?` for a process that SIGKILL ended.
const STATUS_KILLED: u32 = 128 + 9;

/// An ebuild that changes while it is sourced is sourced again this many times.
const MAX_CHANGES: u32 = 3;

/// What became of one ebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its entry was valid.
    Valid,
    /// Its entry is not valid; only with [`Options::check`].
    Stale(Verdict),
    /// It was sourced; the entry is new or has changed.
    Written(Box<Entry>),
    /// It was sourced; the entry said the same already.
    Unchanged(Box<Entry>),
    /// There is no metadata.
    Failed(Box<Failure>),
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Something about a processor that has nothing to do with an ebuild.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    /// The private folder of the run cannot be made.
    #[error("cannot make a folder for temporary files: {0}")]
    PrivateDir(#[source] std::io::Error),
    /// The system has no random numbers.
    #[error("cannot get random numbers: {0}")]
    Random(String),
    /// The caller has cancelled.
    #[error("interrupted")]
    Cancelled,
}

/// Brings metadata up to date.
///
/// `sink` is called for each ebuild once, from several threads, with its index in `ebuilds`. Entries are written to `cache`
/// before it is called. When `cancel` becomes readable everything is ended.
///
/// # Errors
/// [`RunError`] when the run could not go on; ebuilds that were not reached have then no outcome.
pub fn run(
    tree: &RepoTree,
    ebuilds: &[EbuildFile],
    cache: &dyn Backend,
    options: &Options,
    cancel: BorrowedFd<'_>,
    sink: &(dyn Fn(usize, Outcome) + Sync),
) -> Result<Summary, RunError> {
    let digests = EclassDigests::new(tree.eclasses());
    let run = Run {
        tree,
        ebuilds,
        cache,
        options,
        cancel,
        sink,
        staging: OnceLock::new(),
        staging_begins: Mutex::new(()),
        native: Shared::new(tree.eclasses(), &digests),
        digests: &digests,
        next: AtomicUsize::new(0),
        processors: AtomicU64::new(0),
        running: AtomicUsize::new(0),
        preload: OnceLock::new(),
        stop: AtomicBool::new(false),
        error: Mutex::new(None),
    };
    let jobs = options.jobs.clamp(1, ebuilds.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                if let Err(error) = Worker::new(&run).work() {
                    run.stop.store(true, Ordering::Relaxed);
                    run.error
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get_or_insert(error);
                }
            });
        }
    });
    match run
        .error
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        Some(error) => Err(error),
        None => Ok(run.native.into_summary()),
    }
}

/// What the workers share.
struct Run<'a> {
    tree: &'a RepoTree,
    ebuilds: &'a [EbuildFile],
    cache: &'a dyn Backend,
    options: &'a Options,
    cancel: BorrowedFd<'a>,
    sink: &'a (dyn Fn(usize, Outcome) + Sync),
    /// Made when the first processor is: a run that needs none makes no folder.
    staging: OnceLock<PrivateDir>,
    staging_begins: Mutex<()>,
    digests: &'a EclassDigests,
    native: Shared<'a>,
    next: AtomicUsize,
    processors: AtomicU64,
    running: AtomicUsize,
    preload: OnceLock<Option<Preload>>,
    stop: AtomicBool,
    error: Mutex<Option<RunError>>,
}

impl Run<'_> {
    fn staging(&self) -> Result<&PrivateDir, RunError> {
        let begins = self.staging_begins.lock();
        let _one = begins.unwrap_or_else(PoisonError::into_inner);
        if let Some(staging) = self.staging.get() {
            return Ok(staging);
        }
        let staging = PrivateDir::create().map_err(RunError::PrivateDir)?;
        let library = self.options.library.install(&staging.library());
        library.map_err(RunError::PrivateDir)?;
        preload::write_table(self.tree, &staging.eclasses()).map_err(RunError::PrivateDir)?;
        Ok(self.staging.get_or_init(|| staging))
    }

    /// Where the library is that processors have.
    fn library(&self) -> PathBuf {
        // There is one: whoever asks has had an answer of a processor.
        self.staging
            .get()
            .map(PrivateDir::library)
            .unwrap_or_else(|| PathBuf::from("/dev/null"))
    }

    fn preload(&self) -> Option<&Preload> {
        self.preload
            .get_or_init(|| {
                let folder = self.staging().ok()?.preload();
                Preload::build(self.tree, &self.options.library, &folder)
            })
            .as_ref()
    }
}

/// One ebuild on its way through a processor.
struct Task {
    index: usize,
    eapi: Eapi,
    md5: ebd_fs::Md5,
    stamp: Stamp,
    mode: Mode,
    /// What its text says about preloading.
    doubts: Doubts,
    /// What the evaluation in this process gave, when it is compared with bash.
    native: Option<Box<Entry>>,
    /// What the other way of sourcing gave, when both are compared.
    other: Option<Box<MetadataReply>>,
    changes: u32,
    /// How often it or its processor was killed.
    kills: u32,
}

/// What is to be done with an ebuild.
enum Prepared {
    Finished(Outcome),
    Source(Task),
}

struct Worker<'a> {
    run: &'a Run<'a>,
    places: Option<WorkerDirs>,
    processor: Option<Processor<Task>>,
    again: VecDeque<Task>,
    sourced: usize,
    /// How many of them in the processor of now.
    served: usize,
    preloaded: bool,
    /// Processors that have ended since the last ebuild was done.
    deaths: u32,
    /// Functions that the processor was given after it had been preloaded.
    given: HashSet<u32>,
    /// Evaluates in this process, with the eclasses of this thread.
    engine: Option<Evaluator<'a>>,
}

impl<'a> Worker<'a> {
    fn new(run: &'a Run<'a>) -> Self {
        Self {
            run,
            places: None,
            processor: None,
            again: VecDeque::new(),
            sourced: 0,
            served: 0,
            preloaded: false,
            deaths: 0,
            given: HashSet::new(),
            engine: (run.options.engine != Engine::Bash)
                .then(|| Evaluator::new(&run.native, run.options.timeout)),
        }
    }

    fn work(&mut self) -> Result<(), RunError> {
        while !self.run.stop.load(Ordering::Relaxed) {
            self.fill()?;
            let Some(processor) = self.processor.as_mut().filter(|p| p.in_flight() > 0) else {
                break;
            };
            match processor.next_event(self.run.cancel) {
                Ok(Event::Done(finished)) => {
                    self.deaths = 0;
                    self.run.running.fetch_sub(1, Ordering::Relaxed);
                    self.finished(finished);
                    if self.run.options.fresh
                        && let Some(processor) = self.processor.take()
                    {
                        processor.kill();
                    }
                }
                Ok(Event::Again(task)) => {
                    self.run.running.fetch_sub(1, Ordering::Relaxed);
                    self.again.push_front(task);
                }
                Ok(Event::Died {
                    running,
                    waiting,
                    reason,
                }) => self.died(running, waiting, reason),
                Ok(Event::Cancelled) => return Err(RunError::Cancelled),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Gives an idle processor an ebuild, and gets the next one ready while it works.
    ///
    /// The next request is sent when the one before it is done and all that its ebuild wrote has been read, not earlier: as long as an
    /// ebuild runs, there is nothing of another in any channel that it could find.
    fn fill(&mut self) -> Result<(), RunError> {
        if self.served >= RETIRE_AFTER && !self.is_busy() {
            self.served = 0;
            if let Some(processor) = self.processor.take() {
                processor.kill();
            }
        }
        while !self.is_busy() {
            if self.wants_preload() {
                self.preload()?;
            }
            let task = match self.again.pop_front() {
                Some(task) => task,
                None => match self.next_task()? {
                    Some(task) => task,
                    None => return Ok(()),
                },
            };
            let missing = self.missing_functions(&task);
            if !missing.is_empty() {
                self.give(&missing)?;
            }
            self.send(task)?;
        }
        if self.again.is_empty()
            && !self.run.options.fresh
            && let Some(task) = self.next_task()?
        {
            self.again.push_back(task);
        }
        Ok(())
    }

    /// Whether the processor has an ebuild.
    fn is_busy(&self) -> bool {
        self.processor.as_ref().is_some_and(|p| p.in_flight() > 0)
    }

    /// Functions that an ebuild may call and that this worker's processor has not been given yet.
    fn missing_functions(&self, task: &Task) -> Vec<u32> {
        if !self.preloaded || task.mode == Mode::Plain {
            return Vec::new();
        }
        let needs = task.doubts.needs.iter().copied();
        needs
            .filter(|function| !self.given.contains(function))
            .collect()
    }

    fn give(&mut self, functions: &[u32]) -> Result<(), RunError> {
        if let Some(preload) = self.run.preload() {
            let file = preload
                .write_more(functions)
                .map_err(RunError::PrivateDir)?;
            match self.ensure_processor()?.load(&file) {
                Ok(()) => self.given.extend(functions),
                Err(error) => self.survive(error)?,
            }
        }
        Ok(())
    }

    /// The next ebuild that must be sourced; others on the way are finished.
    fn next_task(&mut self) -> Result<Option<Task>, RunError> {
        loop {
            if self.run.stop.load(Ordering::Relaxed) || self.overloaded() {
                return Ok(None);
            }
            // Evaluating what needs no bash can take long; meanwhile an ebuild in bash must not do what it likes.
            if let Some(processor) = self.processor.as_mut().filter(|p| p.in_flight() > 0)
                && processor.wants_attention()?
            {
                return Ok(None);
            }
            if self.engine.is_some() && is_readable(self.run.cancel) {
                return Err(RunError::Cancelled);
            }
            let index = self.run.next.fetch_add(1, Ordering::Relaxed);
            let Some(ebuild) = self.run.ebuilds.get(index) else {
                return Ok(None);
            };
            match self.prepare(index, ebuild, 0) {
                Prepared::Source(task) => return Ok(Some(task)),
                Prepared::Finished(outcome) => (self.run.sink)(index, outcome),
            }
        }
    }

    /// Whether the machine is too busy for another ebuild. One at a time runs always, so that a run comes to an end.
    fn overloaded(&self) -> bool {
        let Some(limit) = self.run.options.load_average else {
            return false;
        };
        while load_average().is_some_and(|load| load > limit) {
            if self.processor.as_ref().is_some_and(|p| p.in_flight() > 0) {
                return true;
            }
            if self.run.running.load(Ordering::Relaxed) == 0
                || self.run.stop.load(Ordering::Relaxed)
            {
                return false;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        false
    }

    fn prepare(&self, index: usize, ebuild: &EbuildFile, changes: u32) -> Prepared {
        let failed = |failure: Failure| {
            // An entry of an ebuild that fails would claim metadata that nobody can get any more.
            let removed = if self.run.options.check {
                Ok(false)
            } else {
                self.run.cache.remove(ebuild.cpv())
            };
            Prepared::Finished(Outcome::Failed(Box::new(match removed {
                Ok(_) => failure,
                Err(error) => FailureKind::NotWritten {
                    reason: error.to_string(),
                }
                .into(),
            })))
        };
        let source = match read_source(ebuild.path()) {
            Ok(source) => source,
            Err(ebd_repo::Error::KeepsChanging { .. }) => {
                return failed(FailureKind::Unstable.into());
            }
            Err(error) => {
                return failed(
                    FailureKind::Unreadable {
                        reason: error.to_string(),
                    }
                    .into(),
                );
            }
        };
        if !self.run.options.force {
            match self.verdict(ebuild, source.md5) {
                Ok(Verdict::Good) => return Prepared::Finished(Outcome::Valid),
                Ok(verdict) if self.run.options.check => {
                    return Prepared::Finished(Outcome::Stale(verdict));
                }
                Ok(_) => {}
                Err(error) => {
                    return failed(
                        FailureKind::NotWritten {
                            reason: error.to_string(),
                        }
                        .into(),
                    );
                }
            }
        }
        let line = ebd_pms::parse_eapi_line(&source.bytes);
        let eapi = match line.eapi() {
            Ok(eapi) => eapi,
            Err(EapiError::Unknown { .. } | EapiError::Invalid { .. }) => {
                return failed(
                    FailureKind::UnknownEapi {
                        eapi: line.value.to_owned(),
                    }
                    .into(),
                );
            }
        };
        if let Some(failure) = reserved_name(ebuild.path(), &source.bytes) {
            return failed(failure);
        }
        let native = match self.evaluate(index, ebuild, eapi, &source) {
            Native::Done(outcome) => return Prepared::Finished(outcome),
            Native::Failed(failure) => return failed(failure),
            Native::Compare(entry) => Some(entry),
            Native::Left => None,
        };
        let mut mode = Mode::Plain;
        let mut doubts = Doubts::default();
        if self.run.options.preload
            && let Some(Some(preload)) = self.run.preload.get()
        {
            doubts = preload.examine(&source.bytes);
            if !doubts.plain {
                mode = Mode::Preloaded;
            }
        }
        Prepared::Source(Task {
            index,
            eapi,
            md5: source.md5,
            stamp: source.stamp,
            mode,
            doubts,
            native,
            other: None,
            changes,
            kills: 0,
        })
    }

    /// Evaluates an ebuild in this process, if that is wanted.
    fn evaluate(
        &self,
        index: usize,
        ebuild: &EbuildFile,
        eapi: Eapi,
        source: &SourceFile,
    ) -> Native {
        let Some(evaluator) = &self.engine else {
            return Native::Left;
        };
        let alone = self.run.options.engine == Engine::Native;
        let text = source.bytes.clone();
        let entry = match evaluator.evaluate(ebuild, eapi, text) {
            Ok(reply) => metadata::entry(&reply, eapi, source.md5, self.run.digests)
                .map_err(|kind| (kind.to_string(), Failure::from(kind))),
            // There is nothing to be uncertain about, and nothing for bash to add.
            Err(abort)
                if matches!(abort.cause, Cause::MissingEclass(_))
                    && !abort.printed
                    && !self.run.options.verify =>
            {
                self.run.native.count_native();
                return Native::Failed(evaluator.failure(&abort));
            }
            // bash would not be faster, and the time of the ebuild is over.
            Err(abort) if matches!(abort.cause, Cause::Stopped) => {
                return Native::Failed(evaluator.failure(&abort));
            }
            Err(abort) => Err((native::reason(&abort), evaluator.failure(&abort))),
        };
        match entry {
            Ok(entry) if self.run.options.verify => {
                self.run.native.count_native();
                Native::Compare(Box::new(entry))
            }
            Ok(entry) => {
                self.run.native.count_native();
                Native::Done(self.put(ebuild, entry))
            }
            Err((_, failure)) if alone => Native::Failed(failure),
            // What an error says is bash's.
            Err((reason, _)) => {
                self.run.native.count_fallback(index, reason);
                Native::Left
            }
        }
    }

    fn verdict(&self, ebuild: &EbuildFile, md5: ebd_fs::Md5) -> Result<Verdict, ebd_cache::Error> {
        let resolve = |name: &str| {
            let digest = self.run.digests.get(name).ok().flatten()?;
            Some(digest.md5.into())
        };
        ebd_cache::check(self.run.cache, ebuild.cpv(), md5.into(), &resolve)
            .map(|(verdict, _)| verdict)
    }

    fn wants_preload(&self) -> bool {
        !self.preloaded
            && self.run.options.preload
            && self.sourced >= PLAIN_FIRST
            && self.run.preload().is_some()
    }

    fn preload(&mut self) -> Result<(), RunError> {
        let Some(preload) = self.run.preload() else {
            return Ok(());
        };
        match self.ensure_processor()?.load(preload.file()) {
            Ok(()) => self.preloaded = true,
            Err(error) => self.survive(error)?,
        }
        Ok(())
    }

    fn ensure_processor(&mut self) -> Result<&mut Processor<Task>, RunError> {
        while self.processor.is_none() {
            let staging = self.run.staging()?;
            let places = match &self.places {
                Some(places) => places,
                None => {
                    let number = self.run.processors.fetch_add(1, Ordering::Relaxed);
                    let user = self.run.options.user.as_ref();
                    let owner = user.map(|user| (user.uid.into(), user.gid.into()));
                    let places = staging.worker(number, owner);
                    self.places.insert(places.map_err(RunError::PrivateDir)?)
                }
            };
            let start = Start {
                bash: &self.run.options.bash,
                library: &self.run.library(),
                places,
                level: self.run.options.level,
                user: self.run.options.user.as_ref(),
            };
            let started =
                Processor::start(&start, self.run.options.timeout).and_then(|mut processor| {
                    processor.load(&staging.eclasses())?;
                    Ok(processor)
                });
            match started {
                Ok(processor) => self.processor = Some(processor),
                Err(error) => self.survive(error)?,
            }
            self.preloaded = false;
            self.served = 0;
            self.given.clear();
        }
        self.processor.as_mut().ok_or(RunError::Cancelled)
    }

    fn send(&mut self, mut task: Task) -> Result<(), RunError> {
        let Some(ebuild) = self.run.ebuilds.get(task.index) else {
            return Ok(());
        };
        let found = self.ensure_processor()?.bash_version();
        let needed = task.eapi.minimum_bash();
        if found < (u32::from(needed.major), u32::from(needed.minor)) {
            let kind = FailureKind::BashTooOld {
                eapi: task.eapi.as_str().to_owned(),
                needed: format!("{}.{}", needed.major, needed.minor),
                found: format!("{}.{}", found.0, found.1),
            };
            self.fail(&task, kind.into());
            return Ok(());
        }
        if !self.preloaded {
            task.mode = Mode::Plain;
        }
        let nonce = Nonce::from_random(random()?);
        let (pv, pr) = split_revision(ebuild.version());
        let request = MetadataRequest {
            nonce,
            eapi: task.eapi.as_str(),
            mode: task.mode,
            cpu_seconds: self.run.options.timeout.map(|limit| limit.as_secs() + 1),
            category: ebuild.category(),
            pn: ebuild.package(),
            pv,
            pr,
            pvr: ebuild.version(),
            ebuild: path_bytes(ebuild.path()),
        };
        match request.to_payload() {
            Ok(payload) => {
                self.run.running.fetch_add(1, Ordering::Relaxed);
                self.sourced += 1;
                self.served += 1;
                self.ensure_processor()?.send(nonce, &payload, task)?;
            }
            Err(error) => self.fail(
                &task,
                FailureKind::Unreadable {
                    reason: error.to_string(),
                }
                .into(),
            ),
        }
        Ok(())
    }

    fn finished(&mut self, finished: Finished<Task>) {
        let mut task = finished.tag;
        let Some(ebuild) = self.run.ebuilds.get(task.index) else {
            return;
        };
        let output = String::from_utf8_lossy(&finished.output)
            .trim_end()
            .to_owned();
        if let Some(ended) = finished.ended {
            // Of an ebuild that printed without end, that is all there is to say.
            let output = if ended == Ended::Flood {
                String::new()
            } else {
                output
            };
            return self.fail(&task, self.ended(ended).with_output(output));
        }
        if finished.status == STATUS_KILLED
            && matches!(finished.result, Ok(None))
            && task.kills < MAX_KILLS
        {
            task.kills += 1;
            return self.again.push_back(task);
        }
        let processor = self.processor.as_ref().map_or(0, Processor::pid);
        let met = limits::met(&output, finished.status);
        let answer = if let Some(program) = finished.programs.first() {
            Err(classify::program(program.clone(), output, ebuild.path()))
        } else if let Some(refused) = finished.signals.first() {
            Err(classify::signal(refused, processor, output))
        } else if let (Ok(Some(_)), Some(limit)) = (&finished.result, met) {
            // What is there may be wrong, because a part of it had no place.
            Err(Failure::from(FailureKind::BashLimit { limit }).with_output(output))
        } else {
            match finished.result {
                Err(error) => Err(FailureKind::BadResult {
                    reason: error.to_string(),
                }
                .into()),
                Ok(None) => Err(classify::silent(
                    finished.status,
                    output,
                    &self.run.library(),
                )),
                Ok(Some(frame)) => match frame.decode() {
                    Err(error) => Err(FailureKind::BadResult {
                        reason: error.to_string(),
                    }
                    .into()),
                    Ok(Err(error)) => Err(classify::reported(
                        &error,
                        output,
                        ebuild.path(),
                        &self.run.library(),
                    )),
                    Ok(Ok(_)) if finished.left => {
                        Err(Failure::from(FailureKind::Leftover).with_output(output))
                    }
                    Ok(Ok(reply)) => metadata::entry(&reply, task.eapi, task.md5, self.run.digests)
                        .map(|entry| (reply, entry))
                        .map_err(|kind| Failure::from(kind).with_output(output)),
                },
            }
        };
        if Stamp::of(ebuild.path()).ok() != Some(task.stamp) {
            return self.changed(&task, ebuild);
        }
        match answer {
            // Errors are told as they are without preloading, with the lines of the real files.
            Err(_) if task.mode == Mode::Preloaded => {
                task.mode = Mode::Plain;
                self.again.push_back(task);
            }
            Err(failure) => match task.native {
                Some(_) => {
                    let keys = format!("all, bash reports: {}", failure.kind);
                    self.fail(&task, FailureKind::VerifyMismatch { keys }.into());
                }
                None => self.fail(&task, failure),
            },
            Ok((reply, entry)) => {
                if task.mode == Mode::Preloaded && self.in_doubt(&task, &entry) {
                    task.mode = Mode::Plain;
                    return self.again.push_back(task);
                }
                if self.run.options.verify {
                    if task.mode == Mode::Preloaded {
                        task.mode = Mode::Plain;
                        task.other = Some(Box::new(reply));
                        return self.again.push_back(task);
                    }
                    if let Some(keys) = task
                        .other
                        .as_deref()
                        .and_then(|other| differing(other, &reply))
                    {
                        return self.fail(&task, FailureKind::VerifyMismatch { keys }.into());
                    }
                }
                if let Some(native) = &task.native
                    && **native != entry
                {
                    let keys = differing_keys(native, &entry);
                    return self.fail(&task, FailureKind::VerifyMismatch { keys }.into());
                }
                self.store(&task, ebuild, entry);
            }
        }
    }

    /// The failure of an ebuild that this program ended.
    fn ended(&self, why: Ended) -> Failure {
        let kind = match why {
            Ended::Timeout => FailureKind::Timeout {
                seconds: self.run.options.timeout.map_or(0, |limit| limit.as_secs()),
            },
            Ended::Flood => FailureKind::Flood {
                limit: limits::LOG >> 20,
            },
            Ended::Limit(limit) => FailureKind::BashLimit { limit },
        };
        kind.into()
    }

    /// Whether a function that the ebuild could call had been defined without being inherited.
    fn in_doubt(&self, task: &Task, entry: &Entry) -> bool {
        self.run
            .preload()
            .is_some_and(|preload| preload.in_doubt(&task.doubts, entry))
    }

    fn changed(&mut self, task: &Task, ebuild: &EbuildFile) {
        if task.changes >= MAX_CHANGES {
            return self.fail(task, FailureKind::Unstable.into());
        }
        match self.prepare(task.index, ebuild, task.changes + 1) {
            Prepared::Source(task) => self.again.push_back(task),
            Prepared::Finished(outcome) => (self.run.sink)(task.index, outcome),
        }
    }

    fn died(
        &mut self,
        running: Option<(Task, Option<Ended>)>,
        mut waiting: Vec<Task>,
        reason: String,
    ) {
        let count = usize::from(running.is_some()) + waiting.len();
        self.run.running.fetch_sub(count, Ordering::Relaxed);
        self.lost();
        match running {
            Some((task, Some(ended))) => self.fail(&task, self.ended(ended)),
            Some((mut task, None)) if task.kills < MAX_KILLS => {
                task.kills += 1;
                self.again.push_back(task);
            }
            Some((task, None)) => self.fail(&task, FailureKind::ProcessorDied { reason }.into()),
            // Nobody's fault, as it seems; but a request that no processor lives to begin must not be sent for ever.
            None if self.deaths > MAX_DEATHS && !waiting.is_empty() => {
                self.fail(
                    &waiting.remove(0),
                    FailureKind::ProcessorDied { reason }.into(),
                );
            }
            None => {}
        }
        self.again.extend(waiting);
    }

    /// Does away with a processor that has ended or cannot be used.
    fn lost(&mut self) {
        self.deaths += 1;
        if let Some(processor) = self.processor.take() {
            processor.kill();
        }
    }

    /// Another processor is tried when this one, with nothing in flight, failed in a way that may be its own.
    fn survive(&mut self, error: ProcessorError) -> Result<(), RunError> {
        self.lost();
        if self.deaths > MAX_DEATHS || !error.may_pass() {
            return Err(error.into());
        }
        Ok(())
    }

    fn store(&self, task: &Task, ebuild: &EbuildFile, entry: Entry) {
        (self.run.sink)(task.index, self.put(ebuild, entry));
    }

    fn put(&self, ebuild: &EbuildFile, entry: Entry) -> Outcome {
        match self.run.cache.put(ebuild.cpv(), &entry) {
            Ok(PutOutcome::Written) => Outcome::Written(Box::new(entry)),
            Ok(PutOutcome::Unchanged) => Outcome::Unchanged(Box::new(entry)),
            Err(error) => Outcome::Failed(Box::new(
                FailureKind::NotWritten {
                    reason: error.to_string(),
                }
                .into(),
            )),
        }
    }

    fn fail(&self, task: &Task, failure: Failure) {
        let Some(ebuild) = self.run.ebuilds.get(task.index) else {
            return;
        };
        let failure = match self.run.cache.remove(ebuild.cpv()) {
            Ok(_) => failure,
            Err(error) => FailureKind::NotWritten {
                reason: error.to_string(),
            }
            .into(),
        };
        (self.run.sink)(task.index, Outcome::Failed(Box::new(failure)));
    }
}

/// What became of an evaluation in this process.
enum Native {
    /// There is an outcome.
    Done(Outcome),
    /// There is metadata to compare with bash's.
    Compare(Box<Entry>),
    /// It is for bash to do.
    Left,
    /// There is an error, and bash is not to be asked.
    Failed(Failure),
}

/// Keys whose values differ between two entries.
fn differing_keys(a: &Entry, b: &Entry) -> String {
    let mut keys: Vec<&str> = ebd_cache::Key::ALL
        .into_iter()
        .filter(|key| a.get(*key) != b.get(*key))
        .map(ebd_cache::Key::as_str)
        .collect();
    if a.eclasses() != b.eclasses() {
        keys.push("eclasses");
    }
    keys.join(" ")
}

fn is_readable(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(fd, PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|count| count > 0)
}

/// Keys whose values differ between two answers.
fn differing(a: &MetadataReply, b: &MetadataReply) -> Option<String> {
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

/// The first function with a name of the library's own that a text defines.
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

/// PV and PR of a version with its revision.
pub(crate) fn split_revision(version: &str) -> (&str, &str) {
    match version.rsplit_once('-') {
        Some((pv, pr)) if pr.starts_with('r') => (pv, pr),
        _ => (version, "r0"),
    }
}

fn path_bytes(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes()
}

fn random() -> Result<u128, RunError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| RunError::Random(error.to_string()))?;
    Ok(u128::from_le_bytes(bytes))
}

/// The load average of the last minute.
fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg")
        .ok()?
        .split(' ')
        .next()?
        .parse()
        .ok()
}
