//! `ver_cut`, `ver_rs`, `ver_test`, as in `bash-lib/version.bash`.

use std::cmp::Ordering;

use ebd_pms::Version;

use super::Native;
use crate::error::{Run, unsupported};
use crate::shell::Shell;

pub(super) const ALL: &[(&str, Native)] = &[
    ("ver_cut", ver_cut),
    ("ver_rs", ver_rs),
    ("ver_test", ver_test),
    ("ver_replacing", |shell, _| {
        Err(shell.die("ver_replacing: meaningless in global scope"))
    }),
];

/// Separator, component, separator, component, …
fn split(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = text;
    let take = |rest: &mut &'_ [u8], test: fn(&u8) -> bool| -> usize {
        rest.iter()
            .position(|byte| !test(byte))
            .unwrap_or(rest.len())
    };
    while !rest.is_empty() {
        let length = take(&mut rest, |byte| !byte.is_ascii_alphanumeric());
        let (separator, after) = rest.split_at(length);
        let digits = after.first().is_some_and(u8::is_ascii_digit);
        let mut after = after;
        let length = if digits {
            take(&mut after, u8::is_ascii_digit)
        } else {
            take(&mut after, u8::is_ascii_alphabetic)
        };
        let (component, after) = after.split_at(length);
        parts.push(separator);
        parts.push(component);
        rest = after;
    }
    parts
}

/// First and last of a range `N`, `N-` or `N-M`.
fn range(shell: &mut Shell<'_>, command: &str, text: &[u8], maximum: i64) -> Run<(i64, i64)> {
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return Err(shell.die(format!(
            "{command}: range must start with a number: {}",
            String::from_utf8_lossy(text)
        )));
    }
    // Anything but digits would be evaluated as an expression.
    let (first, last) = match memchr::memchr(b'-', text) {
        None => (text, Some(text)),
        Some(at) => (
            text.get(..at).unwrap_or_default(),
            text.get(at + 1..).filter(|last| !last.is_empty()),
        ),
    };
    let mut number = |digits: &[u8]| -> Run<i64> {
        if digits.is_empty()
            || digits.len() > 9
            || !digits.iter().all(u8::is_ascii_digit)
            || (digits.len() > 1 && digits.first() == Some(&b'0'))
        {
            return Err(unsupported("a range of a version that is no number"));
        }
        shell.arithmetic(digits)
    };
    let first = number(first)?;
    let last = match last {
        None => maximum,
        Some(last) => {
            let last = number(last)?;
            if first > last {
                return Err(shell.die(format!(
                    "{command}: end of range must not be before its start: {}",
                    String::from_utf8_lossy(text)
                )));
            }
            last.min(maximum)
        }
    };
    Ok((first, last))
}

fn length(parts: &[&[u8]]) -> i64 {
    i64::try_from(parts.len()).unwrap_or(i64::MAX)
}

fn ver_cut(shell: &mut Shell<'_>, arguments: &[Vec<u8>]) -> Run<i32> {
    let version = match arguments.get(1) {
        Some(version) if !version.is_empty() => version.clone(),
        _ => shell
            .vars
            .scalar(&shell.pms.names.pv)
            .unwrap_or_default()
            .to_vec(),
    };
    let parts = split(&version);
    let given = arguments.first().map(Vec::as_slice).unwrap_or_default();
    let (mut first, last) = range(shell, "ver_cut", given, length(&parts) / 2)?;
    if first > 0 {
        first = first * 2 - 1;
    }
    // Beyond the end there is nothing.
    let count = last * 2 - first;
    let mut text = parts
        .iter()
        .skip(usize::try_from(first).unwrap_or(usize::MAX))
        .take(usize::try_from(count).unwrap_or(0))
        .copied()
        .collect::<Vec<_>>()
        .concat();
    echo(shell, &mut text)
}

/// Prints as `echo` does; a text that would be an option of it is left to bash.
fn echo(shell: &mut Shell<'_>, text: &mut Vec<u8>) -> Run<i32> {
    if text.first() == Some(&b'-') {
        return Err(unsupported("echo of a version that begins with a dash"));
    }
    text.push(b'\n');
    shell.print(1, text)?;
    Ok(0)
}

fn ver_rs(shell: &mut Shell<'_>, arguments: &[Vec<u8>]) -> Run<i32> {
    let version = if arguments.len() % 2 == 1 {
        arguments.last().cloned().unwrap_or_default()
    } else {
        shell
            .vars
            .scalar(&shell.pms.names.pv)
            .unwrap_or_default()
            .to_vec()
    };
    let mut parts = split(&version);
    let maximum = length(&parts) / 2 - 1;
    for pair in arguments.chunks_exact(2) {
        let [given, replacement] = pair else { continue };
        let (first, last) = range(shell, "ver_rs", given, maximum)?;
        for index in first..=last {
            let Some(part) = usize::try_from(index * 2)
                .ok()
                .and_then(|at| parts.get_mut(at))
            else {
                // bash would add an element to its array.
                return Err(unsupported("a range beyond the end of a version"));
            };
            if index == 0 && part.is_empty() {
                continue;
            }
            *part = replacement;
        }
    }
    let mut text = parts.concat();
    echo(shell, &mut text)
}

fn ver_test(shell: &mut Shell<'_>, arguments: &[Vec<u8>]) -> Run<i32> {
    let (left, operator, right) = match arguments {
        [left, operator, right] => (left.clone(), operator, right),
        [operator, right] => (
            shell
                .vars
                .scalar(&shell.pms.names.pvr)
                .unwrap_or_default()
                .to_vec(),
            operator,
            right,
        ),
        _ => return Err(shell.die("ver_test: bad number of arguments")),
    };
    let test: fn(Ordering) -> bool = match &operator[..] {
        b"-eq" => Ordering::is_eq,
        b"-ne" => Ordering::is_ne,
        b"-lt" => Ordering::is_lt,
        b"-le" => Ordering::is_le,
        b"-gt" => Ordering::is_gt,
        b"-ge" => Ordering::is_ge,
        _ => {
            return Err(shell.die(format!(
                "ver_test: invalid operator: {}",
                String::from_utf8_lossy(operator)
            )));
        }
    };
    let parse = |text: &[u8]| {
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| Version::parse(text).ok())
            .ok_or_else(|| {
                shell.die(format!(
                    "ver_test: invalid version: {}",
                    String::from_utf8_lossy(text)
                ))
            })
    };
    let left = parse(&left)?;
    let right = parse(right)?;
    Ok(i32::from(!test(left.cmp(&right))))
}
