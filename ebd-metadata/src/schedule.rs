//! Many ebuilds: threads, who takes the next ebuild and when, retries, and how a run ends.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ebd_cache::Backend;
use ebd_repo::{EbuildFile, EclassDigests, RepoTree};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::builtin::EclassTexts;
use crate::error::RunError;
use crate::evaluator::{self, Answer, Evaluator, Reply};
use crate::failure::FailureKind;
use crate::job::Job;
use crate::options::Options;
use crate::staging::Staging;
use crate::store::{Outcome, Store};
use crate::summary::{Counter, Summary};

/// An ebuild that changes while it is evaluated is evaluated again this many times.
const MAX_CHANGES: u32 = 3;

/// How often the load average is looked at while it is too high.
const LOAD_INTERVAL: Duration = Duration::from_millis(200);

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
        ebuilds,
        options,
        cancel,
        sink,
        store: Store::new(cache, &digests, options.check),
        staging: Staging::new(tree, &options.library),
        texts: EclassTexts::new(tree.eclasses(), &digests),
        digests: &digests,
        counter: Counter::default(),
        next: AtomicUsize::new(0),
        running: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        error: Mutex::new(None),
    };
    let jobs = options.jobs.clamp(1, ebuilds.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                if let Err(error) = Thread::new(&run).work() {
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
        None => Ok(run.counter.into_summary()),
    }
}

/// What the threads share.
pub(crate) struct Run<'a> {
    ebuilds: &'a [EbuildFile],
    pub(crate) options: &'a Options,
    cancel: BorrowedFd<'a>,
    sink: &'a (dyn Fn(usize, Outcome) + Sync),
    store: Store<'a>,
    pub(crate) staging: Staging<'a>,
    pub(crate) texts: EclassTexts<'a>,
    pub(crate) digests: &'a EclassDigests,
    pub(crate) counter: Counter,
    /// The index of the ebuild that is taken next.
    next: AtomicUsize,
    /// How many ebuilds are in workers.
    pub(crate) running: AtomicUsize,
    stop: AtomicBool,
    error: Mutex<Option<RunError>>,
}

/// One thread of a run.
struct Thread<'a> {
    run: &'a Run<'a>,
    evaluator: Box<dyn Evaluator<'a> + 'a>,
}

impl<'a> Thread<'a> {
    fn new(run: &'a Run<'a>) -> Self {
        Self {
            run,
            evaluator: evaluator::of_thread(run),
        }
    }

    fn work(&mut self) -> Result<(), RunError> {
        while !self.run.stop.load(Ordering::Relaxed) {
            self.evaluator.resume()?;
            while self.evaluator.wants_more()?
                && let Some((index, ebuild)) = self.next_ebuild()?
            {
                self.begin(index, ebuild, 0)?;
            }
            if !self.evaluator.is_busy() {
                break;
            }
            if let Some(answer) = self.evaluator.wait(self.run.cancel)? {
                self.finish(answer)?;
            }
        }
        Ok(())
    }

    /// Takes the next ebuild of the run, unless the run is to end or the machine is too busy.
    fn next_ebuild(&self) -> Result<Option<(usize, &'a EbuildFile)>, RunError> {
        if self.run.stop.load(Ordering::Relaxed) || self.is_overloaded() {
            return Ok(None);
        }
        if is_readable(self.run.cancel) {
            return Err(RunError::Cancelled);
        }
        let index = self.run.next.fetch_add(1, Ordering::Relaxed);
        Ok(self.run.ebuilds.get(index).map(|ebuild| (index, ebuild)))
    }

    fn begin(
        &mut self,
        index: usize,
        ebuild: &'a EbuildFile,
        changes: u32,
    ) -> Result<(), RunError> {
        match Job::prepare((index, ebuild), changes, self.run.options, &self.run.store) {
            Ok(job) => match self.evaluator.begin(job)? {
                Some(answer) => self.finish(answer),
                None => Ok(()),
            },
            Err(outcome) => {
                (self.run.sink)(index, outcome);
                Ok(())
            }
        }
    }

    fn finish(&mut self, Answer { job, reply }: Answer<'a>) -> Result<(), RunError> {
        let store = &self.run.store;
        let outcome = match reply {
            Reply::Metadata(entry) => store.put(job.ebuild, entry),
            Reply::Failed(failure) => store.fail(job.ebuild, *failure),
            Reply::Changed if job.changes < MAX_CHANGES => {
                return self.begin(job.index, job.ebuild, job.changes + 1);
            }
            Reply::Changed => store.fail(job.ebuild, FailureKind::Unstable.into()),
        };
        (self.run.sink)(job.index, outcome);
        Ok(())
    }

    /// Returns whether the machine is too busy for another ebuild. One at a time runs always, so that a run comes to an end.
    fn is_overloaded(&self) -> bool {
        let Some(limit) = self.run.options.load_average else {
            return false;
        };
        while load_average().is_some_and(|load| load > limit) {
            if self.evaluator.is_busy() {
                return true;
            }
            if self.run.running.load(Ordering::Relaxed) == 0
                || self.run.stop.load(Ordering::Relaxed)
            {
                return false;
            }
            std::thread::sleep(LOAD_INTERVAL);
        }
        false
    }
}

fn is_readable(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(fd, PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|count| count > 0)
}

/// Returns the load average of the last minute.
fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg")
        .ok()?
        .split(' ')
        .next()?
        .parse()
        .ok()
}
