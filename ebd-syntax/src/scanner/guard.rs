//! Include guards: `if [[ -z ${_NAME} ]]; then _NAME=1; …; fi` around most of an eclass.

use super::Scanner;
use super::chars;
use crate::record::{GuardRecord, Level};
use crate::span::Span;

/// What may be an include guard.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// The name of the variable.
    name: Span,
    /// From `if` to `fi`; its end is set when that has been read.
    span: Span,
    /// Between `then` and `fi`; set as well.
    body: Span,
    /// Whether the variable is assigned to.
    pub(super) assigned: bool,
    /// How many functions and commands there were before it.
    functions: usize,
    commands: usize,
}

impl Scanner<'_> {
    /// Whether an `if` with this condition may be an include guard; of the file itself, not inside anything.
    pub(super) fn begin_guard(&mut self, condition: Span) -> bool {
        if self.depth != 1 {
            return false;
        }
        let Some(name) = guarded_name(condition.of(self.text)) else {
            return false;
        };
        let start = condition.start() + name.start;
        self.guard = Some(Guard {
            name: Span::new(start, start + name.len()),
            span: Span::new(
                condition.start().saturating_sub(b"if".len()),
                condition.end(),
            ),
            body: Span::default(),
            assigned: false,
            functions: self.records.functions.len(),
            commands: self.records.commands.len(),
        });
        true
    }

    /// Notes that the last simple command is one of the file or of its guard.
    pub(super) fn note_simple(&mut self, level: Level) {
        let Some(command) = self.records.commands.last_mut() else {
            return;
        };
        command.level = level;
        let (first, end) = command.assignments;
        if level == Level::Guarded
            && command.words.0 == command.words.1
            && let Some(guard) = &mut self.guard
            && let Some(assignments) = self.records.assignments.get(first as usize..end as usize)
        {
            let name = guard.name.of(self.text);
            guard.assigned |= assignments.iter().any(|assignment| {
                let value = assignment.value.of(self.text);
                let constant = !value.is_empty() && value.iter().all(|&byte| chars::is_name(byte));
                assignment.name.of(self.text) == name && assignment.subscript.is_none() && constant
            });
        }
    }

    /// Notes that the `fi` of what may be an include guard has just been read.
    pub(super) fn end_guard(&mut self, body: Span) {
        let end = self.pos;
        if let Some(guard) = &mut self.guard {
            guard.span = Span::new(guard.span.start(), end);
            guard.body = body;
        }
    }

    /// Notes what turned out to be an include guard.
    pub(super) fn note_guard(&mut self, guard: &Guard) {
        self.records.guards.push(GuardRecord {
            variable: guard.name,
            span: guard.span,
            body: guard.body,
        });
    }

    /// Takes back what was noted in an `if` that turned out to be no include guard.
    pub(super) fn withdraw_guard(&mut self, guard: &Guard) {
        for function in self.records.functions.iter_mut().skip(guard.functions) {
            if function.level == Level::Guarded {
                function.level = Level::Nested;
                function.piece = Span::default();
            }
        }
        for command in self.records.commands.iter_mut().skip(guard.commands) {
            if command.level == Level::Guarded {
                command.level = Level::Nested;
            }
        }
    }
}

/// Where the name of the variable stands in a condition of the form `[[ -z ${NAME} ]];` or `[[ ! ${NAME} ]];`, with or without quotes.
fn guarded_name(condition: &[u8]) -> Option<std::ops::Range<usize>> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b';');
    let mut words = condition.split(blank).filter(|word| !word.is_empty());
    let (open, operator, variable, close) =
        (words.next()?, words.next()?, words.next()?, words.next()?);
    if open != b"[["
        || !matches!(operator, b"-z" | b"!")
        || close != b"]]"
        || words.next().is_some()
    {
        return None;
    }
    let unquoted = variable
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(variable);
    let name = unquoted.strip_prefix(b"${")?.strip_suffix(b"}")?;
    if !chars::is_identifier(name) {
        return None;
    }
    let start = memchr::memmem::find(condition, variable)? + memchr::memmem::find(variable, name)?;
    Some(start..start + name.len())
}
