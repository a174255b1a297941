//! Patterns of names.

use std::collections::HashSet;

use foldhash::fast::RandomState;

/// A set of names: exact ones, prefixes, and patterns with `*`, `?` and `[…]`. A pattern matches whole names and never the text of values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patterns {
    exact: HashSet<Vec<u8>, RandomState>,
    prefixes: Vec<Vec<u8>>,
    globs: Vec<Vec<u8>>,
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
            _ => self.globs.push(pattern.to_vec()),
        }
    }

    /// Whether it has a name.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        self.exact.contains(name)
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
            || self.globs.iter().any(|glob| matches(glob, name))
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

/// Whether all of `name` matches `glob`. After a mismatch only the last `*` takes one byte more: no more than length times length steps.
fn matches(glob: &[u8], name: &[u8]) -> bool {
    let (mut rest, mut name) = (glob, name);
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', after @ ..] = rest {
            retry = Some((after, name));
            rest = after;
            continue;
        }
        match (one(rest, name.first().copied()), name) {
            (Some(after), [_, more @ ..]) => {
                rest = after;
                name = more;
            }
            (_, []) if rest.is_empty() => return true,
            _ => match retry {
                Some((after, [_, more @ ..])) => {
                    retry = Some((after, more));
                    rest = after;
                    name = more;
                }
                _ => return false,
            },
        }
    }
}

/// What follows the first item of `glob`, if that matches `byte`.
fn one(glob: &[u8], byte: Option<u8>) -> Option<&[u8]> {
    let byte = byte?;
    match glob {
        [b'?', rest @ ..] => Some(rest),
        [b'[', rest @ ..] => match set(rest, byte) {
            Some((true, rest)) => Some(rest),
            Some((false, _)) => None,
            None => (byte == b'[').then_some(rest),
        },
        [first, rest @ ..] => (*first == byte).then_some(rest),
        [] => None,
    }
}

/// Whether `byte` is in the set of which `text` begins after the bracket, and what follows; `None` if the set is not closed.
fn set(text: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match text {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut found = false;
    let mut first = true;
    loop {
        rest = match rest {
            [b']', rest @ ..] if !first => return Some((found != negated, rest)),
            [low, b'-', high, rest @ ..] if *high != b']' => {
                found |= (*low..=*high).contains(&byte);
                rest
            }
            [one, rest @ ..] => {
                found |= *one == byte;
                rest
            }
            [] => return None,
        };
        first = false;
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
