//! Values of words that bash need not run anything for.

use std::borrow::Cow;

use crate::unquote;

/// Which expansions make a word not static.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expansions {
    /// All that can change a word.
    All,
    /// Those with `$`, backquotes, `<(…)`: what quote removal can not ignore.
    Substitutions,
    /// None: the delimiter of a here-document.
    None,
}

/// The value of a word that no expansion changes.
pub(crate) fn literal(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    if raw.first() == Some(&b'~') {
        return None;
    }
    remove_quotes(raw, Expansions::All).map(|(value, _)| value)
}

/// A word after quote removal, if it has no substitutions.
pub(crate) fn without_quotes(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    remove_quotes(raw, Expansions::Substitutions).map(|(value, _)| value)
}

/// The delimiter of a here-document, and whether any of it is quoted.
pub(crate) fn heredoc_delimiter(raw: &[u8]) -> (Vec<u8>, bool) {
    match remove_quotes(raw, Expansions::None) {
        Some((value, quoted)) => (value.into_owned(), quoted),
        None => (raw.to_vec(), false),
    }
}

/// Removes the quotes; `None` if an expansion of the given sort is found. Also says whether there were quotes.
fn remove_quotes(raw: &[u8], expansions: Expansions) -> Option<(Cow<'_, [u8]>, bool)> {
    let special = |&byte: &u8| {
        matches!(
            byte,
            b'\\'
                | b'\''
                | b'"'
                | b'`'
                | b'$'
                | b'<'
                | b'>'
                | b'('
                | b'*'
                | b'?'
                | b'['
                | b'{'
                | b'~'
        )
    };
    let Some(plain) = raw.iter().position(special) else {
        return Some((Cow::Borrowed(raw), false));
    };
    if let [quote @ (b'\'' | b'"'), inside @ .., last] = raw
        && quote == last
        && !inside
            .iter()
            .any(|byte| matches!(byte, b'\\' | b'\'' | b'"' | b'`' | b'$'))
    {
        return Some((Cow::Borrowed(inside), true));
    }
    let mut value = raw.get(..plain)?.to_vec();
    let mut quoted = false;
    let mut at = plain;
    while let Some(&byte) = raw.get(at) {
        let next = raw.get(at + 1).copied();
        let rest = raw.get(at + 1..).unwrap_or_default();
        match (byte, next) {
            (b'\\', Some(b'\n')) => at += 2,
            (b'\\', Some(escaped)) => {
                value.push(escaped);
                quoted = true;
                at += 2;
            }
            (b'\'', _) => {
                let length = memchr::memchr(b'\'', rest)?;
                value.extend_from_slice(rest.get(..length)?);
                quoted = true;
                at += length + 2;
            }
            (b'"', _) => {
                at += 1 + double_quoted(rest, expansions, &mut value)?;
                quoted = true;
            }
            (b'$', Some(b'\'')) => {
                let inside = rest.get(1..)?;
                let length = ansi_length(inside)?;
                value.extend_from_slice(&unquote::ansi_c(inside.get(..length)?));
                quoted = true;
                at += length + 3;
            }
            // The quotes of a translated string are left, the dollar goes.
            (b'$', Some(b'"')) => at += 1,
            (b'$', next) if expansions != Expansions::None && begins_expansion(next) => {
                return None;
            }
            (b'`', _) if expansions != Expansions::None => return None,
            (b'<' | b'>', Some(b'(')) if expansions != Expansions::None => return None,
            (b'(', _) if expansions != Expansions::None && !is_pattern_group(raw, at) => {
                return None;
            }
            _ if expansions == Expansions::All && is_pattern(raw, at) => return None,
            _ => {
                value.push(byte);
                at += 1;
            }
        }
    }
    Some((Cow::Owned(value), quoted))
}

/// Appends what stands in double quotes, of which `text` begins after the first, and returns the offset after the second.
fn double_quoted(text: &[u8], expansions: Expansions, value: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
    loop {
        let byte = *text.get(at)?;
        let next = text.get(at + 1).copied();
        match (byte, next) {
            (b'"', _) => return Some(at + 1),
            (b'\\', Some(b'\n')) => at += 2,
            (b'\\', Some(escaped @ (b'\\' | b'"' | b'$' | b'`'))) => {
                value.push(escaped);
                at += 2;
            }
            (b'$', next) if expansions != Expansions::None && begins_expansion(next) => {
                return None;
            }
            (b'`', _) if expansions != Expansions::None => return None,
            _ => {
                value.push(byte);
                at += 1;
            }
        }
    }
}

/// The number of bytes before the `'` that ends a `$'…'` string.
fn ansi_length(inside: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match inside.get(at)? {
            b'\'' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Whether a `$` before this byte begins an expansion. A line continuation may hide one.
fn begins_expansion(next: Option<u8>) -> bool {
    next.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_{([@*#?-$!\\".contains(&byte))
}

/// Whether the parenthesis at `at` belongs to an extended pattern: those of arrays do not.
fn is_pattern_group(raw: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| raw.get(before));
    matches!(before, Some(b'?' | b'*' | b'+' | b'@' | b'!'))
}

/// Whether the unquoted byte at `at` may make bash replace the word by something else.
fn is_pattern(raw: &[u8], at: usize) -> bool {
    let rest = raw.get(at + 1..).unwrap_or_default();
    match raw.get(at) {
        Some(b'*' | b'?' | b'(') => true,
        Some(b'[') => rest.contains(&b']'),
        Some(b'{') => {
            rest.contains(&b'}')
                && (rest.contains(&b',') || memchr::memmem::find(rest, b"..").is_some())
        }
        Some(b'~') => {
            let before = at.checked_sub(1).and_then(|before| raw.get(before));
            matches!(before, Some(b'=' | b':'))
        }
        _ => false,
    }
}
