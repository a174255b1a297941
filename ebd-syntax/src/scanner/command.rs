//! Commands: simple ones, function definitions, coprocesses; which compound one begins here.

use super::Scanner;
use super::chars::{self, META, OPERATOR, PATTERN, QUOTE};
use super::cursor::{Found, Keyword};
use super::expansion::Group;
use super::list::Item;
use super::word::{Mode, WordScan};
use crate::error::{Construct, ErrorKind, Fail, Scan};
use crate::record::{CommandRecord, FunctionRecord, Level};
use crate::script::FunctionId;
use crate::span::Span;

impl Scanner<'_> {
    /// Reads one command with its redirections; `found` is the reserved word at the position.
    pub(crate) fn command(&mut self, found: Found) -> Scan<Item> {
        let start = self.pos;
        let keyword = found.map(|(keyword, _)| keyword);
        match found {
            Some((Keyword::Function, end)) => {
                self.pos = end;
                return self.function_keyword(start);
            }
            Some((Keyword::Coproc, end)) => {
                self.pos = end;
                self.skip_blanks();
                if !self.compound()? {
                    self.simple_command(true)?;
                    return Ok(Item::Other);
                }
            }
            Some((Keyword::Time, _)) => return self.simple_command(false),
            Some((keyword, _)) if !keyword.begins_compound() => {
                return Err(self.unexpected("a command"));
            }
            _ => {
                if !self.compound_at(found)? {
                    return self.simple_command(false);
                }
            }
        }
        let end = self.pos;
        self.redirections()?;
        let bare_if = keyword == Some(Keyword::If) && self.pos == end;
        Ok(if bare_if { Item::If } else { Item::Other })
    }

    /// Reads a simple command, or the function definition it turns out to be; after `coproc` also a name and a compound command.
    fn simple_command(&mut self, mut coproc: bool) -> Scan<Item> {
        let start = self.pos;
        let first_word = self.words.len();
        let first_assignment = self.assignments.len();
        let mut end = start;
        // Whether a redirection or an assignment stands before the name.
        let mut preceded = false;
        loop {
            self.skip_blanks();
            if self.redirection()? {
                preceded = true;
                end = self.pos;
                continue;
            }
            if self.at_word_end() {
                break;
            }
            let WordScan { span, assignment } = self.first_word()?;
            end = self.pos;
            if matches!(self.peek(), b'<' | b'>') && self.is_descriptor(span) {
                continue;
            }
            if let Some(assignment) = assignment {
                preceded = true;
                if self.recording {
                    self.assignments.push(assignment);
                }
                continue;
            }
            let declaration = is_declaration(span.of(self.text));
            if !preceded {
                self.skip_blanks();
                if coproc && self.correct_coproc(span) {
                    coproc = false;
                    continue;
                }
                if coproc && self.begins_compound() {
                    self.compound()?;
                    self.redirections()?;
                    return Ok(Item::Other);
                }
                if self.peek() == b'(' {
                    return self.function_parentheses(start, span);
                }
            }
            if self.recording {
                self.words.push(span);
            }
            if self.recording || declaration {
                end = self.arguments(declaration, end)?;
            } else {
                self.skip_arguments()?;
                end = self.pos;
            }
            break;
        }
        if end == start {
            return Err(self.unexpected("a command"));
        }
        self.pos = end;
        if self.recording {
            self.note_command(Span::new(start, end), first_word, first_assignment);
        }
        Ok(Item::Simple)
    }

    /// Reads the words and redirections after the name of a command, which ends at `end`; returns where the last of them ends.
    fn arguments(&mut self, mut declaration: bool, mut end: usize) -> Scan<usize> {
        loop {
            self.skip_blanks();
            if chars::is(self.peek(), META) {
                if self.redirection()? {
                    declaration = false;
                    end = self.pos;
                    continue;
                }
                if self.at_word_end() {
                    return Ok(end);
                }
            } else if self.peek() == 0 {
                return Ok(end);
            }
            let span = if declaration {
                self.word(Mode::Declaration)?.span
            } else {
                self.plain_word()?
            };
            end = self.pos;
            if self.recording && !(matches!(self.peek(), b'<' | b'>') && self.is_descriptor(span)) {
                self.words.push(span);
            }
        }
    }

    /// Moves over the words and redirections after the name of a command, where nobody asks for them: where one word ends and the next
    /// begins matters only for comments.
    fn skip_arguments(&mut self) -> Scan {
        // The byte before the position, unless it is quoted or belongs to an expansion.
        let mut last = 0;
        loop {
            let start = self.pos;
            let stop = self.skip_until(OPERATOR | QUOTE);
            if self.pos > start {
                last = self.byte(self.pos - 1);
            }
            match stop {
                b'\\' if self.byte(self.pos + 1) == b'\n' => {
                    self.pos += 2;
                    continue;
                }
                b'\\' => self.pos = self.text.len().min(self.pos + 2),
                b'\'' => self.single_quotes()?,
                b'"' => self.double_quotes(self.pos)?,
                b'`' => self.backquotes()?,
                b'$' => self.dollar(false)?,
                b'#' if matches!(last, b' ' | b'\t') => {
                    self.skip_blanks();
                    continue;
                }
                b'#' => self.pos += 1,
                b'<' | b'>' => match self.second() {
                    (b'(', open) => {
                        self.substitution(Construct::ProcessSubstitution, self.pos, open + 1)?;
                    }
                    _ => _ = self.redirection()?,
                },
                b'&' if self.redirection()? => {}
                b'(' if self.options.extglob && chars::is(last, PATTERN) => {
                    let begin = self.pos - 1;
                    self.pos += 1;
                    self.group(Group::Pattern, begin)?;
                }
                _ => return Ok(()),
            }
            last = 0;
        }
    }

    /// Whether a compound command begins at the position.
    pub(super) fn begins_compound(&self) -> bool {
        let reserved = self.keyword();
        self.peek() == b'(' || reserved.is_some_and(|(keyword, _)| keyword.begins_compound())
    }

    /// Moves the words and assignments from `first_word` and `first_assignment` on into the tables.
    fn note_command(&mut self, span: Span, first_word: usize, first_assignment: usize) {
        let index = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let words = index(self.records.words.len());
        let assignments = index(self.records.assignments.len());
        self.records.words.extend(self.words.drain(first_word..));
        self.records
            .assignments
            .extend(self.assignments.drain(first_assignment..));
        self.records.commands.push(CommandRecord {
            span,
            words: (words, index(self.records.words.len())),
            assignments: (assignments, index(self.records.assignments.len())),
            context: self.context,
            level: Level::default(),
        });
    }

    /// Whether a word in front of `<` or `>` is the descriptor to redirect: digits, or a variable in braces.
    pub(crate) fn is_descriptor(&self, word: Span) -> bool {
        match word.of(self.text) {
            [b'{', name @ .., b'}'] => {
                let base = name.split(|&byte| byte == b'[').next().unwrap_or_default();
                chars::is_identifier(base) && (base.len() == name.len() || name.ends_with(b"]"))
            }
            digits => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        }
    }

    /// Reads `name [()] body` after `function`.
    fn function_keyword(&mut self, start: usize) -> Scan<Item> {
        self.skip_blanks();
        if self.at_word_end() {
            return Err(self
                .unexpected("the name of a function")
                .within(Construct::Function, start));
        }
        let name = self.plain_word()?;
        self.skip_blanks();
        // With something between the parentheses they are the body, a subshell.
        if self.peek() == b'('
            && let Some(close) = self.closing_parenthesis()
        {
            self.pos = close + 1;
        }
        self.function_body(start, name)
    }

    /// Reads `() body` after the name of a function.
    fn function_parentheses(&mut self, start: usize, name: Span) -> Scan<Item> {
        match self.closing_parenthesis() {
            Some(close) => self.pos = close + 1,
            None => {
                self.pos += 1;
                return Err(self.unexpected("`)`").within(Construct::Function, start));
            }
        }
        self.function_body(start, name)
    }

    /// Where the parenthesis at the position closes, if only blanks stand between.
    pub(crate) fn closing_parenthesis(&self) -> Option<usize> {
        let mut offset = self.after(self.pos + 1);
        while matches!(self.byte(offset), b' ' | b'\t') {
            offset = self.after(offset + 1);
        }
        (self.byte(offset) == b')').then_some(offset)
    }

    fn function_body(&mut self, start: usize, name: Span) -> Scan<Item> {
        if memchr::memmem::find(name.of(self.text), b"\\\n").is_some() {
            return Err(Fail::new(ErrorKind::SplitName, name.start()));
        }
        let index = self.records.functions.len();
        let context = self.context;
        self.records.functions.push(FunctionRecord {
            name,
            span: Span::default(),
            body: Span::default(),
            context,
            level: Level::default(),
            piece: Span::default(),
        });
        self.context.function = u32::try_from(index).ok().map(FunctionId);
        let body = self.enter(Construct::Function, start, |scanner| {
            scanner.skip_newlines()?;
            let begin = scanner.pos;
            if !scanner.compound()? {
                return Err(scanner.unexpected("a compound command"));
            }
            let body = Span::new(begin, scanner.pos);
            scanner.redirections()?;
            Ok(body)
        });
        self.context = context;
        let body = body?;
        if let Some(function) = self.records.functions.get_mut(index) {
            function.span = Span::new(start, self.pos);
            function.body = body;
        }
        Ok(Item::Function(index))
    }
}

/// Whether words after this command may have arrays as values, as bash decides it: by the text of the word.
pub(crate) fn is_declaration(name: &[u8]) -> bool {
    matches!(
        name,
        b"alias" | b"declare" | b"eval" | b"export" | b"let" | b"local" | b"readonly" | b"typeset"
    )
}
