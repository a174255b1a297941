//! `ver_cut`, `ver_rs`, `ver_test`, as in `bash-lib/version.bash`.

use std::cmp::Ordering;
use std::ops::Range;

use ebd_pms::Version;

use super::Native;
use crate::error::{Run, shown, unsupported};
use crate::meter;
use crate::name::Name;
use crate::shell::Shell;
use crate::text::Text;

pub(super) fn all<T: Text>() -> [(&'static str, Native<T>); 4] {
    [
        ("ver_cut", ver_cut),
        ("ver_rs", ver_rs),
        ("ver_test", ver_test),
        ("ver_replacing", |shell, _| {
            Err(shell.die("ver_replacing: meaningless in global scope"))
        }),
    ]
}

/// Where separator, component, separator, component, … begin and end.
fn split(text: &[u8]) -> Run<Vec<Range<usize>>> {
    let mut parts = Vec::new();
    let mut at = 0;
    let take = |at: &mut usize, test: fn(&u8) -> bool| {
        let from = *at;
        while text.get(*at).is_some_and(test) {
            *at += 1;
        }
        from..*at
    };
    while at < text.len() {
        if !meter::take(4 * size_of::<Range<usize>>()) {
            meter::check()?;
        }
        parts.push(take(&mut at, |byte| !byte.is_ascii_alphanumeric()));
        let digits = text.get(at).is_some_and(u8::is_ascii_digit);
        parts.push(if digits {
            take(&mut at, u8::is_ascii_digit)
        } else {
            take(&mut at, u8::is_ascii_alphabetic)
        });
    }
    Ok(parts)
}

/// First and last of a range `N`, `N-` or `N-M`.
fn range<T: Text>(
    shell: &mut Shell<'_, T>,
    command: &str,
    text: &[u8],
    maximum: i64,
) -> Run<(i64, i64)> {
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return Err(shell.die(format!(
            "{command}: range must start with a number: {}",
            shown(text)
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
                    shown(text)
                )));
            }
            last.min(maximum)
        }
    };
    Ok((first, last))
}

fn length(parts: &[Range<usize>]) -> i64 {
    i64::try_from(parts.len()).unwrap_or(i64::MAX)
}

fn version_variable<T: Text>(shell: &Shell<'_, T>, name: &Name) -> T {
    shell.vars.scalar(name).cloned().unwrap_or_default()
}

fn ver_cut<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    let version = match arguments.get(1) {
        Some(version) if !version.is_empty() => version.clone(),
        _ => version_variable(shell, &shell.pms.names.pv),
    };
    let parts = split(&version)?;
    let given = arguments.first().map(|text| &text[..]).unwrap_or_default();
    let (mut first, last) = range(shell, "ver_cut", given, length(&parts) / 2)?;
    if first > 0 {
        first = first * 2 - 1;
    }
    // Beyond the end there is nothing.
    let count = last * 2 - first;
    let mut text = T::default();
    for part in parts
        .iter()
        .skip(usize::try_from(first).unwrap_or(usize::MAX))
        .take(usize::try_from(count).unwrap_or(0))
    {
        text.append_part(&version, part.clone());
    }
    echo(shell, &mut text)
}

/// Prints as `echo` does; a text that would be an option of it is left to bash.
fn echo<T: Text>(shell: &mut Shell<'_, T>, text: &mut T) -> Run<i32> {
    if text.first() == Some(&b'-') {
        return Err(unsupported("echo of a version that begins with a dash"));
    }
    text.append_bytes(b"\n", &T::Marks::default());
    shell.print(1, text)?;
    Ok(0)
}

fn ver_rs<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    let version = if arguments.len() % 2 == 1 {
        arguments.last().cloned().unwrap_or_default()
    } else {
        version_variable(shell, &shell.pms.names.pv)
    };
    let ranges = split(&version)?;
    let mut parts: Vec<T> = ranges
        .iter()
        .map(|part| version.part(part.clone()))
        .collect();
    let maximum = length(&ranges) / 2 - 1;
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
            part.clone_from(replacement);
        }
    }
    let mut text = T::join(&parts, b"", &T::Marks::default());
    echo(shell, &mut text)
}

fn ver_test<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    let (left, operator, right) = match arguments {
        [left, operator, right] => (left.clone(), operator, right),
        [operator, right] => (
            version_variable(shell, &shell.pms.names.pvr),
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
            return Err(shell.die(format!("ver_test: invalid operator: {}", shown(operator))));
        }
    };
    let parse = |text: &[u8]| {
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| Version::parse(text).ok())
            .ok_or_else(|| shell.die(format!("ver_test: invalid version: {}", shown(text))))
    };
    let left = parse(&left)?;
    let right = parse(right)?;
    Ok(i32::from(!test(left.cmp(&right))))
}
