//! A child process by number and pidfd.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::time::Duration;

use libc::{c_int, c_long, pid_t};

use crate::child::ExitReason;
use crate::poll::{Readiness, poll_one};
use crate::sys::check;

/// A child of this process. Its number cannot pass to another process before [`Process::reap`], because it is waited for only
/// there; dropping kills and reaps it.
#[derive(Debug)]
pub(crate) struct Process {
    pid: pid_t,
    pidfd: OwnedFd,
    reaped: Option<ExitReason>,
}

impl Process {
    pub(crate) fn new(pid: pid_t, pidfd: OwnedFd) -> Self {
        Self {
            pid,
            pidfd,
            reaped: None,
        }
    }

    pub(crate) fn pid(&self) -> pid_t {
        self.pid
    }

    /// How it ended, when it is out of the process table already.
    pub(crate) fn reaped(&self) -> Option<ExitReason> {
        self.reaped
    }

    /// Sends a signal; that the process has ended is no error.
    pub(crate) fn signal(&self, signal: c_int) -> io::Result<()> {
        send_signal(self.pidfd.as_fd(), signal)
    }

    /// How it ended, or `None` when it still runs after this time. It stays a zombie.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> io::Result<Option<ExitReason>> {
        if self.reaped.is_some() {
            return Ok(self.reaped);
        }
        if poll_one(self.pidfd.as_fd(), timeout)? == Readiness::TimedOut {
            return Ok(None);
        }
        wait_id(self.pid, libc::WNOWAIT)
    }

    /// Takes it out of the process table when it has ended.
    pub(crate) fn reap(&mut self) -> io::Result<Option<ExitReason>> {
        if self.reaped.is_none() {
            self.reaped = wait_id(self.pid, 0)?;
        }
        Ok(self.reaped)
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.reaped.is_none() {
            let _ = self.signal(libc::SIGKILL);
            let _ = self.wait(Some(Duration::from_secs(10)));
            let _ = self.reap();
        }
    }
}

/// Sends a signal to exactly the process of a pidfd; that it has ended is no error.
pub(crate) fn send_signal(pidfd: BorrowedFd<'_>, signal: c_int) -> io::Result<()> {
    // SAFETY: plain call; no siginfo is given.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            ptr::null::<libc::siginfo_t>(),
            0u32,
        )
    };
    match check(result) {
        Ok(_) | Err(libc::ESRCH) => Ok(()),
        Err(errno) => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// Takes the process of a pidfd out of the process table if it is a child of this process that has ended.
pub(crate) fn reap_if_own(pidfd: BorrowedFd<'_>) {
    // SAFETY: zero is a valid `siginfo_t`; the pointer is to a live local.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = libc::WEXITED | libc::WNOHANG | libc::__WALL;
        libc::waitid(
            libc::P_PIDFD,
            pidfd.as_raw_fd().cast_unsigned(),
            &raw mut info,
            options,
        );
    }
}

/// How this child ended, or `None` when it runs.
fn wait_id(pid: pid_t, flags: c_int) -> io::Result<Option<ExitReason>> {
    // SAFETY: zero is a valid `siginfo_t`; the pointer is to a live local; the fields read are those `waitid` fills in.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = libc::WEXITED | libc::WNOHANG | libc::__WALL | flags;
        match check(c_long::from(libc::waitid(
            libc::P_PID,
            pid.cast_unsigned(),
            &raw mut info,
            options,
        ))) {
            Ok(_) if info.si_pid() == 0 => Ok(None),
            Ok(_) => Ok(Some(match info.si_code {
                libc::CLD_EXITED => ExitReason::Exited(info.si_status()),
                code => ExitReason::Signaled {
                    signal: info.si_status(),
                    core_dumped: code == libc::CLD_DUMPED,
                },
            })),
            Err(libc::ECHILD) => Ok(Some(ExitReason::Unknown)),
            Err(errno) => Err(io::Error::from_raw_os_error(errno)),
        }
    }
}
