//! Ctrl-C and its kin as a file descriptor that becomes readable.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
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

/// Has a write that goes beyond the limit for a file's size (`ulimit -f`) fail instead of ending the program, so that what was
/// half written is removed. A handler, because programs that are started would inherit a signal that is ignored.
pub(crate) fn survive_size_limits() {
    // Without it such a write ends the program, as before.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// Whether the user wants the program to end, as the descriptor says now.
pub(crate) fn is_requested(descriptor: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(descriptor, PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}
