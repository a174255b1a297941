//! The state of a shell and what everything else needs of it: variables, functions, limits.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;

use crate::code::{Function, Literal, Source};
use crate::compile::is_identifier;
use crate::error::{Abort, Cause, Deopt, Place, Run, Stop, bash_error, unsupported};
use crate::name::{Name, NameMap, Special};
use crate::pattern::Pattern;
use crate::pms::Pms;
use crate::regex::Regex;
use crate::text::{Recorder, Text};
use crate::vars::{Attributes, Value, Variables};

/// What an evaluation may use before it is given up with [`Deopt::Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Commands, expressions, and turns of loops.
    pub steps: u64,
    /// Bytes that are assigned, expanded and printed, all together.
    pub bytes: u64,
    /// Bytes that are printed, to the log or where the script reads them.
    pub output: u64,
    /// How deep functions, sourced files and compound commands may stand inside each other.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 400_000,
            bytes: 512 << 20,
            output: 64 << 20,
            depth: 160,
        }
    }
}

/// Where a descriptor leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// The log of the ebuild, which nobody reads here.
    Log,
    Null,
    /// A buffer of [`Shell::sinks`].
    Sink(usize),
    Closed,
}

/// What is read from descriptor 0.
pub(crate) type Input<T> = Rc<std::cell::RefCell<(T, usize)>>;

#[derive(Clone)]
pub(crate) struct Descriptors<T> {
    pub(crate) input: Option<Input<T>>,
    pub(crate) output: Output,
    pub(crate) error: Output,
}

/// Options that a script can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ShellOptions {
    pub(crate) noglob: bool,
    pub(crate) extglob: bool,
    pub(crate) nullglob: bool,
    pub(crate) failglob: bool,
    pub(crate) dotglob: bool,
}

/// A function or file that runs.
pub(crate) struct Frame {
    pub(crate) name: Name,
    /// The file of the code that runs in it; `None` for the library.
    pub(crate) source: Option<Arc<Source>>,
    /// The line from which it was called.
    pub(crate) call_line: u32,
    /// What a recorder knows of the place from which it was called.
    pub(crate) caller: Cell<Option<NonZeroU32>>,
}

/// Names that the evaluator itself needs.
pub(crate) struct Names {
    pub(crate) ifs: Name,
    pub(crate) rematch: Name,
    pub(crate) reply: Name,
    pub(crate) mapfile: Name,
    pub(crate) main: Name,
    pub(crate) not_found: Name,
}

/// One shell.
pub(crate) struct Shell<'e, T: Text> {
    pub(crate) vars: Variables<T>,
    pub(crate) functions: NameMap<Arc<Function>>,
    /// For each subshell the functions that it changed.
    pub(crate) changed_functions: Vec<NameMap<Option<Arc<Function>>>>,
    pub(crate) params: Rc<Vec<T>>,
    pub(crate) status: i32,
    pub(crate) pipe_status: Vec<i32>,
    pub(crate) options: ShellOptions,
    pub(crate) descriptors: Descriptors<T>,
    pub(crate) sinks: Vec<T>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) line: u32,
    pub(crate) loops: u32,
    pub(crate) subshells: u32,
    /// The status of the last command substitution of the command that runs.
    pub(crate) substitution: Option<i32>,
    /// Whether something was printed to the log.
    pub(crate) printed: bool,
    /// `$_`, where it is known.
    pub(crate) last_argument: Option<T>,
    /// bash's compatibility level: 32, 42, 50 …
    pub(crate) compat: u32,
    pub(crate) names: &'e Names,
    pub(crate) pms: Pms<'e, T>,
    pub(crate) limits: Limits,
    pub(crate) steps: u64,
    pub(crate) bytes: u64,
    pub(crate) printed_bytes: u64,
    pub(crate) depth: u32,
    pub(crate) recorder: T::Recorder,
    patterns: HashMap<(Vec<u8>, bool), Rc<Pattern>>,
    regexes: HashMap<Vec<u8>, Rc<Regex>>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            ifs: Name::new(b"IFS"),
            rematch: Name::new(b"BASH_REMATCH"),
            reply: Name::new(b"REPLY"),
            mapfile: Name::new(b"MAPFILE"),
            main: Name::new(b"main"),
            not_found: Name::new(b"command_not_found_handle"),
        }
    }
}

impl<'e, T: Text> Shell<'e, T> {
    pub(crate) fn new(names: &'e Names, pms: Pms<'e, T>, compat: u32, limits: Limits) -> Self {
        let mut shell = Self {
            vars: Variables::default(),
            functions: NameMap::default(),
            changed_functions: Vec::new(),
            params: Rc::new(Vec::new()),
            status: 0,
            pipe_status: vec![0],
            options: ShellOptions::default(),
            descriptors: Descriptors {
                input: None,
                output: Output::Log,
                error: Output::Log,
            },
            sinks: Vec::new(),
            frames: Vec::new(),
            line: 0,
            loops: 0,
            subshells: 0,
            substitution: None,
            last_argument: None,
            printed: false,
            compat,
            names,
            pms,
            limits,
            steps: 0,
            bytes: 0,
            printed_bytes: 0,
            depth: 0,
            recorder: T::Recorder::default(),
            patterns: HashMap::new(),
            regexes: HashMap::new(),
        };
        shell.vars.entry(&names.ifs).value =
            Value::Scalar(T::of(b" \t\n".to_vec(), &T::Marks::default()));
        shell
    }

    /// Where what the running command makes comes from.
    #[inline]
    pub(crate) fn here(&mut self) -> T::Marks {
        self.recorder.here(&self.frames, self.line)
    }

    /// A text that the running command makes of nothing.
    pub(crate) fn made(&mut self, bytes: impl Into<Vec<u8>>) -> T {
        let marks = self.here();
        T::of(bytes.into(), &marks)
    }

    /// Where a text of the script comes from.
    #[inline]
    pub(crate) fn marks(&mut self, literal: &Literal) -> T::Marks {
        self.recorder
            .literal(&self.frames, &literal.text, literal.at)
    }

    /// A text of the script.
    #[inline]
    pub(crate) fn literal(&mut self, literal: &Literal) -> T {
        let marks = self.marks(literal);
        T::of(literal.text.to_vec(), &marks)
    }

    /// Counts a step.
    #[inline]
    pub(crate) fn step(&mut self) -> Run {
        self.steps += 1;
        if self.steps > self.limits.steps {
            return Err(limit(self.limits.steps, "steps"));
        }
        Ok(())
    }

    /// Counts bytes that are copied or kept.
    #[inline]
    pub(crate) fn spend(&mut self, bytes: usize) -> Run {
        self.bytes += bytes as u64;
        if self.bytes > self.limits.bytes {
            return Err(limit(self.limits.bytes, "bytes of values"));
        }
        Ok(())
    }

    /// Runs something one level deeper.
    #[inline]
    pub(crate) fn deeper<R>(&mut self, run: impl FnOnce(&mut Self) -> Run<R>) -> Run<R> {
        if self.depth >= self.limits.depth {
            return Err(limit(
                u64::from(self.limits.depth),
                "levels of functions, files and compound commands",
            ));
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// Adds the call stack to an error.
    #[cold]
    pub(crate) fn locate(&self, stop: Stop) -> Stop {
        match stop {
            Stop::Abort(mut abort) if abort.stack.is_empty() => {
                abort.stack = self.stack();
                abort.printed = self.printed;
                Stop::Abort(abort)
            }
            other => other,
        }
    }

    /// The call stack, innermost first, without the library.
    pub(crate) fn stack(&self) -> Vec<Place> {
        let mut line = self.line;
        let mut places = Vec::new();
        for frame in self.frames.iter().rev() {
            if let Some(source) = &frame.source {
                places.push(Place {
                    file: source.path().to_owned(),
                    line,
                    function: frame.name.to_string(),
                });
            }
            line = frame.call_line;
        }
        places
    }

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
            _ => Err(Deopt::SpecialVariable(name.to_string()).into()),
        }
    }

    /// Refuses names of variables with which bash does something.
    #[inline]
    pub(crate) fn check_assignable(&self, name: &Name, value: Option<&[u8]>) -> Run {
        match name.special() {
            Special::No => Ok(()),
            Special::Locale => match value {
                Some(b"C" | b"POSIX") => Ok(()),
                _ => Err(Deopt::Locale.into()),
            },
            _ => Err(Deopt::SpecialVariable(name.to_string()).into()),
        }
    }

    /// Assigns a text to a variable.
    pub(crate) fn assign(&mut self, name: &Name, text: T, append: bool) -> Run {
        self.check_assignable(name, Some(&text))?;
        self.spend(text.len())?;
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
        self.spend(text.len() + 32)?;
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

    /// Reads a variable or an element for arithmetic and indirection; the subscript is as it is written.
    pub(crate) fn read_element(&mut self, name: &[u8], subscript: Option<&[u8]>) -> Run<Option<T>> {
        let name = Name::new(name);
        self.check_readable(&name)?;
        if matches!(name.special(), Special::FuncName | Special::PipeStatus) {
            return Err(Deopt::SpecialVariable(name.to_string()).into());
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
                target.escape_ascii()
            ))),
        }
    }

    /// Defines a function.
    pub(crate) fn define(&mut self, function: &Arc<Function>) {
        self.recorder
            .defined(&function.name, &self.frames, self.line);
        self.remember_function(&function.name);
        self.functions
            .insert(function.name.clone(), Arc::clone(function));
    }

    pub(crate) fn undefine(&mut self, name: &Name) -> bool {
        self.remember_function(name);
        self.functions.remove(name).is_some()
    }

    fn remember_function(&mut self, name: &Name) {
        if let Some(changed) = self.changed_functions.last_mut()
            && !changed.contains_key(name)
        {
            changed.insert(name.clone(), self.functions.get(name).cloned());
        }
    }

    /// A compiled pattern.
    pub(crate) fn compile_pattern(&mut self, text: &[u8], extended: bool) -> Run<Rc<Pattern>> {
        let key = (text.to_vec(), extended);
        if let Some(pattern) = self.patterns.get(&key) {
            return Ok(Rc::clone(pattern));
        }
        let Ok(pattern) = Pattern::parse(text, extended) else {
            return Err(unsupported("an unclear pattern"));
        };
        let pattern = Rc::new(pattern);
        if self.patterns.len() > 512 {
            self.patterns.clear();
        }
        self.patterns.insert(key, Rc::clone(&pattern));
        Ok(pattern)
    }

    /// A compiled regular expression.
    pub(crate) fn compile_regex(&mut self, text: &[u8]) -> Run<Rc<Regex>> {
        if let Some(regex) = self.regexes.get(text) {
            return Ok(Rc::clone(regex));
        }
        let Ok(regex) = Regex::parse(text) else {
            return Err(unsupported("a regular expression"));
        };
        let regex = Rc::new(regex);
        self.regexes.insert(text.to_vec(), Rc::clone(&regex));
        Ok(regex)
    }

    /// Writes to descriptor 1 or 2.
    pub(crate) fn print(&mut self, descriptor: u32, text: &T) -> Run {
        self.spend(text.len())?;
        self.printed_bytes += text.len() as u64;
        if self.printed_bytes > self.limits.output {
            return Err(limit(self.limits.output, "bytes of output"));
        }
        let output = if descriptor == 2 {
            self.descriptors.error
        } else {
            self.descriptors.output
        };
        match output {
            Output::Log => {
                self.printed = true;
                Ok(())
            }
            Output::Null => Ok(()),
            Output::Sink(index) => {
                if let Some(sink) = self.sinks.get_mut(index) {
                    sink.append(text);
                }
                Ok(())
            }
            Output::Closed => Err(unsupported("output to a closed descriptor")),
        }
    }

    /// Writes bytes that the running command makes.
    pub(crate) fn print_bytes(&mut self, descriptor: u32, bytes: &[u8]) -> Run {
        let text = self.made(bytes);
        self.print(descriptor, &text)
    }

    /// Runs something in a subshell: what it changes is undone.
    pub(crate) fn subshell(&mut self, run: impl FnOnce(&mut Self) -> Run) -> Run<i32> {
        self.vars.begin_subshell();
        self.changed_functions.push(NameMap::default());
        self.subshells += 1;
        let params = Rc::clone(&self.params);
        let options = self.options;
        let loops = std::mem::take(&mut self.loops);
        let line = self.line;
        let pipe_status = self.pipe_status.clone();
        let result = self.deeper(run);
        self.pipe_status = pipe_status;
        self.line = line;
        self.loops = loops;
        self.options = options;
        self.params = params;
        self.subshells -= 1;
        for (name, function) in self.changed_functions.pop().unwrap_or_default() {
            match function {
                Some(function) => self.functions.insert(name, function),
                None => self.functions.remove(&name),
            };
        }
        self.vars.end_subshell();
        match result {
            Ok(()) => Ok(self.status),
            Err(Stop::Exit(status) | Stop::Return(status)) => Ok(status),
            Err(Stop::Break(_) | Stop::Continue(_)) => Err(unsupported("break out of a subshell")),
            Err(abort) => Err(abort),
        }
    }

    /// Ends an evaluation with what the library reports.
    #[cold]
    pub(crate) fn die(&self, message: impl Into<String>) -> Stop {
        Stop::Abort(Box::new(Abort {
            cause: Cause::Die(message.into()),
            stack: self.stack(),
            printed: self.printed,
        }))
    }
}

#[cold]
fn limit(most: u64, what: &'static str) -> Stop {
    Deopt::Limit { most, what }.into()
}

/// The key of an associative array that is used as if it were none.
fn zero<T: Text>() -> T {
    T::of(b"0".to_vec(), &T::Marks::default())
}

/// `name[subscript]` in its parts.
pub(crate) fn split_element(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let open = memchr::memchr(b'[', text)?;
    let name = text.get(..open)?;
    let subscript = text.get(open + 1..)?.strip_suffix(b"]")?;
    (is_identifier(name) && !subscript.is_empty()).then_some((name, subscript))
}
