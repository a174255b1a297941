//! The scanner: recursive descent over bytes, as bash's own grammar reads them.
//!
//! One file a subject: `cursor` moves over blanks, comments, newlines and knows reserved words; `word` reads words, `expansion` what they
//! can contain; `heredoc` reads the bodies of here-documents; `guard` recognises include guards; `list`, `command`, `redirection`, `compound` and `conditional` are the grammar; `part` scans less than a script; `printed` understands what bash prints wrongly.

pub(crate) mod chars;
pub(crate) mod command;
mod compound;
pub(crate) mod conditional;
pub(crate) mod cursor;
pub(crate) mod expansion;
mod guard;
pub(crate) mod heredoc;
pub(crate) mod list;
mod part;
mod printed;
pub(crate) mod redirection;
pub(crate) mod word;

use std::collections::HashSet;

use crate::error::{Construct, ErrorKind, Fail, Scan};
use crate::misprint::Correction;
use crate::record::{AssignmentRecord, Context, Records};
use crate::span::Span;

pub(crate) use part::{assignment, elements};

/// How many constructs may stand inside each other. bash itself has no limit.
pub const MAX_DEPTH: u32 = 200;

/// What a scan takes for granted about the shell that will run the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    extglob: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { extglob: true }
    }
}

impl Options {
    /// The default.
    pub const DEFAULT: Self = Self { extglob: true };

    /// The default: extended patterns are on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether `?(…)`, `*(…)`, `+(…)`, `@(…)` and `!(…)` are patterns everywhere, as with `shopt -s extglob`.
    ///
    /// Without it they are patterns only on the right side of `==`, `=` and `!=` in `[[ … ]]`. The only texts that are valid both ways and
    /// mean something else are those with `!(…)` for "not" and a subshell; the default takes it for a word.
    #[must_use]
    pub fn extglob(mut self, on: bool) -> Self {
        self.extglob = on;
        self
    }
}

/// The state of a scan.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    /// The text up to where the scan may read: less than all of it inside backquotes.
    pub(crate) text: &'a [u8],
    pub(crate) pos: usize,
    pub(crate) depth: u32,
    pub(crate) options: Options,
    pub(crate) context: Context,
    /// How many `$(…)` and `<(…)` are open: a here-document may end in front of their parenthesis.
    pub(crate) substitutions: u32,
    /// Here-documents whose bodies begin after the next newline.
    pub(crate) pending: Vec<heredoc::Pending>,
    /// Words and assignments of the simple commands that are open; of the innermost one last.
    pub(crate) words: Vec<Span>,
    pub(crate) assignments: Vec<AssignmentRecord>,
    pub(crate) records: Records,
    /// The include guard that is being read, if it is one.
    guard: Option<guard::Guard>,
    /// Where `((` or `$((` was found to begin no arithmetic.
    pub(crate) not_arithmetic: HashSet<usize>,
    /// How many more bytes may be read again.
    fuel: usize,
    /// Whether commands, words and here-documents are noted; functions always are.
    recording: bool,
    /// What has to be changed in a text that bash printed wrongly; `None` if such texts are errors.
    corrections: Option<Vec<Correction>>,
}

/// How long the tables were at some time.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    functions: usize,
    commands: usize,
    words: usize,
    assignments: usize,
    heredocs: usize,
    opaque: usize,
    corrections: usize,
    open_words: usize,
    open_assignments: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a [u8], options: Options) -> Self {
        Self {
            text,
            pos: 0,
            depth: 0,
            options,
            context: Context::default(),
            substitutions: 0,
            pending: Vec::new(),
            words: Vec::new(),
            assignments: Vec::new(),
            records: Records::default(),
            guard: None,
            not_arithmetic: HashSet::new(),
            fuel: text.len().saturating_mul(16).saturating_add(1 << 16),
            recording: true,
            corrections: None,
        }
    }

    /// Scans the whole text as a script.
    pub(crate) fn script(mut self) -> Scan<Records> {
        self.check_text()?;
        self.list(list::Place::Top)?;
        if self.pos < self.text.len() {
            return Err(self.unexpected("a command"));
        }
        self.no_pending()?;
        self.sort_commands();
        Ok(self.records)
    }

    /// A command inside a word ends, and is noted, before the one around it.
    fn sort_commands(&mut self) {
        let commands = &mut self.records.commands;
        if !commands.is_sorted_by_key(|command| command.span.start()) {
            commands.sort_by_key(|command| command.span.start());
        }
    }

    pub(crate) fn check_text(&self) -> Scan {
        if u32::try_from(self.text.len()).is_err() {
            return Err(Fail::new(ErrorKind::TooLong, 0));
        }
        match memchr::memchr(0, self.text) {
            Some(nul) => Err(Fail::new(ErrorKind::NulByte, nul)),
            None => Ok(()),
        }
    }

    /// Runs `scan` for a construct that began at `start`: one level deeper, and its name in errors.
    #[inline]
    fn enter<T>(
        &mut self,
        construct: Construct,
        start: usize,
        scan: impl FnOnce(&mut Self) -> Scan<T>,
    ) -> Scan<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Fail::new(ErrorKind::TooDeep, start));
        }
        self.depth += 1;
        let result = scan(self);
        self.depth -= 1;
        result.map_err(|fail| fail.within(construct, start))
    }

    /// The error for what stands at the position.
    #[cold]
    pub(crate) fn unexpected(&self, expected: &'static str) -> Fail {
        let kind = if self.pos < self.text.len() {
            ErrorKind::Unexpected { expected }
        } else {
            ErrorKind::UnexpectedEnd { expected }
        };
        Fail::new(kind, self.pos)
    }

    /// The error for a construct that the text ends in.
    #[cold]
    pub(crate) fn unterminated(&self, expected: &'static str) -> Fail {
        Fail::new(ErrorKind::UnexpectedEnd { expected }, self.text.len())
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            functions: self.records.functions.len(),
            commands: self.records.commands.len(),
            words: self.records.words.len(),
            assignments: self.records.assignments.len(),
            heredocs: self.records.heredocs.len(),
            opaque: self.records.opaque.len(),
            corrections: self.corrections.as_ref().map_or(0, Vec::len),
            open_words: self.words.len(),
            open_assignments: self.assignments.len(),
        }
    }

    /// Forgets what was noted since `mark`, so that the text from `start` to the position can be read again.
    pub(crate) fn rewind(&mut self, mark: Mark, start: usize) -> Scan {
        self.records.functions.truncate(mark.functions);
        self.records.commands.truncate(mark.commands);
        self.records.words.truncate(mark.words);
        self.records.assignments.truncate(mark.assignments);
        self.records.heredocs.truncate(mark.heredocs);
        self.records.opaque.truncate(mark.opaque);
        if let Some(corrections) = &mut self.corrections {
            corrections.truncate(mark.corrections);
        }
        self.words.truncate(mark.open_words);
        self.assignments.truncate(mark.open_assignments);
        let read = self.pos.saturating_sub(start);
        self.pos = start;
        match self.fuel.checked_sub(read) {
            Some(fuel) => {
                self.fuel = fuel;
                Ok(())
            }
            None => Err(Fail::new(ErrorKind::TooAmbiguous, start)),
        }
    }
}
