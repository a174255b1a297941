//! `[[ … ]]`.

use crate::code::{Binary, Condition, PatternWord};
use crate::compile::is_identifier;
use crate::error::{Fallback, Run, escaped, unsupported};
use crate::lookup::split_element;
use crate::name::Name;
use crate::shell::Shell;
use crate::text::Text;
use crate::vars::Value;

impl<T: Text> Shell<'_, T> {
    pub(crate) fn condition(&mut self, condition: &Condition) -> Run<bool> {
        Ok(match condition {
            Condition::Not(inner) => !self.condition(inner)?,
            Condition::And(left, right) => self.condition(left)? && self.condition(right)?,
            Condition::Or(left, right) => self.condition(left)? || self.condition(right)?,
            Condition::Word(word) => !self.text(word)?.is_empty(),
            Condition::Unary(letter, word) => {
                let text = self.text(word)?;
                return self.unary_test(*letter, &text);
            }
            Condition::Match {
                negated,
                left,
                right,
            } => {
                let text = self.text(left)?;
                // Extended patterns are always on there.
                self.matches(&text, right, true)? != *negated
            }
            Condition::Regex(left, right) => {
                let text = self.text(left)?;
                let expression = self.regex_text(right)?;
                return self.regex_test(&text, &expression);
            }
            Condition::Binary(operator, left, right) => {
                let left = self.text(left)?;
                let right = self.text(right)?;
                let order = match operator {
                    Binary::Less => return Ok(left[..] < right[..]),
                    Binary::Greater => return Ok(left[..] > right[..]),
                    Binary::Files => {
                        return Err(Fallback::File("a comparison of files".to_owned()).into());
                    }
                    _ => self.arithmetic(&left)?.cmp(&self.arithmetic(&right)?),
                };
                match operator {
                    Binary::Eq => order.is_eq(),
                    Binary::Ne => order.is_ne(),
                    Binary::Lt => order.is_lt(),
                    Binary::Le => order.is_le(),
                    Binary::Gt => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
        })
    }

    pub(crate) fn matches(&mut self, text: &[u8], word: &PatternWord, extended: bool) -> Run<bool> {
        match &word.fixed {
            Some(fixed) => fixed
                .get(usize::from(extended))
                .unwrap_or(&fixed[0])
                .matches(text),
            None => {
                let pattern = self.pattern_text(&word.word)?;
                // Without anything special it is a comparison.
                if pattern[..] == *text && text.iter().all(u8::is_ascii_alphanumeric) {
                    return Ok(true);
                }
                self.compile_pattern(&pattern, extended)?.matches(text)
            }
        }
    }

    fn regex_test(&mut self, text: &T, expression: &[u8]) -> Run<bool> {
        let regex = self.compile_regex(expression)?;
        let found = regex.find(text)?;
        let mut array = crate::vars::Indexed::default();
        if let Some(captures) = &found {
            for (index, capture) in (0_i64..).zip(captures) {
                let (from, to) = capture.unwrap_or_default();
                *array.entry(index) = text.part(from..to);
            }
        }
        let rematch = self.names.rematch.clone();
        if self.vars.depth_of(&rematch) > 0 {
            return Err(unsupported("a local BASH_REMATCH"));
        }
        self.vars.global(&rematch).value = Value::Indexed(array);
        Ok(found.is_some())
    }

    /// `-n`, `-z`, `-v` …
    pub(crate) fn unary_test(&mut self, letter: u8, text: &[u8]) -> Run<bool> {
        Ok(match letter {
            b'n' => !text.is_empty(),
            b'z' => text.is_empty(),
            b'v' => {
                if is_identifier(text) {
                    let name = Name::new(text);
                    self.check_readable(&name)?;
                    let name = self.resolve(&name)?;
                    return Ok(self.vars.scalar(&name).is_some());
                }
                match split_element(text) {
                    Some((name, subscript))
                        if !subscript.iter().any(|byte| b"@*$`\"'\\".contains(byte)) =>
                    {
                        let name = Name::new(name);
                        self.check_readable(&name)?;
                        let name = self.resolve(&name)?.into_owned();
                        return Ok(self.element(&name, subscript)?.is_some());
                    }
                    _ => return Err(unsupported("-v of what is no variable")),
                }
            }
            letter => {
                return Err(
                    Fallback::File(format!("-{} {}", char::from(letter), escaped(text))).into(),
                );
            }
        })
    }
}
