//! Quoting: texts as words of a shell, the way bash, Python and people write them.
//!
//! ```
//! use ebd_syntax::quote::{self, Locale};
//!
//! let mut text = b"a=".to_vec();
//! quote::declared(b"say \"hi\"", Locale::Utf8, &mut text);
//! assert_eq!(text, br#"a="say \"hi\"""#);
//! ```

use std::ops::Range;

/// What quoted text is written to.
pub trait Out {
    /// Appends a part of the text that is being quoted.
    fn keep(&mut self, text: &[u8], part: Range<usize>);

    /// Appends bytes that are not in the text.
    fn add(&mut self, bytes: &[u8]);
}

impl Out for Vec<u8> {
    fn keep(&mut self, text: &[u8], part: Range<usize>) {
        self.extend_from_slice(text.get(part).unwrap_or_default());
    }

    fn add(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Which characters can be printed, so that they need no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// ASCII.
    C,
    /// Whatever is UTF-8; bytes that are not stand as numbers, which every bash reads as the same bytes in any locale.
    Utf8,
}

/// Writes a value as `declare -p` does: `"…"`, or `$'…'` if it has what cannot be printed.
pub fn declared(text: &[u8], locale: Locale, out: &mut impl Out) {
    if needs_ansi(text, locale) {
        return ansi(text, locale, out);
    }
    out.add(b"\"");
    escaped(text, out, |_, byte| {
        matches!(byte, b'"' | b'$' | b'`' | b'\\')
    });
    out.add(b"\"");
}

/// Writes a key of an associative array as `declare -p` does.
pub fn key(text: &[u8], locale: Locale, out: &mut impl Out) {
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
    if special || text == b"@" || needs_ansi(text, locale) {
        declared(text, locale, out);
    } else {
        out.keep(text, 0..text.len());
    }
}

/// Writes a text as `printf %q` does: with a backslash before what is special, or `$'…'`.
pub fn backslashed(text: &[u8], locale: Locale, out: &mut impl Out) {
    if text.is_empty() {
        return out.add(b"''");
    }
    if needs_ansi(text, locale) {
        return ansi(text, locale, out);
    }
    escaped(text, out, |before, byte| match byte {
        b'~' => matches!(before, None | Some(b':' | b'=')),
        b'#' => before.is_none(),
        byte => b" '\"\\|&;()<>!{}*[]?^$`,".contains(&byte),
    });
}

/// Writes a text as `${…@Q}` does: `'…'`, or `$'…'`.
pub fn reusable(text: &[u8], locale: Locale, out: &mut impl Out) {
    if needs_ansi(text, locale) {
        ansi(text, locale, out);
    } else if text == b"'" {
        out.add(b"\\'");
    } else {
        single(text, out);
    }
}

/// Writes a text between single quotes; those in it as `'\''`.
pub fn single(text: &[u8], out: &mut impl Out) {
    between_single(text, b"'\\''", out);
}

/// Writes a text as Python's `shlex.quote` does: as it is when nothing in it is special, else between single quotes, and those in it as
/// `'"'"'`.
pub fn word(text: &[u8], out: &mut impl Out) {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(byte);
    if !text.is_empty() && text.iter().all(plain) {
        out.keep(text, 0..text.len());
    } else {
        between_single(text, b"'\"'\"'", out);
    }
}

/// Returns a text as [`word`] writes it.
#[must_use]
pub fn word_of_str(text: &str) -> String {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    word(text.as_bytes(), &mut quoted);
    // Quoting adds ASCII alone, and splits at it alone.
    String::from_utf8_lossy(&quoted).into_owned()
}

fn between_single(text: &[u8], quote: &[u8], out: &mut impl Out) {
    out.add(b"'");
    let mut from = 0;
    for at in memchr::memchr_iter(b'\'', text) {
        out.keep(text, from..at);
        out.add(quote);
        from = at + 1;
    }
    out.keep(text, from..text.len());
    out.add(b"'");
}

/// Writes a text with a backslash before each byte that is special, by itself and the byte before it.
fn escaped(text: &[u8], out: &mut impl Out, special: impl Fn(Option<u8>, u8) -> bool) {
    let mut before = None;
    let mut from = 0;
    for (at, &byte) in text.iter().enumerate() {
        if special(before, byte) {
            out.keep(text, from..at);
            out.add(b"\\");
            from = at;
        }
        before = Some(byte);
    }
    out.keep(text, from..text.len());
}

/// Whether bash uses `$'…'`.
fn needs_ansi(text: &[u8], locale: Locale) -> bool {
    match locale {
        Locale::C => text.iter().any(|byte| !matches!(byte, b' '..=b'~')),
        Locale::Utf8 => {
            text.iter().any(u8::is_ascii_control)
                || !(text.is_ascii() || std::str::from_utf8(text).is_ok())
        }
    }
}

/// `$'…'`
fn ansi(text: &[u8], locale: Locale, out: &mut impl Out) {
    out.add(b"$'");
    match locale {
        Locale::C => ansi_part(text, 0..text.len(), |byte| !byte.is_ascii(), out),
        Locale::Utf8 => {
            let mut at = 0;
            for chunk in text.utf8_chunks() {
                let valid = at..at + chunk.valid().len();
                at = valid.end + chunk.invalid().len();
                ansi_part(text, valid.clone(), |_| false, out);
                ansi_part(text, valid.end..at, |_| true, out);
            }
        }
    }
    out.add(b"'");
}

/// A part of a text between `$'` and `'`, with numbers for control characters and what else `by_number` says.
fn ansi_part(text: &[u8], part: Range<usize>, by_number: impl Fn(u8) -> bool, out: &mut impl Out) {
    let mut from = part.start;
    for at in part.clone() {
        let Some(&byte) = text.get(at) else { break };
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
            _ if byte.is_ascii_control() || by_number(byte) => {
                let digit = |shift: u8| b'0' + (byte >> shift & 7);
                out.keep(text, from..at);
                out.add(&[b'\\', digit(6), digit(3), digit(0)]);
                from = at + 1;
                continue;
            }
            _ => continue,
        };
        out.keep(text, from..at);
        out.add(&[b'\\', letter]);
        from = at + 1;
    }
    out.keep(text, from..part.end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(quote: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        quote(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn each_way_of_quoting_writes_what_bash_or_python_writes() {
        let text = "a'b\" $c~#\\";
        let c = Locale::C;
        let double = r##""a'b\" \$c~#\\""##;
        assert_eq!(quoted(|out| declared(text.as_bytes(), c, out)), double);
        assert_eq!(quoted(|out| key(text.as_bytes(), c, out)), double);
        assert_eq!(quoted(|out| key(b"a#b", c, out)), "a#b");
        assert_eq!(
            quoted(|out| backslashed(text.as_bytes(), c, out)),
            r##"a\'b\"\ \$c~#\\"##
        );
        assert_eq!(
            quoted(|out| reusable(text.as_bytes(), c, out)),
            r##"'a'\''b" $c~#\'"##
        );
        assert_eq!(quoted(|out| reusable(b"'", c, out)), r"\'");
        assert_eq!(quoted(|out| single(b"'", out)), r"''\'''");
        assert_eq!(quoted(|out| word(b"a/b=c", out)), "a/b=c");
        assert_eq!(quoted(|out| word(b"a'b", out)), r#"'a'"'"'b'"#);
        assert_eq!(quoted(|out| word(b"", out)), "''");
    }

    #[test]
    fn what_cannot_be_printed_stands_as_a_number() {
        let text = "ä\n\u{7f}".as_bytes();
        assert_eq!(
            quoted(|out| declared(text, Locale::C, out)),
            r"$'\303\244\n\177'"
        );
        assert_eq!(
            quoted(|out| declared(text, Locale::Utf8, out)),
            r"$'ä\n\177'"
        );
        assert_eq!(
            quoted(|out| declared("ä".as_bytes(), Locale::Utf8, out)),
            "\"ä\""
        );
        assert_eq!(
            quoted(|out| declared(b"\xc3\xa4\xff'", Locale::Utf8, out)),
            r"$'ä\377\''"
        );
    }
}
