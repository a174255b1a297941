//! Scans of less than a script: one command line, one function body, one word that was scanned before.

use super::Scanner;
use super::list::Place;
use super::word::Mode;
use super::{Options, chars};
use crate::error::{Construct, Scan};
use crate::record::{AssignmentRecord, ElementRecord, Records};
use crate::span::Span;

impl<'a> Scanner<'a> {
    /// Begins anew at `offset`, with empty tables; `recording` says whether more than functions is noted.
    pub(crate) fn restart(&mut self, offset: usize, recording: bool) {
        self.pos = offset;
        self.recording = recording;
        self.corrections = None;
        self.depth = 0;
        self.substitutions = 0;
        self.context = Default::default();
        self.guard = None;
        self.pending.clear();
        self.words.clear();
        self.assignments.clear();
        self.records.functions.clear();
    }

    /// Moves over blanks, comments and empty lines from `offset` on, and returns where something begins.
    pub(crate) fn skip_empty(&mut self, offset: usize) -> Scan<usize> {
        self.restart(offset, false);
        self.skip_newlines()?;
        Ok(self.pos)
    }

    /// Reads commands from `offset` to the end of their line, with the here-documents that begin there.
    pub(crate) fn line_at(&mut self, offset: usize) -> Scan<(Records, usize)> {
        self.restart(offset, true);
        self.records = Records::default();
        self.skip_blanks();
        while !matches!(self.peek(), 0 | b'\n') {
            let start = self.pos;
            let pending = self.pending.len();
            let item = self.and_or(self.keyword())?;
            let end = self.pos;
            self.skip_blanks();
            self.note_item(Place::Top, item, Span::new(start, end), pending);
            match self.peek() {
                0 | b'\n' => {}
                b';' | b'&' if !matches!(self.second().0, b';' | b'&') => {
                    self.pos += 1;
                    self.skip_blanks();
                }
                _ => return Err(self.unexpected("a command")),
            }
        }
        self.finish_line()?;
        self.sort_commands();
        Ok((std::mem::take(&mut self.records), self.pos))
    }

    /// Reads the compound command at `offset` that is the body of a function, and redirections, alone on its lines; with the
    /// here-documents of the redirections. Returns where it ends, and notes [corrections](Self::take_corrections).
    pub(crate) fn body_at(&mut self, offset: usize) -> Scan<usize> {
        self.restart(offset, false);
        self.corrections = Some(Vec::new());
        self.enter(Construct::Function, offset, |scanner| {
            if !scanner.compound()? {
                return Err(scanner.unexpected("a compound command"));
            }
            scanner.redirections()?;
            let end = scanner.pos;
            scanner.skip_blanks();
            if !matches!(scanner.peek(), 0 | b'\n') {
                return Err(scanner.unexpected("a newline"));
            }
            if scanner.pending.is_empty() {
                return Ok(end);
            }
            scanner.finish_line()?;
            Ok(scanner.pos)
        })
    }

    /// Moves over the newline at the position and the here-documents that begin after it.
    fn finish_line(&mut self) -> Scan {
        if self.peek() == b'\n' {
            self.pos += 1;
            self.read_heredocs()?;
        }
        self.no_pending()
    }

    /// Reads the elements of the array at the position.
    fn array_elements(&mut self) -> Scan<Vec<ElementRecord>> {
        let mut elements = Vec::new();
        self.expect(b'(', "`(`")?;
        loop {
            self.skip_newlines()?;
            if self.at_word_end() {
                return Ok(elements);
            }
            let start = self.pos;
            let span = self.word(Mode::Element)?.span;
            elements.push(self.element(start, span.end()));
        }
    }

    /// Tells the subscript of an element from its value.
    fn element(&mut self, start: usize, end: usize) -> ElementRecord {
        let whole = ElementRecord {
            subscript: None,
            append: false,
            value: Span::new(start, end),
        };
        if self.byte(start) != b'[' {
            return whole;
        }
        self.pos = start + 1;
        let closed = self.group(super::expansion::Group::Subscript, start);
        let close = self.pos;
        self.pos = end;
        let append = self.byte(close) == b'+';
        let equals = close + usize::from(append);
        if closed.is_err() || equals >= end || self.byte(equals) != b'=' {
            return whole;
        }
        ElementRecord {
            subscript: Some(Span::new(start + 1, close - 1)),
            append,
            value: Span::new(equals + 1, end),
        }
    }
}

/// A scanner of the part of `text` before `end`, that begins at `start`.
fn part(text: &[u8], span: Span) -> Scanner<'_> {
    let text = text.get(..span.end()).unwrap_or_default();
    let mut scanner = Scanner::new(text, Options::new());
    scanner.restart(span.start(), false);
    scanner
}

/// Reads a word that was scanned before as an assignment.
pub(crate) fn assignment(text: &[u8], word: Span) -> Option<AssignmentRecord> {
    let first = *word.of(text).first()?;
    if !chars::is_name(first) {
        return None;
    }
    let scan = part(text, word).word(Mode::Assignment).ok()?;
    scan.assignment
        .filter(|record| record.span.end() == word.end())
}

/// Reads the elements of an array that was scanned before.
pub(crate) fn elements(text: &[u8], array: Span) -> Vec<ElementRecord> {
    part(text, array).array_elements().unwrap_or_default()
}
