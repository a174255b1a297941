//! Lines that have not the form bash prints most of: assignments, `export`, definitions as people write them, options.

use std::borrow::Cow;

use ebd_syntax::{Assignment, Command, Function as Definition, Script, Span, Word};

use super::assign::{self, Given, Letters, Switches};
use super::value::number;
use super::{Trouble, definition, state, value};
use crate::environment::Environment;
use crate::error::Problem;
use crate::function::{Function, FunctionAttributes};
use crate::name;
use crate::variable::Bytes;

/// What a line consists of.
enum Item<'s, 'a> {
    Command(Command<'s, 'a>),
    Definition(Definition<'s, 'a>),
}

impl Item<'_, '_> {
    fn span(&self) -> Span {
        match self {
            Self::Command(command) => command.span(),
            Self::Definition(definition) => definition.span(),
        }
    }
}

/// Does what the commands between the offsets `start` and `end` do.
pub(super) fn line<'a>(
    environment: &mut Environment<'a>,
    script: &Script<'a>,
    start: usize,
    end: usize,
) -> Result<(), Trouble> {
    let items = items(script, start, end)?;
    for item in &items {
        match item {
            Item::Command(command) => run(environment, *command)?,
            Item::Definition(definition) => {
                let name = definition.name();
                if !name::is_function(name) {
                    return Err((Problem::Name, definition.name_span().start()));
                }
                let span = definition.span();
                let body = script
                    .text()
                    .get(definition.body().start()..definition_end(script, span, end));
                let function = Function {
                    attributes: FunctionAttributes::default(),
                    body: Cow::Borrowed(body.unwrap_or_default()),
                    repaired: Vec::new(),
                };
                definition::insert(environment, name, function);
            }
        }
    }
    Ok(())
}

/// Where a definition ends: after the here-documents of its redirections, which follow on the next line.
fn definition_end(script: &Script<'_>, span: Span, end: usize) -> usize {
    let outside = script
        .heredocs()
        .any(|heredoc| heredoc.body().start() >= span.end() && !heredoc.body().is_empty())
        || script
            .heredocs()
            .any(|heredoc| span.contains(heredoc.operator()) && heredoc.body().end() >= span.end());
    if outside { end } else { span.end() }
}

/// The items of a line, all of them at the top level and with nothing between them.
fn items<'s, 'a>(
    script: &'s Script<'a>,
    start: usize,
    end: usize,
) -> Result<Vec<Item<'s, 'a>>, Trouble> {
    let commands = script.commands().filter(|command| command.is_top_level());
    let definitions = script.functions().filter(|item| item.is_top_level());
    let mut items: Vec<_> = commands
        .map(Item::Command)
        .chain(definitions.map(Item::Definition))
        .collect();
    items.sort_by_key(|item| item.span().start());
    let mut at = start;
    for item in &items {
        let span = item.span();
        only_separators(script, at, span.start())?;
        at = span.end();
    }
    let heredocs = script.heredocs().any(|heredoc| {
        let inside = items
            .iter()
            .any(|item| item.span().contains(heredoc.body()));
        !inside || heredoc.body().is_empty()
    });
    match items.as_slice() {
        [Item::Definition(_)] if heredocs => {}
        [] => only_separators(script, at, end)?,
        _ => {
            let rest = script.text().get(at..end).unwrap_or_default();
            let comment = memchr::memchr(b'#', rest).map_or(end, |length| at + length);
            only_separators(script, at, comment)?;
        }
    }
    Ok(items)
}

fn only_separators(script: &Script<'_>, start: usize, end: usize) -> Result<(), Trouble> {
    let between = script.text().get(start..end).unwrap_or_default();
    match between
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'\\'))
    {
        None => Ok(()),
        Some(length) => {
            let offset = start + length;
            // What a compound command consists of is inside of it.
            let nested = script.commands().any(|command| {
                command.name().is_some_and(|name| {
                    matches!(
                        name.raw(),
                        b"declare" | b"typeset" | b"export" | b"readonly"
                    )
                }) || command.name().is_none()
            });
            let problem = if nested {
                Problem::Nested
            } else {
                Problem::Command
            };
            Err((problem, offset))
        }
    }
}

fn run<'a>(environment: &mut Environment<'a>, command: Command<'_, 'a>) -> Result<(), Trouble> {
    let Some(name) = command.name() else {
        for assignment in command.assignments() {
            assign(environment, assignment, Switches::default())?;
        }
        return Ok(());
    };
    let elsewhere = (Problem::Command, name.span().start());
    if command.assignments().len() > 0 {
        return Err(elsewhere);
    }
    match name.raw() {
        b"declare" | b"typeset" => declare(environment, command, Switches::default()),
        b"export" => declare(environment, command, switch(b'x')),
        b"readonly" => declare(environment, command, switch(b'r')),
        b"shopt" => state::shopt(environment.state_mut(), command),
        b"set" => state::set(environment.state_mut(), command),
        b"umask" => state::umask(environment.state_mut(), command),
        b"trap" => state::trap(environment.state_mut(), command),
        _ => Err(elsewhere),
    }
}

fn switch(letter: u8) -> Switches {
    let mut switches = Switches::default();
    switches.on.add(letter);
    switches
}

/// `declare`, and `export` and `readonly`, which are `declare` with an option.
fn declare<'a>(
    environment: &mut Environment<'a>,
    command: Command<'_, 'a>,
    mut switches: Switches,
) -> Result<(), Trouble> {
    let own = switches;
    let mut words = command.arguments().peekable();
    while let Some(word) = words.next_if(|word| matches!(word.raw(), [b'-' | b'+', _, ..])) {
        if word.raw() == b"--" {
            break;
        }
        options(word, &mut switches)?;
    }
    // `export -n`, in contrast to `declare -n`.
    if own.on.has(b'x') && switches.on.has(b'n') {
        switches = Switches {
            on: Letters::default(),
            off: own.on,
        };
    }
    for word in words {
        let at = word.span().start();
        if switches.on.has(b'f') {
            let name = word.without_quotes().ok_or((Problem::Name, at))?;
            assign::function(environment, &name, switches).map_err(|problem| (problem, at))?;
        } else if let Some(assignment) = word.assignment() {
            assign(environment, assignment, switches)?;
        } else if name::is_variable(word.raw()) {
            assign::variable(environment, word.raw(), switches, None)
                .map_err(|problem| (problem, at))?;
        } else {
            return Err((Problem::Name, at));
        }
    }
    Ok(())
}

fn options(word: Word<'_>, switches: &mut Switches) -> Result<(), Trouble> {
    let Some((sign, letters)) = word.raw().split_first() else {
        return Ok(());
    };
    for &letter in letters {
        let known: &[u8] = if *sign == b'-' {
            b"aAfgilnrtucx"
        } else {
            b"iltucxf"
        };
        if !known.contains(&letter) {
            let option = format!(
                "{}{}",
                char::from(*sign),
                char::from(letter).escape_default()
            );
            return Err((Problem::Option(option), word.span().start()));
        }
        match (sign, letter) {
            (b'-', _) | (_, b'f') => switches.on.add(letter),
            _ => switches.off.add(letter),
        }
    }
    Ok(())
}

fn assign<'a>(
    environment: &mut Environment<'a>,
    assignment: Assignment<'a>,
    switches: Switches,
) -> Result<(), Trouble> {
    let at = assignment.span().start();
    if assignment.is_append() {
        return Err((Problem::Append, at));
    }
    if assignment.subscript().is_some() {
        return Err((Problem::Name, at));
    }
    let kind = environment
        .variable(assignment.name())
        .map_or("", |variable| variable.value.letter());
    let associative = match kind {
        _ if switches.on.has(b'A') || kind == "A" => Some(true),
        _ if switches.on.has(b'a') || kind == "a" => Some(false),
        _ => None,
    };
    let given = if assignment.is_array() {
        elements(assignment, associative)?
    } else {
        let value = assignment.value();
        let offset = value.span().start();
        let text = value.without_quotes().ok_or((Problem::Expansion, offset))?;
        // bash 4.3 and before print arrays in quotes.
        if (switches.on.has(b'a') || switches.on.has(b'A')) && text.starts_with(b"(") {
            let parsed = quoted_array(&text, switches.on.has(b'A'));
            parsed.ok_or((Problem::Expansion, offset))?
        } else {
            Given::Text(text)
        }
    };
    assign::variable(environment, assignment.name(), switches, Some(given))
        .map_err(|problem| (problem, at))
}

/// The elements of `(…)`. If it is not known whether the array is associative, it is if a key is no number.
fn elements<'a>(
    assignment: Assignment<'a>,
    associative: Option<bool>,
) -> Result<Given<'a>, Trouble> {
    let mut keyed: Vec<(Option<Bytes<'a>>, Bytes<'a>, usize)> = Vec::new();
    for element in assignment.elements() {
        let value = element.value();
        let at = value.span().start();
        if element.is_append() {
            return Err((Problem::Append, at));
        }
        let text = value.without_quotes().ok_or((Problem::Expansion, at))?;
        let key = match element.subscript() {
            None => None,
            Some(key) => {
                let at = key.span().start();
                Some(key.without_quotes().ok_or((Problem::Expansion, at))?)
            }
        };
        keyed.push((key, text, at));
    }
    let has_other_key = keyed
        .iter()
        .any(|(key, ..)| key.as_ref().is_some_and(|key| number(key).is_none()));
    if associative.unwrap_or(has_other_key) {
        let pair = |(key, text, at): (Option<Bytes<'a>>, _, _)| match key {
            Some(key) if !key.is_empty() => Ok((key, text)),
            _ => Err((Problem::Key, at)),
        };
        return Ok(Given::Associative(
            keyed.into_iter().map(pair).collect::<Result<_, _>>()?,
        ));
    }
    let mut next = 0_u64;
    let mut elements = Vec::with_capacity(keyed.len());
    for (key, text, at) in keyed {
        let index = match &key {
            Some(key) => number(key).ok_or((Problem::Index, at))?,
            None => next,
        };
        next = index.saturating_add(1);
        elements.push((index, text));
    }
    Ok(Given::Indexed(elements))
}

fn quoted_array(text: &[u8], associative: bool) -> Option<Given<'static>> {
    fn owned(text: Bytes<'_>) -> Bytes<'static> {
        Cow::Owned(text.into_owned())
    }
    if associative {
        let (rest, elements) = value::associative(text).ok()?;
        let pair = |(key, text)| (owned(key), owned(text));
        let elements = elements.into_iter().map(pair).collect();
        rest.is_empty().then_some(Given::Associative(elements))
    } else {
        let (rest, elements) = value::indexed(text).ok()?;
        let pair = |(index, text)| (index, owned(text));
        let elements = elements.into_iter().map(pair).collect();
        rest.is_empty().then_some(Given::Indexed(elements))
    }
}
