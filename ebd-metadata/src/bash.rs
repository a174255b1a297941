//! Evaluates ebuilds in bash workers, one at a time for each thread, with eclass functions preloaded.

use std::collections::{HashSet, VecDeque};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering};

use ebd_cache::Entry;
use ebd_fs::Stamp;
use ebd_protocol::{MetadataReply, Mode};
use ebd_repo::EclassDigests;
use ebd_spawn::WorkerDirs;

use crate::connection::{Connection, Ended, Event, Finished, Start};
use crate::error::{RunError, WorkerError};
use crate::evaluator::{Answer, Evaluator, Reply};
use crate::failure::{Failure, FailureKind};
use crate::job::{Job, random_nonce};
use crate::judge::{self, Judge, Judgement, Verdict};
use crate::options::Options;
use crate::preload::Doubts;
use crate::staging::Staging;

/// A worker sources this many ebuilds plainly before eclass functions are preloaded into it, which costs as much as a few ebuilds do.
const PLAIN_FIRST: usize = 6;

/// After this many workers in a row that ended with nothing done, the request that waited is given up.
const MAX_DEATHS: u32 = 8;

/// A worker that has sourced this many ebuilds is replaced: bash never gives all memory back, and the larger it is, the longer each fork
/// takes.
const RETIRE_AFTER: usize = 4000;

/// An ebuild whose worker or shell something killed is sourced again this many times: most often it was not its fault.
const MAX_KILLS: u32 = 20;

/// What bash has in `$?` for a process that SIGKILL ended.
const STATUS_KILLED: u32 = 128 + 9;

/// One ebuild on its way through a worker.
struct Task<'a> {
    job: Job<'a>,
    mode: Mode,
    /// What its text says about preloading.
    doubts: Doubts,
    /// How often it or its worker was killed.
    kills: u32,
}

/// What came out of sourcing an ebuild.
pub(crate) enum BashReply {
    Metadata(Box<Sourced>),
    /// The ebuild failed.
    Failed(Box<Failure>),
    /// The ebuild was ended, or no worker could be asked.
    GivenUp(Box<Failure>),
    /// The file is not the one any more that was to be sourced.
    Changed,
}

/// The metadata of an ebuild, and how it was sourced.
pub(crate) struct Sourced {
    pub(crate) reply: MetadataReply,
    pub(crate) entry: Box<Entry>,
    /// Whether functions of eclasses were preloaded.
    pub(crate) preloaded: bool,
}

impl From<BashReply> for Reply {
    fn from(reply: BashReply) -> Self {
        match reply {
            BashReply::Metadata(sourced) => Self::Metadata(sourced.entry),
            BashReply::Failed(failure) | BashReply::GivenUp(failure) => Self::Failed(failure),
            BashReply::Changed => Self::Changed,
        }
    }
}

/// A bash worker, started when it is needed and replaced when it ends, and the ebuilds that wait for it.
pub(crate) struct Bash<'a> {
    options: &'a Options,
    staging: &'a Staging<'a>,
    digests: &'a EclassDigests,
    /// How many ebuilds the workers of all threads have.
    running: &'a AtomicUsize,
    dirs: Option<WorkerDirs>,
    worker: Option<Connection<Task<'a>>>,
    queue: VecDeque<Task<'a>>,
    replies: VecDeque<(Job<'a>, BashReply)>,
    sourced: usize,
    /// How many of them in the worker of now.
    served: usize,
    preloaded: bool,
    /// Workers that have ended since the last ebuild was done.
    deaths: u32,
    /// Functions that the worker was given after it had been preloaded.
    given: HashSet<u32>,
}

impl<'a> Evaluator<'a> for Bash<'a> {
    fn begin(&mut self, job: Job<'a>) -> Result<Option<Answer<'a>>, RunError> {
        if !self.has_ebuild() {
            self.preload_if_wanted()?;
        }
        let mut mode = Mode::Plain;
        let mut doubts = Doubts::default();
        if self.options.preload
            && let Some(preload) = self.staging.ready_preload()
        {
            doubts = preload.examine(&job.source.bytes);
            if !doubts.plain {
                mode = Mode::Preloaded;
            }
        }
        self.queue.push_back(Task {
            job,
            mode,
            doubts,
            kills: 0,
        });
        self.resume()?;
        Ok(None)
    }

    /// Gives an idle worker an ebuild.
    ///
    /// The next request is sent when the one before it is done and all that its ebuild wrote has been read, not earlier: as long as an
    /// ebuild runs, there is nothing of another in any channel that it could find.
    fn resume(&mut self) -> Result<(), RunError> {
        if self.served >= RETIRE_AFTER && !self.has_ebuild() {
            self.served = 0;
            if let Some(worker) = self.worker.take() {
                worker.kill();
            }
        }
        while !self.has_ebuild() && !self.queue.is_empty() {
            self.preload_if_wanted()?;
            let Some(task) = self.queue.pop_front() else {
                break;
            };
            self.give_missing_functions(&task)?;
            self.send(task)?;
        }
        Ok(())
    }

    /// Takes one ebuild more than the worker has, so that the next is ready while it works.
    fn wants_more(&mut self) -> Result<bool, RunError> {
        if !self.queue.is_empty() || !self.replies.is_empty() {
            return Ok(false);
        }
        match self.worker.as_mut().filter(|worker| worker.in_flight() > 0) {
            None => Ok(true),
            // Evaluating what needs no bash can take long; meanwhile an ebuild in bash must not do what it likes.
            Some(worker) => Ok(!self.options.fresh && !worker.wants_attention()?),
        }
    }

    fn is_busy(&self) -> bool {
        self.has_ebuild() || !self.replies.is_empty()
    }

    fn wait(&mut self, cancel: BorrowedFd<'_>) -> Result<Option<Answer<'a>>, RunError> {
        let reply = self.next_reply(cancel)?;
        Ok(reply.map(|(job, reply)| Answer {
            job,
            reply: reply.into(),
        }))
    }
}

impl<'a> Bash<'a> {
    pub(crate) fn new(
        options: &'a Options,
        staging: &'a Staging<'a>,
        digests: &'a EclassDigests,
        running: &'a AtomicUsize,
    ) -> Self {
        Self {
            options,
            staging,
            digests,
            running,
            dirs: None,
            worker: None,
            queue: VecDeque::new(),
            replies: VecDeque::new(),
            sourced: 0,
            served: 0,
            preloaded: false,
            deaths: 0,
            given: HashSet::new(),
        }
    }

    /// Takes an ebuild that is to be sourced without preloaded functions.
    pub(crate) fn begin_plainly(&mut self, job: Job<'a>) -> Result<(), RunError> {
        self.queue.push_back(Task {
            job,
            mode: Mode::Plain,
            doubts: Doubts::default(),
            kills: 0,
        });
        self.resume()
    }

    /// Waits until something has happened; returns what came out of an ebuild if that was it.
    pub(crate) fn next_reply(
        &mut self,
        cancel: BorrowedFd<'_>,
    ) -> Result<Option<(Job<'a>, BashReply)>, RunError> {
        if let Some(reply) = self.replies.pop_front() {
            return Ok(Some(reply));
        }
        let Some(worker) = self.worker.as_mut() else {
            return Ok(None);
        };
        match worker.next_event(cancel)? {
            Event::Done(finished) => {
                self.deaths = 0;
                self.running.fetch_sub(1, Ordering::Relaxed);
                self.finished(finished);
                if self.options.fresh
                    && let Some(worker) = self.worker.take()
                {
                    worker.kill();
                }
            }
            Event::Again(task) => {
                self.running.fetch_sub(1, Ordering::Relaxed);
                self.queue.push_front(task);
            }
            Event::Died {
                running,
                waiting,
                reason,
            } => self.died(running, waiting, reason),
            Event::Cancelled => return Err(RunError::Cancelled),
        }
        Ok(self.replies.pop_front())
    }

    /// Returns whether the worker has an ebuild.
    fn has_ebuild(&self) -> bool {
        self.worker.as_ref().is_some_and(|w| w.in_flight() > 0)
    }

    fn reply(&mut self, task: Task<'a>, reply: BashReply) {
        self.replies.push_back((task.job, reply));
    }

    fn give_up(&mut self, task: Task<'a>, failure: Failure) {
        self.reply(task, BashReply::GivenUp(Box::new(failure)));
    }

    fn preload_if_wanted(&mut self) -> Result<(), RunError> {
        if self.preloaded || !self.options.preload || self.sourced < PLAIN_FIRST {
            return Ok(());
        }
        let Some(preload) = self.staging.preload() else {
            return Ok(());
        };
        match self.ensure_worker()?.load(preload.file()) {
            Ok(()) => self.preloaded = true,
            Err(error) => self.survive(error)?,
        }
        Ok(())
    }

    /// Gives the worker functions that an ebuild may call and that it has not been given yet.
    fn give_missing_functions(&mut self, task: &Task<'a>) -> Result<(), RunError> {
        if !self.preloaded || task.mode == Mode::Plain {
            return Ok(());
        }
        let needs = task.doubts.needs.iter().copied();
        let missing: Vec<u32> = needs.filter(|node| !self.given.contains(node)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        if let Some(preload) = self.staging.preload() {
            let file = preload.write_more(&missing);
            let file = file.map_err(RunError::PrivateDir)?;
            match self.ensure_worker()?.load(&file) {
                Ok(()) => self.given.extend(missing),
                Err(error) => self.survive(error)?,
            }
        }
        Ok(())
    }

    fn ensure_worker(&mut self) -> Result<&mut Connection<Task<'a>>, RunError> {
        while self.worker.is_none() {
            let directory = self.staging.directory()?;
            let dirs = match &self.dirs {
                Some(dirs) => dirs,
                None => {
                    let dirs = self.staging.worker(self.options.user.as_ref())?;
                    self.dirs.insert(dirs)
                }
            };
            let start = Start {
                bash: &self.options.bash()?,
                library: &directory.library(),
                places: dirs,
                level: self.options.level(),
                user: self.options.user.as_ref(),
            };
            let started = Connection::start(&start, self.options.timeout).and_then(|mut worker| {
                worker.load(&directory.eclasses())?;
                Ok(worker)
            });
            match started {
                Ok(worker) => self.worker = Some(worker),
                Err(error) => self.survive(error)?,
            }
            self.preloaded = false;
            self.served = 0;
            self.given.clear();
        }
        self.worker.as_mut().ok_or(RunError::Cancelled)
    }

    fn send(&mut self, mut task: Task<'a>) -> Result<(), RunError> {
        let found = self.ensure_worker()?.bash_version();
        let needed = task.job.eapi.minimum_bash();
        if found < (u32::from(needed.major), u32::from(needed.minor)) {
            let kind = FailureKind::BashTooOld {
                eapi: task.job.eapi.as_str().to_owned(),
                needed: format!("{}.{}", needed.major, needed.minor),
                found: format!("{}.{}", found.0, found.1),
            };
            self.give_up(task, kind.into());
            return Ok(());
        }
        if !self.preloaded {
            task.mode = Mode::Plain;
        }
        let nonce = random_nonce()?;
        let request = task.job.request(nonce, task.mode, self.options.timeout);
        match request.to_payload() {
            Ok(payload) => {
                self.running.fetch_add(1, Ordering::Relaxed);
                self.sourced += 1;
                self.served += 1;
                self.ensure_worker()?.send(nonce, &payload, task)?;
            }
            Err(error) => self.give_up(task, FailureKind::unreadable(error).into()),
        }
        Ok(())
    }

    fn finished(&mut self, finished: Finished<Task<'a>>) {
        let killed = finished.status == STATUS_KILLED && matches!(finished.result, Ok(None));
        if killed && finished.ended.is_none() && finished.tag.kills < MAX_KILLS {
            let mut task = finished.tag;
            task.kills += 1;
            return self.queue.push_back(task);
        }
        let (mut task, result) = self.judge(finished);
        let result = match result {
            Err(Verdict::Ended(failure)) => return self.give_up(task, failure),
            Err(Verdict::Failed(failure)) => Err(failure),
            Ok(found) => Ok(found),
        };
        if Stamp::of(task.job.ebuild.path()).ok() != Some(task.job.source.stamp) {
            return self.reply(task, BashReply::Changed);
        }
        let preloaded = task.mode == Mode::Preloaded;
        // Errors are reported as they are without preloading, with the lines of the real files.
        let doubtful = || match &result {
            Ok((_, entry)) => self.in_doubt(&task, entry),
            Err(_) => true,
        };
        if preloaded && doubtful() {
            task.mode = Mode::Plain;
            return self.queue.push_back(task);
        }
        let reply = match result {
            Ok((reply, entry)) => BashReply::Metadata(Box::new(Sourced {
                reply,
                entry,
                preloaded,
            })),
            Err(failure) => BashReply::Failed(Box::new(failure)),
        };
        self.reply(task, reply);
    }

    fn judge(&self, finished: Finished<Task<'a>>) -> (Task<'a>, Judgement) {
        let worker = self.worker.as_ref().map_or(0, Connection::pid);
        let library = self.staging.library();
        let (task, finished) = finished.untagged();
        let judge = Judge {
            job: &task.job,
            worker,
            library: &library,
            digests: self.digests,
            timeout: self.options.timeout,
        };
        let judgement = judge.judge(finished);
        (task, judgement)
    }

    /// Returns whether a function that the ebuild could call had been defined without being inherited.
    fn in_doubt(&self, task: &Task<'a>, entry: &Entry) -> bool {
        let preload = self.staging.preload();
        preload.is_some_and(|preload| preload.in_doubt(&task.doubts, entry))
    }

    fn died(
        &mut self,
        running: Option<(Task<'a>, Option<Ended>)>,
        mut waiting: Vec<Task<'a>>,
        reason: String,
    ) {
        let count = usize::from(running.is_some()) + waiting.len();
        self.running.fetch_sub(count, Ordering::Relaxed);
        self.lost();
        match running {
            Some((task, Some(ended))) => {
                let failure = judge::ended(ended, self.options.timeout);
                self.give_up(task, failure);
            }
            Some((mut task, None)) if task.kills < MAX_KILLS => {
                task.kills += 1;
                self.queue.push_back(task);
            }
            Some((task, None)) => self.give_up(task, FailureKind::WorkerDied { reason }.into()),
            // Nobody's fault, as it seems; but a request that no worker lives to begin must not be sent for ever.
            None if self.deaths > MAX_DEATHS && !waiting.is_empty() => {
                let task = waiting.remove(0);
                self.give_up(task, FailureKind::WorkerDied { reason }.into());
            }
            None => {}
        }
        self.queue.extend(waiting);
    }

    /// Does away with a worker that has ended or cannot be used.
    fn lost(&mut self) {
        self.deaths += 1;
        if let Some(worker) = self.worker.take() {
            worker.kill();
        }
    }

    /// Another worker is tried when this one, with nothing in flight, failed in a way that may be its own.
    fn survive(&mut self, error: WorkerError) -> Result<(), RunError> {
        self.lost();
        if self.deaths > MAX_DEATHS || !error.may_pass() {
            return Err(error.into());
        }
        Ok(())
    }
}
