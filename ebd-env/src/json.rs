//! JSON: one object a line, for other tools.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::environment::Environment;
use crate::function::{Function, FunctionAttributes};
use crate::name;
use crate::state::ShellState;
use crate::variable::{Attributes, Bytes, Case, Value, Variable};

/// The version of the records.
const VERSION: u32 = 1;

/// JSON that is no environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct JsonError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: JsonProblem,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonProblem {
    /// It is no JSON.
    #[error("no JSON: {0}")]
    Syntax(String),
    /// It has another version.
    #[error("`v` must be {VERSION}")]
    Version,
    /// The type is not known.
    #[error("unknown `type`; it must be variable, function or state")]
    Type,
    /// A member is missing, or has a value that it can not have.
    #[error("`{0}` is missing or not valid")]
    Member(&'static str),
}

/// Text as JSON: a string, or `{"b64": …}` if it is no UTF-8.
#[must_use]
pub fn json_text(bytes: &[u8]) -> Json {
    match std::str::from_utf8(bytes) {
        Ok(text) => Json::String(text.to_owned()),
        Err(_) => json!({ "b64": STANDARD.encode(bytes) }),
    }
}

fn bytes_of(json: &Json) -> Option<Vec<u8>> {
    let bytes = match json {
        Json::String(text) => text.clone().into_bytes(),
        Json::Object(object) if object.len() == 1 => {
            STANDARD.decode(object.get("b64")?.as_str()?).ok()?
        }
        _ => return None,
    };
    memchr::memchr(0, &bytes).is_none().then_some(bytes)
}

impl Environment<'_> {
    /// All of it as JSON, one object a line: every variable, every function, and the state of the shell if there is one.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut lines = String::new();
        let mut push = |record: Json| {
            lines.push_str(&record.to_string());
            lines.push('\n');
        };
        for (name, variable) in self.variables() {
            push(variable_record(name, variable));
        }
        for (name, function) in self.functions() {
            push(function_record(name, function));
        }
        if !self.state().is_empty() {
            push(state_record(self.state()));
        }
        lines
    }

    /// Reads what [`to_json`](Self::to_json) writes.
    ///
    /// # Errors
    ///
    /// When a line is no record of this version.
    pub fn from_json(text: &str) -> Result<Environment<'static>, JsonError> {
        let mut environment = Environment::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let at = |problem| JsonError {
                line: index + 1,
                problem,
            };
            let record = serde_json::from_str(line)
                .map_err(|error| at(JsonProblem::Syntax(error.to_string())))?;
            read(&mut environment, &record).map_err(at)?;
        }
        Ok(environment)
    }
}

/// One variable as a record.
#[must_use]
pub(crate) fn variable_record(name: &[u8], variable: &Variable<'_>) -> Json {
    let text = |text: &Option<Bytes<'_>>| text.as_deref().map_or(Json::Null, json_text);
    let value = match &variable.value {
        Value::Scalar(value) | Value::Reference(value) => text(value),
        Value::Indexed(None) | Value::Associative(None) => Json::Null,
        Value::Indexed(Some(elements)) => elements
            .iter()
            .map(|(index, text)| json!([index, json_text(text)]))
            .collect(),
        Value::Associative(Some(elements)) => elements
            .iter()
            .map(|(key, text)| json!([json_text(key), json_text(text)]))
            .collect(),
    };
    let letters = format!("{}{}", variable.value.letter(), variable.attributes);
    json!({ "v": VERSION, "type": "variable", "name": json_text(name), "attributes": letters, "value": value })
}

/// One function as a record.
#[must_use]
pub(crate) fn function_record(name: &[u8], function: &Function<'_>) -> Json {
    let mut record = json!({
        "v": VERSION, "type": "function", "name": json_text(name), "attributes": function.attributes.to_string(),
        "body": json_text(function.body()),
    });
    if let Json::Object(object) = &mut record
        && !function.repaired().is_empty()
    {
        let repaired = function.repaired().iter().map(ToString::to_string);
        object.insert("repaired".to_owned(), repaired.collect());
    }
    record
}

fn state_record(state: &ShellState) -> Json {
    let traps = state.traps.iter();
    let traps: Map<String, Json> = traps
        .map(|(signal, action)| (signal.clone(), json_text(action)))
        .collect();
    json!({
        "v": VERSION, "type": "state", "shopt": options(&state.shopt), "set": options(&state.set),
        "umask": state.umask.map(|mask| format!("{mask:04o}")), "traps": traps,
    })
}

fn options(options: &BTreeMap<String, bool>) -> Map<String, Json> {
    let options = options.iter();
    options
        .map(|(name, on)| (name.clone(), Json::Bool(*on)))
        .collect()
}

fn read(environment: &mut Environment<'static>, record: &Json) -> Result<(), JsonProblem> {
    if record.get("v").and_then(Json::as_u64) != Some(u64::from(VERSION)) {
        return Err(JsonProblem::Version);
    }
    match record.get("type").and_then(Json::as_str) {
        Some("variable") => {
            let name = name_of(record)?;
            let variable = variable(record)?;
            environment
                .insert_variable(name, variable)
                .map_err(|_| JsonProblem::Member("name"))?;
        }
        Some("function") => {
            let name = name_of(record)?;
            environment
                .set_function(name, function(record)?)
                .map_err(|_| JsonProblem::Member("name"))?;
        }
        Some("state") => environment.state_mut().merge(state(record)?),
        _ => return Err(JsonProblem::Type),
    }
    Ok(())
}

fn member<'j>(record: &'j Json, name: &'static str) -> Result<&'j Json, JsonProblem> {
    record.get(name).ok_or(JsonProblem::Member(name))
}

fn name_of(record: &Json) -> Result<Bytes<'static>, JsonProblem> {
    let name = bytes_of(member(record, "name")?).ok_or(JsonProblem::Member("name"))?;
    Ok(Cow::Owned(name))
}

fn letters(record: &Json) -> Result<&str, JsonProblem> {
    let letters = member(record, "attributes")?.as_str();
    letters.ok_or(JsonProblem::Member("attributes"))
}

fn variable(record: &Json) -> Result<Variable<'static>, JsonProblem> {
    let mut attributes = Attributes::default();
    let mut kind = None;
    for letter in letters(record)?.chars() {
        match letter {
            'x' => attributes.exported = true,
            'r' => attributes.readonly = true,
            'i' => attributes.integer = true,
            't' => attributes.traced = true,
            'l' => attributes.case = Some(Case::Lower),
            'u' => attributes.case = Some(Case::Upper),
            'c' => attributes.case = Some(Case::Capital),
            'a' | 'A' | 'n' if kind.is_none() => kind = Some(letter),
            _ => return Err(JsonProblem::Member("attributes")),
        }
    }
    let value = value(kind, member(record, "value")?).ok_or(JsonProblem::Member("value"))?;
    Ok(Variable { attributes, value })
}

fn value(kind: Option<char>, json: &Json) -> Option<Value<'static>> {
    let owned = |json: &Json| Some(Cow::Owned(bytes_of(json)?));
    let pair = |json: &'_ Json| -> Option<(Json, Bytes<'static>)> {
        match json.as_array()?.as_slice() {
            [key, value] => Some((key.clone(), owned(value)?)),
            _ => None,
        }
    };
    let unset = json.is_null();
    Some(match kind {
        None | Some('n') => {
            let text = if unset { None } else { Some(owned(json)?) };
            if kind.is_none() {
                Value::Scalar(text)
            } else {
                Value::Reference(text)
            }
        }
        Some(_) if unset && kind == Some('a') => Value::Indexed(None),
        Some(_) if unset => Value::Associative(None),
        Some('a') => {
            let mut elements = Vec::new();
            for item in json.as_array()? {
                let (index, text) = pair(item)?;
                elements.push((index.as_u64().filter(|&i| i <= i64::MAX as u64)?, text));
            }
            elements
                .is_sorted_by(|(one, _), (next, _)| one < next)
                .then_some(Value::Indexed(Some(elements)))?
        }
        Some(_) => {
            let mut elements = Vec::new();
            for item in json.as_array()? {
                let (key, text) = pair(item)?;
                let key: Bytes<'static> = owned(&key)?;
                if key.is_empty() {
                    return None;
                }
                elements.push((key, text));
            }
            Value::Associative(Some(elements))
        }
    })
}

fn function(record: &Json) -> Result<Function<'static>, JsonProblem> {
    let mut attributes = FunctionAttributes::default();
    for letter in letters(record)?.chars() {
        match letter {
            'x' => attributes.exported = true,
            'r' => attributes.readonly = true,
            't' => attributes.traced = true,
            _ => return Err(JsonProblem::Member("attributes")),
        }
    }
    let body = bytes_of(member(record, "body")?).ok_or(JsonProblem::Member("body"))?;
    Function::new(body, attributes).ok_or(JsonProblem::Member("body"))
}

fn state(record: &Json) -> Result<ShellState, JsonProblem> {
    let mut state = ShellState::default();
    for (name, options) in [("shopt", &mut state.shopt), ("set", &mut state.set)] {
        let Some(object) = member(record, name)?.as_object() else {
            return Err(JsonProblem::Member(name));
        };
        for (option, on) in object {
            let on = on.as_bool().filter(|_| name::is_option(option));
            options.insert(option.clone(), on.ok_or(JsonProblem::Member(name))?);
        }
    }
    state.umask = match member(record, "umask")? {
        Json::Null => None,
        mask => {
            let mask = mask
                .as_str()
                .and_then(|mask| u16::from_str_radix(mask, 8).ok());
            let mask = mask.filter(|mask| *mask <= 0o777);
            Some(mask.ok_or(JsonProblem::Member("umask"))?)
        }
    };
    let Some(traps) = member(record, "traps")?.as_object() else {
        return Err(JsonProblem::Member("traps"));
    };
    for (signal, action) in traps {
        let action = bytes_of(action).filter(|_| name::is_option(signal));
        let action = action.ok_or(JsonProblem::Member("traps"))?;
        state.traps.insert(signal.clone(), action);
    }
    Ok(state)
}
