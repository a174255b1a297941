//! What went wrong, where, and what was being scanned.

use std::fmt;

use crate::lines::Position;

/// A text that could not be scanned.
///
/// The display form is one line: where, what, inside which construct and where that began, and the text found there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position} (byte {}): {kind}{}{}", .position.offset, Within(.construct), Near(.excerpt))]
pub struct ScanError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Where it was noticed.
    pub position: Position,
    /// The innermost construct that was open, and where it began; `None` at the top level.
    pub construct: Option<(Construct, Position)>,
    /// The text at the position, at most one line of it; bytes that are not printable ASCII are escaped.
    pub excerpt: String,
}

struct Within<'a>(&'a Option<(Construct, Position)>);

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((construct, began)) => write!(f, ", in {construct} that began at {began}"),
            None => Ok(()),
        }
    }
}

struct Near<'a>(&'a str);

impl fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ", near `{}`", self.0)
        }
    }
}

/// The kinds of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A NUL byte: bash drops it or stops at it, depending on where it is.
    #[error("a NUL byte")]
    NulByte,
    /// The text ends inside a construct.
    #[error("unexpected end of the text, expected {expected}")]
    UnexpectedEnd {
        /// What would have had to follow.
        expected: &'static str,
    },
    /// Something stands where the grammar does not allow it.
    #[error("syntax error, expected {expected}")]
    Unexpected {
        /// What would have had to stand there.
        expected: &'static str,
    },
    /// More than [`MAX_DEPTH`](crate::MAX_DEPTH) constructs inside each other.
    #[error("nested too deeply")]
    TooDeep,
    /// The text is longer than 4 GiB.
    #[error("the text is too long")]
    TooLong,
    /// So many `((` that begin no arithmetic that telling them apart would take too long.
    #[error("too many ambiguous constructs")]
    TooAmbiguous,
    /// A command substitution closes before the here-document it asks for begins. bash warns about it.
    #[error("the substitution closes before its here-document begins")]
    HeredocOutlivesSubstitution,
    /// A backslash-newline inside the name of a variable or function.
    #[error("a line continuation inside a name")]
    SplitName,
}

/// What an error can be inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Construct {
    /// `'…'`
    SingleQuotes,
    /// `"…"` and `$"…"`
    DoubleQuotes,
    /// `$'…'`
    AnsiQuotes,
    /// `` `…` ``
    Backquotes,
    /// `${…}`
    ParameterExpansion,
    /// `$(…)`
    CommandSubstitution,
    /// `${ …; }` and `${| …; }`
    FunctionSubstitution,
    /// `<(…)` and `>(…)`
    ProcessSubstitution,
    /// `$((…))` and `$[…]`
    ArithmeticExpansion,
    /// `((…))`
    ArithmeticCommand,
    /// `name[…]` before `=`
    Subscript,
    /// `name=(…)`
    Array,
    /// `@(…)` and its kin
    PatternGroup,
    /// `(…)` after `=~`
    RegexGroup,
    /// `<<word`
    Heredoc,
    /// Any other redirection
    Redirection,
    /// `(…)`
    Subshell,
    /// `{ …; }`
    BraceGroup,
    /// `if`
    If,
    /// `while`
    While,
    /// `until`
    Until,
    /// `for`
    For,
    /// `select`
    Select,
    /// `case`
    Case,
    /// `[[ … ]]`
    Conditional,
    /// A function definition
    Function,
}

impl fmt::Display for Construct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SingleQuotes => "a single-quoted string",
            Self::DoubleQuotes => "a double-quoted string",
            Self::AnsiQuotes => "a $'…' string",
            Self::Backquotes => "a backquoted command",
            Self::ParameterExpansion => "a parameter expansion",
            Self::CommandSubstitution => "a command substitution",
            Self::FunctionSubstitution => "a function substitution",
            Self::ProcessSubstitution => "a process substitution",
            Self::ArithmeticExpansion => "an arithmetic expansion",
            Self::ArithmeticCommand => "an arithmetic command",
            Self::Subscript => "a subscript",
            Self::Array => "an array",
            Self::PatternGroup => "a pattern group",
            Self::RegexGroup => "a group of a regular expression",
            Self::Heredoc => "a here-document",
            Self::Redirection => "a redirection",
            Self::Subshell => "a subshell",
            Self::BraceGroup => "a brace group",
            Self::If => "an `if`",
            Self::While => "a `while`",
            Self::Until => "an `until`",
            Self::For => "a `for`",
            Self::Select => "a `select`",
            Self::Case => "a `case`",
            Self::Conditional => "a `[[`",
            Self::Function => "a function definition",
        })
    }
}

/// An error while scanning: without lines, which are counted once, at the end. It is a pointer, so that what nearly always succeeds
/// returns in registers.
#[derive(Debug)]
pub(crate) struct Fail(Box<Cause>);

#[derive(Debug)]
pub(crate) struct Cause {
    pub(crate) kind: ErrorKind,
    pub(crate) at: usize,
    pub(crate) within: Option<(Construct, usize)>,
}

impl std::ops::Deref for Fail {
    type Target = Cause;

    fn deref(&self) -> &Cause {
        &self.0
    }
}

pub(crate) type Scan<T = ()> = Result<T, Fail>;

impl Fail {
    pub(crate) fn new(kind: ErrorKind, at: usize) -> Self {
        Self(Box::new(Cause {
            kind,
            at,
            within: None,
        }))
    }

    /// Says in what the error is, unless something further inside has said so.
    pub(crate) fn within(mut self, construct: Construct, began: usize) -> Self {
        self.0.within.get_or_insert((construct, began));
        self
    }

    /// The error for people, with lines and an excerpt of `text`.
    pub(crate) fn into_error(self, text: &[u8]) -> ScanError {
        const EXCERPT: usize = 40;
        let rest = text.get(self.at..).unwrap_or_default();
        let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = line.get(..EXCERPT).unwrap_or(line);
        ScanError {
            kind: self.kind,
            position: Position::find(text, self.at),
            construct: self
                .within
                .map(|(construct, began)| (construct, Position::find(text, began))),
            excerpt: line.escape_ascii().to_string(),
        }
    }
}
