//! What a scan notes down: flat tables of spans.

use crate::script::FunctionId;
use crate::span::Span;

/// In what a command or definition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Context {
    pub(crate) function: Option<FunctionId>,
    pub(crate) substitution: bool,
    pub(crate) subshell: bool,
}

/// How a command or definition stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Level {
    /// Inside something.
    #[default]
    Nested,
    /// A command of the include guard of the file.
    Guarded,
    /// A command of the file itself.
    Top,
}

#[derive(Debug, Clone)]
pub(crate) struct FunctionRecord {
    pub(crate) name: Span,
    pub(crate) span: Span,
    pub(crate) body: Span,
    pub(crate) context: Context,
    pub(crate) level: Level,
    /// The definition and what terminates it; empty unless it is separable.
    pub(crate) piece: Span,
}

#[derive(Debug, Clone)]
pub(crate) struct CommandRecord {
    pub(crate) span: Span,
    /// Ranges of the tables of words and assignments.
    pub(crate) words: (u32, u32),
    pub(crate) assignments: (u32, u32),
    pub(crate) context: Context,
    pub(crate) level: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AssignmentRecord {
    pub(crate) span: Span,
    pub(crate) name: Span,
    pub(crate) subscript: Option<Span>,
    pub(crate) append: bool,
    pub(crate) array: bool,
    pub(crate) value: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ElementRecord {
    pub(crate) subscript: Option<Span>,
    pub(crate) append: bool,
    pub(crate) value: Span,
}

#[derive(Debug, Clone)]
pub(crate) struct HeredocRecord {
    pub(crate) operator: Span,
    pub(crate) delimiter: Span,
    pub(crate) body: Span,
    pub(crate) strip_tabs: bool,
    pub(crate) quoted: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct GuardRecord {
    pub(crate) variable: Span,
    /// From `if` to `fi`.
    pub(crate) span: Span,
    /// Between `then` and `fi`.
    pub(crate) body: Span,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    pub(crate) guards: Vec<GuardRecord>,
    pub(crate) functions: Vec<FunctionRecord>,
    pub(crate) commands: Vec<CommandRecord>,
    pub(crate) words: Vec<Span>,
    pub(crate) assignments: Vec<AssignmentRecord>,
    pub(crate) heredocs: Vec<HeredocRecord>,
    pub(crate) opaque: Vec<Span>,
}
