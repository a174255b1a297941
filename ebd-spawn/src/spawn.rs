//! The host's side of starting a process.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::mpsc::{self, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{Applied, Child, ExitReason};
use crate::error::{SpawnError, Step};
use crate::exec_watch::ExecWatch;
use crate::floor::{FloorPlan, Ground};
use crate::inside::{self, message};
use crate::plan::Plan;
use crate::poll::{Readiness, poll_any};
use crate::process::Process;
use crate::spec::Spec;
use crate::sys::{self, Received};
use crate::writes::WriteWatch;

/// How long a child gets from fork to exec. It takes milliseconds; a machine that is that slow has worse problems.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a process and returns when it executes its program.
///
/// The kernel ends the process when this one ends, however it ends. It may be called from any thread and the thread may end before
/// the process.
///
/// # Errors
/// When any part of the description cannot be put in force; then nothing is left running.
pub fn spawn(spec: Spec) -> Result<Child, SpawnError> {
    launch(Plan::new(spec)?).0
}

/// What a child said it had put in force before it executed its program or failed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) read_only_mounts: bool,
    pub(crate) listens: bool,
    ready: bool,
}

/// Starts the child of a plan; also says how far it got.
pub(crate) fn launch(plan: Plan) -> (Result<Child, SpawnError>, Progress) {
    let mut progress = Progress::default();
    let plan = Arc::new(plan);
    let result =
        start(&plan).and_then(|(process, channel)| follow(&plan, process, &channel, &mut progress));
    (result, progress)
}

fn start(plan: &Arc<Plan>) -> Result<(Process, OwnedFd), SpawnError> {
    let host = |what| {
        let program = plan.name.clone();
        move |source| SpawnError::Host {
            program,
            what,
            source,
        }
    };
    let (ours, theirs) = socket_pair().map_err(host("making a socket pair"))?;
    let (reply, answer) = mpsc::sync_channel(1);
    let order = Order {
        plan: Arc::clone(plan),
        channel: theirs,
        reply,
    };
    forker(order).map_err(host("starting the thread that forks"))?;
    let gone = || io::Error::other("the thread that forks has ended");
    let process = answer
        .recv()
        .map_err(|_| gone())
        .and_then(|result| result)
        .map_err(host("forking"))?;
    Ok((process, ours))
}

/// Takes the child's messages until it executes its program or fails.
fn follow(
    plan: &Plan,
    process: Process,
    channel: &OwnedFd,
    progress: &mut Progress,
) -> Result<Child, SpawnError> {
    let host = |what| {
        move |source| SpawnError::Host {
            program: plan.name.clone(),
            what,
            source,
        }
    };
    let deadline = Instant::now() + PATIENCE;
    let (mut scratch, mut mount_namespace, mut exec_watch) = (None, None, None::<ExecWatch>);
    let mut write_watch = None;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut fds = vec![channel.as_fd()];
        fds.extend(exec_watch.as_ref().map(AsFd::as_fd));
        let ready = poll_any(&fds, Some(left)).map_err(host("waiting for the child"))?;
        if ready.iter().all(Option::is_none) {
            return Err(SpawnError::TimedOut {
                program: plan.name.clone(),
                after: PATIENCE,
            });
        }
        // The channel first, and again when only the listener was ready: once it is closed, the program is executed and an exec
        // that waits is the program's own.
        match sys::receive(channel.as_raw_fd())
            .map_err(|errno| host("hearing from the child")(errno_error(errno)))?
        {
            Received::Message([kind, a, b], fd) => {
                // SAFETY: the kernel just made this descriptor for this message and nothing else owns it.
                let fd = fd.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
                match kind {
                    message::FAILED => {
                        let step = Step::from_number(a).unwrap_or(Step::Report);
                        return Err(plan.failure(step, b));
                    }
                    message::MOUNT_NAMESPACE => mount_namespace = fd,
                    message::SCRATCH => scratch = fd,
                    message::READ_ONLY => progress.read_only_mounts = a == 1,
                    message::LISTENER => {
                        progress.listens = true;
                        match &plan.floor {
                            Some(floor) => {
                                write_watch = fd.map(|fd| {
                                    WriteWatch::new(fd, floor.extent.clone(), process.pid())
                                });
                            }
                            None => {
                                exec_watch = fd.map(|fd| ExecWatch::new(fd, process.pid()));
                            }
                        }
                    }
                    message::READY => progress.ready = true,
                    _ => {}
                }
            }
            Received::End if progress.ready => break,
            Received::End => {
                let reason = process
                    .wait(Some(PATIENCE))
                    .map_err(host("waiting for the child"))?;
                let reason = reason.unwrap_or(ExitReason::Unknown);
                return Err(SpawnError::Died {
                    program: plan.name.clone(),
                    reason,
                });
            }
            Received::Nothing => {
                if let (Some(watch), Some(Some(Readiness::Readable))) = (&exec_watch, ready.get(1))
                {
                    watch
                        .allow_next()
                        .map_err(host("letting the child execute its program"))?;
                }
            }
        }
    }
    let floor = plan.floor.as_ref();
    let namespaces = plan.namespaces.is_some() || floor.is_some_and(FloorPlan::has_namespaces);
    let applied = Applied {
        level: plan.level,
        namespaces,
        read_only_mounts: progress.read_only_mounts
            || floor.is_some_and(|floor| floor.extent.ground == Ground::Mounts),
        private_scratch: namespaces && scratch.is_some(),
        landlock_abi: plan
            .domain
            .map(|domain| domain.abi)
            .or_else(|| floor.and_then(FloorPlan::landlock_abi)),
        seccomp: plan.filter.is_some()
            && (plan.level != crate::spec::Level::None || floor.is_some()),
        exec_watch: exec_watch.is_some(),
        write_watch: write_watch.is_some(),
    };
    Ok(Child {
        process,
        scratch,
        mount_namespace,
        owner: plan.user,
        exec_watch,
        write_watch,
        applied,
    })
}

fn errno_error(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}

fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    // SAFETY: the pointer is to two live integers, which own the new descriptors when the call succeeds.
    unsafe {
        if libc::socketpair(
            libc::AF_UNIX,
            libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC,
            0,
            fds.as_mut_ptr(),
        ) != 0
        {
            return Err(io::Error::last_os_error());
        }
        Ok((OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])))
    }
}

/// A fork to make.
struct Order {
    plan: Arc<Plan>,
    channel: OwnedFd,
    reply: SyncSender<io::Result<Process>>,
}

/// The thread that makes all forks of this process, with the number of the process it is in.
///
/// The kernel sends the parent-death signal when the *thread* that forked ends, so it must be one that never does.
static FORKER: Mutex<Option<(u32, Sender<Order>)>> = Mutex::new(None);

fn forker(order: Order) -> io::Result<()> {
    let mut forker = FORKER.lock().unwrap_or_else(PoisonError::into_inner);
    let this = std::process::id();
    let order = match &*forker {
        // Not in a copy of this process that something else forked: threads are not copied.
        Some((process, orders)) if *process == this => match orders.send(order) {
            Ok(()) => return Ok(()),
            Err(mpsc::SendError(order)) => order,
        },
        _ => order,
    };
    let (orders, incoming) = mpsc::channel::<Order>();
    thread::Builder::new()
        .name("ebd-spawn".to_owned())
        .spawn(move || {
            // For good: signals are the other threads' business, and none may come between fork and the reset of the handlers.
            sys::block_signals();
            for order in incoming {
                let made = fork(&order);
                let Order {
                    channel,
                    reply,
                    plan,
                } = order;
                // Before the answer, so that the channel ends when the child's side of it does.
                drop(channel);
                drop(plan);
                // A caller that is gone drops the process, which ends it.
                let _ = reply.send(made);
            }
        })?;
    let _ = orders.send(order);
    *forker = Some((this, orders));
    Ok(())
}

fn fork(order: &Order) -> io::Result<Process> {
    match sys::fork_with_pidfd() {
        Ok(None) => inside::run(&order.plan, order.channel.as_raw_fd()),
        // SAFETY: the kernel just made this descriptor for this process.
        Ok(Some((pid, pidfd))) => Ok(Process::new(pid, unsafe { OwnedFd::from_raw_fd(pidfd) })),
        Err(errno) => Err(io::Error::from_raw_os_error(errno)),
    }
}
