//! `[[ … ]]`.

use super::Scanner;
use super::cursor::Keyword;
use super::word::Mode;
use crate::error::{Construct, Scan};

/// The letters of the unary operators.
pub(crate) const UNARY: &[u8] = b"abcdefghknoprstuvwxzGLNORS";

impl<'a> Scanner<'a> {
    /// Reads the expression after `[[`, and `]]`.
    pub(crate) fn conditional_rest(&mut self) -> Scan {
        self.conditions()?;
        self.expect_keyword(Keyword::CondClose, "`]]`")
    }

    /// Reads terms joined by `&&` and `||`.
    fn conditions(&mut self) -> Scan {
        loop {
            self.condition()?;
            let operator = self.peek();
            match self.second() {
                (second, offset) if matches!(operator, b'&' | b'|') && second == operator => {
                    self.pos = offset + 1
                }
                _ => return Ok(()),
            }
        }
    }

    /// Reads one term, and the blanks and, where bash allows them, newlines after it.
    fn condition(&mut self) -> Scan {
        self.skip_newlines()?;
        while let Some((Keyword::Bang, end)) = self.keyword() {
            self.pos = end;
            self.skip_newlines()?;
        }
        if self.peek() == b'(' {
            let start = self.pos;
            self.pos += 1;
            self.enter(Construct::Conditional, start, |scanner| {
                scanner.conditions()?;
                scanner.expect(b')', "`)`")
            })?;
            return self.skip_newlines();
        }
        let left = self.condition_word(Mode::Plain)?;
        self.skip_blanks();
        if matches!(left, [b'-', letter] if UNARY.contains(letter)) {
            self.condition_word(Mode::Plain)?;
            return self.skip_newlines();
        }
        match self.peek() {
            b')' | b'&' | b'|' => return Ok(()),
            _ if matches!(self.keyword(), Some((Keyword::CondClose, _))) => return Ok(()),
            _ => {}
        }
        let mode = self.binary_operator()?;
        self.skip_blanks();
        self.condition_word(mode)?;
        self.skip_newlines()
    }

    /// Reads a binary operator and returns how to read its right side.
    pub(crate) fn binary_operator(&mut self) -> Scan<Mode> {
        let start = self.pos;
        if matches!(self.peek(), b'<' | b'>') && self.second().0 != b'(' {
            self.pos += 1;
            return Ok(Mode::Plain);
        }
        if !self.at_word_end() {
            match self.plain_word()?.of(self.text) {
                b"=~" => return Ok(Mode::Regex),
                b"=" | b"==" | b"!=" => return Ok(Mode::Pattern),
                b"-eq" | b"-ne" | b"-lt" | b"-le" | b"-gt" | b"-ge" | b"-nt" | b"-ot" | b"-ef" => {
                    return Ok(Mode::Plain);
                }
                _ => self.pos = start,
            }
        }
        Err(self.unexpected("a binary operator or `]]`"))
    }

    /// Reads a word that must be there and must not be `]]`.
    fn condition_word(&mut self, mode: Mode) -> Scan<&'a [u8]> {
        self.condition_start(mode)?;
        let span = self.word(mode)?.span;
        Ok(self.text.get(span.range()).unwrap_or_default())
    }

    /// Fails unless a word stands at the position, which must not be `]]`.
    pub(crate) fn condition_start(&self, mode: Mode) -> Scan {
        let regex = mode == Mode::Regex && matches!(self.peek(), b'(' | b'|');
        if (!regex && self.at_word_end()) || matches!(self.keyword(), Some((Keyword::CondClose, _)))
        {
            return Err(self.unexpected("a word"));
        }
        Ok(())
    }
}
