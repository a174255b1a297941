//! Looking for names in text. Everything here errs towards finding too much.

use memchr::memmem;

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Calls back with every run of name characters. A run with hyphens is given whole and in every part that begins after or
/// ends before a hyphen: `${x:-name}` and `--name` mention `name`.
pub(super) fn for_each<'t>(text: &'t [u8], mut found: impl FnMut(&'t [u8])) {
    for run in text
        .split(|&byte| !is_name_byte(byte))
        .filter(|run| !run.is_empty())
    {
        found(run);
        for at in memchr::memchr_iter(b'-', run) {
            found(run.get(at + 1..).unwrap_or_default());
            found(run.get(..at).unwrap_or_default());
        }
    }
}

/// Whether a text asks if a preloaded function exists: `declare -F`, `type`, `compgen`, `command -v`, of a name that is one,
/// that is not known, or of all. A text that cannot be scanned may do anything.
pub(super) fn introspects(text: &[u8], is_preloaded: &dyn Fn(&[u8]) -> bool) -> bool {
    const WORDS: [&[u8]; 5] = [b"declare", b"typeset", b"type", b"compgen", b"command"];
    if WORDS.iter().all(|word| memmem::find(text, word).is_none()) {
        return false;
    }
    let Ok(script) = ebd_syntax::scan(text) else {
        return true;
    };
    script.commands().any(|command| {
        let option = |letters: &[u8]| {
            let mut options = command
                .arguments()
                .take_while(|word| word.raw().starts_with(b"-"));
            options.any(|word| word.raw().iter().any(|byte| letters.contains(byte)))
        };
        let asks = match command.name().and_then(|word| word.literal()).as_deref() {
            Some(b"declare" | b"typeset") => option(b"fF"),
            Some(b"command") => option(b"vV"),
            Some(b"type") => !option(b"pP"),
            Some(b"compgen") => return true,
            _ => false,
        };
        let mut names = command
            .arguments()
            .filter(|word| !word.raw().starts_with(b"-"))
            .peekable();
        asks && (names.peek().is_none()
            || names.any(|word| word.literal().is_none_or(|name| is_preloaded(&name))))
    })
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

    #[test]
    fn questions_about_functions_are_found() {
        for text in [
            "declare -F foo",
            "if declare -f foo >/dev/null",
            "type -t foo",
            "type foo",
            "command -v foo",
            "typeset -f \"${x}\"",
            "declare -F",
        ] {
            assert!(
                introspects(text.as_bytes(), &|name| name == b"foo"),
                "{text}"
            );
        }
        for text in [
            "declare -A foo",
            "type -P foo",
            "find . -type f",
            "command foo",
            "declare -g x",
            "declare -F bar",
        ] {
            assert!(
                !introspects(text.as_bytes(), &|name| name == b"foo"),
                "{text}"
            );
        }
    }
}
