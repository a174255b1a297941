//! What some versions of bash print so that it cannot be read again, recognised where it can mean one thing only.

use super::Scanner;
use super::chars;
use crate::error::Scan;
use crate::misprint::{Correction, Misprint};
use crate::span::Span;

impl Scanner<'_> {
    /// What must be changed in the text read last, in the order of the text.
    pub(crate) fn take_corrections(&mut self) -> Vec<Correction> {
        let mut corrections = self.corrections.take().unwrap_or_default();
        corrections.sort_by_key(|correction| correction.span.start());
        corrections
    }

    fn correct(&mut self, misprint: Misprint, span: Span, text: &'static [u8]) {
        if let Some(corrections) = &mut self.corrections {
            corrections.push(Correction {
                misprint,
                span,
                text,
            });
        }
    }

    /// Moves over newlines and the here-documents after the item of a list that `separator` ends. `true` if the item goes on with what
    /// now stands at the position, because an operator stood there that belongs before the newline.
    pub(super) fn correct_after_heredoc(&mut self, separator: u8) -> Scan<bool> {
        self.skip_blanks();
        let line_end = self.pos;
        let at_newline = self.peek() == b'\n';
        self.skip_newlines()?;
        let start = self.pos;
        let (operator, length): (&[u8], _) = match (separator, self.peek(), self.second().0) {
            (_, b';', b';' | b'&') => return Ok(false),
            (b'\n', b'&', b'&') => (b" &&", 2),
            (b'\n', b'|', b'|') => (b" ||", 2),
            (b'\n', b'|', _) => (b" |", 1),
            (b'\n', b'&', _) => (b" &", 1),
            (b'\n' | b'&', b';', _) if at_newline => (b"", 1),
            _ => return Ok(false),
        };
        self.pos += length;
        if operator.is_empty() {
            self.correct(Misprint::Separator, Span::new(start, self.pos), b"");
        } else {
            self.correct(Misprint::Operator, Span::new(line_end, line_end), operator);
            self.correct(Misprint::Operator, Span::new(start, self.pos), b"");
        }
        self.skip_newlines()?;
        Ok(!matches!(operator, b"" | b" &"))
    }

    /// Whether the `esac` at the position is a pattern: outside of substitutions bash prints a blank between `esac` and `)`.
    pub(super) fn correct_esac_pattern(&mut self) -> bool {
        if self.corrections.is_none() || self.context.substitution {
            return false;
        }
        let found = self.rest().starts_with(b"esac)");
        if found {
            self.correct(Misprint::Esac, Span::new(self.pos, self.pos), b"(");
        }
        found
    }

    /// Removes `name` after `coproc` if it is one that bash put in front of a simple command, which stands at the position.
    pub(super) fn correct_coproc(&mut self, name: Span) -> bool {
        let next = self.peek();
        let found = self.corrections.is_some()
            && name.of(self.text) == b"COPROC"
            && next != 0
            && !chars::is(next, chars::META)
            && !self
                .keyword()
                .is_some_and(|(keyword, _)| keyword.begins_compound());
        if found {
            self.correct(Misprint::Coproc, Span::new(name.start(), self.pos), b"");
        }
        found
    }
}
