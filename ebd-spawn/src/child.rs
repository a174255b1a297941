//! A started process.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use crate::error::TreeError;
use crate::exec_watch::ExecWatch;
use crate::owner::Owner;
use crate::process::Process;
use crate::spec::Level;
use crate::sys;
use crate::tree::{self, Belonging, Killed};
use crate::writes::WriteWatch;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// It exited with this status.
    Exited(i32),
    /// A signal ended it.
    Signaled {
        /// The signal's number.
        signal: i32,
        /// Whether it left a core file.
        core_dumped: bool,
    },
    /// Something else in the host waited for it, so nobody knows.
    Unknown,
}

impl std::fmt::Display for ExitReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with status {code}"),
            Self::Signaled {
                signal,
                core_dumped,
            } => {
                let core = if *core_dumped { " (core dumped)" } else { "" };
                write!(f, "was killed by signal {signal}{core}")
            }
            Self::Unknown => f.write_str("ended in an unknown way"),
        }
    }
}

/// What is in force for a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// The level that was asked for; everything it promises is in force.
    pub level: Level,
    /// Whether it has its own mount, network and IPC namespaces.
    pub namespaces: bool,
    /// Whether every mount but the scratch folder's is read-only for it.
    pub read_only_mounts: bool,
    /// Whether a tmpfs with limits is mounted on its scratch folder.
    pub private_scratch: bool,
    /// The version of Landlock's interface its domain uses.
    pub landlock_abi: Option<i32>,
    /// Whether system calls that no package work needs, and sockets, are refused.
    pub seccomp: bool,
    /// Whether execs wait for the host's answer.
    pub exec_watch: bool,
    /// Whether changes of files wait for the host's answer.
    pub write_watch: bool,
}

/// What the descendants of a process use at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many there are.
    pub processes: usize,
    /// Bytes of memory that are not of files. What processes share since a fork counts for each of them.
    pub memory: u64,
}

/// A started process. Dropping it ends the process and everything that belongs to it.
///
/// The process stays in the process table as a zombie from its end until [`Child::kill_tree`] or the drop, so its number stays its
/// own for as long as this value lives.
#[derive(Debug)]
pub struct Child {
    pub(crate) process: Process,
    pub(crate) scratch: Option<OwnedFd>,
    pub(crate) mount_namespace: Option<OwnedFd>,
    pub(crate) owner: Option<Owner>,
    pub(crate) exec_watch: Option<ExecWatch>,
    pub(crate) write_watch: Option<WriteWatch>,
    pub(crate) applied: Applied,
}

impl Child {
    /// The process's number.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// The scratch folder as the process sees it, for reading and clearing it from outside.
    #[must_use]
    pub fn scratch_dir(&self) -> Option<BorrowedFd<'_>> {
        self.scratch.as_ref().map(AsFd::as_fd)
    }

    /// The listener for execs, when they are watched.
    #[must_use]
    pub fn exec_watch(&self) -> Option<&ExecWatch> {
        self.exec_watch.as_ref()
    }

    /// Takes the listener out, for a thread of its own. Dropping it makes every later exec fail with `ENOSYS`.
    pub fn take_exec_watch(&mut self) -> Option<ExecWatch> {
        self.exec_watch.take()
    }

    /// Takes out the listener for changes of files, for a thread of its own. Dropping it makes every later change fail with `ENOSYS`.
    pub fn take_write_watch(&mut self) -> Option<WriteWatch> {
        self.write_watch.take()
    }

    /// What is in force for the process.
    #[must_use]
    pub fn applied(&self) -> &Applied {
        &self.applied
    }

    /// Has the kernel end the process's group with SIGKILL when the other end of a pipe is closed, also when this program is
    /// killed and cannot do it itself. The pipe's read end must be one that the process holds; the description of the file is
    /// shared with it. Descendants that left the group are not reached.
    ///
    /// # Errors
    /// The descriptor is no pipe, or not one that can signal.
    pub fn end_on_hangup(&self, read_end: BorrowedFd<'_>) -> io::Result<()> {
        sys::signal_group_on_hangup(read_end, self.pid()).map_err(io::Error::from_raw_os_error)
    }

    /// Sends a signal to the process alone; that it has ended is no error.
    ///
    /// # Errors
    /// When the number is no signal or the kernel refuses to send it.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        self.process.signal(signal)
    }

    /// How the process ended, or `None` when it runs.
    ///
    /// # Errors
    /// When the kernel refuses to tell.
    pub fn try_wait(&self) -> io::Result<Option<ExitReason>> {
        self.wait(Some(Duration::ZERO))
    }

    /// How the process ended, or `None` when it still runs after this time; without a time waits for ever. What it started may go
    /// on running, see [`Child::kill_tree`].
    ///
    /// # Errors
    /// When the kernel refuses to tell.
    pub fn wait(&self, timeout: Option<Duration>) -> io::Result<Option<ExitReason>> {
        self.process.wait(timeout)
    }

    /// What the descendants of the process use now; the process itself does not count.
    #[must_use]
    pub fn usage(&self) -> Usage {
        tree::usage(self.pid())
    }

    /// Has the process and its descendants go on where they were stopped by a signal, and returns how many were.
    pub fn resume(&self) -> usize {
        if self.process.reaped().is_some() {
            return 0;
        }
        tree::resume(self.pid())
    }

    /// Ends all descendants of the process, not the process. When this returns none of them runs; the process reaps them. While
    /// they multiply faster than they are killed, the process is stopped.
    /// Returns how many there were.
    ///
    /// # Errors
    /// When some are still there after ten seconds.
    pub fn kill_children(&self) -> Result<usize, TreeError> {
        let mut killed = Killed::new();
        if self.process.reaped().is_none() {
            tree::kill_below(self.pid(), tree::Root::GoesOn, &mut killed)?;
        }
        Ok(killed.len())
    }

    /// Ends the process, all its descendants, and what else belongs to it: the members of its session and, with namespaces,
    /// everything in its mount namespace, whoever its parent is by now. Returns how the process ended.
    ///
    /// # Errors
    /// When some are still there after ten seconds; the process itself is dealt with nevertheless.
    pub fn kill_tree(&mut self) -> Result<ExitReason, TreeError> {
        let root = self.pid();
        let os = |what| move |source| TreeError::Os { root, what, source };
        if let Some(reason) = self.process.reaped() {
            return Ok(reason);
        }
        let mut killed = Killed::new();
        // Stopped, it starts nothing new; alive, it collects the orphans.
        tree::freeze(root);
        let below = tree::kill_below(root, tree::Root::Frozen, &mut killed);
        self.signal(libc::SIGKILL).map_err(os("killing it"))?;
        let ended = self
            .wait(Some(tree::PATIENCE))
            .map_err(os("waiting for it"))?;
        if ended.is_none() {
            return Err(TreeError::StillAlive {
                root,
                pids: vec![root],
                after: tree::PATIENCE,
            });
        }
        let mount_namespace = self
            .mount_namespace
            .as_ref()
            .and_then(|namespace| tree::identity(namespace).ok());
        let belonging = Belonging {
            session: root,
            mount_namespace,
            owner: self.owner,
        };
        let elsewhere = tree::kill_belonging(root, belonging, &mut killed);
        tree::reap_own(&killed);
        let reason = self.process.reap().map_err(os("reaping it"))?;
        below
            .and(elsewhere)
            .map(|()| reason.unwrap_or(ExitReason::Unknown))
    }
}

impl AsFd for Child {
    /// The pidfd: readable when the process has ended.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.kill_tree();
    }
}
