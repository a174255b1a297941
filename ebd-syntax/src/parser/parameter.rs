//! What stands after `$`: parameters and `${…}`.

use super::Parser;
use super::tree::{Operation, Parameter, Part, Subject, Word};
use super::word::Context;
use crate::error::{Construct, ErrorKind, Fail, Scan};
use crate::scanner::expansion::Group;
use crate::span::Span;

impl Parser<'_> {
    /// Parses `$name`, `$1`, `$@` and their kin; `None` if the `$` at `start` is only a dollar.
    pub(super) fn simple_parameter(&mut self, start: usize) -> Scan<Option<Parameter>> {
        let inside = start + 1;
        let subject = if let Some(end) = self.name_end(inside) {
            if self.s.after(end) != end {
                return Err(Fail::new(ErrorKind::SplitName, start));
            }
            self.s.pos = end;
            Subject::Name(Span::new(inside, end))
        } else {
            let subject = match self.s.byte(inside) {
                digit @ b'0'..=b'9' => Subject::Positional(u32::from(digit - b'0')),
                special @ (b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => {
                    Subject::Special(special)
                }
                _ => return Ok(None),
            };
            self.s.pos = inside + 1;
            subject
        };
        Ok(Some(Parameter {
            span: Span::new(start, self.s.pos),
            subject,
            indirect: false,
            operation: Operation::Value,
        }))
    }

    /// Parses `${…}`.
    pub(super) fn braces(&mut self, start: usize, context: Context) -> Scan<Part> {
        self.s.dollar(context != Context::Word)?;
        let end = self.s.pos;
        let inside = start + 2;
        if matches!(
            self.s.byte(self.s.after(inside)),
            b' ' | b'\t' | b'\n' | b'|'
        ) {
            return Ok(Part::Opaque(Span::new(start, end)));
        }
        let parameter = self.enter(Construct::ParameterExpansion, start, |parser| {
            parser.parameter(start, inside, end - 1, context)
        })?;
        self.s.pos = end;
        Ok(Part::Parameter(Box::new(parameter)))
    }

    fn parameter(
        &mut self,
        start: usize,
        inside: usize,
        close: usize,
        context: Context,
    ) -> Scan<Parameter> {
        let bad = |subject| Parameter {
            span: Span::new(start, close + 1),
            subject,
            indirect: false,
            operation: Operation::Bad,
        };
        let raw = Span::new(inside, close).of(self.s.text);
        let mut at = inside;
        let mut length = false;
        let mut indirect = false;
        match raw {
            [b'#'] => {}
            [b'#', special, ..] if *special == b'#' || *special == b'-' || *special == b'?' => {
                length = raw.len() == 2;
            }
            [b'#', next, ..] => {
                length = next.is_ascii_alphanumeric() || b"_@*$!".contains(next);
            }
            [b'!', next, ..] => {
                indirect = next.is_ascii_alphanumeric() || b"_@*#?".contains(next);
            }
            _ => {}
        }
        if length || indirect {
            at += 1;
        }
        let Some(subject) = self.subject(&mut at, close)? else {
            return Ok(bad(Subject::Special(b'!')));
        };
        let operation = if length {
            if at == close {
                Operation::Length
            } else {
                Operation::Bad
            }
        } else {
            self.operation(at, close, context, indirect, &subject)?
        };
        let indirect = indirect && !matches!(operation, Operation::Names(_) | Operation::Keys(_));
        Ok(Parameter {
            span: Span::new(start, close + 1),
            subject,
            indirect,
            operation,
        })
    }

    fn subject(&mut self, at: &mut usize, close: usize) -> Scan<Option<Subject>> {
        let start = *at;
        if let Some(end) = self.name_end(start) {
            let name = Span::new(start, end);
            *at = end;
            if self.s.byte(end) != b'[' || end >= close {
                return Ok(Some(Subject::Name(name)));
            }
            self.s.pos = end + 1;
            self.s.group(Group::Subscript, end)?;
            let subscript = Span::new(end + 1, self.s.pos - 1);
            if self.s.pos > close {
                return Ok(None);
            }
            *at = self.s.pos;
            return Ok(Some(match subscript.of(self.s.text) {
                b"@" => Subject::All(name),
                b"*" => Subject::Joined(name),
                _ => Subject::Element(name, self.word(subscript, Context::Word)?),
            }));
        }
        let raw = Span::new(start, close).of(self.s.text);
        let digits = raw.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            *at = start + digits;
            let number = std::str::from_utf8(raw.get(..digits).unwrap_or_default())
                .ok()
                .and_then(|digits| digits.parse().ok());
            return Ok(number.map(Subject::Positional));
        }
        match raw.first() {
            Some(special @ (b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')) => {
                *at = start + 1;
                Ok(Some(Subject::Special(*special)))
            }
            _ => Ok(None),
        }
    }

    fn operation(
        &mut self,
        at: usize,
        close: usize,
        context: Context,
        indirect: bool,
        subject: &Subject,
    ) -> Scan<Operation> {
        let raw = Span::new(at, close).of(self.s.text);
        let rest = |length: usize| Span::new(at + length, close);
        Ok(match raw {
            [] if indirect && matches!(subject, Subject::All(_)) => Operation::Keys(true),
            [] if indirect && matches!(subject, Subject::Joined(_)) => Operation::Keys(false),
            [] => Operation::Value,
            [b'*'] if indirect && matches!(subject, Subject::Name(_)) => Operation::Names(false),
            [b'@'] if indirect && matches!(subject, Subject::Name(_)) => Operation::Names(true),
            [b':', operator @ (b'-' | b'=' | b'?' | b'+'), ..] => Operation::Default {
                operator: *operator,
                colon: true,
                word: self.operand(rest(2), context)?,
            },
            [operator @ (b'-' | b'=' | b'?' | b'+'), ..] => Operation::Default {
                operator: *operator,
                colon: false,
                word: self.operand(rest(1), context)?,
            },
            [b':', ..] => {
                let from = at + 1;
                let colon = self.delimiter(from, close, b":")?;
                let offset = self.text(Span::new(from, colon.unwrap_or(close)), Context::Double)?;
                let length = match colon {
                    Some(colon) => Some(self.text(Span::new(colon + 1, close), Context::Double)?),
                    None => None,
                };
                Operation::Substring { offset, length }
            }
            [side @ (b'#' | b'%'), second, ..] if side == second => Operation::Trim {
                side: *side,
                longest: true,
                pattern: self.word(rest(2), Context::Word)?,
            },
            [side @ (b'#' | b'%'), ..] => Operation::Trim {
                side: *side,
                longest: false,
                pattern: self.word(rest(1), Context::Word)?,
            },
            [b'/', first, ..] => {
                let from = at + 1;
                let skip = usize::from(*first == b'/');
                let slash = self.delimiter(from + skip, close, b"/")?;
                let pattern = Span::new(from, slash.unwrap_or(close));
                let replacement = match slash {
                    Some(slash) => Some(self.word(Span::new(slash + 1, close), Context::Word)?),
                    None => None,
                };
                Operation::Replace {
                    pattern: self.word(pattern, Context::Word)?,
                    replacement,
                }
            }
            [operator @ (b'^' | b',' | b'~'), second, ..] if operator == second => {
                Operation::Case {
                    operator: *operator,
                    all: true,
                    pattern: self.word(rest(2), Context::Word)?,
                }
            }
            [operator @ (b'^' | b',' | b'~'), ..] => Operation::Case {
                operator: *operator,
                all: false,
                pattern: self.word(rest(1), Context::Word)?,
            },
            [b'@', letter] => Operation::Transform(*letter),
            _ => Operation::Bad,
        })
    }

    /// Parses the word after `-`, `=`, `?` and `+`, where single quotes are not special inside double ones.
    fn operand(&mut self, span: Span, context: Context) -> Scan<Word> {
        let context = match context {
            Context::Word | Context::Regex => Context::Word,
            Context::Double | Context::DoubleOperand | Context::Heredoc => Context::DoubleOperand,
        };
        self.word(span, context)
    }
}
