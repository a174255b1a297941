//! One bash process that serves requests, and the conversation with it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ebd_protocol::{
    DaemonVerb, Decoder, EncodeError, Frame, HostVerb, LogSplitter, Nonce, ProtocolError,
    ResultBuffer, ResultFrame, encode_frame,
};
use ebd_spawn::{Child, ExecWatch, Level, RefusedSignal, Scratch, Spec, User};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;

use crate::limits::{self, BashLimit};
use ebd_spawn::OneWay;
use ebd_spawn::WorkerDirs;

/// Numbers under which a processor finds its channels; ebuilds use low ones, and bash itself those from 10 on.
const FD_CONTROL_IN: i32 = 100;
const FD_CONTROL_OUT: i32 = 101;
const FD_RESULT: i32 = 102;
const FD_IDLE: i32 = 103;

/// How long a processor may take to load the library.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Between two looks at the result and log channels while an ebuild runs. They are read when it is done; only an ebuild that
/// fills a pipe waits for this.
const GLANCE: Duration = Duration::from_millis(20);

/// The same while an ebuild fills the log pipe, so that one that prints for ever comes to the limit soon.
const BUSY_GLANCE: Duration = Duration::from_millis(1);

/// So many bytes at one look are half of what the log pipe holds.
const BUSY_LOG: usize = 32 << 10;

/// What bash has in `$?` for a process that SIGKILL ended.
const STATUS_KILLED: u32 = 128 + 9;

/// What a processor needs to start.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) bash: &'a Path,
    pub(crate) library: &'a Path,
    pub(crate) places: &'a WorkerDirs,
    pub(crate) level: Level,
    pub(crate) user: Option<&'a User>,
}

/// Why a processor cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessorError {
    /// It could not be started.
    #[error("cannot start a processor: {0}")]
    Spawn(#[from] ebd_spawn::SpawnError),
    /// It ended, or fell silent, before it was ready.
    #[error("the processor {bash} did not get ready: {reason}")]
    NotReady {
        /// The bash that was started.
        bash: PathBuf,
        /// What it said instead.
        reason: String,
    },
    /// It speaks another version of the protocol.
    #[error("the bash library speaks protocol version {found}, this program version {wanted}")]
    Version {
        /// The library's version.
        found: u64,
        /// This program's version.
        wanted: u32,
    },
    /// What it sent on the control channel is not the protocol.
    #[error("the processor broke the protocol: {0}")]
    Protocol(#[from] ProtocolError),
    /// A request cannot be sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A file about eclasses that the host wrote could not be loaded.
    #[error("the processor could not load {file}: {output}")]
    Load {
        /// The file.
        file: PathBuf,
        /// What bash printed.
        output: String,
    },
    /// Something of the host's own failed.
    #[error("{what}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl ProcessorError {
    /// Whether another processor may do better: this one was killed, say.
    pub(crate) fn may_pass(&self) -> bool {
        !matches!(self, Self::Version { .. } | Self::Encode(_))
    }
}

fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> ProcessorError {
    move |source| ProcessorError::Io { what, source }
}

fn errno_error(what: &'static str) -> impl FnOnce(Errno) -> ProcessorError {
    move |errno| ProcessorError::Io {
        what,
        source: errno.into(),
    }
}

/// How long a processor may take to report an ebuild that was ended.
const MAX_SILENCE: Duration = Duration::from_secs(3);

/// Why the host ended an ebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Timeout,
    Flood,
    Limit(BashLimit),
}

/// How often processes that something stopped are looked for while nothing is heard.
const RESUME: Duration = Duration::from_millis(100);

/// How often the processes of an ebuild are counted; most are done before.
const COUNT_EVERY: Duration = Duration::from_millis(20);

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

/// What happened.
#[derive(Debug)]
pub(crate) enum Event<T> {
    /// A request is done.
    Done(Finished<T>),
    /// A request was not begun, because an earlier ebuild had left files in the scratch folder, or it was ended together with
    /// the ebuild before it; send it again.
    Again(T),
    /// The processor is gone.
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
pub(crate) struct Processor<T> {
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

impl<T> Processor<T> {
    /// Starts bash, waits until the library is loaded, and checks that both sides speak the same protocol.
    pub(crate) fn start(
        start: &Start<'_>,
        timeout: Option<Duration>,
    ) -> Result<Self, ProcessorError> {
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
        // A host that is killed takes the ebuild with it, not only the processor.
        child
            .end_on_hangup(hangup.as_fd())
            .map_err(io_error("cannot tie a processor to this program"))?;
        let mut processor = Self {
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
        let ready = processor.frame_within(START_TIMEOUT).map_err(|reason| {
            let output = String::from_utf8_lossy(&processor.own_output())
                .trim()
                .to_owned();
            let reason = if output.is_empty() {
                reason
            } else {
                format!("{reason}: {output}")
            };
            ProcessorError::NotReady {
                bash: start.bash.to_owned(),
                reason,
            }
        })?;
        if DaemonVerb::parse(&ready.verb) != Some(DaemonVerb::Ready) {
            return Err(ProcessorError::NotReady {
                bash: start.bash.to_owned(),
                reason: format!("it said {:?} first", ready.verb),
            });
        }
        let protocol = ready.number("protocol")?;
        if protocol != u64::from(ebd_protocol::VERSION) {
            return Err(ProcessorError::Version {
                found: protocol,
                wanted: ebd_protocol::VERSION,
            });
        }
        let mut numbers = ready
            .param("bash")
            .unwrap_or_default()
            .split('.')
            .map(|n| n.parse().unwrap_or(0));
        processor.bash_version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        Ok(processor)
    }

    /// Major and minor version of its bash.
    pub(crate) fn bash_version(&self) -> (u32, u32) {
        self.bash_version
    }

    /// Number of requests that have been sent and are not done.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Has it source a file; nothing else may be in flight.
    pub(crate) fn load(&mut self, file: &Path) -> Result<(), ProcessorError> {
        use std::os::unix::ffi::OsStrExt;

        let id = self.take_id();
        self.write(id, HostVerb::Load, file.as_os_str().as_bytes())?;
        let reply = self
            .frame_within(START_TIMEOUT)
            .map_err(|reason| ProcessorError::Load {
                file: file.to_owned(),
                output: reason,
            })?;
        if DaemonVerb::parse(&reply.verb) != Some(DaemonVerb::Loaded)
            || reply.number("status")? != 0
        {
            let output = String::from_utf8_lossy(&self.own_output()).into_owned();
            return Err(ProcessorError::Load {
                file: file.to_owned(),
                output,
            });
        }
        Ok(())
    }

    /// Sends a metadata request.
    pub(crate) fn send(
        &mut self,
        nonce: Nonce,
        payload: &[u8],
        tag: T,
    ) -> Result<(), ProcessorError> {
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
        // A processor that died meanwhile is noticed when its control channel is read.
        match self.write(id, HostVerb::Metadata, payload) {
            Err(ProcessorError::Io { source, .. })
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

    /// Waits until something has happened. A processor that breaks the protocol is ended: what it says after that means nothing.
    pub(crate) fn next_event(
        &mut self,
        cancel: BorrowedFd<'_>,
    ) -> Result<Event<T>, ProcessorError> {
        match self.wait_for_event(cancel) {
            Err(ProcessorError::Protocol(error)) => {
                let _ = self.child.kill_tree();
                Ok(self.died(format!("it broke the protocol: {error}")))
            }
            other => other,
        }
    }

    fn wait_for_event(&mut self, cancel: BorrowedFd<'_>) -> Result<Event<T>, ProcessorError> {
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

    /// Whether [`Processor::next_event`] has something to do; looks after the limits when that is due. Does not wait.
    pub(crate) fn wants_attention(&mut self) -> Result<bool, ProcessorError> {
        let ready = self.poll(None, PollTimeout::ZERO)?;
        if ready.control || ready.exec {
            return Ok(true);
        }
        if self.glanced.elapsed() >= GLANCE {
            self.glance()?;
        }
        Ok(false)
    }

    fn glance(&mut self) -> Result<(), ProcessorError> {
        self.glanced = Instant::now();
        self.read_results()?;
        self.enforce_limits();
        self.resume_stopped();
        Ok(())
    }

    /// Ebuilds cannot stop their processor, but a user can, or whatever else may send signals. It would never go on.
    fn resume_stopped(&mut self) {
        if self.heard.elapsed() >= RESUME && self.resumed.elapsed() >= RESUME {
            self.resumed = Instant::now();
            self.child.resume();
        }
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> i32 {
        self.child.pid()
    }

    /// Ends the processor and everything it started.
    pub(crate) fn kill(mut self) {
        // What cannot be ended is ended when the host is: the processor dies with it.
        let _ = self.child.kill_tree();
    }

    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    fn write(&mut self, id: u64, verb: HostVerb, payload: &[u8]) -> Result<(), ProcessorError> {
        let mut bytes = Vec::with_capacity(payload.len() + 32);
        encode_frame(&mut bytes, id, verb, payload)?;
        self.control_in
            .write_all(&bytes)
            .map_err(io_error("cannot write to a processor"))
    }

    fn wait(&self, cancel: Option<BorrowedFd<'_>>) -> Result<Ready, ProcessorError> {
        let glance = if self.log_is_busy {
            BUSY_GLANCE
        } else {
            GLANCE
        };
        let timeout = PollTimeout::try_from(glance).unwrap_or(PollTimeout::MAX);
        self.poll(cancel, timeout)
    }

    fn poll(
        &self,
        cancel: Option<BorrowedFd<'_>>,
        timeout: PollTimeout,
    ) -> Result<Ready, ProcessorError> {
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
    fn read_control(&mut self) -> Result<bool, ProcessorError> {
        self.heard = Instant::now();
        let decoder = &mut self.decoder;
        drain(&mut self.control_out, |bytes| decoder.push(bytes))
            .map_err(io_error("cannot read from a processor"))
    }

    fn read_results(&mut self) -> Result<(), ProcessorError> {
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
    fn frame_within(&mut self, limit: Duration) -> Result<Frame, String> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(frame) = self.decoder.next_frame().map_err(|e| e.to_string())? {
                return Ok(frame);
            }
            if Instant::now() > deadline {
                return Err(format!("no answer within {} s", limit.as_secs()));
            }
            let ready = self.wait(None).map_err(|e| e.to_string())?;
            if ready.exec {
                self.refuse_exec().map_err(|e| e.to_string())?;
            }
            if ready.control && !self.read_control().map_err(|e| e.to_string())? {
                return Err(self.end_reason());
            }
            self.resume_stopped();
        }
    }

    /// What the processor itself has printed.
    fn own_output(&mut self) -> Vec<u8> {
        // Losing part of a message about another error is all that can happen.
        let _ = self.read_results();
        self.logs.take_rest().text()
    }

    fn handle(&mut self, frame: &Frame) -> Result<Option<Event<T>>, ProcessorError> {
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
    fn refuse_exec(&mut self) -> Result<(), ProcessorError> {
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

    fn enforce_limits(&mut self) {
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

    fn ended(&mut self) -> Event<T> {
        let reason = self.end_reason();
        self.died(reason)
    }

    fn died(&mut self, reason: String) -> Event<T> {
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

    /// How the processor ended; it is ended if it has only closed its channel.
    fn end_reason(&mut self) -> String {
        match self.child.wait(Some(Duration::from_secs(1))) {
            Ok(Some(reason)) => reason.to_string(),
            Ok(None) => "it closed its control channel".to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

/// What a wait has found readable.
struct Ready {
    control: bool,
    exec: bool,
    cancel: bool,
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
