//! Compound commands.

use super::Parser;
use super::tree::{Arm, ArmEnd, Command, CommandKind, Condition, List, Part};
use super::word::Context;
use crate::error::{Construct, Scan};
use crate::scanner::conditional::UNARY;
use crate::scanner::cursor::Keyword;
use crate::scanner::expansion::Group;
use crate::scanner::list::Place;
use crate::scanner::word::Mode;
use crate::span::Span;

impl Parser<'_> {
    /// Parses the compound command at the position, without redirections; `None` if none begins there.
    pub(super) fn compound(&mut self) -> Scan<Option<Command>> {
        let start = self.s.pos;
        if self.s.peek() == b'(' {
            let kind = self.parenthesis()?;
            return Ok(Some(self.finish(start, kind)));
        }
        let Some((keyword, end)) = self.s.keyword() else {
            return Ok(None);
        };
        let (construct, parse): (_, fn(&mut Self) -> Scan<CommandKind>) = match keyword {
            Keyword::OpenBrace => (Construct::BraceGroup, |p| p.group().map(CommandKind::Group)),
            Keyword::If => (Construct::If, Self::if_rest),
            Keyword::While => (Construct::While, |p| p.while_rest(false)),
            Keyword::Until => (Construct::Until, |p| p.while_rest(true)),
            Keyword::For => (Construct::For, Self::for_rest),
            Keyword::Select => (Construct::Select, |p| {
                p.s.for_words().map(|()| CommandKind::Select)
            }),
            Keyword::Case => (Construct::Case, Self::case_rest),
            Keyword::CondOpen => (Construct::Conditional, Self::conditional_rest),
            _ => return Ok(None),
        };
        self.s.pos = end;
        let kind = self.enter(construct, start, parse)?;
        Ok(Some(self.finish(start, kind)))
    }

    fn finish(&self, start: usize, kind: CommandKind) -> Command {
        Command {
            span: Span::new(start, self.s.pos),
            kind,
            redirections: Vec::new(),
        }
    }

    fn parenthesis(&mut self) -> Scan<CommandKind> {
        let start = self.s.pos;
        let (second, offset) = self.s.second();
        if second == b'(' && !self.s.not_arithmetic.contains(&start) {
            let mark = self.s.mark();
            self.s.pos = offset + 1;
            self.s.group(Group::ArithmeticCommand, start)?;
            if self.s.peek() == b')' {
                self.s.pos += 1;
                let end = self.s.pos;
                let inside = Span::new(offset + 1, end - 2);
                let expression = self.enter(Construct::ArithmeticCommand, start, |parser| {
                    parser.text(inside, Context::Double)
                })?;
                self.s.pos = end;
                return Ok(CommandKind::Arithmetic(expression));
            }
            self.s.not_arithmetic.insert(start);
            self.s.rewind(mark, start)?;
        }
        self.enter(Construct::Subshell, start, |parser| {
            parser.s.pos += 1;
            let list = parser.list(Place::Compound)?;
            parser.s.expect(b')', "`)`")?;
            Ok(CommandKind::Subshell(list))
        })
    }

    fn group(&mut self) -> Scan<List> {
        let list = self.list(Place::Compound)?;
        self.s.expect_keyword(Keyword::CloseBrace, "`}`")?;
        Ok(list)
    }

    fn if_rest(&mut self) -> Scan<CommandKind> {
        let mut branches = Vec::new();
        loop {
            let condition = self.list(Place::Compound)?;
            self.s.expect_keyword(Keyword::Then, "`then`")?;
            branches.push((condition, self.list(Place::Compound)?));
            if !self.s.take_keyword(Keyword::Elif) {
                break;
            }
        }
        let otherwise = if self.s.take_keyword(Keyword::Else) {
            Some(self.list(Place::Compound)?)
        } else {
            None
        };
        self.s.expect_keyword(Keyword::Fi, "`fi`")?;
        Ok(CommandKind::If {
            branches,
            otherwise,
        })
    }

    fn while_rest(&mut self, until: bool) -> Scan<CommandKind> {
        let condition = self.list(Place::Compound)?;
        let body = self.do_group()?;
        Ok(CommandKind::While {
            until,
            condition,
            body,
        })
    }

    fn do_group(&mut self) -> Scan<List> {
        self.s.expect_keyword(Keyword::Do, "`do`")?;
        let list = self.list(Place::Compound)?;
        self.s.expect_keyword(Keyword::Done, "`done`")?;
        Ok(list)
    }

    fn loop_body(&mut self) -> Scan<List> {
        if self.s.take_keyword(Keyword::OpenBrace) {
            self.group()
        } else {
            self.do_group()
        }
    }

    fn for_rest(&mut self) -> Scan<CommandKind> {
        self.s.skip_blanks();
        if self.s.peek() == b'(' {
            return self.arithmetic_for();
        }
        if self.s.at_word_end() {
            return Err(self.s.unexpected("a name"));
        }
        let name = self.s.word(Mode::Plain)?.span;
        let mut words = None;
        self.s.skip_blanks();
        if self.s.peek() == b';' {
            self.s.pos += 1;
            self.s.skip_newlines()?;
        } else {
            self.s.skip_newlines()?;
            if self.s.take_keyword(Keyword::In) {
                words = Some(self.words()?);
                match self.s.peek() {
                    b';' => self.s.pos += 1,
                    b'\n' => {}
                    _ => return Err(self.s.unexpected("`;` or a newline")),
                }
                self.s.skip_newlines()?;
            }
        }
        let body = self.loop_body()?;
        Ok(CommandKind::For { name, words, body })
    }

    fn arithmetic_for(&mut self) -> Scan<CommandKind> {
        let start = self.s.pos;
        let (second, offset) = self.s.second();
        if second != b'(' {
            return Err(self.s.unexpected("`((` or a name"));
        }
        self.s.pos = offset + 1;
        self.s.group(Group::ArithmeticCommand, start)?;
        self.s.expect(b')', "`))`")?;
        let end = self.s.pos;
        let mut expressions: [Vec<Part>; 3] = Default::default();
        let mut from = offset + 1;
        for (index, expression) in expressions.iter_mut().enumerate() {
            let to = self.delimiter(from, end - 2, b";")?.unwrap_or(end - 2);
            if (to == end - 2) != (index == 2) {
                self.s.pos = to;
                return Err(self.s.unexpected("three expressions"));
            }
            *expression = self.text(Span::new(from, to), Context::Double)?;
            from = to + 1;
        }
        self.s.pos = end;
        self.s.skip_blanks();
        if self.s.peek() == b';' {
            self.s.pos += 1;
        }
        self.s.skip_newlines()?;
        let body = self.loop_body()?;
        Ok(CommandKind::ArithmeticFor { expressions, body })
    }

    fn case_rest(&mut self) -> Scan<CommandKind> {
        self.s.skip_blanks();
        if self.s.at_word_end() {
            return Err(self.s.unexpected("a word"));
        }
        let subject = self.next_word(Mode::Plain)?;
        self.s.skip_newlines()?;
        self.s.expect_keyword(Keyword::In, "`in`")?;
        let mut arms = Vec::new();
        loop {
            self.s.skip_newlines()?;
            if self.s.take_keyword(Keyword::Esac) {
                return Ok(CommandKind::Case { subject, arms });
            }
            let patterns = self.case_patterns()?;
            let body = self.list(Place::Case)?;
            let mut end = ArmEnd::Break;
            let last = self.s.peek() != b';';
            if last {
                self.s.expect_keyword(Keyword::Esac, "`;;` or `esac`")?;
            } else {
                let (second, offset) = self.s.second();
                let third = self.s.after(offset + 1);
                self.s.pos = offset + 1;
                if second == b'&' {
                    end = ArmEnd::FallThrough;
                } else if self.s.byte(third) == b'&' {
                    end = ArmEnd::TestNext;
                    self.s.pos = third + 1;
                }
            }
            arms.push(Arm {
                patterns,
                body,
                end,
            });
            if last {
                return Ok(CommandKind::Case { subject, arms });
            }
        }
    }

    fn case_patterns(&mut self) -> Scan<Vec<super::tree::Word>> {
        if self.s.peek() == b'(' {
            self.s.pos += 1;
            self.s.skip_blanks();
        }
        let mut patterns = Vec::new();
        loop {
            if self.s.at_word_end() {
                return Err(self.s.unexpected("a pattern"));
            }
            patterns.push(self.next_word(Mode::Plain)?);
            self.s.skip_blanks();
            match self.s.peek() {
                b'|' => self.s.pos += 1,
                b')' => {
                    self.s.pos += 1;
                    return Ok(patterns);
                }
                _ => return Err(self.s.unexpected("`|` or `)`")),
            }
            self.s.skip_blanks();
        }
    }

    fn conditional_rest(&mut self) -> Scan<CommandKind> {
        let condition = self.disjunction()?;
        self.s.expect_keyword(Keyword::CondClose, "`]]`")?;
        Ok(CommandKind::Conditional(condition))
    }

    fn disjunction(&mut self) -> Scan<Condition> {
        let mut left = self.conjunction()?;
        while self.take_doubled(b'|') {
            left = Condition::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Scan<Condition> {
        let mut left = self.condition()?;
        while self.take_doubled(b'&') {
            left = Condition::And(Box::new(left), Box::new(self.condition()?));
        }
        Ok(left)
    }

    fn take_doubled(&mut self, operator: u8) -> bool {
        let (second, offset) = self.s.second();
        let found = self.s.peek() == operator && second == operator;
        if found {
            self.s.pos = offset + 1;
        }
        found
    }

    fn condition(&mut self) -> Scan<Condition> {
        self.s.skip_newlines()?;
        let mut negated = false;
        while let Some((Keyword::Bang, end)) = self.s.keyword() {
            negated = !negated;
            self.s.pos = end;
            self.s.skip_newlines()?;
        }
        let condition = self.plain_condition()?;
        self.s.skip_newlines()?;
        Ok(if negated {
            Condition::Not(Box::new(condition))
        } else {
            condition
        })
    }

    fn plain_condition(&mut self) -> Scan<Condition> {
        if self.s.peek() == b'(' {
            let start = self.s.pos;
            self.s.pos += 1;
            return self.enter(Construct::Conditional, start, |parser| {
                let condition = parser.disjunction()?;
                parser.s.expect(b')', "`)`")?;
                Ok(condition)
            });
        }
        self.s.condition_start(Mode::Plain)?;
        let left = self.next_word(Mode::Plain)?;
        self.s.skip_blanks();
        if let [b'-', letter] = left.span.of(self.s.text)
            && UNARY.contains(letter)
        {
            self.s.condition_start(Mode::Plain)?;
            return Ok(Condition::Unary(*letter, self.next_word(Mode::Plain)?));
        }
        match self.s.peek() {
            b')' | b'&' | b'|' => return Ok(Condition::Word(left)),
            _ if matches!(self.s.keyword(), Some((Keyword::CondClose, _))) => {
                return Ok(Condition::Word(left));
            }
            _ => {}
        }
        let start = self.s.pos;
        let mode = self.s.binary_operator()?;
        let operator = Span::new(start, self.s.pos);
        self.s.skip_blanks();
        self.s.condition_start(mode)?;
        let right = self.next_word(mode)?;
        Ok(Condition::Binary(operator, left, right))
    }

    fn next_word(&mut self, mode: Mode) -> Scan<super::tree::Word> {
        let span = self.s.word(mode)?.span;
        let context = if mode == Mode::Regex {
            Context::Regex
        } else {
            Context::Word
        };
        let word = self.word(span, context)?;
        self.s.pos = span.end();
        Ok(word)
    }
}
