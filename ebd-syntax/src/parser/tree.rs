//! The syntax tree: what [`parse`](crate::parse) makes of a script.
//!
//! The tree holds spans, not text; the text is needed to read it. Names of variables, operators of expansions and the like are as written.

use crate::span::Span;

/// A script that was parsed.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// The commands.
    pub list: List,
    /// The bodies of all here-documents; [`Target::Heredoc`] names them by their index.
    pub heredocs: Vec<Heredoc>,
}

/// Commands one after the other.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// In the order in which they stand.
    pub items: Vec<Item>,
}

/// One element of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// The first pipeline.
    pub first: Pipeline,
    /// Those joined to it.
    pub rest: Vec<(Connector, Pipeline)>,
    /// Whether `&` ends it.
    pub background: bool,
}

/// What joins two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Whether an odd number of `!` stands before it.
    pub negated: bool,
    /// Whether `time` stands before it.
    pub timed: bool,
    /// The commands; none only after `!` or `time`.
    pub commands: Vec<Command>,
    /// Whether there is a `|&` in it.
    pub with_stderr: bool,
}

/// One command.
#[derive(Debug, Clone)]
pub struct Command {
    /// Where it stands, without its redirections after a compound command.
    pub span: Span,
    /// What it is.
    pub kind: CommandKind,
    /// Its redirections.
    pub redirections: Vec<Redirection>,
}

/// The kinds of commands.
#[derive(Debug, Clone)]
pub enum CommandKind {
    /// Assignments and words.
    Simple(Simple),
    /// `{ …; }`
    Group(List),
    /// `(…)`
    Subshell(List),
    /// `if …; then …; elif …; then …; else …; fi`
    If {
        /// Conditions and what is done when they hold.
        branches: Vec<(List, List)>,
        /// The `else` branch.
        otherwise: Option<List>,
    },
    /// `while …; do …; done`, `until …; do …; done`
    While {
        /// Whether it is `until`.
        until: bool,
        /// The condition.
        condition: List,
        /// The body.
        body: List,
    },
    /// `for name in …; do …; done`
    For {
        /// The variable.
        name: Span,
        /// The words; `None` for the positional parameters.
        words: Option<Vec<Word>>,
        /// The body.
        body: List,
    },
    /// `for ((…; …; …)); do …; done`
    ArithmeticFor {
        /// Start, condition, step.
        expressions: [Vec<Part>; 3],
        /// The body.
        body: List,
    },
    /// `select name in …; do …; done`
    Select,
    /// `case … in … esac`
    Case {
        /// What is matched.
        subject: Word,
        /// The branches.
        arms: Vec<Arm>,
    },
    /// `((…))`
    Arithmetic(Vec<Part>),
    /// `[[ … ]]`
    Conditional(Condition),
    /// A function definition.
    Function {
        /// Its name.
        name: Span,
        /// Its body.
        body: Box<FunctionBody>,
    },
    /// `coproc …`
    Coproc,
}

/// The body of a function.
#[derive(Debug, Clone)]
pub enum FunctionBody {
    /// It was parsed.
    Parsed(Command),
    /// It was only scanned, as [`ParseOptions::lazy`](crate::ParseOptions) asks; [`parse_body`](crate::parse_body) parses it.
    Span(Span),
}

/// What a branch of a `case` ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArmEnd {
    /// `;;` or nothing
    Break,
    /// `;&`
    FallThrough,
    /// `;;&`
    TestNext,
}

/// A branch of a `case`.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its patterns.
    pub patterns: Vec<Word>,
    /// Its commands.
    pub body: List,
    /// How it ends.
    pub end: ArmEnd,
}

/// An expression of `[[ … ]]`.
#[derive(Debug, Clone)]
pub enum Condition {
    /// `!`
    Not(Box<Condition>),
    /// `&&`
    And(Box<Condition>, Box<Condition>),
    /// `||`
    Or(Box<Condition>, Box<Condition>),
    /// `-n word` and its kin: the letter.
    Unary(u8, Word),
    /// Two words and the operator between them, as written.
    Binary(Span, Word, Word),
    /// A word alone.
    Word(Word),
}

/// A simple command.
#[derive(Debug, Clone, Default)]
pub struct Simple {
    /// Assignments before the name.
    pub assignments: Vec<Assignment>,
    /// The name and the arguments.
    pub words: Vec<Argument>,
}

/// A word of a simple command.
#[derive(Debug, Clone)]
pub enum Argument {
    /// A word.
    Word(Word),
    /// An assignment after the name of a declaration command.
    Assignment(Assignment),
}

/// `name=value`
#[derive(Debug, Clone)]
pub struct Assignment {
    /// All of it.
    pub span: Span,
    /// The variable.
    pub name: Span,
    /// What stands in brackets.
    pub subscript: Option<Word>,
    /// Whether it is `+=`.
    pub append: bool,
    /// The value.
    pub value: Value,
}

/// What is assigned.
#[derive(Debug, Clone)]
pub enum Value {
    /// A word.
    Scalar(Word),
    /// `(…)`
    Array(Vec<Element>),
}

/// One word in an array.
#[derive(Debug, Clone)]
pub struct Element {
    /// What stands in brackets before `=`.
    pub subscript: Option<Word>,
    /// Whether it is `+=`.
    pub append: bool,
    /// The value.
    pub value: Word,
}

/// A redirection.
#[derive(Debug, Clone)]
pub struct Redirection {
    /// The operator.
    pub operator: Span,
    /// What stands before the operator: digits, or a name in braces.
    pub descriptor: Option<Span>,
    /// What stands after the operator.
    pub target: Target,
}

/// What a redirection goes to.
#[derive(Debug, Clone)]
pub enum Target {
    /// A word; of `<<<` the text.
    Word(Word),
    /// `-`, which closes the descriptor.
    Close,
    /// A here-document: its index.
    Heredoc(usize),
}

/// The body of a here-document.
#[derive(Debug, Clone, Default)]
pub struct Heredoc {
    /// Where it stands.
    pub span: Span,
    /// Its text: without tabs where `<<-` removes them, and with one [`Part::Text`] only where the delimiter is quoted.
    pub parts: Vec<Part>,
}

/// A word.
#[derive(Debug, Clone, Default)]
pub struct Word {
    /// Where it stands.
    pub span: Span,
    /// What it consists of.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text as it is: unquoted in a word, quoted inside [`Part::Double`].
    Text(Span),
    /// The byte after a backslash.
    Escaped(Span),
    /// What stands in `'…'`.
    Single(Span),
    /// What stands in `$'…'`, not decoded.
    Ansi(Span),
    /// What stands in `"…"`.
    Double(Vec<Part>),
    /// `$name`, `${…}`
    Parameter(Box<Parameter>),
    /// `$(…)`, or backquotes without escapes
    Command(Box<List>),
    /// `$((…))`, `$[…]`
    Arithmetic(Vec<Part>),
    /// `<(…)`, `>(…)`
    Process {
        /// Whether it is `<(…)`.
        input: bool,
        /// The commands.
        list: Box<List>,
    },
    /// What is not parsed: `${ …; }`, `(…)` of an array with text after it, and commands in backquotes that have escapes or that bash will
    /// refuse.
    Opaque(Span),
}

/// A parameter expansion.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// All of it, from the `$`.
    pub span: Span,
    /// What is expanded.
    pub subject: Subject,
    /// Whether `!` stands before it.
    pub indirect: bool,
    /// What is done with it.
    pub operation: Operation,
}

/// What a parameter expansion expands.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A variable.
    Name(Span),
    /// A positional parameter.
    Positional(u32),
    /// `@`, `*`, `#`, `?`, `-`, `$`, `!`
    Special(u8),
    /// An element of an array.
    Element(Span, Word),
    /// `name[@]`
    All(Span),
    /// `name[*]`
    Joined(Span),
}

/// What a parameter expansion does.
#[derive(Debug, Clone)]
pub enum Operation {
    /// The value.
    Value,
    /// `${#…}`
    Length,
    /// `${!prefix*}` and, with `true`, `${!prefix@}`
    Names(bool),
    /// `${!name[*]}` and, with `true`, `${!name[@]}`
    Keys(bool),
    /// `-`, `=`, `?`, `+`
    Default {
        /// Which.
        operator: u8,
        /// Whether a colon stands before it.
        colon: bool,
        /// The word.
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`
    Trim {
        /// `#` or `%`
        side: u8,
        /// Whether it is doubled.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `:offset:length`
    Substring {
        /// The first expression.
        offset: Vec<Part>,
        /// The second.
        length: Option<Vec<Part>>,
    },
    /// `/pattern/replacement`
    Replace {
        /// The pattern; one that begins with `/` is replaced everywhere, one with `#` or `%` at the beginning or end.
        pattern: Word,
        /// The replacement.
        replacement: Option<Word>,
    },
    /// `^`, `^^`, `,`, `,,`
    Case {
        /// `^`, `,` or `~`
        operator: u8,
        /// Whether it is doubled.
        all: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `@Q` and its kin: the letter
    Transform(u8),
    /// Something that bash refuses when it is executed.
    Bad,
}
