//! The result of a scan: functions, commands, words, assignments, here-documents, as views into flat tables.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::lines::LineIndex;
use crate::literal;
use crate::record::{
    AssignmentRecord, CommandRecord, ElementRecord, FunctionRecord, GuardRecord, HeredocRecord,
    Level, Records,
};
use crate::scanner;
use crate::span::Span;

/// Identifies a function definition within its [`Script`]; in the order in which the definitions begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub(crate) u32);

impl FunctionId {
    /// The position in [`Script::functions`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A scanned text.
///
/// Borrows the text; what it found are spans in flat tables, and [`Function`], [`Command`] and [`Word`] are views of them.
#[derive(Debug)]
pub struct Script<'a> {
    text: &'a [u8],
    records: Records,
    lines: OnceLock<LineIndex>,
}

impl<'a> Script<'a> {
    pub(crate) fn new(text: &'a [u8], records: Records) -> Self {
        Self {
            text,
            records,
            lines: OnceLock::new(),
        }
    }

    /// The text that was scanned.
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The bytes of a span of this script.
    #[must_use]
    pub fn bytes(&self, span: Span) -> &'a [u8] {
        span.of(self.text)
    }

    /// The index of lines, made at the first use.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(self.text))
    }

    /// Every function definition, in the order in which they begin; a nested one comes after the one around it.
    pub fn functions(
        &self,
    ) -> impl ExactSizeIterator<Item = Function<'_, 'a>> + DoubleEndedIterator {
        let view = |(index, record)| Function {
            script: self,
            record,
            id: FunctionId(u32::try_from(index).unwrap_or(u32::MAX)),
        };
        self.records.functions.iter().enumerate().map(view)
    }

    /// One function definition; `None` for an id of another script.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> Option<Function<'_, 'a>> {
        let record = self.records.functions.get(id.index())?;
        Some(Function {
            script: self,
            record,
            id,
        })
    }

    /// Every simple command, in the order in which they begin.
    pub fn commands(&self) -> impl ExactSizeIterator<Item = Command<'_, 'a>> + DoubleEndedIterator {
        self.records.commands.iter().map(|record| Command {
            script: self,
            record,
        })
    }

    /// Every include guard.
    pub fn guards(&self) -> impl ExactSizeIterator<Item = Guard<'_, 'a>> + DoubleEndedIterator {
        self.records.guards.iter().map(|record| Guard {
            script: self,
            record,
        })
    }

    /// Every here-document, in the order of their operators.
    pub fn heredocs(&self) -> impl ExactSizeIterator<Item = Heredoc<'_, 'a>> + DoubleEndedIterator {
        self.records.heredocs.iter().map(|record| Heredoc {
            script: self,
            record,
        })
    }

    /// The contents of backquotes that have escapes or are no valid command: bash reads them only when it runs them, and their commands
    /// are not in [`commands`](Self::commands).
    pub fn opaque(&self) -> impl ExactSizeIterator<Item = Span> + DoubleEndedIterator {
        self.records.opaque.iter().copied()
    }
}

/// An include guard, in which most of an eclass stands:
///
/// ```bash
/// if [[ -z ${_EXAMPLE_ECLASS} ]]; then
/// _EXAMPLE_ECLASS=1
/// example_function() { …; }
/// fi
/// ```
///
/// It is a top-level `if` with nothing but `[[ -z ${NAME} ]]` or `[[ ! ${NAME} ]]` as its condition, without `elif`, `else` and
/// redirections, in which a constant is assigned to the variable.
#[derive(Debug, Clone, Copy)]
pub struct Guard<'s, 'a> {
    script: &'s Script<'a>,
    record: &'s GuardRecord,
}

impl<'a> Guard<'_, 'a> {
    /// The name of the variable.
    #[must_use]
    pub fn variable(self) -> &'a [u8] {
        self.script.bytes(self.record.variable)
    }

    /// From `if` to `fi`.
    #[must_use]
    pub fn span(self) -> Span {
        self.record.span
    }

    /// What is between `then` and `fi`.
    #[must_use]
    pub fn body(self) -> Span {
        self.record.body
    }
}

/// A function definition.
#[derive(Debug, Clone, Copy)]
pub struct Function<'s, 'a> {
    script: &'s Script<'a>,
    record: &'s FunctionRecord,
    id: FunctionId,
}

impl<'a> Function<'_, 'a> {
    /// Its identity in the script.
    #[must_use]
    pub fn id(self) -> FunctionId {
        self.id
    }

    /// Its name as written. Names that need quoting or expansions are valid syntax; bash refuses them when it runs the definition.
    #[must_use]
    pub fn name(self) -> &'a [u8] {
        self.script.bytes(self.record.name)
    }

    /// Where the name stands.
    #[must_use]
    pub fn name_span(self) -> Span {
        self.record.name
    }

    /// From the first byte of `function` or of the name to the end of the body and its redirections.
    ///
    /// The body of a here-document that begins on the line where the definition ends lies outside of it.
    #[must_use]
    pub fn span(self) -> Span {
        self.record.span
    }

    /// The compound command that is its body, without redirections.
    #[must_use]
    pub fn body(self) -> Span {
        self.record.body
    }

    /// The line on which the definition begins, from 1.
    #[must_use]
    pub fn line(self) -> usize {
        self.script.lines().line(self.record.span.start())
    }

    /// The innermost definition this one stands in.
    #[must_use]
    pub fn parent(self) -> Option<FunctionId> {
        self.record.context.function
    }

    /// Whether it stands in a command, process or function substitution, or in backquotes.
    #[must_use]
    pub fn in_substitution(self) -> bool {
        self.record.context.substitution
    }

    /// Whether it stands in `( … )`.
    #[must_use]
    pub fn in_subshell(self) -> bool {
        self.record.context.subshell
    }

    /// Whether it is a direct command of the file: not inside any compound command, function or substitution, not a part of a pipeline,
    /// `&&` or `||` list, and not in the background.
    #[must_use]
    pub fn is_top_level(self) -> bool {
        self.record.level == Level::Top
    }

    /// Whether it is a direct command of the include guard of the file, see [`Guard`].
    #[must_use]
    pub fn is_guarded(self) -> bool {
        self.record.level == Level::Guarded
    }

    /// Returns whether it can be cut out of the text: it is a [top-level](Self::is_top_level) or [guarded](Self::is_guarded) command at
    /// the beginning of a line, has no here-document outside of its span, and does not follow a line continuation or the beginning of a
    /// here-document.
    ///
    /// All separable functions of a script may be cut out together: each is valid on its own, and so is what is left, which does what
    /// the script does apart from defining them. A definition counts only when it is read: code in the rest that calls, unsets or
    /// redefines one of the functions is for the caller to consider.
    #[must_use]
    pub fn is_separable(self) -> bool {
        self.piece().is_some()
    }

    /// What to cut out so that the rest keeps its meaning: the span and what terminates it. `None` unless
    /// [separable](Self::is_separable).
    #[must_use]
    pub fn piece(self) -> Option<Span> {
        (!self.record.piece.is_empty()).then_some(self.record.piece)
    }
}

/// A simple command: assignments, a name and arguments. Redirections are not part of its words.
#[derive(Debug, Clone, Copy)]
pub struct Command<'s, 'a> {
    script: &'s Script<'a>,
    record: &'s CommandRecord,
}

impl<'s, 'a> Command<'s, 'a> {
    /// From its first word, assignment or redirection to its last.
    #[must_use]
    pub fn span(self) -> Span {
        self.record.span
    }

    /// The line on which it begins, from 1.
    #[must_use]
    pub fn line(self) -> usize {
        self.script.lines().line(self.record.span.start())
    }

    /// The name and the arguments; empty when the command consists of assignments or redirections only.
    pub fn words(
        self,
    ) -> impl ExactSizeIterator<Item = Word<'a>> + DoubleEndedIterator + use<'s, 'a> {
        let text = self.script.text;
        let spans = table(&self.script.records.words, self.record.words);
        spans.iter().map(move |&span| Word { text, span })
    }

    /// The word that names the command.
    #[must_use]
    pub fn name(self) -> Option<Word<'a>> {
        self.words().next()
    }

    /// The words after the name.
    pub fn arguments(
        self,
    ) -> impl ExactSizeIterator<Item = Word<'a>> + DoubleEndedIterator + use<'s, 'a> {
        let mut words = self.words();
        words.next();
        words
    }

    /// The assignments before the name.
    pub fn assignments(
        self,
    ) -> impl ExactSizeIterator<Item = Assignment<'a>> + DoubleEndedIterator + use<'s, 'a> {
        let text = self.script.text;
        let records = table(&self.script.records.assignments, self.record.assignments);
        records
            .iter()
            .map(move |&record| Assignment { text, record })
    }

    /// The innermost function definition it stands in.
    #[must_use]
    pub fn function(self) -> Option<FunctionId> {
        self.record.context.function
    }

    /// Whether it stands in a command, process or function substitution, or in backquotes.
    #[must_use]
    pub fn in_substitution(self) -> bool {
        self.record.context.substitution
    }

    /// Whether it stands in `( … )`.
    #[must_use]
    pub fn in_subshell(self) -> bool {
        self.record.context.subshell
    }

    /// Whether it is a direct command of the file: not inside any compound command, function or substitution, not a part of a pipeline,
    /// `&&` or `||` list, and not in the background.
    #[must_use]
    pub fn is_top_level(self) -> bool {
        self.record.level == Level::Top
    }

    /// Whether it is a direct command of the include guard of the file, see [`Guard`].
    #[must_use]
    pub fn is_guarded(self) -> bool {
        self.record.level == Level::Guarded
    }
}

/// A word as written, quotes and expansions included.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    text: &'a [u8],
    span: Span,
}

impl<'a> Word<'a> {
    pub(crate) fn new(text: &'a [u8], span: Span) -> Self {
        Self { text, span }
    }

    /// Where it stands.
    #[must_use]
    pub fn span(self) -> Span {
        self.span
    }

    /// Its bytes as written.
    #[must_use]
    pub fn raw(self) -> &'a [u8] {
        self.span.of(self.text)
    }

    /// Its value when that is static: no expansion of any kind changes it.
    ///
    /// `None` when it has parameter, command, arithmetic or process substitutions, unquoted brace expansions, glob patterns or tildes;
    /// in case of doubt, too. [`without_quotes`](Self::without_quotes) ignores the last three.
    #[must_use]
    pub fn literal(self) -> Option<Cow<'a, [u8]>> {
        literal::literal(self.raw())
    }

    /// The word after quote removal; `None` when it has parameter, command, arithmetic or process substitutions or is an array.
    ///
    /// Braces, globs and tildes stay as they are: this is the value bash gives the right side of an assignment, up to tildes.
    #[must_use]
    pub fn without_quotes(self) -> Option<Cow<'a, [u8]>> {
        literal::without_quotes(self.raw())
    }

    /// The word read as an assignment, as the arguments of `declare`, `export` and their kin are; `None` if it is no assignment.
    #[must_use]
    pub fn assignment(self) -> Option<Assignment<'a>> {
        let record = scanner::assignment(self.text, self.span)?;
        Some(Assignment {
            text: self.text,
            record,
        })
    }
}

/// An assignment before the name of a command, or an [argument](Word::assignment) that is one.
#[derive(Debug, Clone, Copy)]
pub struct Assignment<'a> {
    text: &'a [u8],
    record: AssignmentRecord,
}

impl<'a> Assignment<'a> {
    /// The whole word.
    #[must_use]
    pub fn span(self) -> Span {
        self.record.span
    }

    /// The name of the variable.
    #[must_use]
    pub fn name(self) -> &'a [u8] {
        self.record.name.of(self.text)
    }

    /// Where the name stands.
    #[must_use]
    pub fn name_span(self) -> Span {
        self.record.name
    }

    /// What stands between the brackets of `name[…]=`.
    #[must_use]
    pub fn subscript(self) -> Option<Word<'a>> {
        Some(Word::new(self.text, self.record.subscript?))
    }

    /// Whether the operator is `+=`.
    #[must_use]
    pub fn is_append(self) -> bool {
        self.record.append
    }

    /// Whether the value is `( … )`.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.record.array
    }

    /// What stands after the operator; of an array it is all of `( … )`, whose [`Word::literal`] is `None`.
    #[must_use]
    pub fn value(self) -> Word<'a> {
        Word::new(self.text, self.record.value)
    }

    /// The elements between the parentheses of an array; none unless the value [is one](Self::is_array).
    #[must_use]
    pub fn elements(self) -> Vec<Element<'a>> {
        if !self.record.array {
            return Vec::new();
        }
        let records = scanner::elements(self.text, self.record.value);
        let element = |record| Element {
            text: self.text,
            record,
        };
        records.into_iter().map(element).collect()
    }
}

/// An element between the parentheses of an array: `value`, `[subscript]=value` or `[subscript]+=value`.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    text: &'a [u8],
    record: ElementRecord,
}

impl<'a> Element<'a> {
    /// What stands between the brackets in front of `=`.
    #[must_use]
    pub fn subscript(self) -> Option<Word<'a>> {
        Some(Word::new(self.text, self.record.subscript?))
    }

    /// Whether the operator is `+=`.
    #[must_use]
    pub fn is_append(self) -> bool {
        self.record.append
    }

    /// The value as written.
    #[must_use]
    pub fn value(self) -> Word<'a> {
        Word::new(self.text, self.record.value)
    }
}

/// A here-document.
#[derive(Debug, Clone, Copy)]
pub struct Heredoc<'s, 'a> {
    script: &'s Script<'a>,
    record: &'s HeredocRecord,
}

impl<'a> Heredoc<'_, 'a> {
    /// The operator `<<` or `<<-`.
    #[must_use]
    pub fn operator(self) -> Span {
        self.record.operator
    }

    /// The delimiter as written.
    #[must_use]
    pub fn delimiter(self) -> Word<'a> {
        Word::new(self.script.text, self.record.delimiter)
    }

    /// The lines between the one of the operator and the delimiter.
    #[must_use]
    pub fn body(self) -> Span {
        self.record.body
    }

    /// Whether the operator is `<<-`, which removes leading tabs.
    #[must_use]
    pub fn strips_tabs(self) -> bool {
        self.record.strip_tabs
    }

    /// Whether the delimiter is quoted, so that nothing is expanded in the body.
    #[must_use]
    pub fn is_quoted(self) -> bool {
        self.record.quoted
    }
}

fn table<T>(items: &[T], (start, end): (u32, u32)) -> &[T] {
    items.get(start as usize..end as usize).unwrap_or_default()
}
