//! What can go wrong.

use ebd_syntax::{Position, ScanError};

/// A text that is no environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It is no valid bash.
    #[error(transparent)]
    Syntax(#[from] ScanError),
    /// It is valid, but does something else than declaring variables, functions and options.
    #[error("{position} (byte {}): {problem}, near `{excerpt}`", .position.offset)]
    Content {
        /// What is wrong.
        problem: Problem,
        /// Where.
        position: Position,
        /// The text there, at most one line of it.
        excerpt: String,
    },
}

impl ParseError {
    /// Where it was noticed.
    #[must_use]
    pub fn position(&self) -> Position {
        match self {
            Self::Syntax(error) => error.position,
            Self::Content { position, .. } => *position,
        }
    }

    pub(crate) fn content(text: &[u8], offset: usize, problem: Problem) -> Self {
        const EXCERPT: usize = 40;
        let rest = text.get(offset..).unwrap_or_default();
        let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = line.get(..EXCERPT).unwrap_or(line);
        Self::Content {
            problem,
            position: Position::find(text, offset),
            excerpt: line.escape_ascii().to_string(),
        }
    }
}

/// Why a valid text is no environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A command that declares nothing.
    #[error(
        "this command declares nothing; an environment has declarations, definitions and options only"
    )]
    Command,
    /// A declaration that is not executed as a command of the file itself: in a subshell, after `&&`, in the background, redirected.
    #[error("a declaration here must be a command of its own")]
    Nested,
    /// A value that bash would have to expand.
    #[error("a value that would have to be expanded; only quoted text can be read")]
    Expansion,
    /// `+=`
    #[error("appending to a value is not supported in an environment")]
    Append,
    /// An option that the command does not have, or that has no place in an environment.
    #[error("unknown option {0:?}")]
    Option(String),
    /// What should be a name is none.
    #[error("this is no name of a variable or function")]
    Name,
    /// The subscript of an element of an indexed array is no number.
    #[error("the index of an element must be a number")]
    Index,
    /// The key of an element of an associative array is missing or empty.
    #[error("an element of an associative array needs a key that is not empty")]
    Key,
    /// The value does not fit the kind of the variable.
    #[error("the value does not fit the kind of the variable")]
    Kind,
    /// An attribute is set on a function that is not defined before.
    #[error("no function of this name is defined before")]
    UndefinedFunction,
    /// An argument of `shopt`, `set`, `umask` or `trap` that is not understood.
    #[error("this argument is not understood")]
    Argument,
}

/// A name that no variable, or no function, can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name of a variable or function")]
pub struct NameError {
    name: String,
}

impl NameError {
    pub(crate) fn new(name: &[u8]) -> Self {
        Self {
            name: name.escape_ascii().to_string(),
        }
    }
}
