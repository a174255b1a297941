//! Starting bash, until it is ready for requests.

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use ebd_protocol::{DaemonVerb, Decoder, LogSplitter, ResultBuffer};
use ebd_spawn::{Level, OneWay, Scratch, Spec, User, WorkerDirs};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;

use super::{Connection, START_TIMEOUT, errno_error, io_error};
use crate::error::WorkerError;
use crate::limits;

/// Numbers under which a worker finds its channels; ebuilds use low ones, and bash itself those from 10 on.
const FD_CONTROL_IN: i32 = 100;
const FD_CONTROL_OUT: i32 = 101;
const FD_RESULT: i32 = 102;
const FD_IDLE: i32 = 103;

/// What a worker needs to start.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) bash: &'a Path,
    pub(crate) library: &'a Path,
    pub(crate) places: &'a WorkerDirs,
    pub(crate) level: Level,
    pub(crate) user: Option<&'a User>,
}

impl<T> Connection<T> {
    /// Starts bash, waits until the library is loaded, and checks that both sides speak the same protocol.
    pub(crate) fn start(start: &Start<'_>, timeout: Option<Duration>) -> Result<Self, WorkerError> {
        let channel = || OneWay::new().map_err(io_error("cannot make a channel"));
        let OneWay {
            reader: control_in_theirs,
            writer: control_in,
        } = channel()?;
        let OneWay {
            reader: control_out,
            writer: control_out_theirs,
        } = channel()?;
        let OneWay {
            reader: result,
            writer: result_theirs,
        } = channel()?;
        let OneWay {
            reader: idle_theirs,
            writer: idle,
        } = OneWay::lifeline().map_err(io_error("cannot make a channel"))?;
        // A pipe: what ebuilds write to `/dev/stderr` is opened a second time. Only one of them ever has something to do with it.
        let (log, log_theirs) =
            pipe2(OFlag::O_CLOEXEC).map_err(errno_error("cannot make a pipe"))?;
        let hangup = idle_theirs
            .try_clone()
            .map_err(io_error("cannot set up a pipe"))?;
        for ours in [&control_out, &result, &log] {
            fcntl(ours, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
                .map_err(errno_error("cannot set up a pipe"))?;
        }
        let stderr = log_theirs
            .try_clone()
            .map_err(io_error("cannot set up a pipe"))?;
        let mut spec = Spec::new(start.bash, start.level)
            .args(["--noprofile", "--norc"])
            .arg(start.library.join("daemon.bash"))
            .env("LC_ALL", "C")
            .env("TMPDIR", &start.places.scratch)
            // Small blocks that are freed are kept for the next of their size: less of the heap is written to in each child.
            .env(
                "GLIBC_TUNABLES",
                "glibc.malloc.tcache_count=2000:glibc.malloc.top_pad=2097152",
            )
            .cwd(&start.places.work)
            .fd(log_theirs, 1)
            .fd(stderr, 2)
            .fd(control_in_theirs, FD_CONTROL_IN)
            .fd(control_out_theirs, FD_CONTROL_OUT)
            .fd(result_theirs, FD_RESULT)
            .fd(idle_theirs, FD_IDLE)
            .scratch(Scratch::new(&start.places.scratch))
            .watch_signals();
        spec = limits::add_to(spec);
        if let Some(user) = start.user {
            spec = spec.user(user.clone());
        }
        let child = ebd_spawn::spawn(spec)?;
        // A host that is killed takes the ebuild with it, not only the connection.
        child
            .end_on_hangup(hangup.as_fd())
            .map_err(io_error("cannot tie a processor to this program"))?;
        let mut connection = Self {
            child,
            control_in: control_in.into(),
            control_out: control_out.into(),
            result: result.into(),
            log: log.into(),
            _idle: idle,
            decoder: Decoder::new(),
            results: ResultBuffer::new(),
            logs: LogSplitter::new(),
            in_flight: VecDeque::new(),
            next_id: 1,
            bash_version: (0, 0),
            timeout,
            log_is_busy: false,
            heard: Instant::now(),
            resumed: Instant::now(),
            glanced: Instant::now(),
            counted: Instant::now(),
        };
        let ready = connection.frame_within(START_TIMEOUT).map_err(|reason| {
            let output = String::from_utf8_lossy(&connection.own_output())
                .trim()
                .to_owned();
            let reason = if output.is_empty() {
                reason
            } else {
                format!("{reason}: {output}")
            };
            WorkerError::NotReady {
                bash: start.bash.to_owned(),
                reason,
            }
        })?;
        if DaemonVerb::parse(&ready.verb) != Some(DaemonVerb::Ready) {
            return Err(WorkerError::NotReady {
                bash: start.bash.to_owned(),
                reason: format!("it said {:?} first", ready.verb),
            });
        }
        let protocol = ready.number("protocol")?;
        if protocol != u64::from(ebd_protocol::VERSION) {
            return Err(WorkerError::Version {
                found: protocol,
                wanted: ebd_protocol::VERSION,
            });
        }
        let mut numbers = ready
            .param("bash")
            .unwrap_or_default()
            .split('.')
            .map(|n| n.parse().unwrap_or(0));
        connection.bash_version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        Ok(connection)
    }
}
