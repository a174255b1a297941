//! The terminal of an interactive phase: one of its own, joined to that of the user.
//!
//! The phase keeps its session, so that all of it can be found and ended, and its output is seen by the host, which logs it.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::pty::{Winsize, openpty};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

/// A phase's terminal while the user's hands it every key.
pub(crate) struct Terminal {
    user: io::Stdin,
    before: Termios,
    ours: File,
}

impl Terminal {
    /// Makes a terminal for a phase, and returns the end that the phase gets; `None` when the user has none.
    pub(crate) fn open() -> io::Result<Option<(Terminal, OwnedFd)>> {
        let user = io::stdin();
        if !user.is_terminal() || !io::stdout().is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(&user)?;
        let pair = openpty(size_of(user.as_fd()).as_ref(), &before)?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(&user, SetArg::TCSADRAIN, &raw)?;
        let terminal = Terminal {
            user,
            before,
            ours: File::from(pair.master),
        };
        Ok(Some((terminal, pair.slave)))
    }

    /// What the phase prints can be read from here.
    pub(crate) fn output(&self) -> io::Result<OwnedFd> {
        self.ours.as_fd().try_clone_to_owned()
    }

    /// Readable when the user has typed something.
    pub(crate) fn user(&self) -> BorrowedFd<'_> {
        self.user.as_fd()
    }

    /// Passes on what the user has typed; there must be something.
    pub(crate) fn pass_on(&mut self) -> io::Result<()> {
        let mut keys = [0; 1024];
        // Standard input itself would read ahead.
        let count = File::from(self.user.as_fd().try_clone_to_owned()?).read(&mut keys)?;
        match self.ours.write_all(keys.get(..count).unwrap_or_default()) {
            // The phase does not read what is typed; keys are lost then, as they are with any terminal.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            result => result,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that has gone needs nothing.
        let _ = tcsetattr(&self.user, SetArg::TCSADRAIN, &self.before);
    }
}

/// Rows and columns of the user's terminal.
fn size_of(terminal: BorrowedFd<'_>) -> Option<Winsize> {
    let (columns, rows) = terminal_size::terminal_size_of(terminal)?;
    Some(Winsize {
        ws_row: rows.0,
        ws_col: columns.0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    })
}
