//! What variables and elements of arrays hold.

use std::borrow::Cow;

use crate::compile::is_identifier;
use crate::error::{Fallback, Run, bash_error, unsupported};
use crate::name::{Name, Special};
use crate::shell::Shell;
use crate::text::Text;
use crate::vars::{Attributes, Value};

impl<T: Text> Shell<'_, T> {
    /// The variable that a name stands for: itself, or what a reference refers to.
    pub(crate) fn resolve<'n>(&self, name: &'n Name) -> Run<Cow<'n, Name>> {
        let mut name = Cow::Borrowed(name);
        for _ in 0..8 {
            match self.vars.get(&name) {
                Some(variable) if variable.attributes.has(Attributes::NAMEREF) => {
                    let Some(target) = variable.value.scalar() else {
                        return Err(unsupported("a reference without a name"));
                    };
                    if !is_identifier(target) {
                        return Err(unsupported("a reference to an element"));
                    }
                    name = Cow::Owned(Name::new(target));
                }
                _ => return Ok(name),
            }
        }
        Err(unsupported("references to references"))
    }

    /// Refuses names of variables whose value is not known.
    #[inline]
    pub(crate) fn check_readable(&self, name: &Name) -> Run {
        match name.special() {
            Special::No | Special::Assigned | Special::FuncName | Special::PipeStatus => Ok(()),
            Special::Locale if name.bytes() != b"LC_ALL" || self.vars.get(name).is_some() => Ok(()),
            Special::Dynamic if self.vars.depth_of(name) > 0 => Ok(()),
            _ => Err(Fallback::SpecialVariable(name.to_string()).into()),
        }
    }

    /// The value of a variable.
    pub(crate) fn variable(&mut self, name: &Name) -> Run<Option<T>> {
        match name.special() {
            Special::No => {}
            Special::FuncName => return Ok(self.function_names().into_iter().next()),
            Special::PipeStatus => {
                let status = self.pipe_status.first().map(i32::to_string);
                return Ok(status.map(|status| self.made(status)));
            }
            Special::Version => return Ok(Some(self.made("5"))),
            Special::LastArgument => {
                return match &self.last_argument {
                    Some(text) => Ok(Some(text.clone())),
                    None => Err(Fallback::SpecialVariable("_".to_owned()).into()),
                };
            }
            _ => self.check_readable(name)?,
        }
        let name = self.resolve(name)?;
        Ok(self.vars.scalar(&name).cloned())
    }

    /// `FUNCNAME`, which is only there in a function.
    fn function_names(&mut self) -> Vec<T> {
        let marks = self.here();
        let source = &self.pms.names.source;
        if !self.frames.iter().any(|frame| frame.name != *source) {
            return Vec::new();
        }
        let names = self.frames.iter().rev().map(|frame| &frame.name);
        names
            .chain([&self.names.main])
            .map(|name| T::of(name.bytes().to_vec(), &marks))
            .collect()
    }

    /// The values of an array, in order.
    pub(crate) fn array(&mut self, name: &Name) -> Run<Vec<T>> {
        match name.special() {
            Special::No => {}
            Special::FuncName => return Ok(self.function_names()),
            Special::PipeStatus => {
                let marks = self.here();
                return Ok(self
                    .pipe_status
                    .iter()
                    .map(|status| T::of(status.to_string().into_bytes(), &marks))
                    .collect());
            }
            _ => self.check_readable(name)?,
        }
        let name = self.resolve(name)?;
        Ok(match self.vars.get(&name).map(|variable| &variable.value) {
            Some(Value::Scalar(text)) => vec![text.clone()],
            Some(Value::Indexed(array)) => array.values().cloned().collect(),
            Some(Value::Assoc(array)) => array
                .sorted()
                .into_iter()
                .map(|(_, value)| value.clone())
                .collect(),
            _ => Vec::new(),
        })
    }

    pub(crate) fn keys(&mut self, name: &Name) -> Run<Vec<T>> {
        self.check_readable(name)?;
        if name.special() != Special::No {
            return Err(unsupported("keys of a special variable"));
        }
        let marks = self.here();
        let name = self.resolve(name)?;
        Ok(match self.vars.get(&name).map(|variable| &variable.value) {
            Some(Value::Scalar(_)) => vec![T::of(b"0".to_vec(), &marks)],
            Some(Value::Indexed(array)) => array
                .iter()
                .map(|(index, _)| T::of(index.to_string().into_bytes(), &marks))
                .collect(),
            Some(Value::Assoc(array)) => array
                .sorted()
                .into_iter()
                .map(|(key, _)| key.clone())
                .collect(),
            _ => Vec::new(),
        })
    }

    /// Reads a variable or an element for arithmetic and indirection; the subscript is as it is written.
    pub(crate) fn read_element(&mut self, name: &[u8], subscript: Option<&[u8]>) -> Run<Option<T>> {
        let name = Name::new(name);
        self.check_readable(&name)?;
        if matches!(name.special(), Special::FuncName | Special::PipeStatus) {
            return Err(Fallback::SpecialVariable(name.to_string()).into());
        }
        let name = self.resolve(&name)?.into_owned();
        let Some(subscript) = subscript else {
            return Ok(self.vars.scalar(&name).cloned());
        };
        if subscript.iter().any(|byte| {
            matches!(
                byte,
                b'$' | b'`' | b'"' | b'\'' | b'\\' | b'@' | b'*' | b' '
            )
        }) {
            return Err(unsupported("a subscript that is expanded twice"));
        }
        self.element(&name, subscript)
    }

    /// An element of an array.
    pub(crate) fn element(&mut self, name: &Name, subscript: &[u8]) -> Run<Option<T>> {
        match self.vars.get(name).map(|variable| &variable.value) {
            Some(value) if value.is_assoc() => {
                if subscript.is_empty() {
                    return Err(bash_error("bad array subscript"));
                }
                Ok(match value {
                    Value::Assoc(array) => array.get(subscript).cloned(),
                    _ => None,
                })
            }
            _ => {
                let mut index = self.arithmetic(subscript)?;
                let value = self.vars.get(name).map(|variable| &variable.value);
                if index < 0 {
                    index += match value {
                        Some(Value::Indexed(array)) => array.next_index(),
                        Some(Value::Scalar(_)) => 1,
                        _ => 0,
                    };
                    if index < 0 {
                        return Err(bash_error("bad array subscript"));
                    }
                }
                Ok(match value {
                    Some(Value::Indexed(array)) => array.get(index).cloned(),
                    Some(Value::Scalar(text)) if index == 0 => Some(text.clone()),
                    _ => None,
                })
            }
        }
    }
}

/// `name[subscript]` in its parts.
pub(crate) fn split_element(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let open = memchr::memchr(b'[', text)?;
    let name = text.get(..open)?;
    let subscript = text.get(open + 1..)?.strip_suffix(b"]")?;
    (is_identifier(name) && !subscript.is_empty()).then_some((name, subscript))
}
