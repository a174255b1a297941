//! Globs, as in `case`, `[[ == ]]`, parameter expansions, lists of names and fnmatch(3), on bytes, as in the C locale.

/// How deep a match may recurse.
const MAX_NESTING: u32 = 300;

/// A compiled glob.
///
/// ```
/// use ebd_syntax::glob::{Dialect, Glob};
///
/// let glob = Glob::parse(b"lib*.@(so|a)", Dialect::bash(true))?;
/// assert_eq!(glob.matches(b"libc.so", || true), Ok(true));
/// # Ok::<(), ebd_syntax::glob::Unclear>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    nodes: Vec<Node>,
    /// The text, if it is nothing but that; there are no nodes then.
    literal: Option<Vec<u8>>,
}

/// Which characters of a glob are special besides `*`, `?` and `[…]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// `?(…)`, `*(…)`, `+(…)`, `@(…)` and `!(…)` are groups.
    pub extended: bool,
    /// A backslash quotes the byte after it.
    pub escapes: bool,
    /// `[:alpha:]` and its kin have a meaning inside of brackets.
    pub classes: bool,
}

impl Dialect {
    /// Globs of bash, with or without `extglob`.
    #[must_use]
    pub const fn bash(extended: bool) -> Self {
        Self {
            extended,
            escapes: true,
            classes: true,
        }
    }

    /// Globs in which nothing but `*`, `?` and `[…]` is special: no text is unclear in it.
    #[must_use]
    pub const fn names() -> Self {
        Self {
            extended: false,
            escapes: false,
            classes: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Byte(u8),
    Any,
    Star,
    Class(Box<[bool; 256]>),
    Group(Kind, Vec<Vec<Node>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `?(…)`
    Optional,
    /// `*(…)`
    Any,
    /// `+(…)`
    Some,
    /// `@(…)`
    One,
    /// `!(…)`
    Not,
}

/// A text that is no glob which every bash reads alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an unclear pattern")]
pub struct Unclear;

/// A match that was given up: the caller stopped it, or its groups recurse too deeply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pattern takes too long to match")]
pub struct GaveUp;

/// The methods that match call `go_on` each time they try something, and give up when it returns false: extended globs can take
/// exponential time, others quadratic.
impl Glob {
    /// Parses a glob.
    ///
    /// # Errors
    /// When the text is not a glob that is read alike everywhere.
    pub fn parse(text: &[u8], dialect: Dialect) -> Result<Self, Unclear> {
        if let Some(literal) = literal(text, dialect) {
            return Ok(Self {
                nodes: Vec::new(),
                literal: Some(literal),
            });
        }
        let mut parser = Parser {
            text,
            at: 0,
            dialect,
            depth: 0,
        };
        let nodes = parser.sequence(false)?;
        if parser.at < text.len() {
            return Err(Unclear);
        }
        let literal = bytes(&nodes);
        Ok(Self {
            nodes: if literal.is_some() { Vec::new() } else { nodes },
            literal,
        })
    }

    /// Returns an upper bound of the memory that [`parse`](Self::parse) needs for a text.
    #[must_use]
    pub fn cost(text: &[u8], dialect: Dialect) -> usize {
        if is_plain(text, dialect) {
            return text.len();
        }
        let classes = memchr::memchr_iter(b'[', text).count();
        // A vector that grows has up to twice the room that it needs, and is there twice while it does.
        (text.len() + 1)
            .saturating_mul(3 * size_of::<Node>())
            .saturating_add(classes.saturating_mul(size_of::<[bool; 256]>()))
    }

    /// Returns whether the whole text matches.
    ///
    /// # Errors
    /// When it was given up.
    pub fn matches(&self, text: &[u8], go_on: impl FnMut() -> bool) -> Result<bool, GaveUp> {
        if let Some(literal) = &self.literal {
            return Ok(literal == text);
        }
        // `*x*`, the most frequent one.
        if let [Node::Star, middle @ .., Node::Star] = &self.nodes[..]
            && let Some(needle) = bytes(middle)
        {
            return Ok(memchr::memmem::find(text, &needle).is_some());
        }
        let mut matcher = Matcher { text, go_on };
        matcher.full(&self.nodes, 0, text.len())
    }

    /// Returns the end of the shortest or longest match that begins at the beginning of the text.
    ///
    /// # Errors
    /// When it was given up.
    pub fn prefix(
        &self,
        text: &[u8],
        longest: bool,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<usize>, GaveUp> {
        if let Some(literal) = &self.literal {
            return Ok(text.starts_with(literal).then_some(literal.len()));
        }
        if let [Node::Star, rest @ ..] = &self.nodes[..]
            && let Some(needle) = bytes(rest)
        {
            let found = if longest {
                memchr::memmem::rfind(text, &needle)
            } else {
                memchr::memmem::find(text, &needle)
            };
            return Ok(found.map(|at| at + needle.len()));
        }
        let mut matcher = Matcher { text, go_on };
        if longest {
            matcher.longest(&self.nodes, 0)
        } else {
            for end in 0..=text.len() {
                if matcher.full(&self.nodes, 0, end)? {
                    return Ok(Some(end));
                }
            }
            Ok(None)
        }
    }

    /// Returns the beginning of the shortest or longest match that ends at the end of the text.
    ///
    /// # Errors
    /// When it was given up.
    pub fn suffix(
        &self,
        text: &[u8],
        longest: bool,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<usize>, GaveUp> {
        if let Some(literal) = &self.literal {
            return Ok(text
                .ends_with(literal)
                .then(|| text.len().saturating_sub(literal.len())));
        }
        if let [rest @ .., Node::Star] = &self.nodes[..]
            && let Some(needle) = bytes(rest)
        {
            return Ok(if longest {
                memchr::memmem::find(text, &needle)
            } else {
                memchr::memmem::rfind(text, &needle)
            });
        }
        let mut matcher = Matcher { text, go_on };
        let mut test = |start: usize| matcher.full(&self.nodes, start, text.len());
        if longest {
            for start in 0..=text.len() {
                if test(start)? {
                    return Ok(Some(start));
                }
            }
        } else {
            for start in (0..=text.len()).rev() {
                if test(start)? {
                    return Ok(Some(start));
                }
            }
        }
        Ok(None)
    }

    /// Returns where the first match at or after `from` begins and the longest there ends.
    ///
    /// # Errors
    /// When it was given up.
    pub fn find(
        &self,
        text: &[u8],
        from: usize,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<(usize, usize)>, GaveUp> {
        let rest = text.get(from..).unwrap_or_default();
        if let Some(literal) = &self.literal {
            return Ok(memchr::memmem::find(rest, literal)
                .map(|at| (from + at, from + at + literal.len())));
        }
        let mut matcher = Matcher { text, go_on };
        for start in from..=text.len() {
            if let Some(end) = matcher.longest(&self.nodes, start)? {
                return Ok(Some((start, end)));
            }
        }
        Ok(None)
    }

    /// Returns whether it is a text of no length.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.literal.as_ref().is_some_and(Vec::is_empty)
    }
}

/// Whether nothing in a text is special.
fn is_plain(text: &[u8], dialect: Dialect) -> bool {
    literal_bytes(text, dialect).all(|byte| byte.is_some())
}

/// The text that a glob without anything special matches.
fn literal(text: &[u8], dialect: Dialect) -> Option<Vec<u8>> {
    if is_plain(text, dialect) {
        literal_bytes(text, dialect).collect()
    } else {
        None
    }
}

/// The bytes of a text without its escapes; `None` for each that may be special.
fn literal_bytes(text: &[u8], dialect: Dialect) -> impl Iterator<Item = Option<u8>> {
    let mut bytes = text.iter().copied().peekable();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        Some(match byte {
            b'\\' if dialect.escapes => bytes.next(),
            b'*' | b'?' | b'[' => None,
            _ if dialect.extended && kind(byte).is_some() && bytes.peek() == Some(&b'(') => None,
            byte => Some(byte),
        })
    })
}

/// The text of nodes that are nothing but text.
fn bytes(nodes: &[Node]) -> Option<Vec<u8>> {
    nodes
        .iter()
        .map(|node| match node {
            Node::Byte(byte) => Some(*byte),
            _ => None,
        })
        .collect()
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    dialect: Dialect,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self, offset: usize) -> Option<u8> {
        self.text.get(self.at + offset).copied()
    }

    /// Parses up to the end, or inside a group to `|` or `)`.
    fn sequence(&mut self, inside: bool) -> Result<Vec<Node>, Unclear> {
        let mut nodes = Vec::new();
        while let Some(byte) = self.peek(0) {
            if self.dialect.extended
                && self.peek(1) == Some(b'(')
                && let Some(kind) = kind(byte)
            {
                self.at += 2;
                nodes.push(self.group(kind)?);
                continue;
            }
            match byte {
                b'|' | b')' if inside => break,
                b'\\' if self.dialect.escapes => match self.peek(1) {
                    Some(quoted) => {
                        nodes.push(Node::Byte(quoted));
                        self.at += 1;
                    }
                    None => return Err(Unclear),
                },
                b'?' => nodes.push(Node::Any),
                b'*' => {
                    if !matches!(nodes.last(), Some(Node::Star)) {
                        nodes.push(Node::Star);
                    }
                }
                b'[' => {
                    if let Some((class, end)) = self.class()? {
                        nodes.push(Node::Class(class));
                        self.at = end;
                        continue;
                    }
                    nodes.push(Node::Byte(b'['));
                }
                byte => nodes.push(Node::Byte(byte)),
            }
            self.at += 1;
        }
        Ok(nodes)
    }

    fn group(&mut self, kind: Kind) -> Result<Node, Unclear> {
        self.depth += 1;
        if self.depth > 16 {
            return Err(Unclear);
        }
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(self.sequence(true)?);
            match self.peek(0) {
                Some(b'|') => self.at += 1,
                Some(b')') => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(Node::Group(kind, alternatives));
                }
                // bash takes it for text then, but not in all places alike.
                _ => return Err(Unclear),
            }
        }
    }

    /// The class that begins at the position and where it ends; `None` if the bracket is only text.
    #[allow(clippy::type_complexity, reason = "a class and its end")]
    fn class(&self) -> Result<Option<(Box<[bool; 256]>, usize)>, Unclear> {
        let mut at = self.at + 1;
        let byte = |at: usize| self.text.get(at).copied();
        let negated = matches!(byte(at), Some(b'!' | b'^'));
        if negated {
            at += 1;
        }
        let mut set = Box::new([false; 256]);
        let mut first = true;
        loop {
            let Some(mut low) = byte(at) else {
                return Ok(None);
            };
            if low == b']' && !first {
                at += 1;
                break;
            }
            first = false;
            let names = self.dialect.classes;
            if names && low == b'[' && matches!(byte(at + 1), Some(b'=' | b'.')) {
                return Err(Unclear);
            }
            if names && low == b'[' && byte(at + 1) == Some(b':') {
                let rest = self.text.get(at + 2..).unwrap_or_default();
                let Some(length) = memchr::memmem::find(rest, b":]") else {
                    return Err(Unclear);
                };
                let name = rest.get(..length).unwrap_or_default();
                let test = named_class(name).ok_or(Unclear)?;
                for (value, member) in (0..=255_u8).zip(set.iter_mut()) {
                    *member |= test(value);
                }
                at += length + 4;
                continue;
            }
            // A slash ends nothing here, but in bash it does in names of files.
            if self.dialect.escapes && low == b'\\' {
                at += 1;
                low = byte(at).ok_or(Unclear)?;
            }
            at += 1;
            let mut high = low;
            if byte(at) == Some(b'-') && !matches!(byte(at + 1), None | Some(b']')) {
                at += 1;
                high = byte(at).ok_or(Unclear)?;
                if names && high == b'[' && matches!(byte(at + 1), Some(b'=' | b'.' | b':')) {
                    return Err(Unclear);
                }
                if self.dialect.escapes && high == b'\\' {
                    at += 1;
                    high = byte(at).ok_or(Unclear)?;
                }
                at += 1;
            }
            for (value, member) in (0..=255_u8).zip(set.iter_mut()) {
                *member |= (low..=high).contains(&value);
            }
        }
        if negated {
            for member in set.iter_mut() {
                *member = !*member;
            }
        }
        Ok(Some((set, at)))
    }
}

fn kind(byte: u8) -> Option<Kind> {
    Some(match byte {
        b'?' => Kind::Optional,
        b'*' => Kind::Any,
        b'+' => Kind::Some,
        b'@' => Kind::One,
        b'!' => Kind::Not,
        _ => return None,
    })
}

/// Returns the test of a class such as `[:alpha:]`.
#[must_use]
pub fn named_class(name: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match name {
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"digit" => |byte| byte.is_ascii_digit(),
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        b"word" => |byte| byte.is_ascii_alphanumeric() || byte == b'_',
        _ => return None,
    })
}

struct Matcher<'a, F> {
    text: &'a [u8],
    go_on: F,
}

impl<F: FnMut() -> bool> Matcher<'_, F> {
    #[inline]
    fn tick(&mut self) -> Result<(), GaveUp> {
        if (self.go_on)() { Ok(()) } else { Err(GaveUp) }
    }

    /// Whether the nodes match the text between the offsets.
    fn full(&mut self, nodes: &[Node], start: usize, end: usize) -> Result<bool, GaveUp> {
        if let Some(result) = self.simple(nodes, start, end)? {
            return Ok(result);
        }
        self.backtrack(nodes, start, end, 0)
    }

    /// Patterns without groups: one place to go back to is enough.
    fn simple(&mut self, nodes: &[Node], start: usize, end: usize) -> Result<Option<bool>, GaveUp> {
        if nodes.iter().any(|node| matches!(node, Node::Group(..))) {
            return Ok(None);
        }
        let (mut at, mut node) = (start, 0);
        let mut back: Option<(usize, usize)> = None;
        loop {
            self.tick()?;
            match nodes.get(node) {
                Some(Node::Star) => {
                    back = Some((node + 1, at));
                    node += 1;
                    continue;
                }
                Some(other) if at < end && self.one(other, at) => {
                    at += 1;
                    node += 1;
                    continue;
                }
                None if at == end => return Ok(Some(true)),
                _ => {}
            }
            match &mut back {
                Some((after, tried)) if *tried < end => {
                    *tried += 1;
                    at = *tried;
                    node = *after;
                }
                _ => return Ok(Some(false)),
            }
        }
    }

    fn one(&self, node: &Node, at: usize) -> bool {
        let Some(&byte) = self.text.get(at) else {
            return false;
        };
        match node {
            Node::Byte(expected) => byte == *expected,
            Node::Any => true,
            Node::Class(set) => set.get(usize::from(byte)).copied().unwrap_or(false),
            Node::Star | Node::Group(..) => false,
        }
    }

    fn backtrack(
        &mut self,
        nodes: &[Node],
        start: usize,
        end: usize,
        depth: u32,
    ) -> Result<bool, GaveUp> {
        self.tick()?;
        if depth > MAX_NESTING {
            return Err(GaveUp);
        }
        let Some((node, rest)) = nodes.split_first() else {
            return Ok(start == end);
        };
        match node {
            Node::Star => {
                for at in start..=end {
                    if self.backtrack(rest, at, end, depth + 1)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Group(kind, alternatives) => {
                self.group(*kind, alternatives, rest, start, end, depth)
            }
            other => {
                if start < end && self.one(other, start) {
                    self.backtrack(rest, start + 1, end, depth + 1)
                } else {
                    Ok(false)
                }
            }
        }
    }

    fn group(
        &mut self,
        kind: Kind,
        alternatives: &[Vec<Node>],
        rest: &[Node],
        start: usize,
        end: usize,
        depth: u32,
    ) -> Result<bool, GaveUp> {
        if matches!(kind, Kind::Optional | Kind::Any)
            && self.backtrack(rest, start, end, depth + 1)?
        {
            return Ok(true);
        }
        if kind == Kind::Not {
            for at in start..=end {
                let mut matched = false;
                for alternative in alternatives {
                    if self.backtrack(alternative, start, at, depth + 1)? {
                        matched = true;
                        break;
                    }
                }
                if !matched && self.backtrack(rest, at, end, depth + 1)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        for at in start..=end {
            // A repetition that matches nothing repeats nothing.
            let repeats = matches!(kind, Kind::Any | Kind::Some);
            for alternative in alternatives {
                if self.backtrack(alternative, start, at, depth + 1)? {
                    if self.backtrack(rest, at, end, depth + 1)? {
                        return Ok(true);
                    }
                    if repeats
                        && at > start
                        && self.group(Kind::Any, alternatives, rest, at, end, depth + 1)?
                    {
                        return Ok(true);
                    }
                    break;
                }
            }
        }
        Ok(false)
    }

    /// The end of the longest match that begins at `start`.
    fn longest(&mut self, nodes: &[Node], start: usize) -> Result<Option<usize>, GaveUp> {
        // Most starts are refused by the first byte.
        match nodes.first() {
            Some(Node::Star | Node::Group(..)) | None => {}
            Some(node) if self.one(node, start) => {
                if nodes.len() == 1 {
                    return Ok(Some(start + 1));
                }
            }
            Some(_) => return Ok(None),
        }
        for end in (start..=self.text.len()).rev() {
            if self.full(nodes, start, end)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, GaveUp, Glob};

    fn matches(pattern: &str, text: &str) -> bool {
        let glob = Glob::parse(pattern.as_bytes(), Dialect::bash(true)).expect("a glob");
        glob.matches(text.as_bytes(), || true).expect("no limit")
    }

    #[test]
    fn patterns_match_as_in_bash() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c*", "abcd", true),
            ("[!a]", "b", true),
            ("[a-c]x", "bx", true),
            ("[]]", "]", true),
            ("\\*", "a", false),
            ("[[:digit:]]*", "1a", true),
            ("@(a|b)c", "bc", true),
            ("+(a|b)", "abab", true),
            ("!(a)", "b", true),
            ("!(a)", "a", false),
            ("?(a)b", "b", true),
            ("*(ab)", "ababa", false),
            ("[a", "[a", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
    #[test]
    fn in_names_only_stars_question_marks_and_brackets_are_special() {
        for (pattern, text, expected) in [
            (r"a\*", r"a\b", true),
            ("@(a)", "@(a)", true),
            ("[[:digit:]]", ":]", true),
            (r"[\]]", r"\]", true),
            ("x?[0-9]", "XA1", false),
            ("[!a-c]z", "dz", true),
        ] {
            let glob = Glob::parse(pattern.as_bytes(), Dialect::names()).expect("a glob");
            assert_eq!(
                glob.matches(text.as_bytes(), || true),
                Ok(expected),
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_match_ends_when_its_caller_says_so() {
        let glob = Glob::parse(b"*(*(a)|a)b", Dialect::bash(true)).expect("a glob");
        let mut left = 10_000;
        let go_on = || {
            left -= 1;
            left > 0
        };
        assert_eq!(glob.matches(&[b'a'; 100], go_on), Err(GaveUp));
        assert_eq!(left, 0);
    }
}
