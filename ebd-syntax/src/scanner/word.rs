//! Words: what stands between blanks and operators, with all quoting and expansions.

use super::Scanner;
use super::chars::{self, ASSIGN, META, PATTERN, QUOTE};
use super::expansion::Group;
use crate::error::{Construct, ErrorKind, Fail, Scan};
use crate::record::AssignmentRecord;
use crate::span::Span;

/// What is special in a word because of where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing.
    Plain,
    /// It may be an assignment: before the name of a command.
    Assignment,
    /// It may have an array as its value: after the name of a declaration command.
    Declaration,
    /// It may begin with a subscript: inside an array.
    Element,
    /// Extended patterns, whatever the options say: the right side of `==`.
    Pattern,
    /// A regular expression: the right side of `=~`.
    Regex,
}

/// A word that was read.
pub(crate) struct WordScan {
    pub(crate) span: Span,
    pub(crate) assignment: Option<AssignmentRecord>,
}

/// What stands before the `=` of a word, as far as it was read.
#[derive(Clone, Copy)]
enum Target {
    /// Perhaps a name.
    Name,
    /// A name with the subscript between these offsets.
    Element(Span),
    /// Nothing that can be assigned to, or there was a `=` already.
    Nothing,
}

impl Scanner<'_> {
    /// Reads the word at the position. It is empty when an operator stands there.
    pub(crate) fn word(&mut self, mode: Mode) -> Scan<WordScan> {
        self.read_word(mode)
    }

    /// The same with [`Mode::Plain`], of which most words are.
    pub(crate) fn plain_word(&mut self) -> Scan<Span> {
        Ok(self.read_word(Mode::Plain)?.span)
    }

    /// The same with [`Mode::Assignment`].
    pub(crate) fn first_word(&mut self) -> Scan<WordScan> {
        self.read_word(Mode::Assignment)
    }

    /// Inlined, so that what is special in some modes costs nothing in the others.
    #[inline(always)]
    fn read_word(&mut self, mode: Mode) -> Scan<WordScan> {
        let start = self.pos;
        let mut stops = META | QUOTE;
        if self.options.extglob || mode == Mode::Pattern {
            stops |= PATTERN;
        }
        if matches!(mode, Mode::Assignment | Mode::Declaration) {
            stops |= ASSIGN;
        }
        if mode == Mode::Element && self.peek() == b'[' {
            self.pos += 1;
            self.group(Group::Subscript, start)?;
        }
        let mut target = Target::Name;
        let mut assignment = None;
        loop {
            match self.skip_until(stops) {
                0 => break,
                b'\\' => self.pos = self.text.len().min(self.pos + 2),
                b'\'' => self.single_quotes()?,
                b'"' => self.double_quotes(self.pos)?,
                b'`' => self.backquotes()?,
                b'$' => self.dollar(false)?,
                b'(' if mode == Mode::Regex => {
                    self.pos += 1;
                    self.group(Group::Regex, self.pos - 1)?;
                }
                b'|' if mode == Mode::Regex => self.pos += 1,
                b'<' | b'>' => match self.second() {
                    (b'(', open) => {
                        self.substitution(Construct::ProcessSubstitution, self.pos, open + 1)?
                    }
                    _ => break,
                },
                b'?' | b'*' | b'+' | b'@' | b'!' => match self.second() {
                    (b'(', open) => {
                        let begin = self.pos;
                        self.pos = open + 1;
                        self.group(Group::Pattern, begin)?;
                    }
                    _ => self.pos += 1,
                },
                b'[' => {
                    let open = self.pos;
                    self.pos += 1;
                    if mode == Mode::Assignment && matches!(target, Target::Name) {
                        target = if self.names_variable(start, open)? {
                            self.group(Group::Subscript, open)?;
                            Target::Element(Span::new(open + 1, self.pos - 1))
                        } else {
                            Target::Nothing
                        };
                    }
                }
                b'=' => {
                    let equals = self.pos;
                    self.pos += 1;
                    if let Some(mut record) = self.assignment_at(start, equals, target)? {
                        if self.byte(self.after(self.pos)) == b'(' {
                            record.array = true;
                            self.array(start)?;
                        }
                        assignment = Some(record);
                    }
                    target = Target::Nothing;
                }
                _ => break,
            }
        }
        let span = Span::new(start, self.pos);
        if let Some(record) = &mut assignment {
            record.span = span;
            record.value = Span::new(record.value.start(), self.pos);
        }
        Ok(WordScan { span, assignment })
    }

    /// Whether the text from `start` to `end` is the name of a variable.
    fn names_variable(&self, start: usize, end: usize) -> Scan<bool> {
        let name = self.text.get(start..end).unwrap_or_default();
        if chars::is_identifier(name) {
            return Ok(true);
        }
        if memchr::memmem::find(name, b"\\\n").is_some()
            && name
                .iter()
                .all(|&byte| chars::is_name(byte) || byte == b'\\' || byte == b'\n')
        {
            return Err(Fail::new(ErrorKind::SplitName, start));
        }
        Ok(false)
    }

    /// The assignment whose `=` stands at `equals`, if what stands before it can be assigned to.
    fn assignment_at(
        &self,
        start: usize,
        equals: usize,
        target: Target,
    ) -> Scan<Option<AssignmentRecord>> {
        let append = equals > start && self.byte(equals - 1) == b'+';
        let target_end = if append { equals - 1 } else { equals };
        let (name_end, subscript) = match target {
            Target::Name => (target_end, None),
            Target::Element(span) if span.end() + 1 == target_end => (span.start() - 1, Some(span)),
            Target::Element(_) | Target::Nothing => return Ok(None),
        };
        if !self.names_variable(start, name_end)? {
            return Ok(None);
        }
        Ok(Some(AssignmentRecord {
            span: Span::default(),
            name: Span::new(start, name_end),
            subscript,
            append,
            array: false,
            value: Span::new(equals + 1, equals + 1),
        }))
    }

    /// Reads `( … )` after the `=` of an assignment that began at `start`.
    fn array(&mut self, start: usize) -> Scan {
        self.enter(Construct::Array, start, |scanner| {
            scanner.pos = scanner.after(scanner.pos) + 1;
            loop {
                scanner.skip_newlines()?;
                if scanner.peek() == b')' {
                    scanner.pos += 1;
                    return Ok(());
                }
                if scanner.at_word_end() {
                    return Err(scanner.unexpected("a word or `)`"));
                }
                scanner.word(Mode::Element)?;
            }
        })
    }
}
