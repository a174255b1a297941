//! Compiled scripts: what the evaluator runs. Nothing in it changes, so threads share it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use ebd_syntax::{LineIndex, Span};

use crate::error::Run;
use crate::meter;
use crate::name::Name;
use crate::pattern::Pattern;

/// Bytes of memory that a word made by braces can take for each byte of its text.
const WORD: usize = 256;

/// The text of a file.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: Box<[u8]>,
    pub(crate) lines: LineIndex,
    pub(crate) extglob: bool,
    /// What is added to its lines: where a text that is evaluated stands.
    pub(crate) line_offset: u32,
    /// How much its braces may still expand to.
    pub(crate) braces: AtomicUsize,
    /// Whether the text was made while running: the evaluation pays for the code.
    pub(crate) made: bool,
}

impl Source {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Compiles a part of it, and pays for what braces add to it.
    pub(crate) fn paid<R>(&self, compile: impl FnOnce() -> R) -> Run<R> {
        let before = self.braces.load(Relaxed);
        let code = compile();
        self.pay(before)?;
        Ok(code)
    }

    /// Pays for what braces have added since this much was left.
    pub(crate) fn pay(&self, before: usize) -> Run {
        let used = before.saturating_sub(self.braces.load(Relaxed));
        if self.made && !meter::take(used * WORD) {
            return meter::check();
        }
        Ok(())
    }
}

/// A compiled script. Copies share it.
#[derive(Clone)]
pub struct Script {
    pub(crate) source: Arc<Source>,
    pub(crate) block: Arc<Block>,
}

pub(crate) struct Block(pub(crate) Box<[ListItem]>);

pub(crate) struct ListItem {
    pub(crate) first: Pipeline,
    pub(crate) rest: Box<[(Connector, Pipeline)]>,
}

pub(crate) use ebd_syntax::tree::{ArmEnd, Connector};

pub(crate) struct Pipeline {
    pub(crate) negated: bool,
    pub(crate) commands: Box<[Command]>,
}

pub(crate) struct Command {
    pub(crate) line: u32,
    pub(crate) kind: Kind,
    pub(crate) redirects: Box<[Redirect]>,
}

pub(crate) enum Kind {
    Simple(Box<Simple>),
    Group(Block),
    Subshell(Block),
    If(Box<[(Block, Block)]>, Option<Block>),
    While {
        until: bool,
        condition: Block,
        body: Block,
    },
    For {
        name: Name,
        words: Option<Box<[Word]>>,
        body: Block,
    },
    ArithmeticFor(Box<[Word; 3]>, Block),
    Case(Word, Box<[Arm]>),
    Arithmetic(Word),
    Conditional(Condition),
    Function(Arc<Function>),
    Unsupported(&'static str),
}

pub(crate) struct Arm {
    pub(crate) patterns: Box<[PatternWord]>,
    pub(crate) body: Block,
    pub(crate) end: ArmEnd,
}

pub(crate) enum Condition {
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Unary(u8, Word),
    /// `==` and `=`, negated `!=`
    Match {
        negated: bool,
        left: Word,
        right: PatternWord,
    },
    Regex(Word, Word),
    Binary(Binary, Word, Word),
    Word(Word),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Less,
    Greater,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Files,
}

pub(crate) struct Simple {
    pub(crate) assignments: Box<[Assignment]>,
    pub(crate) arguments: Box<[Argument]>,
    /// The name of the command, if it is written plainly.
    pub(crate) name: Option<Name>,
}

pub(crate) enum Argument {
    Word(Word),
    Assignment(Assignment),
}

pub(crate) struct Assignment {
    pub(crate) name: Name,
    pub(crate) subscript: Option<Word>,
    pub(crate) append: bool,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    Scalar(Word),
    Array(Box<[Element]>),
}

pub(crate) struct Element {
    pub(crate) subscript: Option<Word>,
    pub(crate) append: bool,
    /// More than one only of a word with braces.
    pub(crate) values: Box<[Word]>,
}

pub(crate) struct Redirect {
    pub(crate) descriptor: u32,
    pub(crate) kind: RedirectKind,
}

pub(crate) enum RedirectKind {
    /// To or from a file; only `/dev/null` is supported.
    Output(Word),
    Input(Word),
    /// `&>`
    Both(Word),
    /// `>&n`
    Duplicate(u32),
    Close,
    Here(Word),
    HereString(Word),
    Process(Arc<Block>),
    Unsupported(&'static str),
}

/// A function.
pub(crate) struct Function {
    pub(crate) name: Name,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    /// Compiled when it is first called.
    Lazy {
        source: Arc<Source>,
        span: Span,
        command: OnceLock<Result<Command, String>>,
        redirects: Box<[Redirect]>,
    },
    Compiled {
        source: Arc<Source>,
        command: Command,
        redirects: Box<[Redirect]>,
    },
    /// A phase function that calls another function: `EXPORT_FUNCTIONS`.
    Forward(Name),
}

/// A text of the script.
#[derive(Clone, Default)]
pub(crate) struct Literal {
    pub(crate) text: Box<[u8]>,
    /// Where it begins in the file.
    pub(crate) at: u32,
}

pub(crate) enum Word {
    /// A text without anything to expand.
    Literal(Literal),
    Pieces(Box<[Piece]>),
}

pub(crate) enum Piece {
    /// Unquoted text.
    Text(Literal),
    /// Quoted text; also an empty one.
    Quoted(Literal),
    /// `$name`
    Variable(Name, bool),
    Parameter(Box<Parameter>, bool),
    Command(Arc<Block>, bool),
    Arithmetic(Box<Word>, bool),
    Unsupported(&'static str),
}

pub(crate) struct Parameter {
    pub(crate) subject: Subject,
    pub(crate) indirect: bool,
    pub(crate) operation: Operation,
}

pub(crate) enum Subject {
    Variable(Name),
    Positional(u32),
    Special(u8),
    Element(Name, Word),
    All(Name),
    Joined(Name),
}

impl Subject {
    /// Whether it may be several values.
    pub(crate) fn is_list(&self) -> bool {
        matches!(
            self,
            Self::Special(b'@' | b'*') | Self::All(_) | Self::Joined(_)
        )
    }
}

pub(crate) enum Operation {
    Value,
    Length,
    Names(bool),
    Keys(bool),
    Default {
        operator: u8,
        colon: bool,
        word: Word,
    },
    Trim {
        prefix: bool,
        longest: bool,
        pattern: PatternWord,
    },
    Substring(Word, Option<Word>),
    Replace(PatternWord, Option<Replacement>),
    Case {
        upper: bool,
        all: bool,
        pattern: PatternWord,
    },
    Transform(u8),
    Unsupported(&'static str),
}

pub(crate) struct Replacement {
    pub(crate) word: Word,
    /// Whether it has quotes, which bash up to 4.2 kept inside double quotes.
    pub(crate) has_quotes: bool,
}

/// A word that is a pattern.
pub(crate) struct PatternWord {
    pub(crate) word: Word,
    /// The pattern, if the word has nothing to expand; without and with extended patterns.
    pub(crate) fixed: Option<Box<[Pattern; 2]>>,
}
