//! Redirections.

use super::Scanner;
use crate::error::{Construct, Scan};
use crate::span::Span;

/// What stands after the operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Word,
    /// A word or `-`.
    Descriptor,
    /// The delimiter of a here-document.
    Heredoc {
        strip_tabs: bool,
    },
}

impl Scanner<'_> {
    /// Reads redirections as long as there are any: after a compound command.
    pub(crate) fn redirections(&mut self) -> Scan {
        loop {
            let end = self.pos;
            self.skip_blanks();
            self.descriptor();
            if !self.redirection()? {
                self.pos = end;
                return Ok(());
            }
        }
    }

    /// Moves over a descriptor in front of an operator.
    pub(crate) fn descriptor(&mut self) {
        const LONGEST: usize = 256;
        if !self.peek().is_ascii_digit() && self.peek() != b'{' {
            return;
        }
        let rest = self.rest();
        let near = rest.get(..LONGEST).unwrap_or(rest);
        if let Some(length) = near.iter().position(|&byte| matches!(byte, b'<' | b'>'))
            && self.is_descriptor(Span::new(self.pos, self.pos + length))
        {
            self.pos += length;
        }
    }

    /// Reads the redirection whose operator stands at the position; `false` if there is none.
    #[inline]
    pub(crate) fn redirection(&mut self) -> Scan<bool> {
        if !matches!(self.peek(), b'<' | b'>' | b'&') {
            return Ok(false);
        }
        Ok(self.redirection_parts()?.is_some())
    }

    /// The same, and returns the operator and the word after it, if there is one.
    pub(crate) fn redirection_parts(&mut self) -> Scan<Option<(Span, Option<Span>)>> {
        let start = self.pos;
        let first = self.peek();
        if !matches!(first, b'<' | b'>' | b'&') {
            return Ok(None);
        }
        let (second, offset) = self.second();
        let third = self.after(offset + 1);
        let (end, target) = match (first, second, self.byte(third)) {
            (b'<' | b'>', b'(', _) => return Ok(None),
            (b'<', b'<', b'<') => (third + 1, Target::Word),
            (b'<', b'<', b'-') => (third + 1, Target::Heredoc { strip_tabs: true }),
            (b'<', b'<', _) => (offset + 1, Target::Heredoc { strip_tabs: false }),
            (b'<' | b'>', b'&', _) => (offset + 1, Target::Descriptor),
            (b'<', b'>', _) | (b'>', b'>' | b'|', _) => (offset + 1, Target::Word),
            (b'<' | b'>', _, _) => (start + 1, Target::Word),
            (b'&', b'>', b'>') => (third + 1, Target::Word),
            (b'&', b'>', _) => (offset + 1, Target::Word),
            _ => return Ok(None),
        };
        self.pos = end;
        self.skip_blanks();
        if target == Target::Descriptor && self.peek() == b'-' {
            self.pos += 1;
            return Ok(Some((Span::new(start, end), None)));
        }
        if self.at_word_end() {
            return Err(self
                .unexpected("a word")
                .within(Construct::Redirection, start));
        }
        let word = self.plain_word()?;
        if let Target::Heredoc { strip_tabs } = target {
            self.add_heredoc(Span::new(start, end), word, strip_tabs);
        }
        Ok(Some((Span::new(start, end), Some(word))))
    }
}
