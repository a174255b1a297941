//! `${…}`.

use crate::builtins::declare::attribute_letters;
use crate::code::{Operation, Parameter, PatternWord, Piece, Replacement, Subject, Word};
use crate::compile::is_identifier;
use crate::error::{Deopt, Run, bash_error, unsupported};
use crate::expand::Sink;
use crate::name::{Name, Special};
use crate::pattern::Pattern;
use crate::quote;
use crate::shell::{Shell, split_element};
use crate::text::Text;
use crate::vars::{Attributes, Value};

/// What a parameter is.
enum Got<T> {
    Unset,
    One(T),
    /// Several values, and whether they are joined when quoted.
    Many(Vec<T>, bool),
}

/// Where a pattern is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    First,
    All,
    Begin,
    End,
}

/// The anchor of `${x/pattern/}` and the pattern: `/` counts where it is written, `#` and `%` also from an expansion.
fn split_anchor<'t>(word: &Word, text: &'t [u8]) -> (Anchor, &'t [u8]) {
    let first = match word {
        Word::Literal(literal) => Some(literal),
        Word::Pieces(pieces) => match pieces.first() {
            Some(Piece::Text(literal)) => Some(literal),
            _ => None,
        },
    };
    let all = first.is_some_and(|literal| literal.text.first() == Some(&b'/'));
    match text {
        [b'/', rest @ ..] if all => (Anchor::All, rest),
        [b'#', rest @ ..] => (Anchor::Begin, rest),
        [b'%', rest @ ..] => (Anchor::End, rest),
        text => (Anchor::First, text),
    }
}

impl<T: Text> Shell<'_, T> {
    /// The value of a variable.
    pub(crate) fn variable(&mut self, name: &Name) -> Run<Option<T>> {
        match name.special() {
            Special::No => {}
            Special::FuncName => return Ok(self.function_names().into_iter().next()),
            Special::PipeStatus => {
                let status = self.pipe_status.first().map(i32::to_string);
                return Ok(status.map(|status| self.made(status)));
            }
            Special::Version => return Ok(Some(self.made("5"))),
            Special::LastArgument => {
                return match &self.last_argument {
                    Some(text) => Ok(Some(text.clone())),
                    None => Err(Deopt::SpecialVariable("_".to_owned()).into()),
                };
            }
            _ => self.check_readable(name)?,
        }
        let name = self.resolve(name)?;
        Ok(self.vars.scalar(&name).cloned())
    }

    /// `FUNCNAME`, which is only there in a function.
    fn function_names(&mut self) -> Vec<T> {
        let marks = self.here();
        let source = &self.pms.names.source;
        if !self.frames.iter().any(|frame| frame.name != *source) {
            return Vec::new();
        }
        let names = self.frames.iter().rev().map(|frame| &frame.name);
        names
            .chain([&self.names.main])
            .map(|name| T::of(name.bytes().to_vec(), &marks))
            .collect()
    }

    /// The values of an array, in order.
    pub(crate) fn array(&mut self, name: &Name) -> Run<Vec<T>> {
        match name.special() {
            Special::No => {}
            Special::FuncName => return Ok(self.function_names()),
            Special::PipeStatus => {
                let marks = self.here();
                return Ok(self
                    .pipe_status
                    .iter()
                    .map(|status| T::of(status.to_string().into_bytes(), &marks))
                    .collect());
            }
            _ => self.check_readable(name)?,
        }
        let name = self.resolve(name)?;
        Ok(match self.vars.get(&name).map(|variable| &variable.value) {
            Some(Value::Scalar(text)) => vec![text.clone()],
            Some(Value::Indexed(array)) => array.values().cloned().collect(),
            Some(Value::Assoc(array)) => array
                .sorted()
                .into_iter()
                .map(|(_, value)| value.clone())
                .collect(),
            _ => Vec::new(),
        })
    }

    pub(crate) fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        sink: &mut Sink<T>,
    ) -> Run {
        match &parameter.operation {
            Operation::Unsupported(reason) => return Err(unsupported(reason)),
            Operation::Names(at) => {
                let Subject::Variable(prefix) = &parameter.subject else {
                    return Err(unsupported("names of variables"));
                };
                let marks = self.here();
                let names: Vec<T> = self
                    .vars
                    .names(prefix.bytes())
                    .iter()
                    .map(|name| T::of(name.bytes().to_vec(), &marks))
                    .collect();
                if prefix.bytes().len() < 4 {
                    return Err(unsupported("names of variables by a short prefix"));
                }
                return sink.values(&names, quoted, !at);
            }
            Operation::Keys(at) => {
                let (Subject::All(name) | Subject::Joined(name)) = &parameter.subject else {
                    return Err(unsupported("keys"));
                };
                let keys = self.keys(name)?;
                return sink.values(&keys, quoted, !at);
            }
            Operation::Length => {
                let length = self.length(&parameter.subject)?;
                let length = self.made(length.to_string());
                return sink.value(&length, quoted);
            }
            Operation::Transform(b'a') => {
                let text = self.attributes(parameter)?;
                let text = self.made(text);
                return sink.value(&text, quoted);
            }
            _ => {}
        }
        let subject = if parameter.indirect {
            Some(self.indirect(&parameter.subject)?)
        } else {
            None
        };
        let subject = subject.as_ref().unwrap_or(&parameter.subject);
        let got = self.get(subject)?;
        self.operate(subject, got, &parameter.operation, quoted, sink)
    }

    /// What a subject is before something is done with it.
    fn get(&mut self, subject: &Subject) -> Run<Got<T>> {
        Ok(match subject {
            Subject::Variable(name) => match self.variable(name)? {
                Some(text) => Got::One(text),
                None => Got::Unset,
            },
            Subject::Positional(0) => return Err(unsupported("$0")),
            Subject::Positional(number) => {
                match self.params.get((*number as usize).saturating_sub(1)) {
                    Some(text) => Got::One(text.clone()),
                    None => Got::Unset,
                }
            }
            Subject::Special(byte) => match byte {
                b'@' => Got::Many(self.params.to_vec(), false),
                b'*' => Got::Many(self.params.to_vec(), true),
                b'#' => {
                    let count = self.params.len().to_string();
                    Got::One(self.made(count))
                }
                b'?' => {
                    let status = self.status.to_string();
                    Got::One(self.made(status))
                }
                _ => return Err(unsupported("$$, $! or $-")),
            },
            Subject::Element(name, subscript) => {
                let text = self.text(subscript)?;
                if matches!(name.special(), Special::FuncName | Special::PipeStatus) {
                    let index = self.arithmetic(&text)?;
                    let values = self.array(name)?;
                    let value = usize::try_from(index)
                        .ok()
                        .and_then(|index| values.into_iter().nth(index));
                    return Ok(value.map_or(Got::Unset, Got::One));
                }
                if name.special() == Special::Version && &text[..] == b"0" {
                    return Ok(Got::One(self.made("5")));
                }
                self.check_readable(name)?;
                let name = self.resolve(name)?.into_owned();
                match self.element(&name, &text)? {
                    Some(text) => Got::One(text),
                    None => Got::Unset,
                }
            }
            Subject::All(name) => Got::Many(self.array(name)?, false),
            Subject::Joined(name) => Got::Many(self.array(name)?, true),
        })
    }

    fn length(&mut self, subject: &Subject) -> Run<usize> {
        Ok(match subject {
            Subject::Special(b'@' | b'*') => self.params.len(),
            subject => match self.get(subject)? {
                Got::Unset => 0,
                Got::One(text) => text.len(),
                Got::Many(items, _) => items.len(),
            },
        })
    }

    fn keys(&mut self, name: &Name) -> Run<Vec<T>> {
        self.check_readable(name)?;
        if name.special() != Special::No {
            return Err(unsupported("keys of a special variable"));
        }
        let marks = self.here();
        let name = self.resolve(name)?;
        Ok(match self.vars.get(&name).map(|variable| &variable.value) {
            Some(Value::Scalar(_)) => vec![T::of(b"0".to_vec(), &marks)],
            Some(Value::Indexed(array)) => array
                .iter()
                .map(|(index, _)| T::of(index.to_string().into_bytes(), &marks))
                .collect(),
            Some(Value::Assoc(array)) => array
                .sorted()
                .into_iter()
                .map(|(key, _)| key.clone())
                .collect(),
            _ => Vec::new(),
        })
    }

    /// What `${!x…}` refers to.
    fn indirect(&mut self, subject: &Subject) -> Run<Subject> {
        if let Subject::Variable(name) = subject
            && self
                .vars
                .get(name)
                .is_some_and(|variable| variable.attributes.has(Attributes::NAMEREF))
        {
            return Err(unsupported("the name that a reference has"));
        }
        let target = match self.get(subject)? {
            Got::One(text) => text,
            Got::Unset => return Err(bash_error("invalid indirect expansion")),
            Got::Many(..) => return Err(unsupported("indirection through several values")),
        };
        if is_identifier(&target) {
            return Ok(Subject::Variable(Name::new(&target)));
        }
        if let Some(number) = std::str::from_utf8(&target)
            .ok()
            .and_then(|digits| digits.parse().ok())
            && number > 0
        {
            return Ok(Subject::Positional(number));
        }
        match split_element(&target) {
            Some((name, b"@")) => Ok(Subject::All(Name::new(name))),
            Some((name, b"*")) => Ok(Subject::Joined(Name::new(name))),
            Some((name, subscript))
                if subscript
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') =>
            {
                Ok(Subject::Element(
                    Name::new(name),
                    Word::Literal(crate::code::Literal {
                        text: subscript.into(),
                        at: 0,
                    }),
                ))
            }
            _ => match &target[..] {
                b"@" | b"*" => Ok(Subject::Special(target.first().copied().unwrap_or(b'@'))),
                _ => Err(bash_error(format!(
                    "{}: invalid variable name",
                    target.escape_ascii()
                ))),
            },
        }
    }

    fn operate(
        &mut self,
        subject: &Subject,
        got: Got<T>,
        operation: &Operation,
        quoted: bool,
        sink: &mut Sink<T>,
    ) -> Run {
        if let Got::Many(_, joined) = &got
            && (sink.joins_with_separator() || (*joined && sink.has_other_separators()))
            && matches!(
                operation,
                Operation::Trim { .. }
                    | Operation::Replace(..)
                    | Operation::Case { .. }
                    | Operation::Transform(_)
                    | Operation::Substring(..)
            )
        {
            // With what the changed values are joined depends on much, also on the version of bash.
            return Err(unsupported("an operation on a list with another IFS"));
        }
        match operation {
            Operation::Value => emit(got, quoted, sink),
            Operation::Default {
                operator,
                colon,
                word,
            } => {
                let usable = match &got {
                    // In assignments bash takes it for a value, elsewhere not.
                    Got::Many(items, _)
                        if *colon && !quoted && matches!(&items[..], [only] if only.is_empty()) =>
                    {
                        return Err(unsupported(
                            "an unquoted list with one empty element, and a colon",
                        ));
                    }
                    Got::Unset => false,
                    Got::One(text) => !colon || !text.is_empty(),
                    Got::Many(items, _) => match &items[..] {
                        [] => false,
                        [only] => !colon || !only.is_empty(),
                        _ => true,
                    },
                };
                match (operator, usable) {
                    (b'-', true) | (b'=' | b'?', true) => emit(got, quoted, sink),
                    (b'+', true) | (b'-', false) => self.operand(word, quoted, sink),
                    (b'+', false) => {
                        if quoted && matches!(subject, Subject::Special(b'@') | Subject::All(_)) {
                            // `"${@+x}"` without parameters is no word at all.
                            return Ok(());
                        }
                        sink.nothing(quoted);
                        Ok(())
                    }
                    (b'=', false) => {
                        let text = self.text(word)?;
                        match subject {
                            Subject::Variable(name) => {
                                self.check_assignable(name, Some(&text))?;
                                self.assign(name, text.clone(), false)?;
                            }
                            _ => return Err(unsupported("${…=…} of an element")),
                        }
                        sink.value(&text, quoted)
                    }
                    _ => Err(bash_error("parameter null or not set")),
                }
            }
            Operation::Trim {
                prefix,
                longest,
                pattern,
            } => {
                let extended = self.options.extglob;
                let dynamic;
                let pattern = match &pattern.fixed {
                    Some(fixed) => fixed.get(usize::from(extended)).unwrap_or(&fixed[0]),
                    None => {
                        let text = self.pattern_text(&pattern.word)?;
                        dynamic = self.compile_pattern(&text, extended)?;
                        &dynamic
                    }
                };
                let trim = |mut text: T| {
                    if *prefix {
                        if let Some(end) = pattern.prefix(&text, *longest)? {
                            text.drop_front(end);
                        }
                    } else if let Some(start) = pattern.suffix(&text, *longest)? {
                        text.truncate(start);
                    }
                    Ok(text)
                };
                emit(each(got, trim)?, quoted, sink)
            }
            Operation::Substring(offset, length) => {
                let offset = self.text(offset)?;
                let offset = self.arithmetic(&offset)?;
                let length = match length {
                    Some(length) => {
                        let text = self.text(length)?;
                        Some(self.arithmetic(&text)?)
                    }
                    None => None,
                };
                let got = self.substring(subject, got, offset, length)?;
                emit(got, quoted, sink)
            }
            Operation::Replace(pattern, replacement) => {
                let got = self.replace(got, pattern, replacement.as_ref(), quoted)?;
                emit(got, quoted, sink)
            }
            Operation::Case {
                upper,
                all,
                pattern,
            } => {
                let text = self.pattern_text(&pattern.word)?;
                let pattern = if text.is_empty() {
                    None
                } else {
                    Some(self.compile_pattern(&text, self.options.extglob)?)
                };
                let change = |mut text: T| {
                    for byte in text.iter_mut() {
                        if match &pattern {
                            None => true,
                            Some(pattern) => pattern.matches(&[*byte])?,
                        } {
                            if *upper {
                                byte.make_ascii_uppercase();
                            } else {
                                byte.make_ascii_lowercase();
                            }
                        }
                        if !all {
                            break;
                        }
                    }
                    Ok(text)
                };
                emit(each(got, change)?, quoted, sink)
            }
            Operation::Transform(letter) => {
                let letter = *letter;
                let marks = self.here();
                let transform = |mut text: T| {
                    match letter {
                        b'U' => text.make_ascii_uppercase(),
                        b'L' => text.make_ascii_lowercase(),
                        b'u' => {
                            if let Some(first) = text.first_mut() {
                                first.make_ascii_uppercase();
                            }
                        }
                        b'Q' => {
                            return Ok(quote::reusable(&text, &marks));
                        }
                        _ => {
                            return Err(
                                Deopt::Builtin(format!("${{…@{}}}", char::from(letter))).into()
                            );
                        }
                    }
                    Ok(text)
                };
                emit(each(got, transform)?, quoted, sink)
            }
            Operation::Length
            | Operation::Names(_)
            | Operation::Keys(_)
            | Operation::Unsupported(_) => Err(unsupported("an expansion")),
        }
    }

    fn substring(
        &mut self,
        subject: &Subject,
        got: Got<T>,
        offset: i64,
        length: Option<i64>,
    ) -> Run<Got<T>> {
        let bounds = |total: usize| -> Run<Option<(usize, usize)>> {
            let total = i64::try_from(total).unwrap_or(i64::MAX);
            let start = if offset < 0 { total + offset } else { offset };
            if start < 0 || start > total {
                return Ok(None);
            }
            let end = match length {
                None => total,
                Some(length) if length < 0 => {
                    let end = total.saturating_add(length);
                    if end < start {
                        return Err(bash_error("substring expression < 0"));
                    }
                    end
                }
                Some(length) => start.saturating_add(length).min(total),
            };
            Ok(Some((
                usize::try_from(start).unwrap_or(0),
                usize::try_from(end).unwrap_or(0),
            )))
        };
        Ok(match got {
            Got::Unset => Got::One(T::default()),
            Got::One(mut text) => Got::One(match bounds(text.len())? {
                None => T::default(),
                Some((start, end)) => {
                    text.truncate(end);
                    text.drop_front(start);
                    text
                }
            }),
            Got::Many(items, joined) => {
                if length.is_some_and(|length| length < 0) {
                    return Err(bash_error("substring expression < 0"));
                }
                let items = match subject {
                    Subject::Special(_) => {
                        // `$0` is the first of them.
                        let total = i64::try_from(items.len()).unwrap_or(i64::MAX) + 1;
                        let start = if offset < 0 { total + offset } else { offset };
                        if start == 0 {
                            return Err(unsupported("$0"));
                        }
                        if start < 0 {
                            Vec::new()
                        } else {
                            slice(items, start - 1, length)
                        }
                    }
                    Subject::All(name) | Subject::Joined(name) => {
                        let name = self.resolve(name)?;
                        match self.vars.get(&name).map(|variable| &variable.value) {
                            // The first element has the number 1, and 0 is as good.
                            Some(Value::Assoc(_)) if offset >= 0 && length != Some(0) => {
                                slice(items, offset.saturating_sub(1).max(0), length)
                            }
                            Some(Value::Assoc(_)) => {
                                return Err(unsupported(
                                    "a part of an associative array that is empty or counted from its end",
                                ));
                            }
                            Some(Value::Indexed(array)) => {
                                let start = if offset < 0 {
                                    array.next_index() + offset
                                } else {
                                    offset
                                };
                                let before = array.iter().take_while(|(at, _)| *at < start).count();
                                if start < 0 {
                                    Vec::new()
                                } else {
                                    slice(items, i64::try_from(before).unwrap_or(i64::MAX), length)
                                }
                            }
                            _ if offset < 0 => {
                                return Err(unsupported("a negative offset in no array"));
                            }
                            _ => slice(items, offset, length),
                        }
                    }
                    _ => return Err(unsupported("a part of several values")),
                };
                Got::Many(items, joined)
            }
        })
    }

    fn replace(
        &mut self,
        got: Got<T>,
        pattern: &PatternWord,
        replacement: Option<&Replacement>,
        quoted: bool,
    ) -> Run<Got<T>> {
        let text = self.pattern_text(&pattern.word)?;
        let (anchor, text) = split_anchor(&pattern.word, &text);
        let pattern = self.compile_pattern(text, self.options.extglob)?;
        let with = match replacement {
            None => T::default(),
            Some(replacement) => {
                if quoted && replacement.has_quotes && self.compat <= 42 {
                    return Err(unsupported(
                        "quotes in a replacement inside quotes before EAPI 8",
                    ));
                }
                self.text(&replacement.word)?
            }
        };
        let mut cost = 0;
        let got = each(got, |text| {
            let replaced = substitute(&pattern, anchor, &text, &with)?;
            cost += replaced.len();
            Ok(replaced)
        })?;
        self.spend(cost)?;
        Ok(got)
    }

    fn attributes(&mut self, parameter: &Parameter) -> Run<Vec<u8>> {
        let subject = if parameter.indirect {
            self.indirect(&parameter.subject)?
        } else {
            match &parameter.subject {
                Subject::Variable(name) => Subject::Variable(name.clone()),
                _ => return Err(unsupported("${…@a} of what is no variable")),
            }
        };
        let Subject::Variable(name) = subject else {
            return Err(unsupported("${…@a} of what is no variable"));
        };
        if name.special() != Special::No {
            return Err(Deopt::SpecialVariable(name.to_string()).into());
        }
        let variable = self.vars.get(&name);
        Ok(variable.map(attribute_letters).unwrap_or_default())
    }
}

fn emit<T: Text>(got: Got<T>, quoted: bool, sink: &mut Sink<T>) -> Run {
    match got {
        Got::Unset => {
            sink.nothing(quoted);
            Ok(())
        }
        Got::One(text) => sink.value(&text, quoted),
        Got::Many(items, joined) => sink.values(&items, quoted, joined),
    }
}

fn each<T: Text>(got: Got<T>, mut change: impl FnMut(T) -> Run<T>) -> Run<Got<T>> {
    Ok(match got {
        Got::Unset => Got::Unset,
        Got::One(text) => Got::One(change(text)?),
        Got::Many(items, joined) => Got::Many(
            items.into_iter().map(change).collect::<Run<Vec<_>>>()?,
            joined,
        ),
    })
}

fn slice<T>(items: Vec<T>, start: i64, length: Option<i64>) -> Vec<T> {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
    items.into_iter().skip(start).take(length).collect()
}

/// `${text/pattern/with}`
fn substitute<T: Text>(pattern: &Pattern, anchor: Anchor, text: &T, with: &T) -> Run<T> {
    let mut result = T::default();
    match anchor {
        Anchor::Begin => match pattern.prefix(text, true)? {
            Some(end) => {
                result.append(with);
                result.append_part(text, end..text.len());
            }
            None => return Ok(text.clone()),
        },
        Anchor::End => match pattern.suffix(text, true)? {
            Some(start) => {
                result.append_part(text, 0..start);
                result.append(with);
            }
            None => return Ok(text.clone()),
        },
        Anchor::First | Anchor::All => {
            if pattern.is_empty() {
                return Ok(text.clone());
            }
            let mut at = 0;
            while let Some((start, end)) = pattern.find(text, at)? {
                if start == end {
                    return Err(unsupported("a pattern that matches nothing is replaced"));
                }
                result.append_part(text, at..start);
                result.append(with);
                at = end;
                if anchor == Anchor::First || at == text.len() {
                    break;
                }
            }
            result.append_part(text, at..text.len());
        }
    }
    Ok(result)
}
