//! Quoted text and arrays as bash prints them. What has another form is left to the scanner.

use std::borrow::Cow;

use ebd_syntax::unquote;
use memchr::{memchr, memchr2};
use nom::bytes::complete::{tag, take_while1};
use nom::{IResult, Parser};

use crate::variable::Bytes;

/// Errors are empty: whoever calls reads the text again by other means, which know what is wrong with it.
pub(super) type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

pub(super) const FAIL: nom::Err<()> = nom::Err::Error(());

/// Splits `input` before `length` and drops `skip` bytes of what follows.
fn split(input: &[u8], length: usize, skip: usize) -> Result<(&[u8], &[u8]), nom::Err<()>> {
    match (input.get(..length), input.get(length + skip..)) {
        (Some(front), Some(rest)) => Ok((front, rest)),
        _ => Err(FAIL),
    }
}

/// `"…"`, `$'…'` or `'…'`.
pub(super) fn quoted(input: &[u8]) -> Parsed<'_, Bytes<'_>> {
    match input {
        [b'"', rest @ ..] => double(rest),
        [b'$', b'\'', rest @ ..] => ansi(rest),
        [b'\'', rest @ ..] => {
            let length = memchr(b'\'', rest).ok_or(FAIL)?;
            let (inside, rest) = split(rest, length, 1)?;
            Ok((rest, Cow::Borrowed(inside)))
        }
        _ => Err(FAIL),
    }
}

/// What follows a `"`, up to and with the next one. What would be expanded fails.
fn double(input: &[u8]) -> Parsed<'_, Bytes<'_>> {
    let end = memchr2(b'"', b'\\', input).ok_or(FAIL)?;
    let (plain, rest) = split(input, end, 0)?;
    if memchr2(b'$', b'`', plain).is_some() {
        return Err(FAIL);
    }
    if let [b'"', rest @ ..] = rest {
        return Ok((rest, Cow::Borrowed(plain)));
    }
    let mut value = plain.to_vec();
    let mut rest = rest;
    loop {
        rest = match rest {
            [b'"', rest @ ..] => return Ok((rest, Cow::Owned(value))),
            [b'\\', escaped @ (b'"' | b'\\' | b'$' | b'`'), rest @ ..] => {
                value.push(*escaped);
                rest
            }
            [b'\\', b'\n', rest @ ..] => rest,
            [b'\\', rest @ ..] => {
                value.push(b'\\');
                rest
            }
            rest => {
                let end = memchr2(b'"', b'\\', rest).ok_or(FAIL)?;
                let (plain, rest) = split(rest, end, 0)?;
                if memchr2(b'$', b'`', plain).is_some() {
                    return Err(FAIL);
                }
                value.extend_from_slice(plain);
                rest
            }
        };
    }
}

/// What follows `$'`, up to and with the closing quote.
fn ansi(input: &[u8]) -> Parsed<'_, Bytes<'_>> {
    let mut end = 0;
    loop {
        let rest = input.get(end..).ok_or(FAIL)?;
        end += memchr2(b'\'', b'\\', rest).ok_or(FAIL)?;
        match input.get(end) {
            Some(b'\'') => break,
            _ => end += 2,
        }
    }
    let (inside, rest) = split(input, end, 1)?;
    Ok((rest, unquote::ansi_c(inside)))
}

/// `([1]="…" [2]="…")`
pub(super) fn indexed(input: &[u8]) -> Parsed<'_, Vec<(u64, Bytes<'_>)>> {
    array(input, |input| {
        let (input, digits) = take_while1(|byte: u8| byte.is_ascii_digit()).parse(input)?;
        Ok((input, number(digits).ok_or(FAIL)?))
    })
}

/// `([a]="…" ["b"]="…" )`
pub(super) fn associative(input: &[u8]) -> Parsed<'_, Vec<(Bytes<'_>, Bytes<'_>)>> {
    array(input, |input| {
        let (rest, key) = match input.first() {
            Some(b'"' | b'$' | b'\'') => quoted(input)?,
            _ => {
                let (rest, word) = take_while1(is_plain).parse(input)?;
                (rest, Cow::Borrowed(word))
            }
        };
        if key.is_empty() {
            return Err(FAIL);
        }
        Ok((rest, key))
    })
}

/// Elements with keys that `key` reads.
fn array<'a, K>(
    input: &'a [u8],
    mut key: impl FnMut(&'a [u8]) -> Parsed<'a, K>,
) -> Parsed<'a, Vec<(K, Bytes<'a>)>> {
    let (mut input, _) = tag(&b"("[..]).parse(input)?;
    let mut elements = Vec::new();
    loop {
        while let [b' ', rest @ ..] = input {
            input = rest;
        }
        match input {
            [b')', rest @ ..] => return Ok((rest, elements)),
            [b'[', rest @ ..] => {
                let (rest, key) = key(rest)?;
                let (rest, _) = tag(&b"]="[..]).parse(rest)?;
                let (rest, value) = element(rest)?;
                elements.push((key, value));
                input = rest;
            }
            _ => return Err(FAIL),
        }
    }
}

/// The value of an element: quoted, or plain before a blank or the end of the array.
fn element(input: &[u8]) -> Parsed<'_, Bytes<'_>> {
    let (rest, value) = match input.first() {
        Some(b'"' | b'$' | b'\'') => quoted(input)?,
        Some(b' ' | b')') => (input, Cow::Borrowed(&b""[..])),
        _ => {
            let (rest, word) = take_while1(is_plain).parse(input)?;
            (rest, Cow::Borrowed(word))
        }
    };
    match rest.first() {
        Some(b' ' | b')') => Ok((rest, value)),
        _ => Err(FAIL),
    }
}

/// Whether a byte needs no quotes anywhere.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./:@%+,-".contains(&byte)
}

/// The index of an element.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    // A leading zero would make it octal.
    if text.len() > 1 && text.starts_with('0') {
        return None;
    }
    text.parse::<u64>()
        .ok()
        .filter(|&index| index <= i64::MAX as u64)
}
