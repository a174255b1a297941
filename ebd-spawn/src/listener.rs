//! The listener of a seccomp filter: taking what waits for an answer, and answering.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use libc::{c_ulong, c_void};

use crate::poll::{Readiness, poll_one};
use crate::sys::{check, errno};

const RECEIVE: c_ulong = 0xc050_2100;
const SEND: c_ulong = 0xc018_2101;
const ID_VALID: c_ulong = 0x4008_2102;
const ADD_FD: c_ulong = 0x4018_2103;
const SET_FLAGS: c_ulong = 0x4008_2104;
/// Has the kernel wake the asking thread on the processor that answered.
const SYNC_WAKE_UP: u64 = 1;
/// Has the new descriptor be the answer.
const ADD_FD_AND_SEND: u32 = 2;

/// Readable when something waits for an answer, and hung up when no process of the filter is left.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
    /// Held from looking whether something is there to taking it, because taking waits when there is none.
    taking: Mutex<()>,
}

#[repr(C, align(8))]
struct Buffer([u8; 512]);

#[repr(C)]
struct AddFd {
    id: u64,
    flags: u32,
    source: u32,
    target: u32,
    target_flags: u32,
}

impl Listener {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self {
            fd,
            taking: Mutex::new(()),
        }
    }

    /// Makes answers quicker for a host that does nothing else between them. Older kernels do without.
    pub(crate) fn answer_on_the_spot(&self) {
        // SAFETY: the request takes an integer.
        unsafe { libc::ioctl(self.fd.as_raw_fd(), SET_FLAGS as _, SYNC_WAKE_UP) };
    }

    /// Lets what waits go on.
    pub(crate) fn go_on(&self, id: u64) -> io::Result<()> {
        self.answer(id, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32)
    }

    /// Makes it fail with this error number.
    pub(crate) fn fail(&self, id: u64, errno: i32) -> io::Result<()> {
        self.answer(id, -errno.abs().max(1), 0)
    }

    /// Makes it succeed with nothing done by the kernel.
    pub(crate) fn succeed(&self, id: u64) -> io::Result<()> {
        self.answer(id, 0, 0)
    }

    /// Makes it succeed with a copy of a descriptor.
    pub(crate) fn give(&self, id: u64, fd: BorrowedFd<'_>, flags: u32) -> io::Result<()> {
        let request = AddFd {
            id,
            flags: ADD_FD_AND_SEND,
            source: fd.as_raw_fd().cast_unsigned(),
            target: 0,
            target_flags: flags,
        };
        // SAFETY: the request is a live local with the kernel's layout.
        let result =
            unsafe { libc::ioctl(self.fd.as_raw_fd(), ADD_FD as _, ptr::addr_of!(request)) };
        match result {
            0.. => Ok(()),
            _ if errno() == libc::ENOENT => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// What waits next, or `None`; does not wait.
    pub(crate) fn take(&self) -> io::Result<Option<libc::seccomp_notif>> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if poll_one(self.fd.as_fd(), Some(Duration::ZERO))? != Readiness::Readable {
                return Ok(None);
            }
            // The kernel wants it zeroed and may fill in more than this crate knows of.
            let mut buffer = Buffer([0; 512]);
            // SAFETY: the buffer is live, aligned, zeroed and larger than any kernel's `seccomp_notif`.
            let result =
                unsafe { libc::ioctl(self.fd.as_raw_fd(), RECEIVE as _, buffer.0.as_mut_ptr()) };
            match check(result.into()) {
                Ok(_) => {
                    // SAFETY: the kernel filled in at least a `seccomp_notif`, which is made of integers.
                    return Ok(Some(unsafe {
                        ptr::read(buffer.0.as_ptr().cast::<libc::seccomp_notif>())
                    }));
                }
                // The process was killed between the two calls.
                Err(libc::ENOENT | libc::EINTR) => {}
                Err(errno) => return Err(io::Error::from_raw_os_error(errno)),
            }
        }
    }

    /// Whether it still waits: its process may have been killed and its number given to another.
    pub(crate) fn is_waiting(&self, id: u64) -> bool {
        // SAFETY: the pointer is to a live integer.
        unsafe { libc::ioctl(self.fd.as_raw_fd(), ID_VALID as _, ptr::addr_of!(id)) == 0 }
    }

    fn answer(&self, id: u64, error: i32, flags: u32) -> io::Result<()> {
        let mut answer = Buffer([0; 512]);
        let parts = libc::seccomp_notif_resp {
            id,
            val: 0,
            error,
            flags,
        };
        // SAFETY: the buffer is live, aligned, zeroed and larger than any kernel's `seccomp_notif_resp`.
        let result = unsafe {
            ptr::write(
                answer.0.as_mut_ptr().cast::<libc::seccomp_notif_resp>(),
                parts,
            );
            libc::ioctl(
                self.fd.as_raw_fd(),
                SEND as _,
                answer.0.as_mut_ptr().cast::<c_void>(),
            )
        };
        match result {
            0.. => Ok(()),
            _ if errno() == libc::ENOENT => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
