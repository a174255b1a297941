//! Lists, `&&` and `||`, pipelines.

use super::Scanner;
use super::chars::{self, META};
use super::cursor::{Found, Keyword};
use crate::error::Scan;
use crate::record::Level;
use crate::span::{Span, at_line_start};

/// Where a list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the script.
    Top,
    /// In what may be the include guard of the script.
    Guard,
    /// In any other compound command, where it has at least one command.
    Compound,
    /// After the pattern of a `case`, where it may have no commands.
    Case,
    /// In a substitution, where it may have no commands.
    Substitution,
    /// The same in `${ …; }`, where the closing brace need not be a word of its own.
    FunctionSubstitution,
}

/// What one item of a list, or a part of it, consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// Only the simple command that was noted last.
    Simple,
    /// Only the function definition with this index.
    Function(usize),
    /// Only an `if` without redirections.
    If,
    /// Anything else.
    Other,
}

impl Scanner<'_> {
    /// Reads commands up to something that can not begin one, which is left to the caller to judge.
    pub(crate) fn list(&mut self, place: Place) -> Scan {
        self.skip_newlines()?;
        let mut found = self.keyword();
        if self.ends_list(place, found) {
            return if matches!(place, Place::Compound | Place::Guard) {
                Err(self.unexpected("a command"))
            } else {
                Ok(())
            };
        }
        loop {
            let start = self.pos;
            let pending = self.pending.len();
            let item = self.and_or(found)?;
            let end = self.pos;
            self.skip_blanks();
            if matches!(place, Place::Top | Place::Guard) {
                self.note_item(place, item, Span::new(start, end), pending);
            }
            let separator = self.peek();
            match separator {
                b'\n' => {}
                b';' if matches!(self.second().0, b';' | b'&') => return Ok(()),
                b';' | b'&' => self.pos += 1,
                _ => return Ok(()),
            }
            if self.corrections.is_some() && !self.pending.is_empty() {
                if self.correct_after_heredoc(separator)? {
                    found = self.keyword();
                    continue;
                }
            } else {
                self.skip_newlines()?;
            }
            found = self.keyword();
            if self.ends_list(place, found) {
                return Ok(());
            }
        }
    }

    /// Whether no command can begin at the position.
    pub(crate) fn at_list_end(&self, place: Place) -> bool {
        self.ends_list(place, self.keyword())
    }

    /// The same, where the reserved word at the position is known.
    #[inline]
    fn ends_list(&self, place: Place, found: Found) -> bool {
        match self.peek() {
            0 | b')' => true,
            b'}' if place == Place::FunctionSubstitution => true,
            b';' => matches!(self.second().0, b';' | b'&'),
            _ => found.is_some_and(|(keyword, _)| keyword.ends_list()),
        }
    }

    /// Notes how an item stands in the file, if it is one command; what terminates it stands at the position.
    pub(super) fn note_item(&mut self, place: Place, item: Item, span: Span, pending: usize) {
        let level = match place {
            Place::Top => Level::Top,
            Place::Guard => Level::Guarded,
            _ => return,
        };
        let terminated = match self.peek() {
            0 | b'\n' => true,
            b';' => !matches!(self.second().0, b';' | b'&'),
            _ => false,
        };
        match item {
            Item::Simple if terminated => self.note_simple(level),
            Item::Function(index) if terminated => {
                let before = self.text.get(..span.start()).unwrap_or_default();
                let alone = pending == 0 && self.pending.is_empty() && !before.ends_with(b"\\\n");
                let separable = alone && at_line_start(self.text, span.start());
                let piece = if separable {
                    self.piece(span)
                } else {
                    Span::default()
                };
                if let Some(function) = self.records.functions.get_mut(index) {
                    function.level = level;
                    function.piece = piece;
                }
            }
            _ => {}
        }
        if level == Level::Top
            && let Some(guard) = self.guard.take()
        {
            if terminated && item == Item::If && guard.assigned {
                self.note_guard(&guard);
            } else {
                self.withdraw_guard(&guard);
            }
        }
    }

    /// A definition with its `;` and, if nothing else follows on the line, the newline.
    fn piece(&self, definition: Span) -> Span {
        let end = if self.peek() == b';' {
            self.pos + 1
        } else {
            definition.end()
        };
        let rest = self.text.get(end..).unwrap_or_default();
        let blanks = rest
            .iter()
            .take_while(|&&byte| byte == b' ' || byte == b'\t')
            .count();
        let end = match self.byte(end + blanks) {
            b'\n' => end + blanks + 1,
            0 => self.text.len(),
            _ => end,
        };
        Span::new(definition.start(), end)
    }

    /// Reads pipelines joined by `&&` and `||`; `found` is the reserved word at the position.
    pub(super) fn and_or(&mut self, found: Found) -> Scan<Item> {
        let mut item = self.pipeline(found)?;
        loop {
            let end = self.pos;
            if matches!(self.peek(), b';' | b'\n') {
                return Ok(item);
            }
            self.skip_blanks();
            let operator = self.peek();
            match self.second() {
                (second, offset) if matches!(operator, b'&' | b'|') && second == operator => {
                    self.pos = offset + 1
                }
                _ => {
                    self.pos = end;
                    return Ok(item);
                }
            }
            self.skip_newlines()?;
            self.pipeline(self.keyword())?;
            item = Item::Other;
        }
    }

    /// Reads commands joined by `|` and `|&`, with `!` and `time` before them.
    fn pipeline(&mut self, found: Found) -> Scan<Item> {
        let mut item = if let Some((Keyword::Bang | Keyword::Time, _)) = found {
            self.pipeline_prefix();
            if !matches!(self.peek(), 0 | b'\n' | b';' | b')') {
                self.command(self.keyword())?;
            }
            Item::Other
        } else {
            self.command(found)?
        };
        loop {
            let end = self.pos;
            if matches!(self.peek(), b';' | b'\n') {
                return Ok(item);
            }
            self.skip_blanks();
            match (self.peek(), self.second()) {
                (b'|', (b'|', _)) => {
                    self.pos = end;
                    return Ok(item);
                }
                (b'|', (b'&', offset)) => self.pos = offset + 1,
                (b'|', _) => self.pos += 1,
                _ => {
                    self.pos = end;
                    return Ok(item);
                }
            }
            self.skip_newlines()?;
            self.command(self.keyword())?;
            item = Item::Other;
        }
    }

    /// Moves over `!` and `time`.
    pub(crate) fn pipeline_prefix(&mut self) {
        loop {
            match self.keyword() {
                Some((Keyword::Bang, end)) => self.pos = end,
                Some((Keyword::Time, end)) => {
                    self.pos = end;
                    self.skip_blanks();
                    self.take_option(b"-p");
                    self.skip_blanks();
                    self.take_option(b"--");
                }
                _ => return,
            }
            self.skip_blanks();
        }
    }

    /// Moves over `option` if it stands at the position as a word.
    fn take_option(&mut self, option: &[u8]) {
        let end = self.pos + option.len();
        let next = self.byte(end);
        if self.rest().starts_with(option) && (next == 0 || chars::is(next, META)) {
            self.pos = end;
        }
    }
}
