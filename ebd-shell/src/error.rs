//! Why an evaluation ended early.

use std::path::{Path, PathBuf};

/// A script that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .path.display())]
pub struct CompileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it and where.
    pub message: String,
}

impl CompileError {
    pub(crate) fn new(path: &Path, error: &ebd_syntax::ScanError) -> Self {
        Self {
            path: path.to_owned(),
            message: error.to_string(),
        }
    }
}

/// A place in an ebuild or eclass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
    /// The function around it; `source` for code of the file itself.
    pub function: String,
}

/// An ebuild that was not evaluated to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abort {
    /// Why.
    pub cause: Cause,
    /// The call stack, innermost first.
    pub stack: Vec<SourcePlace>,
    /// Whether the ebuild had printed something.
    pub printed: bool,
}

/// Why an ebuild was not evaluated to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// Something that only bash can do, or that is not certain. The ebuild must be evaluated by bash.
    #[error("{0}")]
    Fallback(Fallback),
    /// `die` was called, or an error that the library reports through it.
    #[error("die: {0}")]
    Die(String),
    /// An inherited eclass does not exist.
    #[error("inherits {0}.eclass, which does not exist")]
    MissingEclass(String),
    /// A command that is neither a builtin nor a function.
    #[error("external command in global scope: {0}")]
    ExternalCommand(String),
    /// The last command of the ebuild failed.
    #[error("the last command of the file returned {0}")]
    SourceStatus(i32),
    /// A variable that the library must assign is read-only.
    #[error("makes {0} read-only, which must stay assignable")]
    Readonly(String),
    /// The caller of the evaluator stopped it.
    #[error("stopped before its end")]
    Stopped,
    /// The ebuild ended its shell.
    #[error("ended its shell with status {0} before the end of the file")]
    Exited(i32),
}

/// Why bash must do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fallback {
    /// A construct.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// A builtin, or an option of one.
    #[error("not supported: {0}")]
    Builtin(String),
    /// A variable whose value only bash knows, or with which it does something.
    #[error("special variable {0}")]
    SpecialVariable(String),
    /// An error that bash reports and goes on after, or not, depending on much.
    #[error("an error for bash to report: {0}")]
    BashError(String),
    /// A file that is read or written.
    #[error("a file: {0}")]
    File(String),
    /// It needs more than [`Limits`](crate::Limits) allow.
    #[error("it needs more than {most} {what}")]
    Limit {
        /// How much is allowed.
        most: u64,
        /// Of what.
        what: &'static str,
    },
    /// A file that does not parse.
    #[error("syntax: {0}")]
    Syntax(String),
    /// The value is not one that the locale leaves alone.
    #[error("a locale other than C")]
    Locale,
}

/// How a command ended other than with a status.
pub(crate) enum Stop {
    Break(u32),
    Continue(u32),
    Return(i32),
    Exit(i32),
    Abort(Box<Abort>),
}

pub(crate) type Run<T = ()> = Result<T, Stop>;

impl From<Cause> for Stop {
    #[cold]
    fn from(cause: Cause) -> Self {
        Self::Abort(Box::new(Abort {
            cause,
            stack: Vec::new(),
            printed: false,
        }))
    }
}

impl From<Fallback> for Stop {
    #[cold]
    fn from(fallback: Fallback) -> Self {
        Cause::Fallback(fallback).into()
    }
}

/// The stop for something that is left to bash.
#[cold]
pub(crate) fn unsupported(what: &'static str) -> Stop {
    Fallback::Unsupported(what).into()
}

/// The stop for an error that bash reports.
#[cold]
pub(crate) fn bash_error(what: impl Into<String>) -> Stop {
    Fallback::BashError(what.into()).into()
}

/// How many bytes of a text a message shows: a message is no way around the limits.
pub(crate) const SHOWN: usize = 4096;

/// Writes a text in ASCII, for a message.
pub(crate) fn escaped(text: &[u8]) -> String {
    match text.get(..SHOWN) {
        Some(begin) => format!("{}…", begin.escape_ascii()),
        None => text.escape_ascii().to_string(),
    }
}

/// Writes a text in UTF-8, for a message.
pub(crate) fn shown(text: &[u8]) -> String {
    match text.get(..SHOWN) {
        Some(begin) => format!("{}…", String::from_utf8_lossy(begin)),
        None => String::from_utf8_lossy(text).into_owned(),
    }
}
