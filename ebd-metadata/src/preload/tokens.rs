//! Looking for names in text. Everything here errs towards finding too much.

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether a line has no code: it is empty, or a comment and nothing else.
pub(super) fn is_blank(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || line.starts_with(b"#")
}

/// Calls back with every run of name characters outside of comment lines. A run with hyphens is given whole and in every part that begins after or
/// ends before a hyphen: `${x:-name}` and `--name` mention `name`.
pub(super) fn for_each<'t>(text: &'t [u8], mut found: impl FnMut(&'t [u8])) {
    let code = text
        .split(|&byte| byte == b'\n')
        .filter(|line| !is_blank(line));
    for run in code
        .flat_map(|line| line.split(|&byte| !is_name_byte(byte)))
        .filter(|run| !run.is_empty())
    {
        found(run);
        for at in memchr::memchr_iter(b'-', run) {
            found(run.get(at + 1..).unwrap_or_default());
            found(run.get(..at).unwrap_or_default());
        }
    }
}

/// Whether a text may ask in which file or line it stands.
pub(super) fn knows_its_place(text: &[u8]) -> bool {
    let mut found = false;
    for_each(text, |token| {
        found |= matches!(
            token,
            b"LINENO" | b"BASH_SOURCE" | b"BASH_LINENO" | b"caller"
        );
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        for_each(text.as_bytes(), |token| {
            all.push(std::str::from_utf8(token).unwrap())
        });
        all
    }

    #[test]
    fn names_are_found_behind_hyphens() {
        assert!(tokens("${x:-python_foo}").contains(&"python_foo"));
        assert!(tokens("${x-tc-getCC}").contains(&"tc-getCC"));
        assert!(tokens("$(tc-getCC)").contains(&"tc-getCC"));
        assert!(tokens("eval foo_bar\\;").contains(&"foo_bar"));
    }
}
