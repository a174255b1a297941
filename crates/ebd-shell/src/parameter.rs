//! `${…}`.

use crate::builtins::declare::attribute_letters;
use crate::code::{Operation, Parameter, PatternWord, Replacement, Subject};
use crate::compile::is_identifier;
use crate::error::{Deopt, Run, bash_error, unsupported};
use crate::expand::Sink;
use crate::name::{Name, Special};
use crate::pattern::Pattern;
use crate::shell::{Shell, split_element};
use crate::vars::{Attributes, Value};

/// What a parameter is.
enum Got {
    Unset,
    One(Vec<u8>),
    /// Several values, and whether they are joined when quoted.
    Many(Vec<Vec<u8>>, bool),
}

/// Where a pattern is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    First,
    All,
    Begin,
    End,
}

/// The anchor that a pattern of `${x/pattern/}` begins with, and the rest.
pub(crate) fn split_anchor(text: &[u8]) -> (Anchor, &[u8]) {
    match text {
        [b'/', rest @ ..] => (Anchor::All, rest),
        [b'#', rest @ ..] => (Anchor::Begin, rest),
        [b'%', rest @ ..] => (Anchor::End, rest),
        text => (Anchor::First, text),
    }
}

impl Shell<'_> {
    /// The value of a variable.
    pub(crate) fn variable(&mut self, name: &Name) -> Run<Option<Vec<u8>>> {
        match name.special() {
            Special::No => {}
            Special::FuncName => return Ok(self.function_names().into_iter().next()),
            Special::PipeStatus => {
                return Ok(self
                    .pipe_status
                    .first()
                    .map(|status| status.to_string().into_bytes()));
            }
            Special::Version => return Ok(Some(b"5".to_vec())),
            Special::LastArgument => {
                return match &self.last_argument {
                    Some(text) => Ok(Some(text.clone())),
                    None => Err(Deopt::SpecialVariable("_".to_owned()).into()),
                };
            }
            _ => self.check_readable(name)?,
        }
        let name = self.resolve(name)?;
        Ok(self.vars.scalar(&name).map(<[u8]>::to_vec))
    }

    /// `FUNCNAME`
    fn function_names(&self) -> Vec<Vec<u8>> {
        let names = self.frames.iter().rev().map(|frame| &frame.name);
        names
            .chain([&self.names.main])
            .map(|name| name.bytes().to_vec())
            .collect()
    }

    /// The values of an array, in order.
    pub(crate) fn array(&mut self, name: &Name) -> Run<Vec<Vec<u8>>> {
        match name.special() {
            Special::No => {}
            Special::FuncName => return Ok(self.function_names()),
            Special::PipeStatus => {
                return Ok(self
                    .pipe_status
                    .iter()
                    .map(|status| status.to_string().into_bytes())
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
                .map(|(_, value)| value.to_vec())
                .collect(),
            _ => Vec::new(),
        })
    }

    pub(crate) fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        sink: &mut Sink,
    ) -> Run {
        match &parameter.operation {
            Operation::Unsupported(reason) => return Err(unsupported(reason)),
            Operation::Names(at) => {
                let Subject::Variable(prefix) = &parameter.subject else {
                    return Err(unsupported("names of variables"));
                };
                let names: Vec<Vec<u8>> = self
                    .vars
                    .names(prefix.bytes())
                    .iter()
                    .map(|name| name.bytes().to_vec())
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
                return sink.value(length.to_string().as_bytes(), quoted);
            }
            Operation::Transform(b'a') => {
                let text = self.attributes(parameter)?;
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
    fn get(&mut self, subject: &Subject) -> Run<Got> {
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
                b'#' => Got::One(self.params.len().to_string().into_bytes()),
                b'?' => Got::One(self.status.to_string().into_bytes()),
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
                if name.special() == Special::Version && text == b"0" {
                    return Ok(Got::One(b"5".to_vec()));
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

    fn keys(&mut self, name: &Name) -> Run<Vec<Vec<u8>>> {
        self.check_readable(name)?;
        if name.special() != Special::No {
            return Err(unsupported("keys of a special variable"));
        }
        let name = self.resolve(name)?;
        Ok(match self.vars.get(&name).map(|variable| &variable.value) {
            Some(Value::Scalar(_)) => vec![b"0".to_vec()],
            Some(Value::Indexed(array)) => array
                .iter()
                .map(|(index, _)| index.to_string().into_bytes())
                .collect(),
            Some(Value::Assoc(array)) => array
                .sorted()
                .into_iter()
                .map(|(key, _)| key.to_vec())
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
                    crate::code::Word::Literal(subscript.into()),
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
        got: Got,
        operation: &Operation,
        quoted: bool,
        sink: &mut Sink,
    ) -> Run {
        match operation {
            Operation::Value => emit(got, quoted, sink),
            Operation::Default {
                operator,
                colon,
                word,
            } => {
                let usable = match &got {
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
                        sink.value(b"", quoted)
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
                let trim = |mut text: Vec<u8>| {
                    if *prefix {
                        if let Some(end) = pattern.prefix(&text, *longest)? {
                            text.drain(..end);
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
                let change = |mut text: Vec<u8>| {
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
                let transform = move |mut text: Vec<u8>| {
                    match letter {
                        b'U' => text.make_ascii_uppercase(),
                        b'L' => text.make_ascii_lowercase(),
                        b'u' => {
                            if let Some(first) = text.first_mut() {
                                first.make_ascii_uppercase();
                            }
                        }
                        b'Q' => {
                            if text.iter().any(|byte| !matches!(byte, b' '..=b'~')) {
                                return Err(unsupported("${…@Q} of unprintable text"));
                            }
                            return Ok(single_quote(&text));
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
        got: Got,
        offset: i64,
        length: Option<i64>,
    ) -> Run<Got> {
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
            Got::Unset => Got::One(Vec::new()),
            Got::One(mut text) => Got::One(match bounds(text.len())? {
                None => Vec::new(),
                Some((start, end)) => {
                    text.truncate(end);
                    text.drain(..start);
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
                            Some(Value::Assoc(_)) => {
                                return Err(unsupported("a part of an associative array"));
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
        got: Got,
        pattern: &PatternWord,
        replacement: Option<&Replacement>,
        quoted: bool,
    ) -> Run<Got> {
        let text = self.pattern_text(&pattern.word)?;
        let (anchor, text) = split_anchor(&text);
        let pattern = self.compile_pattern(text, self.options.extglob)?;
        let with = match replacement {
            None => Vec::new(),
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

fn emit(got: Got, quoted: bool, sink: &mut Sink) -> Run {
    match got {
        Got::Unset => sink.value(b"", quoted),
        Got::One(text) => sink.value(&text, quoted),
        Got::Many(items, joined) => sink.values(&items, quoted, joined),
    }
}

fn each(got: Got, mut change: impl FnMut(Vec<u8>) -> Run<Vec<u8>>) -> Run<Got> {
    Ok(match got {
        Got::Unset => Got::Unset,
        Got::One(text) => Got::One(change(text)?),
        Got::Many(items, joined) => Got::Many(
            items.into_iter().map(change).collect::<Run<Vec<_>>>()?,
            joined,
        ),
    })
}

fn slice(items: Vec<Vec<u8>>, start: i64, length: Option<i64>) -> Vec<Vec<u8>> {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
    items.into_iter().skip(start).take(length).collect()
}

/// `${text/pattern/with}`
fn substitute(pattern: &Pattern, anchor: Anchor, text: &[u8], with: &[u8]) -> Run<Vec<u8>> {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    match anchor {
        Anchor::Begin => Ok(match pattern.prefix(text, true)? {
            Some(end) => [with, part(end, text.len())].concat(),
            None => text.to_vec(),
        }),
        Anchor::End => Ok(match pattern.suffix(text, true)? {
            Some(start) => [part(0, start), with].concat(),
            None => text.to_vec(),
        }),
        Anchor::First | Anchor::All => {
            if pattern.is_empty() {
                return Ok(text.to_vec());
            }
            let mut result = Vec::new();
            let mut at = 0;
            while let Some((start, end)) = pattern.find(text, at)? {
                if start == end {
                    return Err(unsupported("a pattern that matches nothing is replaced"));
                }
                result.extend_from_slice(part(at, start));
                result.extend_from_slice(with);
                at = end;
                if anchor == Anchor::First || at == text.len() {
                    break;
                }
            }
            result.extend_from_slice(part(at, text.len()));
            Ok(result)
        }
    }
}

/// `'…'`
pub(crate) fn single_quote(text: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for &byte in text {
        if byte == b'\'' {
            quoted.extend_from_slice(b"'\\''");
        } else {
            quoted.push(byte);
        }
    }
    quoted.push(b'\'');
    quoted
}
