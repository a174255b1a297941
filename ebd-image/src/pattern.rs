//! The patterns in QA variables: of file names, and basic regular expressions.

use ebd_syntax::glob::{Dialect, Glob};
use regex::bytes::{Regex, RegexBuilder};

/// Any of some patterns, each of which has to match a whole path without its first slash.
#[derive(Debug, Default)]
pub struct Patterns {
    globs: Vec<Glob>,
    expressions: Vec<Regex>,
}

impl Patterns {
    /// Patterns as fnmatch(3) takes them, in which `*` also matches slashes. What cannot be understood matches nothing.
    pub fn file_names<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let globs = words.into_iter().filter_map(|word| {
            let word = word.strip_prefix('/').unwrap_or(word);
            Glob::parse(word.as_bytes(), Dialect::bash(false)).ok()
        });
        Self {
            globs: globs.collect(),
            expressions: Vec::new(),
        }
    }

    /// Patterns as sed(1) takes them. What cannot be understood matches nothing.
    pub fn expressions<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let expressions = words.into_iter().filter_map(|word| {
            let body = translate_basic(word.strip_prefix('/').unwrap_or(word));
            RegexBuilder::new(&format!("^(?s:{body})$"))
                .unicode(false)
                .build()
                .ok()
        });
        Self {
            globs: Vec::new(),
            expressions: expressions.collect(),
        }
    }

    /// Returns whether a pattern matches the path.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> bool {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        self.globs
            .iter()
            .any(|glob| glob.matches(path, || true) == Ok(true))
            || self
                .expressions
                .iter()
                .any(|pattern| pattern.is_match(path))
    }
}

/// Takes as many characters as there are in a number of bytes.
trait TakeBytes {
    fn take_while_inclusive(&mut self, bytes: usize) -> String;
}

impl TakeBytes for std::str::Chars<'_> {
    fn take_while_inclusive(&mut self, bytes: usize) -> String {
        let mut taken = String::new();
        while taken.len() < bytes {
            match self.next() {
                Some(letter) => taken.push(letter),
                None => break,
            }
        }
        taken
    }
}

fn bracket(class: &str) -> String {
    let (sign, members) = match class.strip_prefix(['!', '^']) {
        Some(members) => ("^", members),
        None => ("", class),
    };
    let mut out = format!("[{sign}");
    for letter in members.chars() {
        if matches!(letter, '[' | ']' | '\\' | '&' | '~' | '^') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push(']');
    out
}

/// In a basic regular expression `+ ? ( ) { } |` mean themselves, and with a backslash what they mean in others.
fn translate_basic(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => match rest.next() {
                Some(special @ ('+' | '?' | '(' | ')' | '{' | '}' | '|')) => out.push(special),
                Some(other) => push_literal(&mut out, other),
                None => out.push_str(r"\\"),
            },
            '[' => match rest.as_str().get(1..).and_then(|tail| tail.find(']')) {
                Some(end) => {
                    let class = rest.take_while_inclusive(end + 1);
                    rest.next();
                    out.push_str(&bracket(&class));
                }
                None => out.push_str(r"\["),
            },
            '*' if out.is_empty() => out.push_str(r"\*"),
            '*' | '.' | '^' | '$' => out.push(letter),
            _ => push_literal(&mut out, letter),
        }
    }
    out
}

fn push_literal(out: &mut String, letter: char) {
    out.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn file_name_patterns_match_whole_paths() {
        let patterns = Patterns::file_names(["opt/*.so", "/lib*/x[0-9!].ko", "a?b", "c[", r"d\*"]);
        for (path, expected) in [
            ("/opt/a/b.so", true),
            ("opt/b.so.1", false),
            ("lib64/x7.ko", true),
            ("lib64/x!.ko", true),
            ("lib64/xy.ko", false),
            ("/a/b", true),
            ("c[", true),
            ("d*", true),
            ("dx", false),
            ("xopt/a.so", false),
        ] {
            assert_eq!(patterns.matches(path.as_bytes()), expected, "{path}");
        }
        assert!(Patterns::file_names(["[!a]"]).matches(b"b"));
        assert!(!Patterns::file_names(["[!a]"]).matches(b"a"));
    }

    #[test]
    fn expressions_are_those_of_sed() {
        let patterns = Patterns::expressions([
            "/usr/lib/.*",
            r"opt/x\.so",
            r"a\(b\|c\)\+",
            "d(e)+",
            "[^/]*/f",
            "*g",
        ]);
        for (path, expected) in [
            ("/usr/lib/a/b", true),
            ("/usr/lib", false),
            ("/opt/x.so", true),
            ("/opt/x-so", false),
            ("abcb", true),
            ("a", false),
            ("d(e)+", true),
            ("dee", false),
            ("x/f", true),
            ("x/y/f", false),
            ("*g", true),
        ] {
            assert_eq!(patterns.matches(path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_pattern_matches_nothing() {
        assert!(!Patterns::expressions([r"a\("]).matches(b"a("));
    }

    proptest! {
        #[test]
        fn no_pattern_makes_it_panic(pattern in any::<String>(), path in any::<String>()) {
            let _ = Patterns::file_names([pattern.as_str()]).matches(path.as_bytes());
            let _ = Patterns::expressions([pattern.as_str()]).matches(path.as_bytes());
        }

        #[test]
        fn plain_text_matches_itself(text in "[a-zA-Z0-9_/+(){}|,:;~ -]{1,20}") {
            prop_assert!(Patterns::file_names([text.as_str()]).matches(text.as_bytes()));
            prop_assert!(Patterns::expressions([text.as_str()]).matches(text.as_bytes()));
        }
    }
}
