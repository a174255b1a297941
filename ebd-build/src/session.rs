//! One phase in one processor: starting it, passing its output on, serving its programs, and taking its result.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::time::{Duration, Instant};

use ebd_protocol::{
    EbuildError, EbuildErrorKind, HostVerb, Nonce, PhaseReply, ResultBuffer, StackFrame,
    encode_frame,
};
use ebd_spawn::{Child, ExitReason, Level, Spec, User, Violation, spawn};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;

use super::PhaseError;
use super::confinement::{Confinement, Guard};
use super::services::{Desk, Office, Services};
use super::tail::Tail;
use super::terminal::Terminal;
use ebd_spawn::OneWay;

/// What a processor needs to run a phase.
pub(crate) struct Order<'a> {
    pub(crate) bash: &'a Path,
    /// `phase.bash` of the library.
    pub(crate) entry: &'a Path,
    pub(crate) user: Option<&'a User>,
    /// T.
    /// Whether that user believes that it is root.
    pub(crate) seems_root: bool,
    pub(crate) temp: &'a Path,
    pub(crate) nonce: Nonce,
    pub(crate) payload: &'a [u8],
    pub(crate) timeout: Option<Duration>,
    /// Readable when the user wants the build to end.
    pub(crate) interrupt: BorrowedFd<'a>,
    /// Whether the user answers what the phase asks.
    pub(crate) interactive: bool,
    pub(crate) services: &'a Services,
    pub(crate) office: Office<'a>,
    pub(crate) confinement: &'a Confinement,
    /// Told at once of what the confinement denies.
    pub(crate) denied: &'a dyn Fn(Violation),
}

/// How a phase ended.
pub(crate) enum End {
    /// With where the main shell was when something was denied first.
    Done(PhaseReply, Vec<StackFrame>),
    Died(EbuildError),
    Exited(ExitReason),
    TimedOut(Duration),
    Interrupted,
}

/// How long a phase may go on when one of its programs or subshells has died.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a phase and returns when nothing of it is left.
pub(crate) fn run(order: &Order<'_>, output: &mut dyn FnMut(&[u8])) -> Result<End, PhaseError> {
    std::thread::scope(|scope| {
        let (desk, shell_fds) = Desk::open(order.office, order.services, scope)
            .map_err(PhaseError::io("make", "the pipes of a phase"))?;
        run_with(order, desk, shell_fds, output)
    })
}

fn run_with(
    order: &Order<'_>,
    mut desk: Desk<'_, '_>,
    shell_fds: Vec<(OwnedFd, RawFd)>,
    output: &mut dyn FnMut(&[u8]),
) -> Result<End, PhaseError> {
    let channel = || OneWay::new().map_err(PhaseError::io("make a", "channel"));
    let OneWay {
        reader: control_in,
        writer,
    } = channel()?;
    let mut to_processor = File::from(writer);
    let OneWay {
        reader: from_processor,
        writer: control_out,
    } = channel()?;
    let OneWay {
        reader: results,
        writer: result_end,
    } = channel()?;
    let mut terminal = None;
    let mut input = None;
    let (log, log_end) = match order.interactive.then(Terminal::open).transpose() {
        Ok(Some(Some((open, theirs)))) => {
            let log = open
                .output()
                .map_err(PhaseError::io("duplicate a", "terminal"))?;
            terminal = Some(open);
            input = Some(theirs.try_clone());
            (log, theirs)
        }
        Ok(opened) => {
            if opened.is_some() {
                input = Some(io::stdin().as_fd().try_clone_to_owned());
            }
            // A pipe, which programs can open as `/dev/stderr`. Nothing that comes out of it is believed.
            pipe2(OFlag::O_CLOEXEC)
                .map_err(|errno| PhaseError::io("make a", "pipe")(errno.into()))?
        }
        Err(error) => return Err(PhaseError::io("make a", "terminal")(error)),
    };
    let input = input
        .transpose()
        .map_err(PhaseError::io("duplicate the", "standard input"))?;
    // Open for as long as this program lives; the kernel ends the phase's processes when it is closed.
    let OneWay {
        reader: alive,
        writer: _host_end,
    } = OneWay::lifeline().map_err(PhaseError::io("make a", "channel"))?;
    let alive_copy = alive
        .try_clone()
        .map_err(PhaseError::io("duplicate a", "channel"))?;
    for fd in [&from_processor, &results, &log] {
        set_nonblocking(fd).map_err(PhaseError::io("prepare a", "pipe"))?;
    }
    let log_copy = log_end
        .try_clone()
        .map_err(PhaseError::io("duplicate a", "pipe"))?;
    let mut spec = Spec::new(order.bash, Level::None)
        .args(["--noprofile", "--norc"])
        .arg(order.entry)
        .env("LC_ALL", "C")
        .env("TMPDIR", order.temp)
        .env("PATH", "/usr/bin:/bin")
        .cwd("/")
        .fd(log_end, 1)
        .fd(log_copy, 2)
        .fd(control_in, 100)
        .fd(control_out, 101)
        .fd(result_end, 102)
        .fd(alive_copy, 103);
    for (fd, number) in shell_fds {
        spec = spec.fd(fd, number);
    }
    if let Some(user) = order.user {
        spec = spec.user(user.clone());
    }
    if order.seems_root {
        spec = spec.seems_root();
    }
    if let Some(input) = input {
        spec = spec.fd(input, 0);
    }
    if terminal.is_some() {
        spec = spec.controlling_terminal();
    }
    let mut child = spawn(order.confinement.apply(spec))?;
    desk.hear(child.pid());
    let guard = child
        .take_write_watch()
        .map(|watch| Guard::start(watch, order.confinement.policy()))
        .transpose()
        .map_err(PhaseError::io("watch over", order.bash))?;
    child
        .end_on_hangup(alive.as_fd())
        .map_err(PhaseError::io("watch over", order.bash))?;
    drop(alive);
    let mut request = Vec::with_capacity(order.payload.len() + 64);
    encode_frame(&mut request, 1, HostVerb::Phase, order.payload)
        .map_err(|error| PhaseError::io("ask", order.bash)(io::Error::other(error)))?;
    // A processor that has ended already is noticed below.
    let _ = to_processor.write_all(&request);
    drop(to_processor);
    let mut session = Session {
        order,
        desk,
        child,
        guard,
        terminal,
        ready: Vec::new(),
        results: ResultBuffer::new(),
        tail: Tail::default(),
        demanded: None,
        end_by: None,
    };
    session.follow(&from_processor, &results, &log, output)
}

struct Session<'a, 'scope, 'env> {
    order: &'a Order<'a>,
    desk: Desk<'scope, 'env>,
    child: Child,
    /// Answers changes of files; ends after the child, which is dropped before.
    guard: Option<Guard>,
    terminal: Option<Terminal>,
    /// What came on the control channel: the frame that says that the library is loaded.
    ready: Vec<u8>,
    results: ResultBuffer,
    /// The last output, for a processor that does not start.
    tail: Tail,
    /// A program's demand that the build end.
    demanded: Option<String>,
    /// When a phase ends that has died somewhere.
    end_by: Option<Instant>,
}

impl Session<'_, '_, '_> {
    fn follow(
        &mut self,
        control: &OwnedFd,
        results: &OwnedFd,
        log: &OwnedFd,
        output: &mut dyn FnMut(&[u8]),
    ) -> Result<End, PhaseError> {
        let started = Instant::now();
        let limit = self.order.timeout.map(|limit| (started + limit, limit));
        let mut ended = None;
        loop {
            let wait = [limit.map(|(at, _)| at), self.end_by, self.desk.deadline()]
                .into_iter()
                .flatten()
                .min()
                .map(|at| at.saturating_duration_since(Instant::now()));
            let ready = self.wait(control, results, log, wait)?;
            if ready.interrupted {
                ended = Some(End::Interrupted);
            }
            if ready.typed
                && let Some(terminal) = &mut self.terminal
                && terminal.pass_on().is_err()
            {
                // The user's terminal has gone.
                self.terminal = None;
            }
            if ready.output {
                // Before an answer: what was said before the question was asked.
                self.read(control, results, log, output)?;
            }
            self.tell_denied();
            // The signal is pending before a client knows that it was heard.
            let end_phase = || drop(self.child.signal(nix::libc::SIGTERM));
            if let Some(message) = self.desk.serve(&end_phase) {
                self.demanded.get_or_insert(message);
                self.end_by.get_or_insert_with(|| Instant::now() + GRACE);
            }
            if ended.is_none()
                && let Some((at, limit)) = limit
                && Instant::now() >= at
            {
                ended = Some(End::TimedOut(limit));
            }
            let late = self.end_by.is_some_and(|at| Instant::now() >= at);
            if ready.exited || late || ended.is_some() {
                break;
            }
        }
        let reason = self.child.kill_tree().unwrap_or(ExitReason::Unknown);
        self.read(control, results, log, output)?;
        self.tell_denied();
        match ended {
            Some(end) => Ok(end),
            None => self.result(reason),
        }
    }

    fn tell_denied(&mut self) {
        for violation in self.guard.iter_mut().flat_map(Guard::take) {
            (self.order.denied)(violation);
        }
    }

    fn wait(
        &self,
        control: &OwnedFd,
        results: &OwnedFd,
        log: &OwnedFd,
        wait: Option<Duration>,
    ) -> Result<Ready, PhaseError> {
        let timeout = wait.map_or(PollTimeout::NONE, |wait| {
            // Not a moment too early.
            PollTimeout::try_from(wait.as_millis().saturating_add(1)).unwrap_or(PollTimeout::MAX)
        });
        let flags = PollFlags::POLLIN;
        let mut fds = vec![
            PollFd::new(self.child.as_fd(), flags),
            PollFd::new(self.order.interrupt, flags),
            PollFd::new(log.as_fd(), flags),
            PollFd::new(results.as_fd(), flags),
            // One without a user is that of the log twice.
            PollFd::new(
                self.terminal.as_ref().map_or(log.as_fd(), Terminal::user),
                flags,
            ),
            PollFd::new(self.guard.as_ref().map_or(log.as_fd(), Guard::as_fd), flags),
        ];
        // A channel whose other end is closed would make every poll return at once; the end of the process does then.
        if self.ready.is_empty() {
            fds.push(PollFd::new(control.as_fd(), flags));
        }
        let own = fds.len();
        let interests = self.desk.interests();
        fds.extend(interests.map(|(fd, flags)| PollFd::new(fd, flags)));
        match poll(&mut fds, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(PhaseError::io("wait for", self.order.bash)(errno.into())),
        }
        let is_ready = |index: usize| {
            fds.get(index)
                .and_then(PollFd::revents)
                .is_some_and(|events| events.intersects(PollFlags::POLLIN | PollFlags::POLLHUP))
        };
        let hung_up = |index: usize| {
            fds.get(index)
                .and_then(PollFd::revents)
                .is_some_and(|events| events.contains(PollFlags::POLLHUP))
        };
        if hung_up(2) || hung_up(3) {
            // The shell has closed its output and goes on.
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(Ready {
            exited: is_ready(0),
            interrupted: is_ready(1),
            output: (2..own).any(is_ready),
            typed: self.terminal.is_some() && is_ready(4),
        })
    }

    /// Reads what is there.
    fn read(
        &mut self,
        control: &OwnedFd,
        results: &OwnedFd,
        log: &OwnedFd,
        output: &mut dyn FnMut(&[u8]),
    ) -> Result<(), PhaseError> {
        let failed = |source| PhaseError::io("read from", self.order.bash)(source);
        drain(control, |bytes| self.ready.extend_from_slice(bytes)).map_err(failed)?;
        let failed = |source| PhaseError::io("read from", self.order.bash)(source);
        drain(results, |bytes| self.results.push(bytes)).map_err(failed)?;
        let failed = |source| PhaseError::io("read from", self.order.bash)(source);
        let starting = self.ready.is_empty();
        drain(log, |bytes| {
            if starting {
                self.tail.push(bytes);
            }
            output(bytes);
        })
        .map_err(failed)
    }

    /// What the phase reported before it ended in this way.
    fn result(&mut self, reason: ExitReason) -> Result<End, PhaseError> {
        if self.ready.is_empty() {
            return Err(PhaseError::Start {
                reason: reason.to_string(),
                output: self.tail.text(),
            });
        }
        let mut done = None;
        let mut terminated = None;
        let mut denied_at = Vec::new();
        // The first failure is the reason of the others. A forged or broken frame ends the search.
        while let Ok(Some(frame)) = self.results.take(&self.order.nonce) {
            match frame.decode_phase() {
                Ok(Ok(reply)) => done = Some(reply),
                Ok(Err(error)) if error.kind == EbuildErrorKind::Terminated => {
                    terminated = Some(error);
                }
                Ok(Err(error)) if error.kind == EbuildErrorKind::Denied => denied_at = error.stack,
                Ok(Err(error)) => {
                    return Ok(End::Died(with_stack(error, || self.results_stack())));
                }
                Err(_) => break,
            }
        }
        if let Some(message) = self.demanded.take() {
            return Ok(End::Died(EbuildError {
                kind: EbuildErrorKind::Die,
                message,
                stack: terminated.map(|error| error.stack).unwrap_or_default(),
            }));
        }
        Ok(match (done, terminated, reason) {
            (Some(reply), None, ExitReason::Exited(0)) => End::Done(reply, denied_at),
            (_, Some(error), _) => End::Died(EbuildError {
                message: "the shell was asked to end by SIGTERM".to_owned(),
                ..error
            }),
            (_, None, reason) => End::Exited(reason),
        })
    }

    /// The stack of the main shell when a subshell has died.
    fn results_stack(&mut self) -> Vec<StackFrame> {
        while let Ok(Some(frame)) = self.results.take(&self.order.nonce) {
            if let Ok(Err(error)) = frame.decode_phase()
                && error.kind == EbuildErrorKind::Terminated
            {
                return error.stack;
            }
        }
        Vec::new()
    }
}

/// A failure in a subshell may have lost its stack; that of the main shell is better than none.
fn with_stack(mut error: EbuildError, other: impl FnOnce() -> Vec<StackFrame>) -> EbuildError {
    if error.stack.is_empty() {
        error.stack = other();
    }
    error
}

struct Ready {
    exited: bool,
    /// Whether the processor has written anything.
    output: bool,
    interrupted: bool,
    /// Whether the user has typed something for the phase.
    typed: bool,
}

fn set_nonblocking(fd: &OwnedFd) -> io::Result<()> {
    fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Reads until nothing more is there.
fn drain(fd: &OwnedFd, mut sink: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::from(fd.try_clone()?);
    let mut buffer = [0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => sink(buffer.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A terminal that nobody has open any more.
            Err(error) if error.raw_os_error() == Some(nix::libc::EIO) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
