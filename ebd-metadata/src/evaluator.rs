//! How ebuilds are evaluated: one trait, and the choice among what implements it.

use std::os::fd::BorrowedFd;

use ebd_cache::Entry;

use crate::bash::Bash;
use crate::builtin::Builtin;
use crate::error::RunError;
use crate::failure::Failure;
use crate::job::Job;
use crate::schedule::Run;
use crate::verify::Verify;

/// What evaluates ebuilds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Engine {
    /// The built-in evaluator, falling back to bash.
    #[default]
    Auto,
    /// The built-in evaluator alone; what it cannot evaluate is a failure.
    Native,
    /// bash alone.
    Bash,
}

/// What was found out about one ebuild.
pub(crate) struct Answer<'a> {
    pub(crate) job: Job<'a>,
    pub(crate) reply: Reply,
}

/// The answer itself.
pub(crate) enum Reply {
    Metadata(Box<Entry>),
    Failed(Box<Failure>),
    /// The file is not the one any more that the job has: read it again.
    Changed,
}

/// Evaluates ebuilds for one thread.
///
/// What has no process behind it answers in [`begin`](Self::begin), and the other methods have nothing to do. What waits for a process takes
/// the ebuild and answers in [`wait`](Self::wait).
pub(crate) trait Evaluator<'a> {
    /// Takes an ebuild; returns the answer if there is one at once.
    fn begin(&mut self, job: Job<'a>) -> Result<Option<Answer<'a>>, RunError>;

    /// Goes on with ebuilds that were taken and have not been begun.
    fn resume(&mut self) -> Result<(), RunError> {
        Ok(())
    }

    /// Returns whether it takes another ebuild now. `false` also when something has happened that [`wait`](Self::wait) should see to first.
    fn wants_more(&mut self) -> Result<bool, RunError> {
        Ok(true)
    }

    /// Returns whether [`wait`](Self::wait) has something to wait for.
    fn is_busy(&self) -> bool {
        false
    }

    /// Waits until something has happened, which need not be an answer.
    fn wait(&mut self, _cancel: BorrowedFd<'_>) -> Result<Option<Answer<'a>>, RunError> {
        Ok(None)
    }
}

/// Returns what evaluates ebuilds in one thread of a run.
pub(crate) fn of_thread<'a>(run: &'a Run<'a>) -> Box<dyn Evaluator<'a> + 'a> {
    let builtin = || Builtin::new(&run.texts, run.digests, &run.counter, run.options.timeout);
    let bash = || Bash::new(run.options, &run.staging, run.digests, &run.running);
    let engine = run.options.engine;
    if run.options.verify {
        let builtin = (engine != Engine::Bash).then(builtin);
        return Box::new(Verify::new(builtin, engine == Engine::Native, bash()));
    }
    match engine {
        Engine::Auto => Box::new(Auto {
            builtin: builtin(),
            bash: bash(),
        }),
        Engine::Native => Box::new(builtin()),
        Engine::Bash => Box::new(bash()),
    }
}

/// The built-in evaluator, falling back to bash.
struct Auto<'a> {
    builtin: Builtin<'a>,
    bash: Bash<'a>,
}

impl<'a> Evaluator<'a> for Auto<'a> {
    fn begin(&mut self, job: Job<'a>) -> Result<Option<Answer<'a>>, RunError> {
        match self.builtin.evaluate(&job) {
            // What an error says is bash's.
            Err(refusal) if !refusal.is_certain() => {
                self.builtin.count_fallback(&job, refusal);
                self.bash.begin(job)
            }
            result => Ok(Some(self.builtin.answer(job, result))),
        }
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
        self.bash.wait(cancel)
    }
}
