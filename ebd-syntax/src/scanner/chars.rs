//! Classes of bytes.

/// Ends a word: a blank, a newline or an operator.
pub(crate) const META: u16 = 1;
/// `\`, `'`, `"`, `` ` `` and `$`.
pub(crate) const QUOTE: u16 = 1 << 1;
/// Has a meaning inside double quotes: `\`, `"`, `` ` `` and `$`.
pub(crate) const DOUBLE: u16 = 1 << 2;
/// Can begin an extended pattern.
pub(crate) const PATTERN: u16 = 1 << 3;
/// `=` and `[`.
pub(crate) const ASSIGN: u16 = 1 << 4;
/// `(` and `)`.
pub(crate) const PAREN: u16 = 1 << 5;
/// `[` and `]`, `<` and `>`.
pub(crate) const BRACKET: u16 = 1 << 6;
/// `}`, `<` and `>`.
pub(crate) const BRACE: u16 = 1 << 7;
/// Letters, digits and `_`.
pub(crate) const NAME: u16 = 1 << 8;
/// What ends a word and is no blank, and `#`.
pub(crate) const OPERATOR: u16 = 1 << 9;

static CLASSES: [u16; 256] = classes();

const fn classes() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class_of(byte as u8);
        byte += 1;
    }
    table
}

const fn class_of(byte: u8) -> u16 {
    match byte {
        b' ' | b'\t' => META,
        b'\n' | b';' | b'&' | b'|' => META | OPERATOR,
        b'#' => OPERATOR,
        b'(' | b')' => META | OPERATOR | PAREN,
        b'<' | b'>' => META | OPERATOR | BRACKET | BRACE,
        b'\\' | b'"' | b'`' | b'$' => QUOTE | DOUBLE,
        b'\'' => QUOTE,
        b'?' | b'*' | b'+' | b'@' | b'!' => PATTERN,
        b'=' => ASSIGN,
        b'[' => ASSIGN | BRACKET,
        b']' => BRACKET,
        b'}' => BRACE,
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' => NAME,
        _ => 0,
    }
}

/// Whether `byte` is in one of the classes of `mask`.
#[inline]
pub(crate) fn is(byte: u8, mask: u16) -> bool {
    CLASSES[usize::from(byte)] & mask != 0
}

/// Whether a reserved word may begin with these two bytes; with few exceptions other words do not.
#[inline]
pub(super) fn begins_keyword(first: u8, second: u8) -> bool {
    static SECOND: [u32; 256] = second_bytes();
    SECOND[usize::from(first)] & bit(second) != 0
}

/// For each first byte of a reserved word, which bytes may follow it.
const fn second_bytes() -> [u32; 256] {
    // The name may go on after a line continuation.
    let pairs = b"cacodoelesfifofuifinsethtiunwh[[]]c\\d\\e\\f\\i\\s\\t\\u\\w\\[\\]\\";
    let mut table = [0; 256];
    let mut at = 0;
    while at < pairs.len() {
        table[pairs[at] as usize] |= bit(pairs[at + 1]);
        at += 2;
    }
    table[b'!' as usize] = u32::MAX;
    table[b'{' as usize] = u32::MAX;
    table[b'}' as usize] = u32::MAX;
    table
}

const fn bit(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// Whether `byte` can be in a name.
#[inline]
pub(crate) fn is_name(byte: u8) -> bool {
    is(byte, NAME)
}

/// Whether `bytes` is the name of a variable.
pub(crate) fn is_identifier(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| !byte.is_ascii_digit())
        && bytes.iter().all(|&byte| is_name(byte))
}
