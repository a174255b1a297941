//! Classes of bytes.

/// Ends a word: a blank, a newline or an operator.
pub(crate) const META: u8 = 1;
/// `\`, `'`, `"`, `` ` `` and `$`.
pub(crate) const QUOTE: u8 = 1 << 1;
/// Has a meaning inside double quotes: `\`, `"`, `` ` `` and `$`.
pub(crate) const DOUBLE: u8 = 1 << 2;
/// Can begin an extended pattern.
pub(crate) const PATTERN: u8 = 1 << 3;
/// `=` and `[`.
pub(crate) const ASSIGN: u8 = 1 << 4;
/// `(` and `)`.
pub(crate) const PAREN: u8 = 1 << 5;
/// `[` and `]`, `<` and `>`.
pub(crate) const BRACKET: u8 = 1 << 6;
/// `}`, `<` and `>`.
pub(crate) const BRACE: u8 = 1 << 7;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class_of(byte as u8);
        byte += 1;
    }
    table
}

const fn class_of(byte: u8) -> u8 {
    match byte {
        b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' => META,
        b'(' | b')' => META | PAREN,
        b'<' | b'>' => META | BRACKET | BRACE,
        b'\\' | b'"' | b'`' | b'$' => QUOTE | DOUBLE,
        b'\'' => QUOTE,
        b'?' | b'*' | b'+' | b'@' | b'!' => PATTERN,
        b'=' => ASSIGN,
        b'[' => ASSIGN | BRACKET,
        b']' => BRACKET,
        b'}' => BRACE,
        _ => 0,
    }
}

/// Whether `byte` is in one of the classes of `mask`.
#[inline]
pub(crate) fn is(byte: u8, mask: u8) -> bool {
    CLASSES[usize::from(byte)] & mask != 0
}

/// Whether a reserved word begins with `byte`.
#[inline]
pub(super) fn begins_keyword(byte: u8) -> bool {
    static FIRST: [bool; 256] = {
        let mut table = [false; 256];
        let letters = b"!cdefistuw{}[]";
        let mut index = 0;
        while index < letters.len() {
            table[letters[index] as usize] = true;
            index += 1;
        }
        table
    };
    FIRST[usize::from(byte)]
}

/// Whether `byte` can be in a name.
#[inline]
pub(crate) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `bytes` is the name of a variable.
pub(crate) fn is_identifier(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| !byte.is_ascii_digit())
        && bytes.iter().all(|&byte| is_name(byte))
}
