//! `${…}`.

mod replace;
mod substring;

use crate::builtins::declare::attribute_letters;
use crate::code::{Literal, Operation, Parameter, Subject, Word};
use crate::compile::is_identifier;
use crate::error::{Fallback, Run, bash_error, escaped, unsupported};
use crate::expand::Sink;
use crate::lookup::split_element;
use crate::name::{Name, Special};
use crate::quote;
use crate::shell::Shell;
use crate::text::Text;
use crate::vars::Attributes;

/// What a parameter is.
enum Got<T> {
    Unset,
    One(T),
    /// Several values, and whether they are joined when quoted.
    Many(Vec<T>, bool),
}

impl<T: Text> Shell<'_, T> {
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
                    Word::Literal(Literal {
                        text: subscript.into(),
                        at: 0,
                    }),
                ))
            }
            _ => match &target[..] {
                b"@" | b"*" => Ok(Subject::Special(target.first().copied().unwrap_or(b'@'))),
                _ => Err(bash_error(format!(
                    "{}: invalid variable name",
                    escaped(&target)
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
                            return Ok(quote::transformed(&text, &marks));
                        }
                        _ => {
                            return Err(Fallback::Builtin(format!(
                                "${{…@{}}}",
                                char::from(letter)
                            ))
                            .into());
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
            return Err(Fallback::SpecialVariable(name.to_string()).into());
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
