//! Patterns of names.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use ebd_syntax::glob::{Dialect, Glob};

/// A set of names: exact ones, prefixes, and patterns with `*`, `?` and `[…]`. A pattern matches whole names and never the text of values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patterns {
    exact: HashSet<Vec<u8>, RandomState>,
    prefixes: Vec<Vec<u8>>,
    globs: Vec<Glob>,
}

impl Patterns {
    /// A set that has no names.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pattern.
    pub fn add(&mut self, pattern: impl AsRef<[u8]>) {
        let pattern = pattern.as_ref();
        let special = |text: &[u8]| text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
        match pattern.strip_suffix(b"*") {
            _ if !special(pattern) => {
                self.exact.insert(pattern.to_vec());
            }
            Some(prefix) if !special(prefix) => self.prefixes.push(prefix.to_vec()),
            // No text is unclear in this dialect.
            _ => self.globs.extend(Glob::parse(pattern, Dialect::names())),
        }
    }

    /// Whether it has a name.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        self.exact.contains(name)
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
            || self
                .globs
                .iter()
                .any(|glob| glob.matches(name, || true) == Ok(true))
    }

    /// Whether it has no patterns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty() && self.globs.is_empty()
    }
}

impl<P: AsRef<[u8]>> Extend<P> for Patterns {
    fn extend<I: IntoIterator<Item = P>>(&mut self, patterns: I) {
        for pattern in patterns {
            self.add(pattern);
        }
    }
}

impl<P: AsRef<[u8]>> FromIterator<P> for Patterns {
    fn from_iter<I: IntoIterator<Item = P>>(patterns: I) -> Self {
        let mut set = Self::new();
        set.extend(patterns);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::Patterns;

    #[test]
    fn names_match_exactly_by_prefix_and_by_glob() {
        let set: Patterns = ["A", "B*", "*_END", "X?[0-9]", "[!a-c]z", "[]x", "a*b*c"]
            .iter()
            .collect();
        for name in [
            "A", "B", "BC", "_END", "x_END", "XA1", "dz", "abc", "axbxbc", "]x",
        ] {
            assert_eq!(set.matches(name.as_bytes()), name != "]x", "{name}");
        }
        for name in ["AA", "", "_ENDx", "X1", "XAb", "az", "ab", "acb", "[]xy"] {
            assert!(!set.matches(name.as_bytes()), "{name}");
        }
        assert!(set.matches(b"[]x"), "an unclosed set is text");
        assert!(Patterns::new().is_empty() && !Patterns::new().matches(b""));
    }
}
