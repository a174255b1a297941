//! Waiting for a file descriptor.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

/// What became of a file descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// The time was over first.
    TimedOut,
    /// There is something to read.
    Readable,
    /// There is nothing to read and never will be.
    HungUp,
}

/// Waits until it is readable; without a limit for ever.
pub(crate) fn poll_one(fd: BorrowedFd<'_>, timeout: Option<Duration>) -> io::Result<Readiness> {
    match poll_any(&[fd], timeout)?.first() {
        Some(Some(readiness)) => Ok(*readiness),
        _ => Ok(Readiness::TimedOut),
    }
}

/// Waits until one of them is readable; `None` for those that are not.
pub(crate) fn poll_any(
    fds: &[BorrowedFd<'_>],
    timeout: Option<Duration>,
) -> io::Result<Vec<Option<Readiness>>> {
    let mut polled: Vec<_> = fds
        .iter()
        .map(|fd| libc::pollfd {
            fd: fd.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let milliseconds = match deadline {
            None => -1,
            // Rounded up, so that the last wait is not a busy one.
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                i32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i32::MAX)
            }
        };
        // SAFETY: pointer and length are those of a live vector.
        let count = unsafe {
            libc::poll(
                polled.as_mut_ptr(),
                polled.len() as libc::nfds_t,
                milliseconds,
            )
        };
        match count {
            1.. => break,
            0 if deadline.is_some_and(|deadline| Instant::now() >= deadline) => break,
            0 => {}
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(polled
        .iter()
        .map(|one| match one.revents {
            0 => None,
            events if events & libc::POLLIN != 0 => Some(Readiness::Readable),
            _ => Some(Readiness::HungUp),
        })
        .collect())
}
