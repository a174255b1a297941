//! Lists, pipelines, simple commands, redirections, function definitions.

use super::Parser;
use super::tree::{
    Argument, Assignment, Command, CommandKind, Connector, Element, FunctionBody, Item, List, Part,
    Pipeline, Redirection, Simple, Target, Value, Word,
};
use super::word::Context;
use crate::error::{Construct, ErrorKind, Fail, Scan};
use crate::record::AssignmentRecord;
use crate::scanner::chars;
use crate::scanner::command::is_declaration;
use crate::scanner::cursor::Keyword;
use crate::scanner::list::Place;
use crate::scanner::word::Mode;
use crate::span::Span;

impl Parser<'_> {
    /// Parses commands up to something that can not begin one.
    pub(super) fn list(&mut self, place: Place) -> Scan<List> {
        let mut list = List::default();
        self.s.skip_newlines()?;
        if self.s.at_list_end(place) {
            return if place == Place::Compound {
                Err(self.s.unexpected("a command"))
            } else {
                Ok(list)
            };
        }
        loop {
            let mut item = self.item()?;
            self.s.skip_blanks();
            let mut more = true;
            match self.s.peek() {
                b'\n' => {}
                b';' if matches!(self.s.second().0, b';' | b'&') => more = false,
                b';' => self.s.pos += 1,
                b'&' => {
                    item.background = true;
                    self.s.pos += 1;
                }
                _ => more = false,
            }
            list.items.push(item);
            if !more {
                return Ok(list);
            }
            self.s.skip_newlines()?;
            if self.s.at_list_end(place) {
                return Ok(list);
            }
        }
    }

    fn item(&mut self) -> Scan<Item> {
        let mut item = Item {
            first: self.pipeline()?,
            rest: Vec::new(),
            background: false,
        };
        loop {
            let end = self.s.pos;
            self.s.skip_blanks();
            let operator = self.s.peek();
            match self.s.second() {
                (second, offset) if matches!(operator, b'&' | b'|') && second == operator => {
                    self.s.pos = offset + 1;
                }
                _ => {
                    self.s.pos = end;
                    return Ok(item);
                }
            }
            self.s.skip_newlines()?;
            let connector = if operator == b'&' {
                Connector::And
            } else {
                Connector::Or
            };
            item.rest.push((connector, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Scan<Pipeline> {
        let mut pipeline = Pipeline {
            negated: false,
            timed: false,
            commands: Vec::new(),
            with_stderr: false,
        };
        let start = self.s.pos;
        loop {
            match self.s.keyword() {
                Some((Keyword::Bang, end)) => {
                    pipeline.negated = !pipeline.negated;
                    self.s.pos = end;
                }
                Some((Keyword::Time, _)) => {
                    pipeline.timed = true;
                    self.s.pipeline_prefix();
                }
                _ => break,
            }
            self.s.skip_blanks();
        }
        if self.s.pos != start && matches!(self.s.peek(), 0 | b'\n' | b';' | b')') {
            return Ok(pipeline);
        }
        loop {
            pipeline.commands.push(self.command()?);
            let end = self.s.pos;
            self.s.skip_blanks();
            match (self.s.peek(), self.s.second()) {
                (b'|', (b'|', _)) => {
                    self.s.pos = end;
                    return Ok(pipeline);
                }
                (b'|', (b'&', offset)) => {
                    pipeline.with_stderr = true;
                    self.s.pos = offset + 1;
                }
                (b'|', _) => self.s.pos += 1,
                _ => {
                    self.s.pos = end;
                    return Ok(pipeline);
                }
            }
            self.s.skip_newlines()?;
        }
    }

    fn command(&mut self) -> Scan<Command> {
        let start = self.s.pos;
        match self.s.keyword() {
            Some((Keyword::Function, end)) => {
                self.s.pos = end;
                self.function_keyword(start)
            }
            Some((Keyword::Coproc, _)) => {
                self.s.command(self.s.keyword())?;
                Ok(Command {
                    span: Span::new(start, self.s.pos),
                    kind: CommandKind::Coproc,
                    redirections: Vec::new(),
                })
            }
            Some((Keyword::Time, _)) => self.simple_command(),
            Some((keyword, _)) if !keyword.begins_compound() => Err(self.s.unexpected("a command")),
            _ => match self.compound()? {
                Some(mut command) => {
                    self.redirections(&mut command.redirections)?;
                    Ok(command)
                }
                None => self.simple_command(),
            },
        }
    }

    fn simple_command(&mut self) -> Scan<Command> {
        let start = self.s.pos;
        let mut simple = Simple::default();
        let mut redirections = Vec::new();
        let mut declaration = false;
        let mut takes_assignments = false;
        let mut end = start;
        loop {
            self.s.skip_blanks();
            if let Some(redirection) = self.redirection(None)? {
                redirections.push(redirection);
                declaration = false;
                end = self.s.pos;
                continue;
            }
            if self.s.at_word_end() {
                break;
            }
            let before_name = simple.words.is_empty();
            let mode = match (before_name, declaration) {
                (true, _) => Mode::Assignment,
                (false, true) => Mode::Declaration,
                (false, false) => Mode::Plain,
            };
            let word = self.s.word(mode)?;
            end = self.s.pos;
            if matches!(self.s.peek(), b'<' | b'>')
                && self.s.is_descriptor(word.span)
                && let Some(redirection) = self.redirection(Some(word.span))?
            {
                redirections.push(redirection);
                declaration = false;
                end = self.s.pos;
                continue;
            }
            if let Some(record) = word.assignment
                && (before_name || record.array || takes_assignments)
            {
                let assignment = self.assignment(&record)?;
                if before_name {
                    simple.assignments.push(assignment);
                } else {
                    simple.words.push(Argument::Assignment(assignment));
                }
                self.s.pos = end;
                continue;
            }
            simple
                .words
                .push(Argument::Word(self.word(word.span, Context::Word)?));
            self.s.pos = end;
            if !before_name {
                continue;
            }
            declaration = is_declaration(word.span.of(self.s.text));
            // These can have arrays as arguments, but are no declarations.
            takes_assignments =
                declaration && !matches!(word.span.of(self.s.text), b"alias" | b"eval" | b"let");
            if !redirections.is_empty() || !simple.assignments.is_empty() {
                continue;
            }
            self.s.skip_blanks();
            if self.s.peek() == b'(' {
                return self.function_parentheses(start, word.span);
            }
        }
        if end == start {
            return Err(self.s.unexpected("a command"));
        }
        self.s.pos = end;
        Ok(Command {
            span: Span::new(start, end),
            kind: CommandKind::Simple(simple),
            redirections,
        })
    }

    fn assignment(&mut self, record: &AssignmentRecord) -> Scan<Assignment> {
        let subscript = match record.subscript {
            Some(span) => Some(self.word(span, Context::Word)?),
            None => None,
        };
        let value = if record.array {
            match self.array(record.value)? {
                Some(elements) => Value::Array(elements),
                // bash takes `a=(b)c` for a string that it makes of what it has read.
                None => Value::Scalar(Word {
                    span: record.value,
                    parts: vec![Part::Opaque(record.value)],
                }),
            }
        } else {
            Value::Scalar(self.word(record.value, Context::Word)?)
        };
        Ok(Assignment {
            span: record.span,
            name: record.name,
            subscript,
            append: record.append,
            value,
        })
    }

    /// Parses `(…)` at the beginning of the span; `None` if it does not end it.
    fn array(&mut self, span: Span) -> Scan<Option<Vec<Element>>> {
        self.enter(Construct::Array, span.start(), |parser| {
            parser.s.pos = parser.s.after(span.start()) + 1;
            let mut elements = Vec::new();
            loop {
                parser.s.skip_newlines()?;
                if parser.s.peek() == b')' {
                    parser.s.pos += 1;
                    return Ok((parser.s.pos == span.end()).then_some(elements));
                }
                let start = parser.s.pos;
                if parser.s.at_word_end() {
                    return Err(parser.s.unexpected("a word or `)`"));
                }
                let whole = parser.s.word(Mode::Element)?.span;
                let element = parser.element(whole, start)?;
                parser.s.pos = whole.end();
                elements.push(element);
            }
        })
    }

    fn element(&mut self, whole: Span, start: usize) -> Scan<Element> {
        if self.s.byte(start) == b'[' {
            self.s.pos = start + 1;
            self.s
                .group(crate::scanner::expansion::Group::Subscript, start)?;
            let close = self.s.pos - 1;
            let append = self.s.byte(close + 1) == b'+';
            let equals = close + 1 + usize::from(append);
            if self.s.byte(equals) == b'=' && equals < whole.end() {
                return Ok(Element {
                    subscript: Some(self.word(Span::new(start + 1, close), Context::Word)?),
                    append,
                    value: self.word(Span::new(equals + 1, whole.end()), Context::Word)?,
                });
            }
        }
        Ok(Element {
            subscript: None,
            append: false,
            value: self.word(whole, Context::Word)?,
        })
    }

    fn redirections(&mut self, redirections: &mut Vec<Redirection>) -> Scan {
        loop {
            let end = self.s.pos;
            self.s.skip_blanks();
            let before = self.s.pos;
            self.s.descriptor();
            let descriptor = (self.s.pos > before).then(|| Span::new(before, self.s.pos));
            match self.redirection(descriptor)? {
                Some(redirection) => redirections.push(redirection),
                None => {
                    self.s.pos = end;
                    return Ok(());
                }
            }
        }
    }

    /// Parses the redirection whose operator stands at the position.
    fn redirection(&mut self, descriptor: Option<Span>) -> Scan<Option<Redirection>> {
        let start = self.s.pos;
        let heredocs = self.s.records.heredocs.len();
        let Some((operator, word)) = self.s.redirection_parts()? else {
            return Ok(None);
        };
        let end = self.s.pos;
        let target = match word {
            None => Target::Close,
            Some(_)
                if self.s.records.heredocs.len() > heredocs
                    && is_heredoc(operator.of(self.s.text)) =>
            {
                Target::Heredoc(self.s.records.heredocs.len() - 1)
            }
            Some(word) => Target::Word(self.word(word, Context::Word)?),
        };
        self.s.pos = end;
        debug_assert!(operator.start() == start);
        Ok(Some(Redirection {
            operator,
            descriptor,
            target,
        }))
    }

    fn function_keyword(&mut self, start: usize) -> Scan<Command> {
        self.s.skip_blanks();
        if self.s.at_word_end() {
            return Err(self
                .s
                .unexpected("the name of a function")
                .within(Construct::Function, start));
        }
        let name = self.s.word(Mode::Plain)?.span;
        self.s.skip_blanks();
        if self.s.peek() == b'('
            && let Some(close) = self.s.closing_parenthesis()
        {
            self.s.pos = close + 1;
        }
        self.function_body(start, name)
    }

    fn function_parentheses(&mut self, start: usize, name: Span) -> Scan<Command> {
        match self.s.closing_parenthesis() {
            Some(close) => self.s.pos = close + 1,
            None => {
                self.s.pos += 1;
                return Err(self.s.unexpected("`)`").within(Construct::Function, start));
            }
        }
        self.function_body(start, name)
    }

    fn function_body(&mut self, start: usize, name: Span) -> Scan<Command> {
        if memchr::memmem::find(name.of(self.s.text), b"\\\n").is_some() {
            return Err(Fail::new(ErrorKind::SplitName, name.start()));
        }
        self.enter(Construct::Function, start, |parser| {
            parser.s.skip_newlines()?;
            let begin = parser.s.pos;
            let mut redirections = Vec::new();
            let body = parser.lazy_body(begin)?;
            parser.redirections(&mut redirections)?;
            Ok(Command {
                span: Span::new(start, parser.s.pos),
                kind: CommandKind::Function {
                    name,
                    body: Box::new(body),
                },
                redirections,
            })
        })
    }

    /// Scans a body if that is wanted and it can be parsed alone later, else parses it.
    fn lazy_body(&mut self, begin: usize) -> Scan<FunctionBody> {
        if self.lazy && self.s.pending.is_empty() {
            let mark = self.s.mark();
            let found = self.s.compound()?;
            if found && self.s.pending.is_empty() {
                return Ok(FunctionBody::Span(Span::new(begin, self.s.pos)));
            }
            self.s.pending.clear();
            self.s.rewind(mark, begin)?;
        }
        match self.compound()? {
            Some(command) => Ok(FunctionBody::Parsed(command)),
            None => Err(self.s.unexpected("a compound command")),
        }
    }

    /// Parses the words from the position to the end of a command.
    pub(super) fn words(&mut self) -> Scan<Vec<Word>> {
        let mut words = Vec::new();
        self.s.skip_blanks();
        while !self.s.at_word_end() {
            let span = self.s.word(Mode::Plain)?.span;
            words.push(self.word(span, Context::Word)?);
            self.s.pos = span.end();
            self.s.skip_blanks();
        }
        Ok(words)
    }
}

fn is_heredoc(operator: &[u8]) -> bool {
    operator.iter().filter(|&&byte| byte == b'<').count() == 2
        && !operator.iter().any(|&byte| chars::is_name(byte))
}
