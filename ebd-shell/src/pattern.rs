//! Globs, with a limit on how long a match may take.

use ebd_syntax::glob::{Dialect, GaveUp, Glob, Unclear};

use crate::error::{Fallback, Run, Stop};
use crate::meter;

/// How often a match may try something before it is given up: an extended pattern can take exponential time.
const MAX_TRIES: u32 = 2_000_000;

/// A compiled pattern of `case`, `[[ == ]]` or a parameter expansion.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Glob);

impl Pattern {
    /// Parses a pattern in which a backslash quotes the byte after it.
    pub(crate) fn parse(text: &[u8], extended: bool) -> Result<Self, Unclear> {
        Glob::parse(text, Dialect::bash(extended)).map(Self)
    }

    /// Returns an upper bound of the memory that parsing needs.
    pub(crate) fn cost(text: &[u8], extended: bool) -> usize {
        Glob::cost(text, Dialect::bash(extended))
    }

    /// Returns whether the whole text matches.
    pub(crate) fn matches(&self, text: &[u8]) -> Run<bool> {
        self.0.matches(text, effort()).map_err(gave_up)
    }

    /// Returns the end of the shortest or longest match that begins at the beginning of the text.
    pub(crate) fn prefix(&self, text: &[u8], longest: bool) -> Run<Option<usize>> {
        self.0.prefix(text, longest, effort()).map_err(gave_up)
    }

    /// Returns the beginning of the shortest or longest match that ends at the end of the text.
    pub(crate) fn suffix(&self, text: &[u8], longest: bool) -> Run<Option<usize>> {
        self.0.suffix(text, longest, effort()).map_err(gave_up)
    }

    /// Returns where the first match at or after `from` begins and the longest there ends.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Run<Option<(usize, usize)>> {
        self.0.find(text, from, effort()).map_err(gave_up)
    }

    /// Returns whether it is a text of no length.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Allows a match to go on until the deadline of the evaluation, and for [`MAX_TRIES`].
fn effort() -> impl FnMut() -> bool {
    let mut tries = 0;
    move || {
        tries += 1;
        tries <= MAX_TRIES && meter::work(1).is_ok()
    }
}

#[cold]
fn gave_up(_: GaveUp) -> Stop {
    match meter::work(0) {
        Err(stop) => stop,
        Ok(()) => Fallback::Limit {
            most: u64::from(MAX_TRIES),
            what: "tries of a pattern",
        }
        .into(),
    }
}
