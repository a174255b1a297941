//! Writing text that bash sources.

mod order;

use std::collections::HashSet;

use ebd_syntax::quote::{self, Locale};

use crate::environment::Environment;
use crate::function::Function;
use crate::name;
use crate::state::ShellState;
use crate::variable::{Value, Variable};

/// Variables that bash never lets anyone assign, and sets itself.
const UNASSIGNABLE: &[&[u8]] = &[
    b"BASHOPTS",
    b"BASH_VERSINFO",
    b"EUID",
    b"PPID",
    b"SHELLOPTS",
    b"UID",
];

/// How the text is going to be sourced.
#[derive(Debug, Clone, Copy, Default)]
pub struct WriteOptions<'o> {
    global: bool,
    target: Option<&'o Environment<'o>>,
}

impl<'o> WriteOptions<'o> {
    /// Sourced at the top level of a shell that has no read-only variables of these names: as Portage does.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sourced inside a function: `declare -g` makes the variables global ones.
    #[must_use]
    pub fn in_function(mut self) -> Self {
        self.global = true;
        self
    }

    /// Sourced in a shell that has the variables of `target`: what is read-only there with the same value is left out, and with another
    /// one it is an error.
    #[must_use]
    pub fn into_shell(mut self, target: &'o Environment<'o>) -> Self {
        self.target = Some(target);
        self
    }
}

/// An environment that can not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The shell that shall source it has the variable already, read-only.
    #[error(
        "`{name}` is read-only in the shell already, with another value; remove it from the environment"
    )]
    Readonly {
        /// The variable.
        name: String,
    },
    /// A value that no shell variable can have.
    #[error("`{name}` has a NUL byte, or an empty key; bash can not hold it")]
    Value {
        /// The variable.
        name: String,
    },
}

impl Environment<'_> {
    /// The text that makes a shell have the variables and functions when it sources it: declarations and definitions alone, as Portage
    /// saves and sources them. Options, umask and traps are [`ShellState::to_bash`].
    ///
    /// * Values come before attributes that would change them (`-i`, `-l`, `-u`, `-c`), `-r` comes last, references come after all other
    ///   variables and after the references they refer to.
    /// * Elements of associative arrays are in an order that makes bash go through them as before.
    /// * Six variables that bash never lets anyone assign are left out: `BASHOPTS`, `BASH_VERSINFO`, `EUID`, `PPID`, `SHELLOPTS`, `UID`.
    /// * Functions may need `shopt -s extglob` to be on when the text is sourced.
    ///
    /// # Errors
    ///
    /// When bash can not hold a value, or a variable is read-only in the [target](WriteOptions::into_shell) with another value.
    pub fn to_bash(&self, options: &WriteOptions<'_>) -> Result<Vec<u8>, WriteError> {
        let mut out = Vec::with_capacity(self.size());
        for item in self.items(options)? {
            item.write(&mut out, options.global);
        }
        Ok(out)
    }

    /// The same text in portions of about 64 KiB, each of them whole lines, for those who write it somewhere and need not have all of
    /// it at once.
    ///
    /// # Errors
    ///
    /// As [`to_bash`](Self::to_bash), before there is any text.
    pub fn to_bash_portions(
        &self,
        options: &WriteOptions<'_>,
    ) -> Result<impl Iterator<Item = Vec<u8>>, WriteError> {
        const ENOUGH: usize = 1 << 16;
        let global = options.global;
        let mut items = self.items(options)?;
        Ok(std::iter::from_fn(move || {
            let mut out = Vec::with_capacity(ENOUGH + ENOUGH / 4);
            while out.len() < ENOUGH
                && let Some(item) = items.next()
            {
                item.write(&mut out, global);
            }
            (!out.is_empty()).then_some(out)
        }))
    }

    /// What is written, in its order.
    fn items(
        &self,
        options: &WriteOptions<'_>,
    ) -> Result<impl Iterator<Item = Item<'_>>, WriteError> {
        let mut left_out: HashSet<&[u8]> = UNASSIGNABLE.iter().copied().collect();
        for (name, variable) in self.variables() {
            if left_out.contains(name) {
                continue;
            }
            if is_there(name, variable, options)? {
                left_out.insert(name);
            } else if !is_possible(&variable.value) {
                return Err(WriteError::Value {
                    name: text_of(name),
                });
            }
        }
        let references = order::references(self);
        let last: Vec<_> = references
            .iter()
            .filter(|name| !left_out.contains(*name))
            .filter_map(|name| Some((*name, self.variable(name)?)))
            .collect();
        left_out.extend(references);
        let early = self
            .variables()
            .filter(move |(name, _)| !left_out.contains(name));
        let variables = early
            .chain(last)
            .map(|(name, variable)| Item::Variable(name, variable));
        let functions = self
            .functions()
            .map(|(name, function)| Item::Function(name, function));
        Ok(variables.chain(functions))
    }

    /// About how long the text will be.
    fn size(&self) -> usize {
        let variables = self.variables().map(|(name, variable)| {
            let value = match &variable.value {
                Value::Scalar(text) | Value::Reference(text) => {
                    text.as_ref().map_or(0, |t| t.len())
                }
                Value::Indexed(elements) => {
                    let elements = elements.iter().flatten();
                    elements.map(|(_, text)| text.len() + 8).sum()
                }
                Value::Associative(elements) => {
                    let elements = elements.iter().flatten();
                    elements.map(|(key, text)| key.len() + text.len() + 8).sum()
                }
            };
            name.len() + value + 16
        });
        let functions = self.functions();
        let functions = functions.map(|(name, function)| name.len() + function.body().len() + 8);
        variables.sum::<usize>() + functions.sum::<usize>()
    }
}

/// What is written at once.
enum Item<'e> {
    Variable(&'e [u8], &'e Variable<'e>),
    Function(&'e [u8], &'e Function<'e>),
}

impl Item<'_> {
    fn write(&self, out: &mut Vec<u8>, global: bool) {
        match self {
            Self::Variable(name, variable) => write_variable(out, name, variable, global),
            Self::Function(name, function) => write_function(out, name, function),
        }
    }
}

fn text_of(name: &[u8]) -> String {
    name.escape_ascii().to_string()
}

/// Whether the target has the variable read-only, with the same value.
fn is_there(
    name: &[u8],
    variable: &Variable<'_>,
    options: &WriteOptions<'_>,
) -> Result<bool, WriteError> {
    let Some(there) = options.target.and_then(|target| target.variable(name)) else {
        return Ok(false);
    };
    if !there.attributes.readonly {
        return Ok(false);
    }
    if there.value == variable.value {
        return Ok(true);
    }
    Err(WriteError::Readonly {
        name: text_of(name),
    })
}

fn write_variable(out: &mut Vec<u8>, name: &[u8], variable: &Variable<'_>, global: bool) {
    let global = if global { "g" } else { "" };
    let attributes = variable.attributes;
    if attributes.changes_values() && variable.value.is_set() {
        let mut first = variable.clone();
        first.attributes.integer = false;
        first.attributes.case = None;
        first.attributes.readonly = false;
        declare(out, global, &first.letters(), name);
        write_value(out, &variable.value);
        let mut then = Variable::new(Value::Scalar(None));
        then.attributes = attributes;
        then.attributes.exported = false;
        then.attributes.traced = false;
        out.push(b'\n');
        declare(out, global, &then.letters(), name);
    } else {
        declare(out, global, &variable.letters(), name);
        write_value(out, &variable.value);
    }
    out.push(b'\n');
}

fn declare(out: &mut Vec<u8>, global: &str, letters: &str, name: &[u8]) {
    let letters = if global.is_empty() || letters != "-" {
        letters
    } else {
        ""
    };
    out.extend_from_slice(b"declare -");
    out.extend_from_slice(global.as_bytes());
    out.extend_from_slice(letters.as_bytes());
    out.push(b' ');
    out.extend_from_slice(name);
}

fn is_possible(value: &Value<'_>) -> bool {
    let good = |text: &[u8]| memchr::memchr(0, text).is_none();
    match value {
        Value::Scalar(text) | Value::Reference(text) => text.iter().all(|text| good(text)),
        Value::Indexed(elements) => elements.iter().flatten().all(|(_, text)| good(text)),
        Value::Associative(elements) => elements
            .iter()
            .flatten()
            .all(|(key, text)| !key.is_empty() && good(key) && good(text)),
    }
}

/// Writes `=` and the value, if there is one.
fn write_value(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Scalar(Some(text)) | Value::Reference(Some(text)) => {
            out.push(b'=');
            quote::declared(text, Locale::Utf8, out);
        }
        Value::Indexed(Some(elements)) => {
            out.extend_from_slice(b"=(");
            for (place, (index, text)) in elements.iter().enumerate() {
                if place > 0 {
                    out.push(b' ');
                }
                out.push(b'[');
                out.extend_from_slice(index.to_string().as_bytes());
                out.extend_from_slice(b"]=");
                quote::declared(text, Locale::Utf8, out);
            }
            out.push(b')');
        }
        Value::Associative(Some(elements)) => {
            out.extend_from_slice(b"=(");
            for (key, text) in order::insertion(elements) {
                out.push(b'[');
                if is_plain_key(key) {
                    out.extend_from_slice(key);
                } else {
                    quote::declared(key, Locale::Utf8, out);
                }
                out.extend_from_slice(b"]=");
                quote::declared(text, Locale::Utf8, out);
                out.push(b' ');
            }
            out.push(b')');
        }
        Value::Scalar(None)
        | Value::Reference(None)
        | Value::Indexed(None)
        | Value::Associative(None) => {}
    }
}

fn write_function(out: &mut Vec<u8>, name: &[u8], function: &Function<'_>) {
    if name::needs_keyword(name) {
        out.extend_from_slice(b"function ");
    }
    out.extend_from_slice(name);
    out.extend_from_slice(b" () \n");
    out.extend_from_slice(function.body());
    if !function.body().ends_with(b"\n") {
        out.push(b'\n');
    }
    let letters = function.attributes.to_string();
    if letters.is_empty() {
        return;
    }
    out.extend_from_slice(b"declare -f");
    out.extend_from_slice(letters.as_bytes());
    if matches!(name.first(), Some(b'-' | b'+')) {
        out.extend_from_slice(b" --");
    }
    out.push(b' ');
    out.extend_from_slice(name);
    out.push(b'\n');
}

/// The first line of the text of a [`ShellState`].
const STATE_HEADER: &str = "# ebd shell state, version ";

/// The version of the text of a [`ShellState`] that is written.
const STATE_VERSION: u32 = 1;

/// The text of a shell state that can not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The first line does not say which version it is.
    #[error("the first line must be `# ebd shell state, version 1`")]
    Header,
    /// It was written by another version of this program.
    #[error("version {0} is not known, only version 1")]
    Version(u32),
    /// The text is damaged.
    #[error(transparent)]
    Parse(#[from] crate::error::ParseError),
    /// It has variables or functions.
    #[error("it has variables or functions, not only the state of a shell")]
    Content,
}

impl ShellState {
    /// The text of the file beside a saved environment: a line with the version, then `set`, `shopt`, `umask` and `trap` commands. bash can
    /// source it.
    #[must_use]
    pub fn to_bash(&self) -> Vec<u8> {
        let mut out = format!("{STATE_HEADER}{STATE_VERSION}\n").into_bytes();
        for (name, on) in &self.set {
            let sign = if *on { '-' } else { '+' };
            out.extend_from_slice(format!("set {sign}o {name}\n").as_bytes());
        }
        for (name, on) in &self.shopt {
            let letter = if *on { 's' } else { 'u' };
            out.extend_from_slice(format!("shopt -{letter} {name}\n").as_bytes());
        }
        if let Some(umask) = self.umask {
            out.extend_from_slice(format!("umask {umask:04o}\n").as_bytes());
        }
        for (signal, action) in &self.traps {
            out.extend_from_slice(b"trap -- ");
            quote::declared(action, Locale::Utf8, &mut out);
            out.extend_from_slice(format!(" {signal}\n").as_bytes());
        }
        out
    }

    /// Reads what [`to_bash`](Self::to_bash) wrote.
    ///
    /// # Errors
    ///
    /// When the version is not known, or the text is damaged.
    pub fn parse(text: &[u8]) -> Result<Self, StateError> {
        let header = text.strip_prefix(STATE_HEADER.as_bytes());
        let line = header.and_then(|rest| rest.split(|&byte| byte == b'\n').next());
        let version = line
            .and_then(|line| std::str::from_utf8(line).ok())
            .and_then(|version| version.parse::<u32>().ok())
            .ok_or(StateError::Header)?;
        if version != STATE_VERSION {
            return Err(StateError::Version(version));
        }
        let environment = Environment::parse(text)?;
        if environment.variables().len() + environment.functions().len() > 0 {
            return Err(StateError::Content);
        }
        Ok(environment.state().clone())
    }
}

/// Whether a key needs no quotes between brackets.
fn is_plain_key(key: &[u8]) -> bool {
    !key.is_empty()
        && key
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
