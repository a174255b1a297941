//! Names of variables and functions.

/// Whether `name` can be a variable.
pub(crate) fn is_variable(name: &[u8]) -> bool {
    name.first().is_some_and(|byte| !byte.is_ascii_digit()) && name.iter().all(|&b| is_part(b))
}

/// Whether `byte` can be in the name of a variable.
pub(crate) fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `name` can be a function: bash takes nearly all that is one word without quotes and expansions.
pub(crate) fn is_function(name: &[u8]) -> bool {
    let special = |byte: &u8| {
        matches!(
            byte,
            b'\0' | b'\t'
                ..=b'\r'
                    | b' '
                    | b'\''
                    | b'"'
                    | b'\\'
                    | b'`'
                    | b'$'
                    | b'<'
                    | b'>'
                    | b'&'
                    | b'|'
                    | b';'
                    | b'('
                    | b')'
        )
    };
    !name.is_empty() && !name.iter().any(special) && name.first() != Some(&b'#')
}

/// Whether a definition of `name` must begin with `function`: reserved words, and what would be an assignment or a pattern.
pub(crate) fn needs_keyword(name: &[u8]) -> bool {
    const RESERVED: &[&[u8]] = &[
        b"!",
        b"[[",
        b"]]",
        b"case",
        b"coproc",
        b"do",
        b"done",
        b"elif",
        b"else",
        b"esac",
        b"fi",
        b"for",
        b"function",
        b"if",
        b"in",
        b"select",
        b"then",
        b"time",
        b"until",
        b"while",
        b"{",
        b"}",
    ];
    RESERVED.contains(&name)
        || name
            .iter()
            .any(|&byte| !(is_part(byte) || matches!(byte, b'-' | b'.' | b':' | b'+' | b'@')))
}

/// Whether `name` can be an option or a signal.
pub(crate) fn is_option(name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    !name.is_empty() && !name.starts_with(['-', '+']) && name.chars().all(part)
}
