//! Assignments.

use crate::code::{Assignment, Element, Value as Assigned};
use crate::compile::is_identifier;
use crate::error::{Fallback, Run, bash_error, escaped, unsupported};
use crate::lookup::split_element;
use crate::meter::OVERHEAD;
use crate::name::{Name, Special};
use crate::shell::Shell;
use crate::text::{Recorder, Text};
use crate::vars::{Attributes, Value};

/// An element of an array: subscript, whether it is added to, value.
pub(crate) type NewElement<T> = (Option<T>, bool, T);

impl<T: Text> Shell<'_, T> {
    /// Refuses names of variables with which bash does something.
    #[inline]
    pub(crate) fn check_assignable(&self, name: &Name, value: Option<&[u8]>) -> Run {
        match name.special() {
            Special::No => Ok(()),
            Special::Locale => match value {
                Some(b"C" | b"POSIX") => Ok(()),
                _ => Err(Fallback::Locale.into()),
            },
            _ => Err(Fallback::SpecialVariable(name.to_string()).into()),
        }
    }

    /// Assigns a text to a variable.
    pub(crate) fn assign(&mut self, name: &Name, text: T, append: bool) -> Run {
        self.check_assignable(name, Some(&text))?;
        self.recorder.assigned(name, &self.frames, self.line);
        let variable = self.vars.entry(name);
        if !variable.attributes.is_empty() {
            return self.assign_special(name, text, append);
        }
        match &mut variable.value {
            Value::Scalar(old) if append => old.append(&text),
            Value::Scalar(_) | Value::Unset => variable.value = Value::Scalar(text),
            Value::Indexed(_) | Value::UnsetIndexed => {
                let element = variable.value.make_indexed()?.entry(0);
                if append {
                    element.append(&text);
                } else {
                    *element = text;
                }
            }
            Value::Assoc(_) | Value::UnsetAssoc => {
                let element = variable.value.make_assoc()?.entry(&zero())?;
                if append {
                    element.append(&text);
                } else {
                    *element = text;
                }
            }
        }
        Ok(())
    }

    /// Assigns to a variable with attributes.
    fn assign_special(&mut self, name: &Name, text: T, append: bool) -> Run {
        let attributes = self.vars.entry(name).attributes;
        if attributes.has(Attributes::READONLY) {
            return Err(bash_error(format!("{name}: readonly variable")));
        }
        if attributes.has(Attributes::NAMEREF) {
            let target = self.resolve(name)?.into_owned();
            return self.assign(&target, text, append);
        }
        let old = if append {
            self.vars
                .entry(name)
                .value
                .scalar()
                .cloned()
                .unwrap_or_default()
        } else {
            T::default()
        };
        let text = self.convert(attributes, old, text)?;
        let variable = self.vars.entry(name);
        match &mut variable.value {
            Value::Indexed(_) | Value::UnsetIndexed => {
                *variable.value.make_indexed()?.entry(0) = text;
            }
            Value::Assoc(_) | Value::UnsetAssoc => {
                *variable.value.make_assoc()?.entry(&zero())? = text
            }
            Value::Scalar(_) | Value::Unset => variable.value = Value::Scalar(text),
        }
        Ok(())
    }

    /// What is stored when `text` is assigned, or added to `old`, with these attributes.
    pub(crate) fn convert(&mut self, attributes: Attributes, mut old: T, text: T) -> Run<T> {
        if attributes.has(Attributes::INTEGER) {
            let before = if old.is_empty() {
                0
            } else {
                self.arithmetic(&old)?
            };
            let value = self.arithmetic(&text)?.wrapping_add(before);
            return Ok(self.made(value.to_string()));
        }
        if old.is_empty() {
            old = text;
        } else {
            old.append(&text);
        }
        if attributes.has(Attributes::LOWER) {
            old.make_ascii_lowercase();
        } else if attributes.has(Attributes::UPPER) {
            old.make_ascii_uppercase();
        }
        Ok(old)
    }

    /// Assigns to an element of an array; the subscript is expanded and not evaluated.
    pub(crate) fn assign_element(
        &mut self,
        name: &Name,
        subscript: &T,
        text: T,
        append: bool,
    ) -> Run {
        self.check_assignable(name, Some(&text))?;
        self.spend(OVERHEAD)?;
        self.recorder.assigned(name, &self.frames, self.line);
        let name = self.resolve(name)?.into_owned();
        let (attributes, assoc, next) = match self.vars.get(&name) {
            None => (Attributes::default(), false, 0),
            Some(variable) => (
                variable.attributes,
                variable.value.is_assoc(),
                match &variable.value {
                    Value::Indexed(array) => array.next_index(),
                    Value::Scalar(_) => 1,
                    _ => 0,
                },
            ),
        };
        if attributes.has(Attributes::READONLY) {
            return Err(bash_error(format!("{name}: readonly variable")));
        }
        if assoc {
            if subscript.is_empty() {
                return Err(bash_error("bad array subscript"));
            }
            let old = self
                .vars
                .entry(&name)
                .value
                .make_assoc()?
                .get(subscript)
                .filter(|_| append)
                .cloned()
                .unwrap_or_default();
            let text = self.convert(attributes, old, text)?;
            *self
                .vars
                .entry(&name)
                .value
                .make_assoc()?
                .entry(subscript)? = text;
            return Ok(());
        }
        if matches!(&subscript[..], b"@" | b"*") {
            return Err(bash_error("bad array subscript"));
        }
        let mut index = self.arithmetic(subscript)?;
        if index < 0 {
            index += next;
            if index < 0 {
                return Err(bash_error("bad array subscript"));
            }
        }
        let old = self
            .vars
            .entry(&name)
            .value
            .make_indexed()?
            .get(index)
            .filter(|_| append)
            .cloned()
            .unwrap_or_default();
        let text = self.convert(attributes, old, text)?;
        *self.vars.entry(&name).value.make_indexed()?.entry(index) = text;
        Ok(())
    }

    /// Writes a variable or an element that arithmetic assigns to.
    pub(crate) fn write_element(
        &mut self,
        name: &[u8],
        subscript: Option<&[u8]>,
        text: &[u8],
    ) -> Run {
        let name = Name::new(name);
        match subscript {
            None => {
                let text = self.made(text);
                self.assign(&name, text, false)
            }
            Some(subscript)
                if subscript
                    .iter()
                    .any(|byte| matches!(byte, b'$' | b'`' | b'"' | b'\'' | b'\\')) =>
            {
                Err(unsupported("a subscript that is expanded twice"))
            }
            Some(subscript) => {
                let text = self.made(text);
                let subscript = self.made(subscript);
                self.assign_element(&name, &subscript, text, false)
            }
        }
    }

    /// Assigns to what a text names: `name` or `name[subscript]`.
    pub(crate) fn assign_named(&mut self, target: &T, text: T) -> Run {
        if is_identifier(target) {
            return self.assign(&Name::new(target), text, false);
        }
        match split_element(target) {
            Some((name, subscript)) => {
                if subscript
                    .iter()
                    .any(|byte| matches!(byte, b'$' | b'`' | b'"' | b'\'' | b'\\'))
                {
                    return Err(unsupported("a subscript that is expanded twice"));
                }
                let end = target.len().saturating_sub(1);
                let subscript = target.part(name.len() + 1..end);
                self.assign_element(&Name::new(name), &subscript, text, false)
            }
            None => Err(bash_error(format!(
                "{}: not a valid identifier",
                escaped(target)
            ))),
        }
    }

    /// Assigns what an assignment says.
    pub(crate) fn assignment(&mut self, assignment: &Assignment) -> Run {
        match &assignment.value {
            Assigned::Scalar(word) => {
                let text = self.text(word)?;
                match &assignment.subscript {
                    None => self.assign(&assignment.name, text, assignment.append),
                    Some(subscript) => {
                        let subscript = self.text(subscript)?;
                        self.assign_element(&assignment.name, &subscript, text, assignment.append)
                    }
                }
            }
            Assigned::Array(elements) => {
                if assignment.subscript.is_some() {
                    return Err(bash_error("an array in an array"));
                }
                let name = self.resolve(&assignment.name)?.into_owned();
                let values = self.elements(elements)?;
                self.assign_array(&name, values, assignment.append)
            }
        }
    }

    /// The elements of `(…)`, expanded: subscript, whether it is added to, value.
    pub(crate) fn elements(&mut self, elements: &[Element]) -> Run<Vec<NewElement<T>>> {
        let mut values = Vec::with_capacity(elements.len());
        for element in elements {
            match &element.subscript {
                Some(subscript) => {
                    let subscript = self.text(subscript)?;
                    let text = match element.values.first() {
                        Some(word) => self.text(word)?,
                        None => T::default(),
                    };
                    values.push((Some(subscript), element.append, text));
                }
                None => {
                    let mut fields = Vec::new();
                    for word in &element.values {
                        self.fields(word, &mut fields)?;
                    }
                    values.extend(fields.into_iter().map(|text| (None, false, text)));
                }
            }
        }
        Ok(values)
    }

    /// Assigns an array.
    pub(crate) fn assign_array(
        &mut self,
        name: &Name,
        values: Vec<NewElement<T>>,
        append: bool,
    ) -> Run {
        self.check_assignable(name, None)?;
        self.recorder.assigned(name, &self.frames, self.line);
        let variable = self.vars.entry(name);
        if variable.attributes.has(Attributes::READONLY) {
            return Err(bash_error(format!("{name}: readonly variable")));
        }
        let attributes = variable.attributes;
        let assoc = variable.value.is_assoc();
        if !append {
            variable.value = if assoc {
                Value::UnsetAssoc
            } else {
                Value::UnsetIndexed
            };
        }
        if assoc {
            variable.value.make_assoc()?;
            for (subscript, append, text) in values {
                let Some(subscript) = subscript else {
                    return Err(unsupported("an associative array without subscripts"));
                };
                self.assign_element(name, &subscript, text, append)?;
            }
            return Ok(());
        }
        let mut next = variable.value.make_indexed()?.next_index();
        for (subscript, append, text) in values {
            match subscript {
                None if !attributes.changes_value() => {
                    self.spend(OVERHEAD)?;
                    *self.vars.entry(name).value.make_indexed()?.entry(next) = text;
                }
                None => {
                    let subscript = self.made(next.to_string());
                    self.assign_element(name, &subscript, text, false)?;
                }
                Some(subscript) => {
                    let index = self.arithmetic(&subscript)?;
                    if index < 0 {
                        return Err(unsupported("a negative subscript in an array"));
                    }
                    let subscript = self.made(index.to_string());
                    self.assign_element(name, &subscript, text, append)?;
                    next = index;
                }
            }
            next += 1;
        }
        Ok(())
    }
}

/// The key of an associative array that is used as if it were none.
fn zero<T: Text>() -> T {
    T::of(b"0".to_vec(), &T::Marks::default())
}
