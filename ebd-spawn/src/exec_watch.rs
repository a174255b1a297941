//! Answering the execs of a process and its descendants.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use libc::c_int;

use crate::listener::Listener;
use crate::owner::{look_as, owner_of};
use crate::signals::{Decision, RefusedSignal, decide};

/// `AT_EMPTY_PATH` of `execveat`.
const EMPTY_PATH: u64 = libc::AT_EMPTY_PATH as u64;
/// The longest path, and the longest argument, that is read from another process.
const LONGEST_TEXT: usize = 4096;
/// The most refused signals that are kept.
const MOST_SIGNALS: usize = 64;
/// The most arguments that are read.
const MOST_ARGUMENTS: usize = 64;

/// An `execve` or `execveat` that waits for an answer. The process that asks stands still until [`ExecWatch::deny`] or
/// [`ExecWatch::allow`], or until it is killed; one that is dropped unanswered waits until the watch is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecAttempt {
    id: u64,
    /// The thread that asks; for a shell, which has one thread, the process.
    pub pid: i32,
    /// The path to be executed; relative to [`ExecAttempt::cwd`] unless it begins with a slash. `None` when the process's memory
    /// cannot be read, because the process hides it or the machine forbids it.
    pub path: Option<Vec<u8>>,
    /// The arguments, the zeroth included: at most 64, each cut after 4,096 bytes.
    pub argv: Vec<Vec<u8>>,
    /// The working folder of the process that asks, when it can be read.
    pub cwd: Option<PathBuf>,
}

/// The listener of a process whose execs are watched. It is readable when an exec waits for an answer, and hung up when no process
/// of the tree is left.
#[derive(Debug)]
pub struct ExecWatch {
    listener: Listener,
    root: i32,
    refused: Mutex<Vec<RefusedSignal>>,
}

impl ExecWatch {
    pub(crate) fn new(listener: OwnedFd, root: i32) -> Self {
        Self {
            listener: Listener::new(listener),
            root,
            refused: Mutex::default(),
        }
    }

    /// The next exec that waits for an answer, or `None`; does not wait. A signal that waits instead is answered, and nothing else: who
    /// says to whom things belong has to look again before the next one, because the process that was answered goes on.
    ///
    /// # Errors
    /// When the kernel refuses to hand it out.
    pub fn next(&self) -> io::Result<Option<ExecAttempt>> {
        let Some(notification) = self.listener.take()? else {
            return Ok(None);
        };
        if let Some(decision) = decide(self.root, &notification) {
            self.answer_signal(notification.id, decision)?;
            return Ok(None);
        }
        let attempt = describe(&notification);
        // The process may have been killed and its number given to another while it was read.
        Ok(self.listener.is_waiting(attempt.id).then_some(attempt))
    }

    /// Makes the exec fail with this error number.
    ///
    /// # Errors
    /// When the kernel refuses the answer. That the process was killed meanwhile is no error.
    pub fn deny(&self, attempt: &ExecAttempt, errno: i32) -> io::Result<()> {
        self.listener.fail(attempt.id, errno)
    }

    /// Lets the exec go on. What is executed is what the process's memory says *then*, so this is no security decision: another
    /// thread may have changed the path since it was read.
    ///
    /// # Errors
    /// When the kernel refuses the answer. That the process was killed meanwhile is no error.
    pub fn allow(&self, attempt: &ExecAttempt) -> io::Result<()> {
        self.listener.go_on(attempt.id)
    }

    /// The signals that were refused since this was called last, see [`Spec::watch_signals`](crate::Spec::watch_signals). At most
    /// 64 are kept.
    #[must_use]
    pub fn refused_signals(&self) -> Vec<RefusedSignal> {
        std::mem::take(&mut self.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer_signal(&self, id: u64, decision: Decision) -> io::Result<()> {
        match decision {
            Decision::GoOn => self.listener.go_on(id),
            Decision::NoSuchProcess => self.listener.fail(id, libc::ESRCH),
            Decision::Refuse(signal) => {
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                if refused.len() < MOST_SIGNALS {
                    refused.push(signal);
                }
                self.listener.fail(id, libc::EPERM)
            }
        }
    }

    /// Lets an exec go on without looking at it.
    pub(crate) fn allow_next(&self) -> io::Result<()> {
        match self.listener.take()? {
            Some(notification) => self.listener.go_on(notification.id),
            None => Ok(()),
        }
    }
}

impl AsFd for ExecWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

fn describe(notification: &libc::seccomp_notif) -> ExecAttempt {
    let pid = notification.pid.cast_signed();
    match File::open(format!("/proc/{pid}/mem")) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let look = || describe_with(notification, File::open(format!("/proc/{pid}/mem")).ok());
            let seen = owner_of(pid).and_then(|owner| look_as(owner, look));
            seen.unwrap_or_else(|| describe_with(notification, None))
        }
        memory => describe_with(notification, memory.ok()),
    }
}

fn describe_with(notification: &libc::seccomp_notif, memory: Option<File>) -> ExecAttempt {
    let pid = notification.pid.cast_signed();
    let [first, second, third, _, fifth, _] = notification.data.args;
    let text = |at: u64| memory.as_ref().and_then(|memory| read_text(memory, at));
    let (path, argv) = if i64::from(notification.data.nr) == libc::SYS_execveat {
        (
            text(second).map(|path| join(pid, first as c_int, path, fifth)),
            third,
        )
    } else {
        (text(first), second)
    };
    ExecAttempt {
        id: notification.id,
        pid,
        path,
        argv: memory
            .as_ref()
            .map(|memory| read_arguments(memory, argv))
            .unwrap_or_default(),
        cwd: fs::read_link(format!("/proc/{pid}/cwd")).ok(),
    }
}

/// The path that `execveat` means by a folder's descriptor and a path.
fn join(pid: i32, dir: c_int, path: Vec<u8>, flags: u64) -> Vec<u8> {
    let of_the_file_itself = path.is_empty() && flags & EMPTY_PATH != 0;
    if path.starts_with(b"/") || (dir == libc::AT_FDCWD && !of_the_file_itself) {
        return path;
    }
    match fs::read_link(format!("/proc/{pid}/fd/{dir}")) {
        Ok(target) => {
            let mut joined = target.into_os_string().into_vec();
            if !of_the_file_itself {
                joined.push(b'/');
                joined.extend(path);
            }
            joined
        }
        Err(_) => path,
    }
}

fn read_arguments(memory: &File, mut at: u64) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while found.len() < MOST_ARGUMENTS {
        let mut pointer = [0; 8];
        if memory.read_exact_at(&mut pointer, at).is_err() {
            break;
        }
        let Some(argument) = Some(u64::from_ne_bytes(pointer))
            .filter(|to| *to != 0)
            .and_then(|to| read_text(memory, to))
        else {
            break;
        };
        found.push(argument);
        at = at.saturating_add(8);
    }
    found
}

/// The text up to its NUL, or as much of it as is readable and not too long.
fn read_text(memory: &File, at: u64) -> Option<Vec<u8>> {
    const PIECE: u64 = 256;
    let mut text = Vec::new();
    while text.len() < LONGEST_TEXT {
        let from = at.checked_add(text.len() as u64)?;
        let mut piece = [0; PIECE as usize];
        // Pieces end where multiples of their size do, so that none reaches into a page that is not there.
        let wanted = (PIECE - from % PIECE) as usize;
        let Some(Ok(count)) = piece
            .get_mut(..wanted)
            .map(|piece| memory.read_at(piece, from))
        else {
            return (!text.is_empty()).then_some(text);
        };
        let read = piece.get(..count)?;
        if let Some(end) = read.iter().position(|byte| *byte == 0) {
            text.extend(read.iter().take(end));
            return Some(text);
        }
        if count == 0 {
            return (!text.is_empty()).then_some(text);
        }
        text.extend(read);
    }
    Some(text)
}
