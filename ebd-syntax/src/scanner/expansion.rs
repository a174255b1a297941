//! Quotes and expansions: what words can contain.

use super::Scanner;
use super::chars::{self, BRACE, BRACKET, DOUBLE, PAREN, QUOTE};
use super::list::Place;
use crate::error::{Construct, ErrorKind, Fail, Scan};
use crate::span::Span;

/// Constructs that end at the bracket that matches the one they began with; only quotes and expansions are special inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// `@( … )`
    Pattern,
    /// `( … )` in a regular expression.
    Regex,
    /// `(( … ))`
    ArithmeticCommand,
    /// `$(( … ))`
    ArithmeticExpansion,
    /// `$[ … ]`
    OldArithmetic,
    /// `[ … ]` of an assignment.
    Subscript,
    /// `${ … }`
    Parameter,
}

impl Group {
    fn construct(self) -> Construct {
        match self {
            Self::Pattern => Construct::PatternGroup,
            Self::Regex => Construct::RegexGroup,
            Self::ArithmeticCommand => Construct::ArithmeticCommand,
            Self::ArithmeticExpansion | Self::OldArithmetic => Construct::ArithmeticExpansion,
            Self::Subscript => Construct::Subscript,
            Self::Parameter => Construct::ParameterExpansion,
        }
    }

    /// The closing byte, how to name it in errors, and the classes of what is special inside.
    fn close(self) -> (u8, &'static str, u16) {
        match self {
            Self::Pattern | Self::Regex | Self::ArithmeticCommand | Self::ArithmeticExpansion => {
                (b')', "`)`", QUOTE | PAREN)
            }
            Self::OldArithmetic | Self::Subscript => (b']', "`]`", QUOTE | BRACKET),
            Self::Parameter => (b'}', "`}`", QUOTE | BRACE),
        }
    }

    fn has_process_substitution(self) -> bool {
        matches!(self, Self::Subscript | Self::Parameter)
    }
}

impl Scanner<'_> {
    /// Reads up to and including the bracket that closes a group whose opening bracket was read; `start` is where the construct began.
    ///
    /// Returns where a bracket first closed all but the group itself: of `((a))` the end of `(a)`.
    pub(crate) fn group(&mut self, group: Group, start: usize) -> Scan<Option<usize>> {
        self.enter(group.construct(), start, |scanner| {
            scanner.group_rest(group)
        })
    }

    fn group_rest(&mut self, group: Group) -> Scan<Option<usize>> {
        let (close, expected, stops) = group.close();
        let mut open = 1_usize;
        let mut first_inner = None;
        loop {
            match self.skip_until(stops) {
                0 => return Err(self.unterminated(expected)),
                b'\\' => self.pos += 2,
                b'\'' => self.single_quotes()?,
                b'"' => self.double_quotes(self.pos)?,
                b'`' => self.backquotes()?,
                b'$' => self.dollar(false)?,
                b'<' | b'>' => match self.second() {
                    (b'(', paren) if group.has_process_substitution() => {
                        self.substitution(Construct::ProcessSubstitution, self.pos, paren + 1)?;
                    }
                    (b'<' | b'>', next) => self.pos = next + 1,
                    _ => self.pos += 1,
                },
                byte if byte == close => {
                    self.pos += 1;
                    open -= 1;
                    match open {
                        0 => return Ok(first_inner),
                        1 => first_inner = first_inner.or(Some(self.pos)),
                        _ => {}
                    }
                }
                _ => {
                    self.pos += 1;
                    open += 1;
                }
            }
        }
    }

    pub(crate) fn single_quotes(&mut self) -> Scan {
        let start = self.pos;
        self.pos += 1;
        match memchr::memchr(b'\'', self.rest()) {
            Some(length) => {
                self.pos += length + 1;
                Ok(())
            }
            None => Err(self
                .unterminated("`'`")
                .within(Construct::SingleQuotes, start)),
        }
    }

    /// Reads `'…'` at `quote`, after a `$` at `start`.
    fn ansi_quotes(&mut self, start: usize, quote: usize) -> Scan {
        self.pos = quote + 1;
        loop {
            let Some(length) = memchr::memchr2(b'\'', b'\\', self.rest()) else {
                return Err(self
                    .unterminated("`'`")
                    .within(Construct::AnsiQuotes, start));
            };
            self.pos += length;
            if self.peek() == b'\'' {
                self.pos += 1;
                return Ok(());
            }
            self.pos += 2;
        }
    }

    /// Reads `"…"` at the position; `start` is before it for `$"…"`.
    pub(crate) fn double_quotes(&mut self, start: usize) -> Scan {
        self.enter(Construct::DoubleQuotes, start, |scanner| {
            scanner.pos += 1;
            loop {
                match scanner.skip_until(DOUBLE) {
                    b'"' => {
                        scanner.pos += 1;
                        return Ok(());
                    }
                    b'\\' => scanner.pos += 2,
                    b'`' => scanner.backquotes()?,
                    b'$' => scanner.dollar(true)?,
                    _ => return Err(scanner.unterminated("`\"`")),
                }
            }
        })
    }

    /// Reads what the `$` at the position begins; directly inside double quotes, quotes are not special to it.
    pub(crate) fn dollar(&mut self, quoted: bool) -> Scan {
        let start = self.pos;
        match self.second() {
            (b'{', open) => self.dollar_brace(start, open),
            (b'(', open) => self.dollar_parenthesis(start, open),
            (b'[', open) => {
                self.pos = open + 1;
                self.group(Group::OldArithmetic, start).map(drop)
            }
            (b'\'', quote) if !quoted => self.ansi_quotes(start, quote),
            (b'"', quote) if !quoted => {
                self.pos = quote;
                self.double_quotes(start)
            }
            (b'$', second) => {
                self.pos = second + 1;
                Ok(())
            }
            (_, next) => {
                self.pos = next;
                Ok(())
            }
        }
    }

    /// Reads `${…}`.
    fn dollar_brace(&mut self, start: usize, open: usize) -> Scan {
        let inside = self.after(open + 1);
        match self.byte(inside) {
            b'|' => self.function_substitution(start, inside + 1),
            b' ' | b'\t' | b'\n' => self.function_substitution(start, inside),
            _ => {
                self.pos = inside;
                // Most are nothing but a name.
                let rest = self.rest();
                let name = rest.iter().position(|&byte| !chars::is_name(byte));
                if let Some(length) = name
                    && rest.get(length) == Some(&b'}')
                {
                    self.pos += length + 1;
                    return Ok(());
                }
                self.group(Group::Parameter, start).map(drop)
            }
        }
    }

    /// Reads `$(…)`, which is arithmetic if it contains nothing but another pair of parentheses.
    fn dollar_parenthesis(&mut self, start: usize, open: usize) -> Scan {
        if self.byte(self.after(open + 1)) != b'(' || self.not_arithmetic.contains(&start) {
            return self.substitution(Construct::CommandSubstitution, start, open + 1);
        }
        let mark = self.mark();
        self.pos = open + 1;
        let inner = self.group(Group::ArithmeticExpansion, start)?;
        let end = self.pos;
        if inner == Some(end - 1) {
            return Ok(());
        }
        self.not_arithmetic.insert(start);
        self.rewind(mark, start)?;
        self.substitution(Construct::CommandSubstitution, start, open + 1)?;
        // bash counts parentheses to find the end before it looks for commands; if the two differ, who knows what is meant.
        if self.pos == end {
            Ok(())
        } else {
            Err(self
                .unexpected("the end of the substitution")
                .within(Construct::CommandSubstitution, start))
        }
    }

    /// Reads the commands of `$(…)`, `<(…)` or `>(…)` and the closing parenthesis.
    pub(crate) fn substitution(
        &mut self,
        construct: Construct,
        start: usize,
        inside: usize,
    ) -> Scan {
        self.isolated(construct, start, inside, |scanner| {
            scanner.substitutions += 1;
            let result = scanner
                .list(Place::Substitution)
                .and_then(|()| scanner.expect(b')', "`)`"));
            scanner.substitutions -= 1;
            result
        })
    }

    /// Reads the commands of `${ …; }` or `${| …; }` and the closing brace.
    fn function_substitution(&mut self, start: usize, inside: usize) -> Scan {
        self.isolated(Construct::FunctionSubstitution, start, inside, |scanner| {
            let substitutions = std::mem::take(&mut scanner.substitutions);
            let result = scanner
                .list(Place::FunctionSubstitution)
                .and_then(|()| scanner.expect(b'}', "`}`"));
            scanner.substitutions = substitutions;
            result
        })
    }

    /// Reads commands that stand in a word: here-documents around it do not begin at newlines inside of it, nor the other way round.
    fn isolated(
        &mut self,
        construct: Construct,
        start: usize,
        inside: usize,
        scan: impl FnOnce(&mut Self) -> Scan,
    ) -> Scan {
        self.enter(construct, start, |scanner| {
            let context = scanner.context;
            let pending = std::mem::take(&mut scanner.pending);
            scanner.context.substitution = true;
            scanner.pos = inside;
            let result = scan(scanner);
            scanner.context = context;
            let unread = std::mem::replace(&mut scanner.pending, pending);
            result?;
            if unread.is_empty() {
                Ok(())
            } else {
                Err(Fail::new(
                    ErrorKind::HeredocOutlivesSubstitution,
                    scanner.pos,
                ))
            }
        })
    }

    /// Reads `` `…` `` at the position.
    ///
    /// bash looks for the other backquote first and reads the commands when it runs them. They are scanned in place if the text between the
    /// quotes is what bash will read, which it is not if there are escapes; what is not scanned is noted as opaque.
    pub(crate) fn backquotes(&mut self) -> Scan {
        let start = self.pos;
        let inside = start + 1;
        let mut escapes = false;
        self.pos = inside;
        let end = loop {
            let Some(length) = memchr::memchr2(b'`', b'\\', self.rest()) else {
                return Err(self
                    .unterminated("a backquote")
                    .within(Construct::Backquotes, start));
            };
            self.pos += length;
            if self.peek() == b'`' {
                break self.pos;
            }
            escapes = true;
            self.pos += 2;
        };
        if !escapes {
            let mark = self.mark();
            match self.backquoted(start, inside, end) {
                Ok(()) => {
                    self.pos = end + 1;
                    return Ok(());
                }
                Err(fail) if matches!(fail.kind, ErrorKind::TooAmbiguous | ErrorKind::TooDeep) => {
                    return Err(fail);
                }
                Err(_) => {
                    self.pos = end;
                    self.rewind(mark, inside)?;
                }
            }
        }
        if self.recording {
            self.records.opaque.push(Span::new(inside, end));
        }
        self.pos = end + 1;
        Ok(())
    }

    /// Reads the commands between the backquotes at `start` and `end`.
    fn backquoted(&mut self, start: usize, inside: usize, end: usize) -> Scan {
        let text = self.text;
        let substitutions = std::mem::take(&mut self.substitutions);
        self.text = text.get(..end).unwrap_or_default();
        let result = self.isolated(Construct::Backquotes, start, inside, |scanner| {
            scanner.list(Place::Substitution)?;
            scanner.no_pending()?;
            if scanner.pos == end {
                Ok(())
            } else {
                Err(scanner.unexpected("a command"))
            }
        });
        self.text = text;
        self.substitutions = substitutions;
        result
    }
}
