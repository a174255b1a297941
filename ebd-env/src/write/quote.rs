//! The one place where text is quoted.

/// Writes text in quotes that every bash reads as the same bytes, in any locale.
///
/// As bash itself: `"…"`, and `$'…'` if there are control characters; bytes that are no UTF-8 are written as numbers.
pub(super) fn write(out: &mut Vec<u8>, text: &[u8]) {
    if text.iter().any(u8::is_ascii_control) {
        write_ansi(out, text);
    } else if text.is_ascii() || std::str::from_utf8(text).is_ok() {
        write_double(out, text);
    } else {
        write_ansi(out, text);
    }
}

/// Whether a key needs no quotes between brackets.
pub(super) fn is_plain_key(key: &[u8]) -> bool {
    !key.is_empty()
        && key
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn write_double(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'$' | b'`');
    let mut rest = text;
    while let Some(length) = rest.iter().position(special) {
        let (plain, after) = rest.split_at(length);
        out.extend_from_slice(plain);
        out.push(b'\\');
        let (byte, after) = after.split_at(1);
        out.extend_from_slice(byte);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn write_ansi(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(b"$'");
    for chunk in text.utf8_chunks() {
        for &byte in chunk.valid().as_bytes() {
            let letter = match byte {
                b'\x07' => b'a',
                b'\x08' => b'b',
                b'\t' => b't',
                b'\n' => b'n',
                b'\x0b' => b'v',
                b'\x0c' => b'f',
                b'\r' => b'r',
                b'\x1b' => b'E',
                b'\\' | b'\'' => byte,
                _ if byte.is_ascii_control() => {
                    number(out, byte);
                    continue;
                }
                _ => {
                    out.push(byte);
                    continue;
                }
            };
            out.extend_from_slice(&[b'\\', letter]);
        }
        for &byte in chunk.invalid() {
            number(out, byte);
        }
    }
    out.push(b'\'');
}

/// Three octal digits.
fn number(out: &mut Vec<u8>, byte: u8) {
    let digit = |shift: u8| b'0' + (byte >> shift & 7);
    out.extend_from_slice(&[b'\\', digit(6), digit(3), digit(0)]);
}
