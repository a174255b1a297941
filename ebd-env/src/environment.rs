//! The environment: variables and functions in the order of the text, and the state of the shell.

use std::borrow::Cow;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::error::{NameError, ParseError};
use crate::function::Function;
use crate::name;
use crate::parse;
use crate::state::ShellState;
use crate::variable::{Bytes, Value, Variable};

/// Things with names, in the order of the text.
type Named<'a, T> = IndexMap<Bytes<'a>, T, RandomState>;

/// The variables and functions of a shell, and what else it remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment<'a> {
    pub(crate) variables: Named<'a, Variable<'a>>,
    pub(crate) functions: Named<'a, Function<'a>>,
    state: ShellState,
}

impl<'a> Environment<'a> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads what bash prints with `declare -p`, `declare -f`, `declare -fp`, `export -p`, `readonly -p`, `set`, `shopt -p`, `set +o`,
    /// `umask -p` and `trap -p`, one after the other in any order; also with assignments and definitions in other form, and comments.
    /// Later lines change what earlier ones said, as when bash sources the text. Nothing is ever expanded or run.
    ///
    /// # Errors
    ///
    /// When the text is no valid bash, or does something that is none of this: another command, an assignment of what would have to be
    /// expanded. The error has the place.
    pub fn parse(text: &'a [u8]) -> Result<Self, ParseError> {
        parse::environment(text)
    }

    /// All variables.
    pub fn variables(
        &self,
    ) -> impl ExactSizeIterator<Item = (&[u8], &Variable<'a>)> + DoubleEndedIterator {
        self.variables.iter().map(|(name, item)| (&**name, item))
    }

    /// One variable.
    #[must_use]
    pub fn variable(&self, name: impl AsRef<[u8]>) -> Option<&Variable<'a>> {
        self.variables.get(name.as_ref())
    }

    /// The [text](Variable::text) of a variable.
    #[must_use]
    pub fn text(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.variable(name)?.text()
    }

    /// The variables that programs get.
    pub fn exported(&self) -> impl DoubleEndedIterator<Item = (&[u8], &Variable<'a>)> {
        self.variables()
            .filter(|(_, variable)| variable.attributes.exported)
    }

    /// Assigns to a variable, as the shell does: one that exists keeps its attributes (`declare -x CFLAGS` stays exported) and its place, one
    /// that does not is added without attributes. The value is taken as it is, also for attributes that would change it when bash assigns.
    /// Returns the old value.
    ///
    /// # Errors
    ///
    /// When `name` is no name of a variable.
    pub fn set_variable(
        &mut self,
        name: impl AsRef<[u8]>,
        value: impl Into<Value<'a>>,
    ) -> Result<Option<Value<'a>>, NameError> {
        let (name, value) = (name.as_ref(), value.into());
        if let Some(variable) = self.variables.get_mut(name) {
            return Ok(Some(std::mem::replace(&mut variable.value, value)));
        }
        self.insert_variable(name, Variable::new(value))?;
        Ok(None)
    }

    /// Adds or replaces a variable with its attributes; a replaced one keeps its place. Returns the old one.
    ///
    /// # Errors
    ///
    /// When `name` is no name of a variable.
    pub fn insert_variable(
        &mut self,
        name: impl AsRef<[u8]>,
        variable: Variable<'a>,
    ) -> Result<Option<Variable<'a>>, NameError> {
        let name = name.as_ref();
        if !name::is_variable(name) {
            return Err(NameError::new(name));
        }
        Ok(self.variables.insert(Cow::Owned(name.to_vec()), variable))
    }

    /// All functions.
    pub fn functions(
        &self,
    ) -> impl ExactSizeIterator<Item = (&[u8], &Function<'a>)> + DoubleEndedIterator {
        self.functions.iter().map(|(name, item)| (&**name, item))
    }

    /// One function.
    #[must_use]
    pub fn function(&self, name: impl AsRef<[u8]>) -> Option<&Function<'a>> {
        self.functions.get(name.as_ref())
    }

    /// Adds or replaces a function; a replaced one keeps its place.
    ///
    /// # Errors
    ///
    /// When `name` is no name of a function.
    pub fn set_function(
        &mut self,
        name: impl AsRef<[u8]>,
        function: Function<'a>,
    ) -> Result<Option<Function<'a>>, NameError> {
        let name = name.as_ref();
        if !name::is_function(name) {
            return Err(NameError::new(name));
        }
        Ok(self.functions.insert(Cow::Owned(name.to_vec()), function))
    }

    /// Keeps the variables of which `keep` says so.
    pub fn retain_variables(&mut self, mut keep: impl FnMut(&[u8], &mut Variable<'a>) -> bool) {
        self.variables.retain(|name, item| keep(name, item));
    }

    /// Keeps the functions of which `keep` says so.
    pub fn retain_functions(&mut self, mut keep: impl FnMut(&[u8], &mut Function<'a>) -> bool) {
        self.functions.retain(|name, item| keep(name, item));
    }

    /// Options, umask and traps.
    #[must_use]
    pub fn state(&self) -> &ShellState {
        &self.state
    }

    /// Options, umask and traps, to change them.
    #[must_use]
    pub fn state_mut(&mut self) -> &mut ShellState {
        &mut self.state
    }

    /// Takes over all that `other` has; of what both have, `other` is right.
    pub fn merge(&mut self, other: Environment<'a>) {
        self.variables.extend(other.variables);
        self.functions.extend(other.functions);
        self.state.merge(other.state);
    }

    /// The environment without borrowing.
    #[must_use]
    pub fn into_owned(self) -> Environment<'static> {
        fn owned(name: Bytes<'_>) -> Bytes<'static> {
            Cow::Owned(name.into_owned())
        }
        let variables = self.variables.into_iter();
        let functions = self.functions.into_iter();
        Environment {
            variables: variables
                .map(|(name, item)| (owned(name), item.into_owned()))
                .collect(),
            functions: functions
                .map(|(name, item)| (owned(name), item.into_owned()))
                .collect(),
            state: self.state,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::variable::Attributes;

    #[test]
    fn assigning_keeps_attributes_and_inserting_replaces_them() {
        let text = b"declare -x CFLAGS=\"-O2\"\ndeclare -ir N=\"1\"\ndeclare -x UNSET\n";
        let mut environment = Environment::parse(text).unwrap();
        let old = environment.set_variable("CFLAGS", "-O3").unwrap();
        assert_eq!(old, Some(Value::from("-O2")));
        environment.set_variable("UNSET", "text").unwrap();
        environment.set_variable("N", "1+1").unwrap();
        assert_eq!(environment.set_variable("NEW", "").unwrap(), None);
        let exported: Vec<_> = environment.exported().map(|(name, _)| name).collect();
        assert_eq!(exported, [&b"CFLAGS"[..], b"UNSET"]);
        assert_eq!(environment.text("CFLAGS"), Some(&b"-O3"[..]));
        let number = environment.variable("N").unwrap();
        assert!(number.attributes.integer && number.attributes.readonly);
        assert_eq!(number.text(), Some(&b"1+1"[..]));

        let plain = Variable::scalar(&b"-O1"[..]);
        environment.insert_variable("CFLAGS", plain).unwrap();
        let variable = environment.variable("CFLAGS").unwrap();
        assert_eq!(variable.attributes, Attributes::default());
        assert!(environment.set_variable("not a name", "").is_err());
    }
}
