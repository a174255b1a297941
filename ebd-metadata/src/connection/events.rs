//! What a worker says, and how it ends.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use ebd_protocol::{DaemonVerb, Frame, ProtocolError};
use ebd_spawn::ExecWatch;
use nix::errno::Errno;

use super::{Connection, Ended, Event, Finished, io_error};
use crate::error::WorkerError;
use crate::limits;

/// What bash has in `$?` for a process that SIGKILL ended.
const STATUS_KILLED: u32 = 128 + 9;

impl<T> Connection<T> {
    pub(super) fn wait_for_event(
        &mut self,
        cancel: BorrowedFd<'_>,
    ) -> Result<Event<T>, WorkerError> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                if let Some(event) = self.handle(&frame)? {
                    return Ok(event);
                }
                continue;
            }
            let ready = self.wait(Some(cancel))?;
            if ready.cancel {
                return Ok(Event::Cancelled);
            }
            if ready.control && !self.read_control()? {
                return Ok(self.ended());
            }
            // Whatever is executed belongs to the request that the control channel says is running: `started` was written
            // before its child was forked, and `done` cannot be while a process waits for the host's answer.
            if ready.exec {
                if !ready.control && !self.read_control()? {
                    return Ok(self.ended());
                }
                while let Some(frame) = self.decoder.next_frame()? {
                    if let Some(event) = self.handle(&frame)? {
                        return Ok(event);
                    }
                }
                self.refuse_exec()?;
            }
            if !ready.control {
                self.glance()?;
            }
        }
    }

    pub(super) fn handle(&mut self, frame: &Frame) -> Result<Option<Event<T>>, WorkerError> {
        let unexpected = || ProtocolError::UnknownVerb {
            verb: format!("{} {}", frame.id, frame.verb),
            channel: "control",
        };
        let verb = DaemonVerb::parse(&frame.verb).ok_or_else(unexpected)?;
        let front = self
            .in_flight
            .front_mut()
            .filter(|request| request.id == frame.id)
            .ok_or_else(unexpected)?;
        match verb {
            DaemonVerb::Started => {
                front.started = Some(Instant::now());
                Ok(None)
            }
            DaemonVerb::Dirty => {
                if let Some(scratch) = self.child.scratch_dir() {
                    ebd_spawn::clear_dir(scratch)
                        .map_err(io_error("cannot empty a scratch folder"))?;
                }
                let request = self.in_flight.pop_front().ok_or_else(unexpected)?;
                self.logs.forget(&request.nonce);
                Ok(Some(Event::Again(request.tag)))
            }
            DaemonVerb::Done => {
                let status = u32::try_from(frame.number("status")?).unwrap_or(u32::MAX);
                let left = frame.number("left")? != 0;
                let request = self.in_flight.pop_front().ok_or_else(unexpected)?;
                self.read_results()?;
                let output = self.logs.take(&request.nonce);
                let result = self.results.take(&request.nonce);
                if request.ended.is_some()
                    && let Some(next) = self.in_flight.front_mut()
                {
                    next.follows_ended = true;
                }
                if request.follows_ended
                    && request.ended.is_none()
                    && status == STATUS_KILLED
                    && matches!(result, Ok(None))
                {
                    return Ok(Some(Event::Again(request.tag)));
                }
                Ok(Some(Event::Done(Finished {
                    result,
                    output: output.text(),
                    status,
                    left,
                    programs: request.programs,
                    signals: request.signals,
                    ended: request
                        .ended
                        .or((output.total() > limits::LOG).then_some(Ended::Flood)),
                    tag: request.tag,
                })))
            }
            DaemonVerb::Ready
            | DaemonVerb::Loaded
            | DaemonVerb::Unknown
            | DaemonVerb::Malformed => Err(unexpected().into()),
        }
    }

    /// Answers one exec or signal. Whoever is answered may end, and the next request begin: what waits then is another's.
    pub(super) fn refuse_exec(&mut self) -> Result<(), WorkerError> {
        let Some(watch) = self.child.exec_watch() else {
            return Ok(());
        };
        if let Some(attempt) =
            ExecWatch::next(watch).map_err(io_error("cannot watch for programs"))?
        {
            if let Some(request) = self.in_flight.front_mut() {
                let path = attempt.path.as_deref().unwrap_or(b"(unknown)");
                request
                    .programs
                    .push(String::from_utf8_lossy(path).into_owned());
            }
            watch
                .deny(&attempt, Errno::EACCES as i32)
                .map_err(io_error("cannot refuse a program"))?;
        }
        let mut refused = watch.refused_signals();
        if let Some(request) = self.in_flight.front_mut() {
            request.signals.append(&mut refused);
        }
        Ok(())
    }

    pub(super) fn ended(&mut self) -> Event<T> {
        let reason = self.end_reason();
        self.died(reason)
    }

    pub(super) fn died(&mut self, reason: String) -> Event<T> {
        let mut running = None;
        let mut waiting = Vec::new();
        for request in self.in_flight.drain(..) {
            if request.started.is_some() {
                running = Some((request.tag, request.ended));
            } else {
                waiting.push(request.tag);
            }
        }
        Event::Died {
            running,
            waiting,
            reason,
        }
    }

    /// How the worker ended; it is ended if it has only closed its channel.
    pub(super) fn end_reason(&mut self) -> String {
        match self.child.wait(Some(Duration::from_secs(1))) {
            Ok(Some(reason)) => reason.to_string(),
            Ok(None) => "it closed its control channel".to_owned(),
            Err(error) => ebd_fs::chain(&error),
        }
    }
}
