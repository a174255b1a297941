//! What declarations do to variables, and to the attributes of functions.

use std::borrow::Cow;
use std::collections::HashMap;

use indexmap::map::Entry;

use crate::environment::Environment;
use crate::error::Problem;
use crate::variable::{Attributes, Bytes, Case, Value, Variable};

/// A set of option letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Letters(u64);

impl Letters {
    /// The letters of a printed variable; `None` if one has another meaning.
    pub(super) fn of_variables(letters: &[u8]) -> Option<Self> {
        let mut set = Self::default();
        for &letter in letters {
            if !b"aAgilnrtucx".contains(&letter) {
                return None;
            }
            set.add(letter);
        }
        Some(set)
    }

    pub(super) fn add(&mut self, letter: u8) {
        self.0 |= bit(letter);
    }

    pub(super) fn has(self, letter: u8) -> bool {
        self.0 & bit(letter) != 0
    }
}

fn bit(letter: u8) -> u64 {
    1 << (letter & 0x3f)
}

/// The options of a declaration: `-` and `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Switches {
    pub(super) on: Letters,
    pub(super) off: Letters,
}

/// What a declaration assigns.
pub(super) enum Given<'a> {
    Text(Bytes<'a>),
    /// In any order.
    Indexed(Vec<(u64, Bytes<'a>)>),
    /// Keys may occur twice.
    Associative(Vec<(Bytes<'a>, Bytes<'a>)>),
}

/// Declares a variable.
pub(super) fn variable<'a>(
    environment: &mut Environment<'a>,
    name: &'a [u8],
    options: Switches,
    given: Option<Given<'a>>,
) -> Result<(), Problem> {
    match environment.variables.entry(Cow::Borrowed(name)) {
        Entry::Vacant(place) => {
            let mut variable = Variable::new(Value::Scalar(None));
            declare(&mut variable, options, given)?;
            place.insert(variable);
            Ok(())
        }
        Entry::Occupied(mut place) => declare(place.get_mut(), options, given),
    }
}

fn declare<'a>(
    variable: &mut Variable<'a>,
    options: Switches,
    given: Option<Given<'a>>,
) -> Result<(), Problem> {
    convert(&mut variable.value, options, given.as_ref())?;
    if let Some(given) = given {
        give(&mut variable.value, given)?;
    }
    switch(&mut variable.attributes, options);
    Ok(())
}

/// Makes the value the kind that the options or what is assigned ask for.
fn convert(
    value: &mut Value<'_>,
    options: Switches,
    given: Option<&Given<'_>>,
) -> Result<(), Problem> {
    let wanted = match given {
        _ if options.on.has(b'n') => b'n',
        _ if options.on.has(b'A') => b'A',
        Some(Given::Associative(_)) => b'A',
        _ if options.on.has(b'a') => b'a',
        Some(Given::Indexed(_)) if !matches!(value, Value::Associative(_)) => b'a',
        _ => return Ok(()),
    };
    let scalar = match value {
        Value::Scalar(text) => text.take(),
        Value::Indexed(_) if wanted == b'a' => return Ok(()),
        Value::Associative(_) if wanted == b'A' => return Ok(()),
        Value::Reference(_) if wanted == b'n' => return Ok(()),
        _ => return Err(Problem::Kind),
    };
    *value = match wanted {
        b'n' => Value::Reference(scalar),
        b'A' => Value::Associative(scalar.map(|text| vec![(Cow::Borrowed(&b"0"[..]), text)])),
        _ => Value::Indexed(scalar.map(|text| vec![(0, text)])),
    };
    Ok(())
}

fn give<'a>(value: &mut Value<'a>, given: Given<'a>) -> Result<(), Problem> {
    match (value, given) {
        (Value::Scalar(old) | Value::Reference(old), Given::Text(text)) => *old = Some(text),
        (Value::Indexed(old), Given::Text(text)) => {
            let elements = old.get_or_insert_default();
            match elements.first_mut() {
                Some((0, old)) => *old = text,
                _ => elements.insert(0, (0, text)),
            }
        }
        (Value::Associative(old), Given::Text(text)) => {
            let elements = old.get_or_insert_default();
            match elements.iter_mut().find(|(key, _)| **key == *b"0") {
                Some((_, old)) => *old = text,
                None => elements.push((Cow::Borrowed(b"0"), text)),
            }
        }
        (Value::Indexed(old), Given::Indexed(elements)) => *old = Some(ascending(elements)),
        (Value::Associative(old), Given::Associative(elements)) => *old = Some(unique(elements)),
        (Value::Associative(old), Given::Indexed(elements)) => {
            let key = |(index, text): (u64, _)| (Cow::Owned(index.to_string().into_bytes()), text);
            *old = Some(unique(elements.into_iter().map(key).collect()));
        }
        _ => return Err(Problem::Kind),
    }
    Ok(())
}

/// Elements by index; of equal ones the last.
fn ascending(mut elements: Vec<(u64, Bytes<'_>)>) -> Vec<(u64, Bytes<'_>)> {
    if !elements.is_sorted_by(|(one, _), (next, _)| one < next) {
        elements.reverse();
        elements.sort_by_key(|(index, _)| *index);
        elements.dedup_by_key(|(index, _)| *index);
    }
    elements
}

/// Elements with different keys; of equal ones the last, in the place of the first.
fn unique<'a>(elements: Vec<(Bytes<'a>, Bytes<'a>)>) -> Vec<(Bytes<'a>, Bytes<'a>)> {
    let mut last: HashMap<&[u8], usize> = HashMap::with_capacity(elements.len());
    for (place, (key, _)) in elements.iter().enumerate() {
        last.insert(key, place);
    }
    if last.len() == elements.len() {
        return elements;
    }
    let mut result = indexmap::IndexMap::with_capacity(elements.len());
    for (key, text) in elements {
        result.insert(key, text);
    }
    result.into_iter().collect()
}

fn switch(attributes: &mut Attributes, options: Switches) {
    let Switches { on, off } = options;
    let set = |old: bool, letter| (old || on.has(letter)) && !off.has(letter);
    attributes.exported = set(attributes.exported, b'x');
    attributes.readonly = attributes.readonly || on.has(b'r');
    attributes.integer = set(attributes.integer, b'i');
    attributes.traced = set(attributes.traced, b't');
    for (letter, case) in [
        (b'c', Case::Capital),
        (b'l', Case::Lower),
        (b'u', Case::Upper),
    ] {
        if on.has(letter) {
            attributes.case = Some(case);
        } else if off.has(letter) && attributes.case == Some(case) {
            attributes.case = None;
        }
    }
}

/// Changes the attributes of a function.
pub(super) fn function(
    environment: &mut Environment<'_>,
    name: &[u8],
    options: Switches,
) -> Result<(), Problem> {
    let Some(function) = environment.functions.get_mut(name) else {
        return Err(Problem::UndefinedFunction);
    };
    let Switches { on, off } = options;
    let attributes = &mut function.attributes;
    attributes.exported = (attributes.exported || on.has(b'x')) && !off.has(b'x');
    attributes.traced = (attributes.traced || on.has(b't')) && !off.has(b't');
    attributes.readonly = attributes.readonly || on.has(b'r');
    Ok(())
}
