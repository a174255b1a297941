//! What the commands `ver_cut` and `ver_rs` compute. Their input need not be a valid version.

/// A range of components or separators: `N`, `N-`, or `N-M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerRange {
    /// The first.
    pub first: usize,
    /// The last, included; `None` for everything from the first on.
    pub last: Option<usize>,
}

/// Why an argument is not a range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerRangeError {
    /// Not `N`, `N-` or `N-M`.
    #[error("invalid range {0:?}: expected N, N- or N-M")]
    Syntax(String),
    /// The end is before the start.
    #[error("invalid range {0:?}: the end is before the start")]
    Order(String),
}

/// The parts of a text: separator 0, component 1, separator 1, … component n, separator n.
///
/// A component is a run of digits or of ASCII letters. The first and the last separator, and those between digits and
/// letters that stand together, are empty.
#[must_use]
pub fn ver_split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (separator, after) = split_while(rest, |byte| !byte.is_ascii_alphanumeric());
        parts.push(separator);
        let (component, after) = match after.as_bytes().first() {
            None => break,
            Some(byte) if byte.is_ascii_digit() => split_while(after, |byte| byte.is_ascii_digit()),
            Some(_) => split_while(after, |byte| byte.is_ascii_alphabetic()),
        };
        parts.push(component);
        rest = after;
    }
    parts
}

/// `ver_cut RANGE TEXT`: the components of the range with the separators between them.
#[must_use]
pub fn ver_cut(range: VerRange, text: &str) -> String {
    let parts = ver_split(text);
    let components = parts.len() / 2;
    if range.first > components {
        return String::new();
    }
    let start = if range.first == 0 {
        0
    } else {
        range.first.saturating_mul(2).saturating_sub(1)
    };
    let end = match range.last {
        // Up to the component, without the separator after it.
        Some(last) if last <= components => last.saturating_mul(2),
        _ => parts.len(),
    };
    parts.get(start..end).unwrap_or_default().concat()
}

/// `ver_rs (RANGE REPLACEMENT)… TEXT`: replaces separators.
///
/// The first and the last separator are replaced only if they are not empty. All pairs see the separators of the
/// original text, so `ver_rs 1 '' 1 . 1.2` is `1.2`.
#[must_use]
pub fn ver_rs(replacements: &[(VerRange, &str)], text: &str) -> String {
    let original = ver_split(text);
    let last_separator = original.len() / 2;
    let mut parts = original.clone();
    for (range, replacement) in replacements {
        let last = range.last.unwrap_or(last_separator).min(last_separator);
        for index in range.first..=last {
            let position = index.saturating_mul(2);
            // Separators that are not there: the last one as split, the first one as it is by now.
            let is_missing = |parts: &[&str]| {
                parts
                    .get(position)
                    .is_none_or(|separator| separator.is_empty())
            };
            if (index == 0 && is_missing(&parts))
                || (index == last_separator && is_missing(&original))
            {
                continue;
            }
            if let Some(part) = parts.get_mut(position) {
                *part = replacement;
            }
        }
    }
    parts.concat()
}

impl VerRange {
    /// Parses `N`, `N-` or `N-M`.
    ///
    /// # Errors
    /// When the text is none of these, or the end is before the start.
    pub fn parse(text: &str) -> Result<Self, VerRangeError> {
        let number = |digits: &str| {
            let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            // A number that does not fit is beyond the end of any text.
            valid.then(|| digits.parse().unwrap_or(usize::MAX))
        };
        let syntax = || VerRangeError::Syntax(text.to_owned());
        let (first, last) = match text.split_once('-') {
            None => {
                let first = number(text).ok_or_else(syntax)?;
                (first, Some(first))
            }
            Some((first, "")) => (number(first).ok_or_else(syntax)?, None),
            Some((first, last)) => (
                number(first).ok_or_else(syntax)?,
                Some(number(last).ok_or_else(syntax)?),
            ),
        };
        if last.is_some_and(|last| last < first) {
            return Err(VerRangeError::Order(text.to_owned()));
        }
        Ok(Self { first, last })
    }
}

fn split_while(text: &str, belongs: impl Fn(&u8) -> bool) -> (&str, &str) {
    let end = text
        .bytes()
        .position(|byte| !belongs(&byte))
        .unwrap_or(text.len());
    // Everything that is not ASCII belongs to a separator, so the end is always between characters.
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(range: &str, text: &str) -> String {
        ver_cut(VerRange::parse(range).unwrap(), text)
    }

    fn rs(arguments: &[&str], text: &str) -> String {
        let pairs: Vec<_> = arguments
            .chunks(2)
            .map(|pair| (VerRange::parse(pair[0]).unwrap(), pair[1]))
            .collect();
        ver_rs(&pairs, text)
    }

    #[test]
    fn texts_split_into_separators_and_components() {
        assert_eq!(
            ver_split("1.2b_alpha4"),
            ["", "1", ".", "2", "", "b", "_", "alpha", "", "4", ""]
        );
        assert_eq!(ver_split(".1.-"), [".", "1", ".-"]);
        assert_eq!(ver_split(""), [""]);
        assert_eq!(ver_split("..."), ["..."]);
        assert_eq!(ver_split("é1ü"), ["é", "1", "ü"]);
    }

    #[test]
    fn ver_cut_follows_the_specification() {
        let cases = [
            ("1", "1.2.3", "1"),
            ("1-1", "1.2.3", "1"),
            ("1-2", "1.2.3", "1.2"),
            ("2-", "1.2.3", "2.3"),
            ("1-", "1.2.3", "1.2.3"),
            ("3-4", "1.2.3b_alpha4", "3b"),
            ("5", "1.2.3b_alpha4", "alpha"),
            ("1-2", ".1.2.3", "1.2"),
            ("0-2", ".1.2.3", ".1.2"),
            ("2-3", "1.2.3.", "2.3"),
            ("2-", "1.2.3.", "2.3."),
            ("2-4", "1.2.3.", "2.3."),
            ("0-2", "1.2.3", "1.2"),
            ("2-5", "1.2.3", "2.3"),
            ("4", "1.2.3", ""),
            ("0", "1.2.3", ""),
            ("0", ".1.2", ""),
            ("4-", "1.2.3", ""),
            ("0", "", ""),
            ("1", "", ""),
            ("0-", "abc", "abc"),
            ("3-", "1.2.", ""),
            ("1-99999999999999999999999", "1.2", "1.2"),
        ];
        for (range, text, expected) in cases {
            assert_eq!(cut(range, text), expected, "ver_cut {range} {text}");
        }
    }

    #[test]
    fn ver_rs_follows_the_specification() {
        let cases: &[(&[&str], &str, &str)] = &[
            (&["1", "-"], "1.2.3", "1-2.3"),
            (&["2", "-"], "1.2.3", "1.2-3"),
            (&["1-2", "-"], "1.2.3.4", "1-2-3.4"),
            (&["2-", "-"], "1.2.3.4", "1.2-3-4"),
            (&["2", "."], "1.2-3", "1.2.3"),
            (&["3", "."], "1.2.3a", "1.2.3.a"),
            (&["2-3", "-"], "1.2_alpha4", "1.2-alpha-4"),
            (&["3", "-", "2", ""], "1.2.3b_alpha4", "1.23-b_alpha4"),
            (&["3-5", "_", "4-6", "-"], "a1b2c4d5", "a1b_2-c-4-d5"),
            (&["1", "-"], ".1.2.3", ".1-2.3"),
            (&["0", "-"], ".1.2.3", "-1.2.3"),
            (&["0", "-"], "1.2.3", "1.2.3"),
            (&["3", "."], "1.2.3", "1.2.3"),
            (&["3-", "."], "1.2.3", "1.2.3"),
            (&["2-", "."], "1.2.3-", "1.2.3."),
            (&["4", "x"], "1.2", "1.2"),
            (&["1", "", "1", "."], "1.2", "1.2"),
            (&["0-", "x"], "", ""),
            (&["0-", "x"], ".", "x"),
            (&["0", "", "0", "x"], ".1", "1"),
            (&["1", "", "1", "x"], "1.", "1x"),
            (&["1-99999999999999999999999", "-"], "1.2.3", "1-2-3"),
        ];
        for (arguments, text, expected) in cases {
            assert_eq!(
                rs(arguments, text),
                *expected,
                "ver_rs {arguments:?} {text}"
            );
        }
    }

    #[test]
    fn bad_ranges_are_refused() {
        for text in ["", "-", "a", "1-a", "-1", "1-2-3", "1 ", "+1"] {
            assert_eq!(
                VerRange::parse(text),
                Err(VerRangeError::Syntax(text.to_owned()))
            );
        }
        assert_eq!(
            VerRange::parse("2-1"),
            Err(VerRangeError::Order("2-1".to_owned()))
        );
        assert_eq!(
            VerRange::parse("2-2"),
            Ok(VerRange {
                first: 2,
                last: Some(2)
            })
        );
    }
}
