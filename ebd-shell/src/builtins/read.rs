//! `read` and `mapfile`.

use crate::assign::NewElement;
use crate::error::{Fallback, Run, unsupported};
use crate::expand::Separators;
use crate::meter::{self, OVERHEAD};
use crate::name::Name;
use crate::shell::Shell;
use crate::text::Text;

/// Takes bytes up to the delimiter off the input; `false` when the input ended before it.
fn take<T: Text>(shell: &mut Shell<'_, T>, delimiter: u8) -> (T, bool) {
    let Some(input) = &shell.descriptors.input else {
        return (T::default(), false);
    };
    let mut input = input.borrow_mut();
    let (text, at) = &mut *input;
    let rest = text.get(*at..).unwrap_or_default();
    match memchr::memchr(delimiter, rest) {
        Some(length) => {
            let line = text.part(*at..*at + length);
            *at += length + 1;
            (line, true)
        }
        None => {
            let line = text.part(*at..text.len());
            *at = text.len();
            (line, false)
        }
    }
}

pub(super) fn run<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let mut raw = false;
    let mut delimiter = b'\n';
    let mut array = None;
    let mut arguments = arguments.into_iter().peekable();
    while let Some(first) = arguments.peek() {
        let letters = match &first[..] {
            b"--" => {
                arguments.next();
                break;
            }
            [b'-', letters @ ..] if !letters.is_empty() => letters.to_vec(),
            _ => break,
        };
        arguments.next();
        let mut letters = &letters[..];
        while let [letter, rest @ ..] = letters {
            letters = rest;
            match letter {
                b'r' => raw = true,
                b'd' | b'a' => {
                    let value = if rest.is_empty() {
                        arguments.next().unwrap_or_default()
                    } else {
                        shell.made(rest)
                    };
                    letters = &[];
                    if *letter == b'd' {
                        delimiter = value.first().copied().unwrap_or(0);
                    } else {
                        array = Some(value);
                    }
                }
                _ => return Err(Fallback::Builtin(format!("read -{}", char::from(*letter))).into()),
            }
        }
    }
    let names: Vec<T> = arguments.collect();
    let (line, complete) = take(shell, delimiter);
    if !raw && line.contains(&b'\\') {
        return Err(unsupported("read of a line with a backslash"));
    }
    let separators = shell.separators();
    if let Some(array) = array {
        let (words, rest) = split(&line, &separators, usize::MAX);
        debug_assert!(rest.is_none());
        let values: Vec<NewElement<T>> =
            words.into_iter().map(|word| (None, false, word)).collect();
        let name = Name::new(&array);
        if !crate::compile::is_identifier(&array) {
            return Err(unsupported("read into what is no variable"));
        }
        let name = shell.resolve(&name)?.into_owned();
        shell.assign_array(&name, values, false)?;
    } else if names.is_empty() {
        let reply = shell.names.reply.clone();
        shell.assign(&reply, line, false)?;
    } else {
        let (mut words, rest) = split(&line, &separators, names.len());
        if let Some(rest) = rest {
            words.push(rest);
        }
        let mut words = words.into_iter();
        for name in &names {
            shell.assign_named(name, words.next().unwrap_or_default())?;
        }
    }
    Ok(i32::from(!complete))
}

/// Splits a line into words; what is left when there are `limit` words, without blanks around it, is the last.
fn split<T: Text>(line: &T, separators: &Separators, limit: usize) -> (Vec<T>, Option<T>) {
    let separates = |byte: u8| separators.kind(byte).0;
    let blank = |byte: u8| separators.kind(byte).1;
    let mut words = Vec::new();
    let mut at = 0;
    let byte = |at: usize| line.get(at).copied();
    while byte(at).is_some_and(blank) {
        at += 1;
    }
    while at < line.len() && meter::take(OVERHEAD) {
        if words.len() + 1 == limit {
            let mut end = line.len();
            while end > at && byte(end - 1).is_some_and(blank) {
                end -= 1;
            }
            // One separator at the end of the last word goes if it is the only one in it.
            let rest = line.get(at..end).unwrap_or_default();
            if let Some((&last, before)) = rest.split_last()
                && separates(last)
                && !before.iter().any(|&byte| separates(byte))
            {
                end -= 1;
            }
            return (words, Some(line.part(at..end)));
        }
        let start = at;
        while at < line.len() && !byte(at).is_some_and(separates) {
            at += 1;
        }
        words.push(line.part(start..at));
        while byte(at).is_some_and(blank) {
            at += 1;
        }
        if byte(at).is_some_and(|byte| separates(byte) && !blank(byte)) {
            // One separator with the blanks around it.
            at += 1;
            while byte(at).is_some_and(blank) {
                at += 1;
            }
        }
    }
    (words, None)
}

pub(super) fn mapfile<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let mut trim = false;
    let mut delimiter = b'\n';
    let mut arguments = arguments.into_iter();
    let mut target = None;
    while let Some(argument) = arguments.next() {
        match &argument[..] {
            b"-t" => trim = true,
            b"-d" => {
                delimiter = arguments
                    .next()
                    .and_then(|d| d.first().copied())
                    .unwrap_or(0)
            }
            b"-td" => {
                trim = true;
                delimiter = arguments
                    .next()
                    .and_then(|d| d.first().copied())
                    .unwrap_or(0);
            }
            [b'-', ..] => return Err(Fallback::Builtin("an option of mapfile".to_owned()).into()),
            _ if target.is_none() => target = Some(argument),
            _ => return Err(unsupported("mapfile with several names")),
        }
    }
    let name = match target {
        None => shell.names.mapfile.clone(),
        Some(target) if crate::compile::is_identifier(&target) => Name::new(&target),
        Some(_) => return Err(unsupported("mapfile into what is no variable")),
    };
    let name = shell.resolve(&name)?.into_owned();
    let mut values: Vec<NewElement<T>> = Vec::new();
    loop {
        let (mut line, complete) = take(shell, delimiter);
        if line.is_empty() && !complete {
            break;
        }
        if complete && !trim {
            line.append_bytes(&[delimiter], &T::Marks::default());
        }
        shell.spend(OVERHEAD)?;
        values.push((None, false, line));
        if !complete {
            break;
        }
    }
    if shell
        .vars
        .get(&name)
        .is_some_and(|variable| variable.value.is_assoc())
    {
        return Err(unsupported("mapfile into an associative array"));
    }
    shell.assign_array(&name, values, false)?;
    Ok(0)
}
