//! The parts of a word.

use super::Parser;
use super::tree::{Heredoc, Part, Word};
use crate::error::{Construct, ErrorKind, Fail, Scan};
use crate::scanner::chars;
use crate::scanner::expansion::Group;
use crate::scanner::list::Place;
use crate::span::Span;

/// What is special in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Everything that is in a word.
    Word,
    /// The right side of `=~`: no process substitution.
    Regex,
    /// What is in `"…"`; a `"` begins or ends such a string.
    Double,
    /// The same in the word of `${x:-word}`, where `}` can be escaped.
    DoubleOperand,
    /// What is in a here-document, where `"` is not special.
    Heredoc,
}

impl Context {
    fn is_double(self) -> bool {
        matches!(self, Self::Double | Self::DoubleOperand | Self::Heredoc)
    }

    /// Whether a backslash escapes `byte`.
    fn escapes(self, byte: u8) -> bool {
        match self {
            Self::Word | Self::Regex => true,
            Self::Double => matches!(byte, b'\\' | b'"' | b'$' | b'`'),
            Self::DoubleOperand => matches!(byte, b'\\' | b'"' | b'$' | b'`' | b'}'),
            Self::Heredoc => matches!(byte, b'\\' | b'$' | b'`'),
        }
    }
}

/// Parts that are being collected; text that stands side by side becomes one part.
#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
}

impl Parts {
    fn text(&mut self, start: usize, end: usize) {
        if start == end {
            return;
        }
        if let Some(Part::Text(last)) = self.parts.last_mut()
            && last.end() == start
        {
            *last = Span::new(last.start(), end);
            return;
        }
        self.parts.push(Part::Text(Span::new(start, end)));
    }
}

impl Parser<'_> {
    /// Parses the word that stands at `span`.
    pub(super) fn word(&mut self, span: Span, context: Context) -> Scan<Word> {
        Ok(Word {
            span,
            parts: self.text(span, context)?,
        })
    }

    /// Parses the text at `span`.
    pub(super) fn text(&mut self, span: Span, context: Context) -> Scan<Vec<Part>> {
        let raw = span.of(self.s.text);
        // Most words are plain.
        if !raw
            .iter()
            .any(|&byte| matches!(byte, b'\\' | b'\'' | b'"' | b'`' | b'$' | b'<' | b'>'))
        {
            return Ok(if span.is_empty() {
                Vec::new()
            } else {
                vec![Part::Text(span)]
            });
        }
        self.s.pos = span.start();
        let mut parts = Parts::default();
        while self.s.pos < span.end() {
            self.part(&mut parts, span.end(), context)?;
        }
        if self.s.pos > span.end() {
            return Err(self.s.unexpected("the end of a word"));
        }
        Ok(parts.parts)
    }

    /// Parses the next part, and the text before it.
    fn part(&mut self, parts: &mut Parts, end: usize, context: Context) -> Scan {
        let start = self.s.pos;
        let byte = self.s.peek();
        let next = self.s.byte(start + 1);
        let in_word = !context.is_double();
        match byte {
            b'\\' if next == b'\n' => self.s.pos += 2,
            b'\\' if start + 1 < end && context.escapes(next) => {
                parts
                    .parts
                    .push(Part::Escaped(Span::new(start + 1, start + 2)));
                self.s.pos += 2;
            }
            b'\\' => {
                // A backslash that is not special leaves what follows alone, unless that is special itself.
                parts.text(start, start + 1);
                self.s.pos += 1;
            }
            b'\'' if in_word => {
                self.s.single_quotes()?;
                parts
                    .parts
                    .push(Part::Single(Span::new(start + 1, self.s.pos - 1)));
            }
            b'"' if context != Context::Heredoc => {
                let inner = self.double_quotes(start)?;
                parts.parts.push(Part::Double(inner));
            }
            b'`' => self.backquotes(parts)?,
            b'$' => self.dollar(parts, context)?,
            b'<' | b'>' if context == Context::Word && next == b'(' => {
                let list = self.isolated(
                    Construct::ProcessSubstitution,
                    start,
                    start + 2,
                    Self::substitution,
                )?;
                parts.parts.push(Part::Process {
                    input: byte == b'<',
                    list: Box::new(list),
                });
            }
            _ => {
                let rest = self.s.text.get(start + 1..end).unwrap_or_default();
                let length = rest
                    .iter()
                    .position(|&byte| {
                        matches!(byte, b'\\' | b'\'' | b'"' | b'`' | b'$' | b'<' | b'>')
                    })
                    .unwrap_or(rest.len());
                self.s.pos = start + 1 + length;
                parts.text(start, self.s.pos);
            }
        }
        Ok(())
    }

    /// Parses `"…"` at the position.
    fn double_quotes(&mut self, start: usize) -> Scan<Vec<Part>> {
        let quote = self.s.pos;
        self.s.double_quotes(start)?;
        let end = self.s.pos;
        let parts = self.enter(Construct::DoubleQuotes, start, |parser| {
            parser.text(Span::new(quote + 1, end - 1), Context::Double)
        })?;
        self.s.pos = end;
        Ok(parts)
    }

    fn substitution(&mut self) -> Scan<super::tree::List> {
        self.s.substitutions += 1;
        let result = self.list(Place::Substitution).and_then(|list| {
            self.s.expect(b')', "`)`")?;
            Ok(list)
        });
        self.s.substitutions -= 1;
        result
    }

    fn dollar(&mut self, parts: &mut Parts, context: Context) -> Scan {
        let start = self.s.pos;
        let in_word = !context.is_double();
        let next = self.s.byte(start + 1);
        match next {
            b'\\' if self.s.byte(start + 2) == b'\n' => {
                return Err(Fail::new(ErrorKind::SplitName, start));
            }
            b'{' => {
                let part = self.braces(start, context)?;
                parts.parts.push(part);
            }
            b'(' => {
                let part = self.dollar_parenthesis(start)?;
                parts.parts.push(part);
            }
            b'[' => {
                self.s.pos = start + 2;
                self.s.group(Group::OldArithmetic, start)?;
                let part = self.arithmetic(start, Span::new(start + 2, self.s.pos - 1))?;
                parts.parts.push(part);
            }
            b'\'' if in_word => {
                self.s.dollar(false)?;
                parts
                    .parts
                    .push(Part::Ansi(Span::new(start + 2, self.s.pos - 1)));
            }
            b'"' if in_word => {
                self.s.pos = start + 1;
                let inner = self.double_quotes(start)?;
                parts.parts.push(Part::Double(inner));
            }
            _ => match self.simple_parameter(start)? {
                Some(parameter) => parts.parts.push(Part::Parameter(Box::new(parameter))),
                None => {
                    parts.text(start, start + 1);
                    self.s.pos = start + 1;
                }
            },
        }
        Ok(())
    }

    fn dollar_parenthesis(&mut self, start: usize) -> Scan<Part> {
        if self.s.byte(self.s.after(start + 2)) == b'(' {
            // The scanner finds out whether it is arithmetic.
            self.s.dollar(false)?;
            if !self.s.not_arithmetic.contains(&start) {
                let inside = self.s.after(start + 2) + 1;
                let span = Span::new(inside, self.s.pos - 2);
                return self.arithmetic(start, span);
            }
        }
        let list = self.isolated(
            Construct::CommandSubstitution,
            start,
            start + 2,
            Self::substitution,
        )?;
        Ok(Part::Command(Box::new(list)))
    }

    /// Parses an arithmetic expansion, whose end the scanner has found.
    fn arithmetic(&mut self, start: usize, inside: Span) -> Scan<Part> {
        let end = self.s.pos;
        let parts = self.enter(Construct::ArithmeticExpansion, start, |parser| {
            parser.text(inside, Context::Double)
        })?;
        self.s.pos = end;
        Ok(Part::Arithmetic(parts))
    }

    fn backquotes(&mut self, parts: &mut Parts) -> Scan {
        let start = self.s.pos;
        let opaque = self.s.records.opaque.len();
        self.s.backquotes()?;
        let end = self.s.pos;
        let inside = Span::new(start + 1, end - 1);
        if self.s.records.opaque.len() > opaque && self.s.records.opaque.last() == Some(&inside) {
            parts.parts.push(Part::Opaque(inside));
            return Ok(());
        }
        let text = self.s.text;
        let substitutions = std::mem::take(&mut self.s.substitutions);
        self.s.text = text.get(..end - 1).unwrap_or_default();
        let result = self.isolated(Construct::Backquotes, start, start + 1, |parser| {
            let list = parser.list(Place::Substitution)?;
            parser.s.no_pending()?;
            Ok(list)
        });
        self.s.text = text;
        self.s.substitutions = substitutions;
        parts.parts.push(Part::Command(Box::new(result?)));
        self.s.pos = end;
        Ok(())
    }

    /// Parses the body of a here-document.
    pub(super) fn heredoc(&mut self, body: Span, quoted: bool, strip: bool) -> Scan<Vec<Part>> {
        let mut parts = Parts::default();
        let mut line = true;
        self.s.pos = body.start();
        while self.s.pos < body.end() {
            if line && strip {
                while self.s.pos < body.end() && self.s.peek() == b'\t' {
                    self.s.pos += 1;
                }
            }
            line = false;
            let start = self.s.pos;
            if start >= body.end() {
                break;
            }
            if self.s.peek() == b'\n' {
                line = true;
                self.s.pos += 1;
                parts.text(start, start + 1);
            } else if quoted || !matches!(self.s.peek(), b'\\' | b'`' | b'$') {
                let rest = self.s.text.get(start..body.end()).unwrap_or_default();
                let length = rest
                    .iter()
                    .position(|&byte| {
                        byte == b'\n' || (!quoted && matches!(byte, b'\\' | b'`' | b'$'))
                    })
                    .unwrap_or(rest.len());
                self.s.pos += length;
                parts.text(start, self.s.pos);
            } else {
                let continued = self.s.peek() == b'\\' && self.s.byte(start + 1) == b'\n';
                self.part(&mut parts, body.end(), Context::Heredoc)?;
                line = continued;
            }
        }
        if self.s.pos > body.end() {
            return Err(self.s.unexpected("the end of a here-document"));
        }
        Ok(parts.parts)
    }

    /// Where one of `bytes` stands between the offsets, outside of quotes, expansions and parentheses.
    pub(super) fn delimiter(
        &mut self,
        from: usize,
        to: usize,
        bytes: &[u8],
    ) -> Scan<Option<usize>> {
        self.s.pos = from;
        let mut open = 0_usize;
        let mut questions = 0_usize;
        while self.s.pos < to {
            let byte = self.s.peek();
            if open == 0 && bytes.contains(&byte) {
                // The colon of `a ? b : c` ends nothing.
                if byte != b':' || questions == 0 {
                    return Ok(Some(self.s.pos));
                }
                questions -= 1;
            }
            match byte {
                b'\\' => self.s.pos += 2,
                b'\'' => self.s.single_quotes()?,
                b'"' => self.s.double_quotes(self.s.pos)?,
                b'`' => self.s.backquotes()?,
                b'$' => self.s.dollar(false)?,
                _ => {
                    if bytes != b"/" {
                        match byte {
                            b'(' => open += 1,
                            b')' => open = open.saturating_sub(1),
                            b'?' => questions += 1,
                            _ => {}
                        }
                    }
                    self.s.pos += 1;
                }
            }
        }
        Ok(None)
    }

    /// Whether a name stands at `offset`, and where it ends.
    pub(super) fn name_end(&self, offset: usize) -> Option<usize> {
        let rest = self.s.text.get(offset..).unwrap_or_default();
        if !rest
            .first()
            .is_some_and(|&byte| chars::is_name(byte) && !byte.is_ascii_digit())
        {
            return None;
        }
        let length = rest
            .iter()
            .position(|&byte| !chars::is_name(byte))
            .unwrap_or(rest.len());
        Some(offset + length)
    }
}

impl Heredoc {
    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}
