//! Package versions: syntax, order, and the prefix rule of `=cat/pkg-1.2*`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A package version with its revision.
///
/// Keeps the text as written; equality, order and hash follow the specification, so `1.0`, `1.0-r0` and `1.00` are equal.
#[derive(Clone)]
pub struct Version {
    text: String,
    layout: Layout,
}

/// A version that is only looked at: the same rules as [`Version`], without a copy of the text.
#[derive(Clone, Copy)]
pub struct VersionRef<'a> {
    text: &'a str,
    layout: Layout,
}

/// Where the parts of a version end.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// End of `1.2.3`.
    numbers: usize,
    /// End of the letter.
    letter: usize,
    /// End of the suffixes; what follows is `-rN` or nothing.
    suffixes: usize,
}

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid version {text:?} at byte {offset}: {reason}")]
pub struct VersionError {
    /// The text as given.
    pub text: String,
    /// Where it stops being a version, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub reason: VersionProblem,
}

/// The rule that a version breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VersionProblem {
    /// Nothing, or something else, where a number must be.
    #[error("expected a number")]
    Number,
    /// An underscore without a known suffix.
    #[error("expected one of the suffixes _alpha, _beta, _pre, _rc, _p")]
    Suffix,
    /// A hyphen without `rN`.
    #[error("expected a revision such as -r1")]
    Revision,
    /// Something after the end of the version.
    #[error("expected the end of the version")]
    End,
}

/// The types of suffixes, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Suffix {
    Alpha,
    Beta,
    Pre,
    Rc,
    P,
}

const SUFFIXES: [(&str, Suffix); 5] = [
    ("_alpha", Suffix::Alpha),
    ("_beta", Suffix::Beta),
    // Before `_p`, which it begins with.
    ("_pre", Suffix::Pre),
    ("_rc", Suffix::Rc),
    ("_p", Suffix::P),
];

impl Version {
    /// Parses a version.
    ///
    /// # Errors
    /// Says where the text stops being a version.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        VersionRef::parse(text).map(|version| version.to_owned())
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The version for looking at.
    #[must_use]
    pub fn as_ref(&self) -> VersionRef<'_> {
        VersionRef {
            text: &self.text,
            layout: self.layout,
        }
    }

    /// The version without its revision, as in `PV`.
    #[must_use]
    pub fn without_revision(&self) -> &str {
        self.as_ref().without_revision()
    }

    /// The digits of the revision, if there is one.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.as_ref().revision()
    }

    /// Whether `self` matches `=…-pattern*`: the components of the pattern are the first components of `self`.
    #[must_use]
    pub fn has_prefix(&self, pattern: &Self) -> bool {
        self.as_ref().has_prefix(pattern.as_ref())
    }

    /// Order without looking at revisions, as `~` compares.
    #[must_use]
    pub fn cmp_without_revision(&self, other: &Self) -> Ordering {
        self.as_ref().cmp_without_revision(other.as_ref())
    }
}

impl<'a> VersionRef<'a> {
    /// Parses a version.
    ///
    /// # Errors
    /// Says where the text stops being a version.
    pub fn parse(text: &'a str) -> Result<Self, VersionError> {
        scan(text).map_err(|(offset, reason)| VersionError {
            text: text.to_owned(),
            offset,
            reason,
        })
    }

    /// The text as written.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.text
    }

    /// A version that owns its text.
    #[must_use]
    pub fn to_owned(self) -> Version {
        Version {
            text: self.text.to_owned(),
            layout: self.layout,
        }
    }

    /// The version without its revision, as in `PV`.
    #[must_use]
    pub fn without_revision(self) -> &'a str {
        self.text.get(..self.layout.suffixes).unwrap_or(self.text)
    }

    /// The digits of the revision, if there is one.
    #[must_use]
    pub fn revision(self) -> Option<&'a str> {
        self.text.get(self.layout.suffixes..)?.strip_prefix("-r")
    }

    fn numbers(self) -> impl Iterator<Item = &'a str> {
        self.text
            .get(..self.layout.numbers)
            .unwrap_or_default()
            .split('.')
    }

    fn letter(self) -> &'a str {
        self.text
            .get(self.layout.numbers..self.layout.letter)
            .unwrap_or_default()
    }

    fn suffixes(self) -> impl Iterator<Item = (Suffix, &'a str)> {
        let mut rest = self
            .text
            .get(self.layout.letter..self.layout.suffixes)
            .unwrap_or_default();
        std::iter::from_fn(move || {
            let (suffix, number, after) = take_suffix(rest)?;
            rest = after;
            Some((suffix, number))
        })
    }

    /// Order without looking at revisions, as `~` compares.
    #[must_use]
    pub fn cmp_without_revision(self, other: VersionRef<'_>) -> Ordering {
        cmp_numbers(self, other)
            .then_with(|| self.letter().cmp(other.letter()))
            .then_with(|| cmp_suffixes(self, other))
    }

    /// Whether `self` matches `=…-pattern*`: the components of the pattern are the first components of `self`.
    ///
    /// A suffix type and its number are two components, so `1_p*` matches `1_p3`, and `1_p1*` does not match `1_p10`.
    #[must_use]
    pub fn has_prefix(self, pattern: VersionRef<'_>) -> bool {
        let mut mine = self.numbers();
        for (index, wanted) in pattern.numbers().enumerate() {
            match mine.next() {
                Some(number) if cmp_number(index, number, wanted).is_eq() => {}
                _ => return false,
            }
        }
        // From here on a component of the pattern can match only if nothing of `self` was left before it.
        if pattern.layout.numbers == pattern.text.len() {
            return true;
        }
        if mine.next().is_some() {
            return false;
        }
        if !pattern.letter().is_empty() {
            if self.letter() != pattern.letter() {
                return false;
            }
        } else if !self.letter().is_empty() {
            return false;
        }
        let mut mine = self.suffixes();
        let mut theirs = pattern.suffixes().peekable();
        while let Some((suffix, number)) = theirs.next() {
            let Some((my_suffix, my_number)) = mine.next() else {
                return false;
            };
            let is_last = theirs.peek().is_none() && pattern.revision().is_none();
            let any_number = is_last && number.is_empty();
            if my_suffix != suffix || !(any_number || cmp_integer(my_number, number).is_eq()) {
                return false;
            }
        }
        match pattern.revision() {
            None => true,
            Some(revision) => {
                mine.next().is_none()
                    && cmp_integer(self.revision().unwrap_or("0"), revision).is_eq()
            }
        }
    }
}

/// Splits a suffix with its number off the start of a text.
fn take_suffix(text: &str) -> Option<(Suffix, &str, &str)> {
    let (rest, suffix) = SUFFIXES
        .into_iter()
        .find_map(|(name, suffix)| Some((text.strip_prefix(name)?, suffix)))?;
    let (number, after) = rest.split_at_checked(digits(rest.as_bytes()))?;
    Some((suffix, number, after))
}

/// How many digits a text begins with.
fn digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(bytes.len())
}

/// The version at the start of a text and how long it is.
fn scan_prefix(text: &str) -> Result<(VersionRef<'_>, usize), (usize, VersionProblem)> {
    let bytes = text.as_bytes();
    let after = |offset: usize| bytes.get(offset..).unwrap_or_default();
    let mut position = digits(bytes);
    if position == 0 {
        return Err((0, VersionProblem::Number));
    }
    while after(position).first() == Some(&b'.') {
        let length = digits(after(position.saturating_add(1)));
        if length == 0 {
            return Err((position.saturating_add(1), VersionProblem::Number));
        }
        position = position.saturating_add(length).saturating_add(1);
    }
    let numbers = position;
    if after(position).first().is_some_and(u8::is_ascii_lowercase) {
        position = position.saturating_add(1);
    }
    let letter = position;
    while after(position).first() == Some(&b'_') {
        let rest = text.get(position..).unwrap_or_default();
        let Some((_, _, left)) = take_suffix(rest) else {
            return Err((position, VersionProblem::Suffix));
        };
        position = text.len().saturating_sub(left.len());
    }
    let layout = Layout {
        numbers,
        letter,
        suffixes: position,
    };
    if after(position).first() == Some(&b'-') {
        if after(position).get(1) != Some(&b'r') {
            return Err((position, VersionProblem::Revision));
        }
        let length = digits(after(position.saturating_add(2)));
        if length == 0 {
            return Err((position, VersionProblem::Revision));
        }
        position = position.saturating_add(length).saturating_add(2);
    }
    Ok((
        VersionRef {
            text: text.get(..position).unwrap_or(text),
            layout,
        },
        position,
    ))
}

/// Parses a version that is the whole text, without allocating.
pub(crate) fn scan(text: &str) -> Result<VersionRef<'_>, (usize, VersionProblem)> {
    let (version, length) = scan_prefix(text)?;
    if length == text.len() {
        Ok(version)
    } else {
        Err((length, VersionProblem::End))
    }
}

/// Where `-version` begins at the end of a text, if the text ends so and something stands before it.
///
/// With `a-1-r2` that is the hyphen before the 1: the longest version that has no other version before it.
pub(crate) fn trailing_version(text: &str) -> Option<usize> {
    let last = text.rfind('-').filter(|offset| *offset > 0)?;
    let tail = text.get(last.saturating_add(1)..)?;
    let bytes = tail.as_bytes();
    match bytes.first()? {
        b'0'..=b'9' => scan(tail).ok().map(|_| last),
        b'r' if bytes.len() > 1 && digits(bytes.get(1..)?).saturating_add(1) == bytes.len() => {
            let before = text.get(..last)?;
            let hyphen = before.rfind('-').filter(|offset| *offset > 0)?;
            scan(text.get(hyphen.saturating_add(1)..)?)
                .ok()
                .map(|_| hyphen)
        }
        _ => None,
    }
}

fn without_leading_zeros(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

/// Compares runs of digits of any length as integers; the empty run is 0.
fn cmp_integer(a: &str, b: &str) -> Ordering {
    let (a, b) = (without_leading_zeros(a), without_leading_zeros(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Compares the numbers at one position; after the first one, a leading zero makes them fractions.
fn cmp_number(index: usize, a: &str, b: &str) -> Ordering {
    if index > 0 && (a.starts_with('0') || b.starts_with('0')) {
        a.trim_end_matches('0').cmp(b.trim_end_matches('0'))
    } else {
        cmp_integer(a, b)
    }
}

fn cmp_numbers(a: VersionRef<'_>, b: VersionRef<'_>) -> Ordering {
    let (mut a, mut b) = (a.numbers(), b.numbers());
    let mut index: usize = 0;
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (Some(a), Some(b)) => {
                let order = cmp_number(index, a, b);
                if order.is_ne() {
                    return order;
                }
            }
        }
        index = index.saturating_add(1);
    }
}

fn cmp_suffixes(a: VersionRef<'_>, b: VersionRef<'_>) -> Ordering {
    let (mut a, mut b) = (a.suffixes(), b.suffixes());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some((suffix, _)), None) => {
                return if suffix == Suffix::P {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
            }
            (None, Some((suffix, _))) => {
                return if suffix == Suffix::P {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
            }
            (Some((a, a_number)), Some((b, b_number))) => {
                let order = a.cmp(&b).then_with(|| cmp_integer(a_number, b_number));
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

impl Ord for VersionRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_without_revision(*other).then_with(|| {
            cmp_integer(
                self.revision().unwrap_or_default(),
                other.revision().unwrap_or_default(),
            )
        })
    }
}

impl PartialOrd for VersionRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for VersionRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for VersionRef<'_> {}

/// Hashes the normal form of each component, so that equal versions have equal hashes.
impl Hash for VersionRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for (index, number) in self.numbers().enumerate() {
            let normal = match number {
                _ if index == 0 => without_leading_zeros(number),
                _ if number.starts_with('0') => number.trim_end_matches('0'),
                _ => number,
            };
            // A leading zero keeps a fraction apart from an integer: equal components agree on it after the first.
            (index > 0 && number.starts_with('0')).hash(state);
            normal.hash(state);
        }
        self.letter().hash(state);
        for (suffix, number) in self.suffixes() {
            suffix.hash(state);
            without_leading_zeros(number).hash(state);
        }
        without_leading_zeros(self.revision().unwrap_or_default()).hash(state);
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_ref().cmp(&other.as_ref())
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Display for VersionRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({:?})", self.text)
    }
}

impl fmt::Debug for VersionRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VersionRef({:?})", self.text)
    }
}
