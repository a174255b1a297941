//! What goes through the channels of a worker.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use ebd_protocol::{Frame, HostVerb, encode_frame};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::supervise::GLANCE;
use super::{Connection, errno_error, io_error};
use crate::error::WorkerError;

/// The same while an ebuild fills the log pipe, so that one that prints for ever comes to the limit soon.
const BUSY_GLANCE: Duration = Duration::from_millis(1);

/// So many bytes at one look are half of what the log pipe holds.
const BUSY_LOG: usize = 32 << 10;

/// What a wait has found readable.
pub(super) struct Ready {
    pub(super) control: bool,
    pub(super) exec: bool,
    pub(super) cancel: bool,
}

impl<T> Connection<T> {
    pub(super) fn write(
        &mut self,
        id: u64,
        verb: HostVerb,
        payload: &[u8],
    ) -> Result<(), WorkerError> {
        let mut bytes = Vec::with_capacity(payload.len() + 32);
        encode_frame(&mut bytes, id, verb, payload)?;
        self.control_in
            .write_all(&bytes)
            .map_err(io_error("cannot write to a processor"))
    }

    pub(super) fn wait(&self, cancel: Option<BorrowedFd<'_>>) -> Result<Ready, WorkerError> {
        let glance = if self.log_is_busy {
            BUSY_GLANCE
        } else {
            GLANCE
        };
        let timeout = PollTimeout::try_from(glance).unwrap_or(PollTimeout::MAX);
        self.poll(cancel, timeout)
    }

    pub(super) fn poll(
        &self,
        cancel: Option<BorrowedFd<'_>>,
        timeout: PollTimeout,
    ) -> Result<Ready, WorkerError> {
        let mut fds = vec![PollFd::new(self.control_out.as_fd(), PollFlags::POLLIN)];
        let watch = self.child.exec_watch().map(AsFd::as_fd);
        fds.extend(watch.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        fds.extend(cancel.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno_error("cannot wait for a processor")(errno)),
        }
        let fired = |index: usize| fds.get(index).is_some_and(|fd| fd.any().unwrap_or(false));
        let exec_fired = |index: usize| {
            fds.get(index)
                .and_then(PollFd::revents)
                .is_some_and(|events| events.contains(PollFlags::POLLIN))
        };
        let watched = usize::from(watch.is_some());
        Ok(Ready {
            control: fired(0),
            exec: watched == 1 && exec_fired(1),
            cancel: cancel.is_some() && fired(1 + watched),
        })
    }

    /// Reads what is on the control channel; false at its end.
    pub(super) fn read_control(&mut self) -> Result<bool, WorkerError> {
        self.heard = Instant::now();
        let decoder = &mut self.decoder;
        drain(&mut self.control_out, |bytes| decoder.push(bytes))
            .map_err(io_error("cannot read from a processor"))
    }

    pub(super) fn read_results(&mut self) -> Result<(), WorkerError> {
        let (results, logs) = (&mut self.results, &mut self.logs);
        drain(&mut self.result, |bytes| results.push(bytes))
            .map_err(io_error("cannot read results"))?;
        let mut length = 0_usize;
        drain(&mut self.log, |bytes| {
            length = length.saturating_add(bytes.len());
            logs.push(bytes);
        })
        .map_err(io_error("cannot read a log"))?;
        self.log_is_busy = length >= BUSY_LOG;
        Ok(())
    }

    /// Waits for a frame while nothing is in flight.
    pub(super) fn frame_within(&mut self, limit: Duration) -> Result<Frame, String> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(frame) = self.decoder.next_frame().map_err(|e| ebd_fs::chain(&e))? {
                return Ok(frame);
            }
            if Instant::now() > deadline {
                return Err(format!("no answer within {} s", limit.as_secs()));
            }
            let ready = self.wait(None).map_err(|e| ebd_fs::chain(&e))?;
            if ready.exec {
                self.refuse_exec().map_err(|e| ebd_fs::chain(&e))?;
            }
            if ready.control && !self.read_control().map_err(|e| ebd_fs::chain(&e))? {
                return Err(self.end_reason());
            }
            self.resume_stopped();
        }
    }

    /// What the worker itself has printed.
    pub(super) fn own_output(&mut self) -> Vec<u8> {
        // Losing part of a message about another error is all that can happen.
        let _ = self.read_results();
        self.logs.take_rest().text()
    }
}

/// Reads until nothing more is there; false at the end of the channel.
fn drain(file: &mut File, mut sink: impl FnMut(&[u8])) -> io::Result<bool> {
    let mut buffer = [0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(n) => {
                sink(buffer.get(..n).unwrap_or_default());
                if n < buffer.len() {
                    return Ok(true);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
