//! Ctrl-C and its kin as a file descriptor that becomes readable.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

/// A descriptor that becomes readable when the user wants the program to end. A second signal of the same kind ends it at
/// once: the processors go with it.
pub(crate) fn descriptor() -> io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        pipe::register(signal, write.try_clone()?)?;
    }
    Ok(read)
}

/// Whether the user wants the program to end, as the descriptor says now.
pub(crate) fn is_requested(descriptor: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(descriptor, PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}
