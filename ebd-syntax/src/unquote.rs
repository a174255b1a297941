//! Decoding quoted strings to bytes: what `declare -p` and `printf %q` write, and what scripts contain.

use std::borrow::Cow;

/// The bytes that a word has after quote removal; `None` if it has substitutions, is an array, or a quote is not closed.
///
/// ```
/// assert_eq!(ebd_syntax::unquote::word(br#"a' b'"c\$"$'\t'"#).as_deref(), Some(&b"a bc$\t"[..]));
/// assert_eq!(ebd_syntax::unquote::word(b"$HOME"), None);
/// ```
#[must_use]
pub fn word(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    crate::literal::without_quotes(raw)
}

/// What stands between double quotes, without the escapes; expansions stay as they are written.
///
/// ```
/// assert_eq!(&*ebd_syntax::unquote::double(br#"say \"\$HI\" \n"#), br#"say "$HI" \n"#);
/// ```
#[must_use]
pub fn double(inside: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inside).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut value = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            value.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'\n') => {}
            Some(escaped @ (b'\\' | b'"' | b'$' | b'`')) => value.push(escaped),
            Some(other) => value.extend([b'\\', other]),
            None => value.push(b'\\'),
        }
    }
    Cow::Owned(value)
}

/// What stands between `$'` and `'`, decoded as bash does in a UTF-8 locale.
///
/// An escape that yields a NUL byte ends the value, as in bash; an escape that bash does not know stays as it is written.
///
/// ```
/// assert_eq!(&*ebd_syntax::unquote::ansi_c(br"a\n\x41\102\u20ac\cA\q"), b"a\nAB\xe2\x82\xac\x01\\q");
/// ```
#[must_use]
pub fn ansi_c(inside: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inside).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut decoder = AnsiDecoder {
        rest: inside,
        value: Vec::with_capacity(inside.len()),
    };
    decoder.run();
    Cow::Owned(decoder.value)
}

struct AnsiDecoder<'a> {
    rest: &'a [u8],
    value: Vec<u8>,
}

impl AnsiDecoder<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.next() {
            if byte != b'\\' {
                self.value.push(byte);
                continue;
            }
            if !self.escape() {
                return;
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    /// Decodes what follows a backslash; `false` if it is a NUL.
    fn escape(&mut self) -> bool {
        let Some(escape) = self.next() else {
            self.value.push(b'\\');
            return true;
        };
        let byte = match escape {
            b'a' => 0x07,
            b'b' => 0x08,
            b'e' | b'E' => 0x1b,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'\'' | b'"' | b'?' => escape,
            b'0'..=b'7' => self.octal(escape),
            b'x' => match self.hex_byte() {
                Some(byte) => byte,
                None => return true,
            },
            b'u' => return self.unicode(escape, 4),
            b'U' => return self.unicode(escape, 8),
            b'c' => match self.next() {
                Some(control) => {
                    if control == b'\\' && self.rest.first() == Some(&b'\\') {
                        self.next();
                    }
                    if control == b'?' {
                        0x7f
                    } else {
                        control.to_ascii_uppercase() & 0x1f
                    }
                }
                None => {
                    self.value.extend(b"\\c");
                    return true;
                }
            },
            other => {
                self.value.extend([b'\\', other]);
                return true;
            }
        };
        if byte != 0 {
            self.value.push(byte);
        }
        byte != 0
    }

    /// Up to three octal digits; like bash, the lower eight bits of them.
    fn octal(&mut self, first: u8) -> u8 {
        let mut number = u32::from(first - b'0');
        for _ in 0..2 {
            match self.rest.first() {
                Some(digit @ b'0'..=b'7') => number = number * 8 + u32::from(digit - b'0'),
                _ => break,
            }
            self.next();
        }
        low_byte(number)
    }

    /// `\xHH` or `\x{H…}`. Without digits `\x{}` is a NUL, and of `\x` the text stays and there is no byte.
    fn hex_byte(&mut self) -> Option<u8> {
        let braced = self.rest.first() == Some(&b'{');
        if braced {
            self.next();
        }
        let (number, digits) = self.hex(if braced { usize::MAX } else { 2 });
        if braced && self.rest.first() == Some(&b'}') {
            self.next();
        }
        if digits == 0 && !braced {
            self.value.extend(b"\\x");
            return None;
        }
        Some(low_byte(number))
    }

    /// `\uHHHH` and `\UHHHHHHHH`; `false` if it is a NUL.
    fn unicode(&mut self, escape: u8, longest: usize) -> bool {
        let (number, digits) = self.hex(longest);
        if digits == 0 {
            self.value.extend([b'\\', escape]);
            return true;
        }
        if number == 0 {
            return false;
        }
        encode(number, &mut self.value);
        true
    }

    /// Up to `longest` hexadecimal digits: their value, wrapped, and how many there were.
    fn hex(&mut self, longest: usize) -> (u32, usize) {
        let mut number = 0_u32;
        let mut digits = 0;
        while digits < longest
            && let Some(digit) = self
                .rest
                .first()
                .and_then(|&byte| char::from(byte).to_digit(16))
        {
            number = number.wrapping_mul(16).wrapping_add(digit);
            digits += 1;
            self.next();
        }
        (number, digits)
    }
}

fn low_byte(number: u32) -> u8 {
    number.to_le_bytes()[0]
}

/// Appends `number` in the original form of UTF-8, up to 31 bits, as bash does.
fn encode(number: u32, value: &mut Vec<u8>) {
    if number < 0x80 {
        value.push(low_byte(number));
        return;
    }
    let continuation = |shift: u32| 0x80 | low_byte((number >> shift) & 0x3f);
    let (lead, count) = match number {
        0..0x800 => (0xc0, 1),
        0x800..0x1_0000 => (0xe0, 2),
        0x1_0000..0x20_0000 => (0xf0, 3),
        0x20_0000..0x400_0000 => (0xf8, 4),
        0x400_0000..0x8000_0000 => (0xfc, 5),
        _ => return,
    };
    value.push(lead | low_byte(number >> (6 * count)));
    value.extend((0..count).rev().map(|index| continuation(6 * index)));
}
