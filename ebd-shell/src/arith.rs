//! Arithmetic: evaluates the text that expansions have left, as bash does.

use crate::error::{Run, bash_error, escaped, unsupported};
use crate::shell::Shell;
use crate::text::Text;

/// How deep values of variables may be expressions themselves.
const MAX_DEPTH: u32 = 24;

impl<T: Text> Shell<'_, T> {
    /// The value of an expression. An empty one is 0.
    pub(crate) fn arithmetic(&mut self, text: &[u8]) -> Run<i64> {
        // Most expressions are numbers.
        if let Some(number) = plain_number(text) {
            return Ok(number);
        }
        self.nested_arithmetic(text, 0)
    }

    fn nested_arithmetic(&mut self, text: &[u8], depth: u32) -> Run<i64> {
        if depth > MAX_DEPTH {
            return Err(unsupported("expressions that refer to each other"));
        }
        let mut evaluation = Evaluation {
            shell: self,
            text,
            at: 0,
            depth,
            skip: 0,
            nesting: 0,
        };
        evaluation.blanks();
        if evaluation.at == text.len() {
            return Ok(0);
        }
        let value = evaluation.comma()?;
        evaluation.blanks();
        if evaluation.at < text.len() {
            return Err(evaluation.error());
        }
        Ok(value)
    }
}

fn plain_number(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 || (text.len() > 1 && text.first() == Some(&b'0')) {
        return None;
    }
    let mut number = 0_i64;
    for &byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(byte - b'0');
    }
    Some(number)
}

struct Evaluation<'s, 'e, 't, T: Text> {
    shell: &'s mut Shell<'e, T>,
    text: &'t [u8],
    at: usize,
    depth: u32,
    /// Above 0 nothing is assigned and no division fails: the side that `&&`, `||` and `?:` do not take.
    skip: u32,
    nesting: u32,
}

/// What can be assigned to.
#[derive(Clone, Copy)]
struct Target<'t> {
    name: &'t [u8],
    subscript: Option<&'t [u8]>,
}

impl<'t, T: Text> Evaluation<'_, '_, 't, T> {
    #[cold]
    fn error(&self) -> crate::error::Stop {
        bash_error(format!("arithmetic syntax: {}", escaped(self.text)))
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n') {
            self.at += 1;
        }
    }

    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn second(&self) -> u8 {
        self.text.get(self.at + 1).copied().unwrap_or(0)
    }

    fn third(&self) -> u8 {
        self.text.get(self.at + 2).copied().unwrap_or(0)
    }

    fn comma(&mut self) -> Run<i64> {
        self.nesting += 1;
        if self.nesting > 64 {
            return Err(unsupported("an expression that nests deeply"));
        }
        let mut value = self.assignment()?;
        loop {
            self.blanks();
            if self.peek() != b',' {
                self.nesting -= 1;
                return Ok(value);
            }
            self.at += 1;
            value = self.assignment()?;
        }
    }

    /// An assignment, or what it consists of.
    fn assignment(&mut self) -> Run<i64> {
        self.shell.step()?;
        self.blanks();
        let start = self.at;
        if let Some(target) = self.target()? {
            self.blanks();
            let operator = self.assignment_operator();
            if let Some((operator, length)) = operator {
                self.at += length;
                self.nesting += 1;
                if self.nesting > 64 {
                    return Err(unsupported("an expression that nests deeply"));
                }
                // What is added to is read before what is added may change it.
                let left = if operator == b'=' {
                    0
                } else {
                    self.read(target)?
                };
                let right = self.assignment()?;
                self.nesting -= 1;
                let value = if operator == b'=' {
                    right
                } else {
                    self.binary(operator, left, right)?
                };
                self.write(target, value)?;
                return Ok(value);
            }
            self.at = start;
        }
        self.conditional()
    }

    fn assignment_operator(&self) -> Option<(u8, usize)> {
        Some(match (self.peek(), self.second(), self.third()) {
            (b'=', b'=', _) => return None,
            (b'=', ..) => (b'=', 1),
            (operator @ (b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'^' | b'|'), b'=', _) => {
                (operator, 2)
            }
            (b'<', b'<', b'=') => (b'l', 3),
            (b'>', b'>', b'=') => (b'r', 3),
            _ => return None,
        })
    }

    fn conditional(&mut self) -> Run<i64> {
        let condition = self.binary_level(0)?;
        self.blanks();
        if self.peek() != b'?' {
            return Ok(condition);
        }
        self.at += 1;
        self.skip += u32::from(condition == 0);
        let yes = self.comma()?;
        self.skip -= u32::from(condition == 0);
        self.blanks();
        if self.peek() != b':' {
            return Err(self.error());
        }
        self.at += 1;
        self.skip += u32::from(condition != 0);
        self.nesting += 1;
        if self.nesting > 64 {
            return Err(unsupported("an expression that nests deeply"));
        }
        let no = self.conditional()?;
        self.nesting -= 1;
        self.skip -= u32::from(condition != 0);
        Ok(if condition != 0 { yes } else { no })
    }

    /// The operator at the position if it is of this level or binds more strongly: its code and length.
    fn operator(&self) -> Option<(u8, usize, u8)> {
        let found = match (self.peek(), self.second(), self.third()) {
            (b'|', b'|', _) => (b'o', 2, 0),
            (b'&', b'&', _) => (b'a', 2, 1),
            (b'<', b'<', b'=') | (b'>', b'>', b'=') => return None,
            (b'<', b'<', _) => (b'l', 2, 7),
            (b'>', b'>', _) => (b'r', 2, 7),
            (b'=', b'=', _) => (b'=', 2, 5),
            (b'!', b'=', _) => (b'!', 2, 5),
            (b'<', b'=', _) => (b'L', 2, 6),
            (b'>', b'=', _) => (b'G', 2, 6),
            (b'<', ..) => (b'<', 1, 6),
            (b'>', ..) => (b'>', 1, 6),
            (b'*', b'*', _) => (b'p', 2, 10),
            (b'|' | b'^' | b'&' | b'+' | b'-' | b'*' | b'/' | b'%', b'=', _) => return None,
            (b'|', ..) => (b'|', 1, 2),
            (b'^', ..) => (b'^', 1, 3),
            (b'&', ..) => (b'&', 1, 4),
            (b'+', ..) => (b'+', 1, 8),
            (b'-', ..) => (b'-', 1, 8),
            (b'*', ..) => (b'*', 1, 9),
            (b'/', ..) => (b'/', 1, 9),
            (b'%', ..) => (b'%', 1, 9),
            _ => return None,
        };
        Some(found)
    }

    fn binary_level(&mut self, level: u8) -> Run<i64> {
        let mut left = self.unary()?;
        loop {
            self.blanks();
            let Some((operator, length, binds)) = self.operator() else {
                return Ok(left);
            };
            if binds < level {
                return Ok(left);
            }
            self.at += length;
            let skipped = match operator {
                b'o' => left != 0,
                b'a' => left == 0,
                _ => false,
            };
            self.skip += u32::from(skipped);
            self.nesting += 1;
            if self.nesting > 64 {
                return Err(unsupported("an expression that nests deeply"));
            }
            // `**` binds to the right.
            let right = self.binary_level(if operator == b'p' { binds } else { binds + 1 })?;
            self.nesting -= 1;
            self.skip -= u32::from(skipped);
            left = self.binary(operator, left, right)?;
        }
    }

    fn binary(&self, operator: u8, left: i64, right: i64) -> Run<i64> {
        let shift = || u32::try_from(right.rem_euclid(64)).unwrap_or(0);
        Ok(match operator {
            b'o' => i64::from(left != 0 || right != 0),
            b'a' => i64::from(left != 0 && right != 0),
            b'|' => left | right,
            b'^' => left ^ right,
            b'&' => left & right,
            b'=' => i64::from(left == right),
            b'!' => i64::from(left != right),
            b'<' => i64::from(left < right),
            b'>' => i64::from(left > right),
            b'L' => i64::from(left <= right),
            b'G' => i64::from(left >= right),
            b'l' => left.wrapping_shl(shift()),
            b'r' => left.wrapping_shr(shift()),
            b'+' => left.wrapping_add(right),
            b'-' => left.wrapping_sub(right),
            b'*' => left.wrapping_mul(right),
            b'/' | b'%' => {
                if right == 0 {
                    if self.skip > 0 {
                        return Ok(0);
                    }
                    return Err(bash_error("division by 0"));
                }
                if operator == b'/' {
                    left.wrapping_div(right)
                } else {
                    left.wrapping_rem(right)
                }
            }
            b'p' => {
                if right < 0 {
                    return Err(bash_error("exponent less than 0"));
                }
                left.wrapping_pow(u32::try_from(right).unwrap_or(u32::MAX))
            }
            _ => return Err(self.error()),
        })
    }

    fn unary(&mut self) -> Run<i64> {
        self.blanks();
        self.nesting += 1;
        if self.nesting > 64 {
            return Err(unsupported("an expression that nests deeply"));
        }
        let value = match (self.peek(), self.second()) {
            (b'+', b'+') | (b'-', b'-') => {
                let step = if self.peek() == b'+' { 1 } else { -1 };
                let start = self.at;
                self.at += 2;
                self.blanks();
                match self.target()? {
                    Some(target) => {
                        let value = self.read(target)?.wrapping_add(step);
                        self.write(target, value)?;
                        value
                    }
                    None => {
                        // `--5` is `-(-5)`.
                        self.at = start + 1;
                        let value = self.unary()?;
                        if step == 1 {
                            value
                        } else {
                            value.wrapping_neg()
                        }
                    }
                }
            }
            (b'+', _) => {
                self.at += 1;
                self.unary()?
            }
            (b'-', _) => {
                self.at += 1;
                self.unary()?.wrapping_neg()
            }
            (b'!', _) => {
                self.at += 1;
                i64::from(self.unary()? == 0)
            }
            (b'~', _) => {
                self.at += 1;
                !self.unary()?
            }
            _ => self.primary()?,
        };
        self.nesting -= 1;
        Ok(value)
    }

    fn primary(&mut self) -> Run<i64> {
        match self.peek() {
            b'(' => {
                self.at += 1;
                let value = self.comma()?;
                self.blanks();
                if self.peek() != b')' {
                    return Err(self.error());
                }
                self.at += 1;
                Ok(value)
            }
            b'0'..=b'9' => self.number(),
            _ => {
                let Some(target) = self.target()? else {
                    return Err(self.error());
                };
                let value = self.read(target)?;
                let after = self.at;
                self.blanks();
                let step = match (self.peek(), self.second()) {
                    (b'+', b'+') => 1,
                    (b'-', b'-') => -1,
                    _ => {
                        self.at = after;
                        return Ok(value);
                    }
                };
                self.at += 2;
                self.write(target, value.wrapping_add(step))?;
                Ok(value)
            }
        }
    }

    fn number(&mut self) -> Run<i64> {
        let start = self.at;
        while matches!(self.peek(), b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'@' | b'_' | b'#') {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let (base, digits) = match text {
            [b'0', b'x' | b'X', digits @ ..] if !digits.is_empty() => (16, digits),
            _ => match memchr::memchr(b'#', text) {
                Some(at) => {
                    let base = text.get(..at).and_then(plain_number).unwrap_or(0);
                    (base, text.get(at + 1..).unwrap_or_default())
                }
                None if text.len() > 1 && text.first() == Some(&b'0') => (8, text),
                None => (10, text),
            },
        };
        if !(2..=64).contains(&base) || digits.is_empty() {
            return Err(self.error());
        }
        let mut value = 0_i64;
        for &byte in digits {
            let digit = match byte {
                b'0'..=b'9' => i64::from(byte - b'0'),
                b'a'..=b'z' => i64::from(byte - b'a') + 10,
                b'A'..=b'Z' if base <= 36 => i64::from(byte - b'A') + 10,
                b'A'..=b'Z' => i64::from(byte - b'A') + 36,
                b'@' => 62,
                b'_' => 63,
                _ => return Err(self.error()),
            };
            if digit >= base {
                return Err(self.error());
            }
            value = value.wrapping_mul(base).wrapping_add(digit);
        }
        Ok(value)
    }

    /// The variable at the position.
    fn target(&mut self) -> Run<Option<Target<'t>>> {
        if !(self.peek().is_ascii_alphabetic() || self.peek() == b'_') {
            return Ok(None);
        }
        let start = self.at;
        while self.peek().is_ascii_alphanumeric() || self.peek() == b'_' {
            self.at += 1;
        }
        let name = self.text.get(start..self.at).unwrap_or_default();
        let mut subscript = None;
        if self.peek() == b'[' {
            let open = self.at + 1;
            let mut level = 0_usize;
            loop {
                match self.peek() {
                    0 => return Err(self.error()),
                    b'[' => level += 1,
                    b']' if level == 1 => break,
                    b']' => level -= 1,
                    _ => {}
                }
                self.at += 1;
            }
            subscript = self.text.get(open..self.at);
            self.at += 1;
        }
        Ok(Some(Target { name, subscript }))
    }

    fn read(&mut self, target: Target<'t>) -> Run<i64> {
        if self.skip > 0 {
            return Ok(0);
        }
        let text = self.shell.read_element(target.name, target.subscript)?;
        match text {
            None => Ok(0),
            Some(text) => match plain_number(&text) {
                Some(number) => Ok(number),
                None => {
                    let depth = self.depth + 1;
                    self.shell.nested_arithmetic(&text, depth)
                }
            },
        }
    }

    fn write(&mut self, target: Target<'t>, value: i64) -> Run {
        if self.skip > 0 {
            return Ok(());
        }
        self.shell
            .write_element(target.name, target.subscript, value.to_string().as_bytes())
    }
}
