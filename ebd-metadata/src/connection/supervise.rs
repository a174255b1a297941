//! Limits of what a worker's ebuild may use while it runs.

use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

use super::{Connection, Ended, START_TIMEOUT};
use crate::error::WorkerError;
use crate::limits::{self, BashLimit};

/// Between two looks at the result and log channels while an ebuild runs. They are read when it is done; only an ebuild that
/// fills a pipe waits for this.
pub(super) const GLANCE: Duration = Duration::from_millis(20);

/// How long a worker may take to report an ebuild that was ended.
const MAX_SILENCE: Duration = Duration::from_secs(3);

/// How often processes that something stopped are looked for while nothing is heard.
const RESUME: Duration = Duration::from_millis(100);

/// How often the processes of an ebuild are counted; most are done before.
const COUNT_EVERY: Duration = Duration::from_millis(20);

impl<T> Connection<T> {
    /// Whether [`Connection::next_event`] has something to do; looks after the limits when that is due. Does not wait.
    pub(crate) fn wants_attention(&mut self) -> Result<bool, WorkerError> {
        let ready = self.poll(None, PollTimeout::ZERO)?;
        if ready.control || ready.exec {
            return Ok(true);
        }
        if self.glanced.elapsed() >= GLANCE {
            self.glance()?;
        }
        Ok(false)
    }

    pub(super) fn glance(&mut self) -> Result<(), WorkerError> {
        self.glanced = Instant::now();
        self.read_results()?;
        self.enforce_limits();
        self.resume_stopped();
        Ok(())
    }

    /// Ebuilds cannot stop their worker, but a user can, or whatever else may send signals. It would never go on.
    pub(super) fn resume_stopped(&mut self) {
        if self.heard.elapsed() >= RESUME && self.resumed.elapsed() >= RESUME {
            self.resumed = Instant::now();
            self.child.resume();
        }
    }

    pub(super) fn enforce_limits(&mut self) {
        let silent = self.heard.elapsed() > START_TIMEOUT;
        let Some(request) = self.in_flight.front_mut() else {
            return;
        };
        let Some(started) = request.started else {
            if silent {
                let _ = self.child.kill_tree();
            }
            return;
        };
        if let Some(at) = request.ended_at {
            // A process may have been born while the others were ended.
            let _ = self.child.kill_children();
            if at.elapsed() > MAX_SILENCE {
                let _ = self.child.kill_tree();
            }
            return;
        }
        let late = self.timeout.is_some_and(|limit| started.elapsed() > limit);
        let why = if late {
            Some(Ended::Timeout)
        } else if self.logs.current_total() > limits::LOG {
            Some(Ended::Flood)
        } else if self.results.len() > limits::RESULT {
            Some(Ended::Limit(BashLimit::Result))
        } else if started.elapsed() > COUNT_EVERY && self.counted.elapsed() > COUNT_EVERY {
            self.counted = Instant::now();
            limits::exceeded(&self.child).map(Ended::Limit)
        } else {
            None
        };
        if why.is_some() {
            request.ended = why;
            request.ended_at = Some(Instant::now());
            let _ = self.child.kill_children();
        }
    }
}
