//! Here-documents.

use super::Scanner;
use crate::error::{Construct, Fail, Scan};
use crate::literal;
use crate::record::HeredocRecord;
use crate::span::Span;

/// A here-document whose body was not read yet.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    record: usize,
    operator: usize,
    delimiter: Vec<u8>,
    strip_tabs: bool,
    quoted: bool,
}

impl Scanner<'_> {
    /// Notes a here-document whose operator and delimiter were read.
    pub(crate) fn add_heredoc(&mut self, operator: Span, delimiter: Span, strip_tabs: bool) {
        let (word, quoted) = literal::heredoc_delimiter(delimiter.of(self.text));
        self.pending.push(Pending {
            record: self.records.heredocs.len(),
            operator: operator.start(),
            delimiter: word,
            strip_tabs,
            quoted,
        });
        if self.recording {
            self.records.heredocs.push(HeredocRecord {
                operator,
                delimiter,
                body: Span::default(),
                strip_tabs,
                quoted,
            });
        }
    }

    /// Fails if the text ends before the body of a here-document.
    pub(crate) fn no_pending(&self) -> Scan {
        match self.pending.first() {
            Some(pending) => Err(self.unterminated_heredoc(pending)),
            None => Ok(()),
        }
    }

    fn unterminated_heredoc(&self, pending: &Pending) -> Fail {
        self.unterminated("the delimiter of a here-document")
            .within(Construct::Heredoc, pending.operator)
    }

    /// Reads the bodies of the pending here-documents; the first begins at the position.
    pub(crate) fn read_heredocs(&mut self) -> Scan {
        for pending in std::mem::take(&mut self.pending) {
            self.read_heredoc(&pending)?;
        }
        Ok(())
    }

    fn read_heredoc(&mut self, pending: &Pending) -> Scan {
        let start = self.pos;
        loop {
            let line_start = self.pos;
            if line_start >= self.text.len() {
                return Err(self.unterminated_heredoc(pending));
            }
            let end = self.heredoc_line_end(line_start, pending.quoted);
            let line = self.text.get(line_start..end).unwrap_or_default();
            if let Some(after) = self.closes(line, pending) {
                if self.recording
                    && let Some(heredoc) = self.records.heredocs.get_mut(pending.record)
                {
                    heredoc.body = Span::new(start, line_start);
                }
                // Over the newline, or to what follows the delimiter.
                let closed = line_start + after;
                self.pos = if closed == end {
                    self.text.len().min(end + 1)
                } else {
                    closed
                };
                return Ok(());
            }
            self.pos = end + 1;
        }
    }

    /// Where the line that begins at `start` ends. A backslash at its end joins the next one unless the delimiter is quoted.
    fn heredoc_line_end(&self, start: usize, quoted: bool) -> usize {
        let mut from = start;
        loop {
            let rest = self.text.get(from..).unwrap_or_default();
            let Some(length) = memchr::memchr(b'\n', rest) else {
                return self.text.len();
            };
            let line = rest.get(..length).unwrap_or_default();
            let backslashes = line.iter().rev().take_while(|&&byte| byte == b'\\').count();
            if quoted || backslashes % 2 == 0 {
                return from + length;
            }
            from += length + 1;
        }
    }

    /// Whether a line, with all that is joined to it, is the delimiter, and where in the line the delimiter ends.
    ///
    /// In a command substitution bash takes a line that begins with the delimiter and has a `)` further on for the end.
    fn closes(&self, line: &[u8], pending: &Pending) -> Option<usize> {
        let continuation = |at: usize| {
            !pending.quoted && line.get(at) == Some(&b'\\') && line.get(at + 1) == Some(&b'\n')
        };
        let mut at = 0;
        loop {
            if continuation(at) {
                at += 2;
            } else if pending.strip_tabs && line.get(at) == Some(&b'\t') {
                at += 1;
            } else {
                break;
            }
        }
        let mut escaped = false;
        for expected in &pending.delimiter {
            while !escaped && continuation(at) {
                at += 2;
            }
            if line.get(at) != Some(expected) {
                return None;
            }
            escaped = *expected == b'\\' && !escaped;
            at += 1;
        }
        while !escaped && continuation(at) {
            at += 2;
        }
        let rest = line.get(at..)?;
        (rest.is_empty() || (self.substitutions > 0 && memchr::memchr(b')', rest).is_some()))
            .then_some(at)
    }
}
