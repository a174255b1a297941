//! Texts quoted as bash prints them, in the C locale.

use crate::text::Text;

/// Whether bash uses `$'…'`.
fn needs_ansi(text: &[u8]) -> bool {
    text.iter().any(|byte| !matches!(byte, b' '..=b'~'))
}

/// `$'…'`
fn ansi(text: &[u8]) -> Vec<u8> {
    let mut quoted = b"$'".to_vec();
    for &byte in text {
        match byte {
            7 => quoted.extend_from_slice(b"\\a"),
            8 => quoted.extend_from_slice(b"\\b"),
            b'\t' => quoted.extend_from_slice(b"\\t"),
            b'\n' => quoted.extend_from_slice(b"\\n"),
            11 => quoted.extend_from_slice(b"\\v"),
            12 => quoted.extend_from_slice(b"\\f"),
            b'\r' => quoted.extend_from_slice(b"\\r"),
            27 => quoted.extend_from_slice(b"\\E"),
            b'\\' | b'\'' => quoted.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => quoted.push(byte),
            _ => quoted.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// A value as `declare -p` prints it: `"…"`, or `$'…'`.
pub(crate) fn value(text: &[u8]) -> Vec<u8> {
    if needs_ansi(text) {
        return ansi(text);
    }
    let mut quoted = Vec::with_capacity(text.len() + 2);
    quoted.push(b'"');
    for &byte in text {
        if matches!(byte, b'"' | b'$' | b'`' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    quoted
}

/// A key of an associative array as `declare -p` prints it.
pub(crate) fn key(text: &[u8]) -> Vec<u8> {
    let mut before = None;
    let special = text.iter().any(|&byte| {
        let special = match byte {
            b'~' => matches!(before, None | Some(b':' | b'=')),
            b'#' => matches!(before, None | Some(b' ')),
            byte => b" '\"\\|&;()<>!{}*[]?^$`".contains(&byte),
        };
        before = Some(byte);
        special
    });
    if needs_ansi(text) {
        ansi(text)
    } else if special || matches!(text, b"@") {
        value(text)
    } else {
        text.to_vec()
    }
}

/// `%q` of printf: backslashes before what is special.
pub(crate) fn backslashed<T: Text>(text: &T, marks: &T::Marks) -> T {
    if text.is_empty() {
        return T::of(b"''".to_vec(), marks);
    }
    if needs_ansi(text) {
        return T::of(ansi(text), marks);
    }
    let mut quoted = T::default();
    let mut before = None;
    for (at, &byte) in text.iter().enumerate() {
        let special = match byte {
            b'~' => matches!(before, None | Some(b':' | b'=')),
            b'#' => before.is_none(),
            byte => b" '\"\\|&;()<>!{}*[]?^$`,".contains(&byte),
        };
        if special {
            quoted.append_bytes(b"\\", marks);
        }
        quoted.append_part(text, at..at + 1);
        before = Some(byte);
    }
    quoted
}

/// `${…@Q}`: `'…'`, or `$'…'`.
pub(crate) fn reusable<T: Text>(text: &T, marks: &T::Marks) -> T {
    if needs_ansi(text) {
        return T::of(ansi(text), marks);
    }
    if text[..] == *b"'" {
        return T::of(b"\\'".to_vec(), marks);
    }
    let mut quoted = T::of(vec![b'\''], marks);
    let mut from = 0;
    for at in memchr::memchr_iter(b'\'', text) {
        quoted.append_part(text, from..at);
        quoted.append_bytes(b"'\\''", marks);
        from = at + 1;
    }
    quoted.append_part(text, from..text.len());
    quoted.append_bytes(b"'", marks);
    quoted
}
