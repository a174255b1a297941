//! The conversation with one bash: requests, what it says about them, and the limits that it is kept to.

mod channels;
mod events;
mod start;
mod supervise;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use ebd_protocol::{
    DaemonVerb, Decoder, HostVerb, LogSplitter, Nonce, ProtocolError, ResultBuffer, ResultFrame,
};
use ebd_spawn::{Child, RefusedSignal};
use nix::errno::Errno;

use crate::error::WorkerError;
use crate::limits::BashLimit;
pub(crate) use start::Start;

/// How long a worker may take to load the library.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Why the host ended an ebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Timeout,
    Flood,
    Limit(BashLimit),
}

/// A request that was sent.
#[derive(Debug)]
struct InFlight<T> {
    id: u64,
    nonce: Nonce,
    tag: T,
    started: Option<Instant>,
    programs: Vec<String>,
    signals: Vec<RefusedSignal>,
    ended: Option<Ended>,
    ended_at: Option<Instant>,
    /// Whether an ebuild that was ended ran before this one: what ended it may have met this one as well.
    follows_ended: bool,
}

/// A request that is done.
#[derive(Debug)]
pub(crate) struct Finished<T> {
    /// What the caller sent with the request.
    pub(crate) tag: T,
    /// What the child wrote.
    pub(crate) result: Result<Option<ResultFrame>, ProtocolError>,
    /// What the ebuild printed.
    pub(crate) output: Vec<u8>,
    /// The child's status, as bash has it in `$?`.
    pub(crate) status: u32,
    /// Whether processes were left running.
    pub(crate) left: bool,
    /// Programs that the ebuild wanted to execute.
    pub(crate) programs: Vec<String>,
    /// Signals that the ebuild wanted to send to others.
    pub(crate) signals: Vec<RefusedSignal>,
    /// Whether and why the host ended it.
    pub(crate) ended: Option<Ended>,
}

impl<T> Finished<T> {
    /// Takes the caller's part out.
    pub(crate) fn untagged(self) -> (T, Finished<()>) {
        let rest = Finished {
            tag: (),
            result: self.result,
            output: self.output,
            status: self.status,
            left: self.left,
            programs: self.programs,
            signals: self.signals,
            ended: self.ended,
        };
        (self.tag, rest)
    }
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Event<T> {
    /// A request is done.
    Done(Finished<T>),
    /// A request was not begun, because an earlier ebuild had left files in the scratch folder, or it was ended together with
    /// the ebuild before it; send it again.
    Again(T),
    /// The worker is gone.
    Died {
        /// The request that was running, and why the host was ending it.
        running: Option<(T, Option<Ended>)>,
        /// Requests that had not begun.
        waiting: Vec<T>,
        /// How it ended.
        reason: String,
    },
    /// The caller's cancel descriptor became readable.
    Cancelled,
}

/// A running bash that has loaded the library.
#[derive(Debug)]
pub(crate) struct Connection<T> {
    child: Child,
    control_in: File,
    control_out: File,
    result: File,
    log: File,
    _idle: OwnedFd,
    decoder: Decoder,
    results: ResultBuffer,
    logs: LogSplitter,
    in_flight: VecDeque<InFlight<T>>,
    next_id: u64,
    bash_version: (u32, u32),
    timeout: Option<Duration>,
    /// Whether an ebuild is filling the log faster than it is looked at.
    log_is_busy: bool,
    /// When it last said something or was given something to do.
    heard: Instant,
    /// When stopped processes were looked for.
    resumed: Instant,
    /// When the result and log channels were looked at while it worked.
    glanced: Instant,
    /// When processes were counted.
    counted: Instant,
}

impl<T> Connection<T> {
    /// Major and minor version of its bash.
    pub(crate) fn bash_version(&self) -> (u32, u32) {
        self.bash_version
    }

    /// Number of requests that have been sent and are not done.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Has it source a file; nothing else may be in flight.
    pub(crate) fn load(&mut self, file: &Path) -> Result<(), WorkerError> {
        use std::os::unix::ffi::OsStrExt;

        let id = self.take_id();
        self.write(id, HostVerb::Load, file.as_os_str().as_bytes())?;
        let reply = self
            .frame_within(START_TIMEOUT)
            .map_err(|reason| WorkerError::Load {
                file: file.to_owned(),
                output: reason,
            })?;
        if DaemonVerb::parse(&reply.verb) != Some(DaemonVerb::Loaded)
            || reply.number("status")? != 0
        {
            let output = String::from_utf8_lossy(&self.own_output()).into_owned();
            return Err(WorkerError::Load {
                file: file.to_owned(),
                output,
            });
        }
        Ok(())
    }

    /// Sends a metadata request.
    pub(crate) fn send(&mut self, nonce: Nonce, payload: &[u8], tag: T) -> Result<(), WorkerError> {
        let id = self.take_id();
        self.heard = Instant::now();
        self.logs.expect(nonce);
        self.in_flight.push_back(InFlight {
            id,
            nonce,
            tag,
            started: None,
            programs: Vec::new(),
            signals: Vec::new(),
            ended: None,
            ended_at: None,
            follows_ended: false,
        });
        // A worker that died meanwhile is noticed when its control channel is read.
        match self.write(id, HostVerb::Metadata, payload) {
            Err(WorkerError::Io { source, .. })
                if matches!(
                    source.kind(),
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
                ) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Waits until something has happened. A worker that breaks the protocol is ended: what it says after that means nothing.
    pub(crate) fn next_event(&mut self, cancel: BorrowedFd<'_>) -> Result<Event<T>, WorkerError> {
        match self.wait_for_event(cancel) {
            Err(WorkerError::Protocol(error)) => {
                let _ = self.child.kill_tree();
                Ok(self.died(format!("it broke the protocol: {error}")))
            }
            other => other,
        }
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> i32 {
        self.child.pid()
    }

    /// Ends the worker and everything it started.
    pub(crate) fn kill(mut self) {
        // What cannot be ended is ended when the host is: the worker dies with it.
        let _ = self.child.kill_tree();
    }

    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}

fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> WorkerError {
    move |source| WorkerError::Io { what, source }
}

fn errno_error(what: &'static str) -> impl FnOnce(Errno) -> WorkerError {
    move |errno| WorkerError::Io {
        what,
        source: errno.into(),
    }
}
