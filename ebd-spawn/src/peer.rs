//! Who is at the other end of a Unix socket.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::time::Duration;

use libc::{c_int, pid_t, socklen_t};

use crate::poll::{Readiness, poll_one};
use crate::sys::{Errno, check};
use crate::tree;

/// Not in the libc crate for every libc; the number is the same on all architectures of Linux that this crate knows.
const SO_PEERPIDFD: c_int = 77;
/// How often a walk through parents that end meanwhile is begun again.
const WALKS: usize = 100;

/// The process that connected a Unix socket to one that this process listens on.
///
/// The number is that of the process that called `connect`, whoever has the socket now.
#[derive(Debug)]
pub struct Peer {
    pid: pid_t,
    uid: u32,
    /// From before anything is found out about the number: while it says that the process lives, the number is the process's.
    pidfd: Option<OwnedFd>,
}

impl Peer {
    /// Finds out who connected a socket.
    ///
    /// # Errors
    /// When it is no connected Unix socket.
    pub fn of(socket: BorrowedFd<'_>) -> io::Result<Self> {
        let mut credentials = libc::ucred {
            pid: 0,
            uid: u32::MAX,
            gid: u32::MAX,
        };
        option(socket, libc::SO_PEERCRED, &mut credentials)
            .map_err(io::Error::from_raw_os_error)?;
        let mut fd: RawFd = -1;
        let pidfd = match option(socket, SO_PEERPIDFD, &mut fd) {
            // SAFETY: the kernel just made this descriptor for the caller.
            Ok(()) => Some(unsafe { OwnedFd::from_raw_fd(fd) }),
            // Linux before 6.5. The number may have passed to another process since the connection was made; it is the same from here on.
            Err(libc::ENOPROTOOPT) => tree::open_pidfd(credentials.pid).ok(),
            // It has ended.
            Err(_) => None,
        };
        Ok(Self {
            pid: credentials.pid,
            uid: credentials.uid,
            pidfd,
        })
    }

    /// The number of the process, 0 when it is in a pid namespace that cannot be seen from here.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// The effective user when the socket was connected.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// The program that it executes, as far as this process may know.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        let program = std::fs::read_link(format!("/proc/{}/exe", self.pid)).ok();
        program.filter(|_| self.lives())
    }

    /// Whether the process lives and is this one or a descendant of it. The root must not be reaped meanwhile.
    #[must_use]
    pub fn is_in_tree_of(&self, root: i32) -> bool {
        if self.pid <= 0 || root <= 1 {
            return false;
        }
        for _ in 0..WALKS {
            // A parent can end during a walk and its number can pass to another process. But when a second walk finds the same
            // numbers, each was the parent of the one below when the first walk looked at it: a process gets another parent only when
            // its parent ends, and then one that was further up before.
            let found = tree::line_to(root, self.pid);
            if found.as_ref().is_ok_and(Option::is_some) && tree::line_to(root, self.pid) == found {
                return self.lives();
            }
            if !self.lives() || found == Ok(None) {
                return false;
            }
        }
        false
    }

    fn lives(&self) -> bool {
        self.pidfd.as_ref().is_some_and(|pidfd| {
            matches!(
                poll_one(pidfd.as_fd(), Some(Duration::ZERO)),
                Ok(Readiness::TimedOut)
            )
        })
    }
}

fn option<T>(socket: BorrowedFd<'_>, option: c_int, value: &mut T) -> Result<(), Errno> {
    let mut length = size_of::<T>() as socklen_t;
    // SAFETY: pointer and length are those of a live value, which is made of integers.
    check(
        unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                std::ptr::from_mut(value).cast(),
                &raw mut length,
            )
        }
        .into(),
    )
    .map(drop)
}
