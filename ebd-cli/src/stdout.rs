//! Standard output and standard error: everything that `ebd` prints goes through here.
//!
//! A reader that goes away (`ebd regen --json | head -1`) ends the output, never the work: entries are still written and packages
//! merged, and the exit code is that of the work. Any other failure, such as a full disk, also ends the output; `main` reports it
//! when the work is done. `println!` would panic in both cases.

#![allow(
    clippy::disallowed_methods,
    reason = "this is where standard output and standard error are written"
)]

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// Prints a line on standard output.
macro_rules! outln {
    ($($arg:tt)*) => { $crate::stdout::line(format_args!($($arg)*)) };
}

/// Prints text without a line end on standard output.
macro_rules! out {
    ($($arg:tt)*) => { $crate::stdout::text(format_args!($($arg)*)) };
}

/// Prints a line on standard error.
macro_rules! errln {
    () => { $crate::stdout::error_text(format_args!("\n")) };
    ($($arg:tt)*) => { $crate::stdout::error_line(format_args!($($arg)*)) };
}

/// Prints text without a line end on standard error.
macro_rules! err {
    ($($arg:tt)*) => { $crate::stdout::error_text(format_args!($($arg)*)) };
}

/// How much of the output is collected before it is written.
const PIECE: usize = 1 << 16;

/// What standard output takes.
enum State {
    Open,
    /// Nobody reads it any more.
    Closed,
    Failed(io::Error),
}

static STATE: Mutex<State> = Mutex::new(State::Open);

/// Writes bytes and flushes them: a question of a program ends without a line end.
pub(crate) fn write(bytes: &[u8]) {
    // The lock is held while writing, so that lines of several threads do not mix and nothing follows a failure.
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(*state, State::Open) {
        let mut out = io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        state.add(written);
    }
}

pub(crate) fn text(text: fmt::Arguments<'_>) {
    write(text.to_string().as_bytes());
}

pub(crate) fn line(text: fmt::Arguments<'_>) {
    write(format!("{text}\n").as_bytes());
}

/// Takes note of how something was written by others, such as the help text by clap.
pub(crate) fn written(result: io::Result<()>) {
    STATE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .add(result);
}

/// Returns what kept output from being written, but for a reader that has gone. Called when nothing more is printed.
pub(crate) fn finish() -> Option<io::Error> {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    match std::mem::replace(&mut *state, State::Closed) {
        State::Failed(error) => Some(error),
        State::Open | State::Closed => None,
    }
}

/// Returns whether standard output is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Returns whether standard error is a terminal.
pub(crate) fn error_is_terminal() -> bool {
    io::stderr().is_terminal()
}

pub(crate) fn error_line(text: fmt::Arguments<'_>) {
    error_text(format_args!("{text}\n"));
}

pub(crate) fn error_text(text: fmt::Arguments<'_>) {
    // One write, so that it is not mixed with what others write. There is nobody left to tell that standard error cannot be written.
    let _ = io::stderr().write_all(text.to_string().as_bytes());
}

impl State {
    fn add(&mut self, result: io::Result<()>) {
        match result {
            Err(error) if !matches!(self, Self::Open) => drop(error),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => *self = Self::Closed,
            Err(error) => *self = Self::Failed(error),
            Ok(()) => {}
        }
    }
}

/// Collects output and writes it in large pieces, for commands that print a great deal. `writeln!` on it returns nothing.
#[derive(Default)]
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        if self.0.len() >= PIECE {
            write(&self.0);
            self.0.clear();
        }
    }

    /// Makes `write!` and `writeln!` print into the buffer.
    pub(crate) fn write_fmt(&mut self, text: fmt::Arguments<'_>) {
        self.bytes(text.to_string().as_bytes());
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        write(&self.0);
    }
}
