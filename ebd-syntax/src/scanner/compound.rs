//! Compound commands.

use super::Scanner;
use super::cursor::{Found, Keyword};
use super::expansion::Group;
use super::list::Place;
use crate::error::{Construct, Scan};
use crate::span::Span;

impl Scanner<'_> {
    /// Reads the compound command at the position, without redirections; `false` if none begins there.
    pub(crate) fn compound(&mut self) -> Scan<bool> {
        self.compound_at(self.keyword())
    }

    /// The same, where the reserved word at the position is known.
    #[inline]
    pub(super) fn compound_at(&mut self, found: Found) -> Scan<bool> {
        match found {
            Some((keyword, end)) if keyword.begins_compound() => self.reserved(keyword, end),
            None if self.peek() == b'(' => self.parenthesis().map(|()| true),
            _ => Ok(false),
        }
    }

    /// Reads the compound command that begins with the reserved word at the position, which ends at `end`.
    fn reserved(&mut self, keyword: Keyword, end: usize) -> Scan<bool> {
        let start = self.pos;
        let (construct, scan): (_, fn(&mut Self) -> Scan) = match keyword {
            Keyword::OpenBrace => (Construct::BraceGroup, Self::brace_group_rest),
            Keyword::If => (Construct::If, Self::if_rest),
            Keyword::While => (Construct::While, Self::while_rest),
            Keyword::Until => (Construct::Until, Self::while_rest),
            Keyword::For => (Construct::For, Self::for_rest),
            Keyword::Select => (Construct::Select, Self::for_words),
            Keyword::Case => (Construct::Case, Self::case_rest),
            Keyword::CondOpen => (Construct::Conditional, Self::conditional_rest),
            _ => return Ok(false),
        };
        self.pos = end;
        self.enter(construct, start, scan)?;
        Ok(true)
    }

    /// Reads `((…))` or `(…)`.
    fn parenthesis(&mut self) -> Scan {
        let start = self.pos;
        let (second, offset) = self.second();
        if second == b'(' && !self.not_arithmetic.contains(&start) {
            let mark = self.mark();
            self.pos = offset + 1;
            self.group(Group::ArithmeticCommand, start)?;
            // bash takes it for arithmetic if the two closing parentheses stand next to each other.
            if self.peek() == b')' {
                self.pos += 1;
                return Ok(());
            }
            self.not_arithmetic.insert(start);
            self.rewind(mark, start)?;
        }
        self.enter(Construct::Subshell, start, |scanner| {
            let context = scanner.context;
            scanner.context.subshell = true;
            scanner.pos += 1;
            let result = scanner.list(Place::Compound);
            scanner.context = context;
            result?;
            scanner.expect(b')', "`)`")
        })
    }

    fn brace_group_rest(&mut self) -> Scan {
        self.list(Place::Compound)?;
        self.expect_keyword(Keyword::CloseBrace, "`}`")
    }

    fn if_rest(&mut self) -> Scan {
        let condition = self.pos;
        self.list(Place::Compound)?;
        let guard = self.begin_guard(Span::new(condition, self.pos));
        self.expect_keyword(Keyword::Then, "`then`")?;
        let body = self.pos;
        self.list(if guard { Place::Guard } else { Place::Compound })?;
        let body = Span::new(body, self.pos);
        if self.take_keyword(Keyword::Fi) {
            if guard {
                self.end_guard(body);
            }
            return Ok(());
        }
        if guard && let Some(guard) = self.guard.take() {
            self.withdraw_guard(&guard);
        }
        while self.take_keyword(Keyword::Elif) {
            self.list(Place::Compound)?;
            self.expect_keyword(Keyword::Then, "`then`")?;
            self.list(Place::Compound)?;
        }
        if self.take_keyword(Keyword::Else) {
            self.list(Place::Compound)?;
        }
        self.expect_keyword(Keyword::Fi, "`fi`")
    }

    fn while_rest(&mut self) -> Scan {
        self.list(Place::Compound)?;
        self.do_group()
    }

    fn do_group(&mut self) -> Scan {
        self.expect_keyword(Keyword::Do, "`do`")?;
        self.list(Place::Compound)?;
        self.expect_keyword(Keyword::Done, "`done`")
    }

    fn for_rest(&mut self) -> Scan {
        self.skip_blanks();
        if self.peek() != b'(' {
            return self.for_words();
        }
        let start = self.pos;
        let (second, offset) = self.second();
        if second != b'(' {
            return Err(self.unexpected("`((` or a name"));
        }
        self.pos = offset + 1;
        self.group(Group::ArithmeticCommand, start)?;
        self.expect(b')', "`))`")?;
        self.skip_blanks();
        if self.peek() == b';' {
            self.pos += 1;
        }
        self.skip_newlines()?;
        self.loop_body()
    }

    /// Reads what follows `select`, and `for` unless it is arithmetic.
    pub(crate) fn for_words(&mut self) -> Scan {
        self.skip_blanks();
        if self.at_word_end() {
            return Err(self.unexpected("a name"));
        }
        self.plain_word()?;
        self.skip_blanks();
        if self.peek() == b';' {
            self.pos += 1;
            self.skip_newlines()?;
            return self.loop_body();
        }
        self.skip_newlines()?;
        if self.take_keyword(Keyword::In) {
            self.skip_blanks();
            while !self.at_word_end() {
                self.plain_word()?;
                self.skip_blanks();
            }
            match self.peek() {
                b';' => self.pos += 1,
                b'\n' => {}
                _ => return Err(self.unexpected("`;` or a newline")),
            }
            self.skip_newlines()?;
        }
        self.loop_body()
    }

    /// Reads `do …; done`, or the undocumented `{ …; }`.
    fn loop_body(&mut self) -> Scan {
        if self.take_keyword(Keyword::OpenBrace) {
            self.brace_group_rest()
        } else {
            self.do_group()
        }
    }

    fn case_rest(&mut self) -> Scan {
        self.skip_blanks();
        if self.at_word_end() {
            return Err(self.unexpected("a word"));
        }
        self.plain_word()?;
        self.skip_newlines()?;
        self.expect_keyword(Keyword::In, "`in`")?;
        loop {
            self.skip_newlines()?;
            if !self.correct_esac_pattern() && self.take_keyword(Keyword::Esac) {
                return Ok(());
            }
            self.case_patterns()?;
            self.list(Place::Case)?;
            if self.peek() != b';' {
                return self.expect_keyword(Keyword::Esac, "`;;` or `esac`");
            }
            // A list ends at a `;` only if it is one of `;;`, `;&` and `;;&`.
            let (second, offset) = self.second();
            let third = self.after(offset + 1);
            self.pos = if second == b';' && self.byte(third) == b'&' {
                third + 1
            } else {
                offset + 1
            };
        }
    }

    fn case_patterns(&mut self) -> Scan {
        if self.peek() == b'(' {
            self.pos += 1;
            self.skip_blanks();
        }
        loop {
            if self.at_word_end() {
                return Err(self.unexpected("a pattern"));
            }
            self.plain_word()?;
            self.skip_blanks();
            match self.peek() {
                b'|' => self.pos += 1,
                b')' => {
                    self.pos += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected("`|` or `)`")),
            }
            self.skip_blanks();
        }
    }
}
