//! Simple commands: functions, builtins and declarations are found and run.

use std::rc::Rc;
use std::sync::Arc;

use crate::builtins;
use crate::code::{Argument, Assignment, Body, Function, Simple, Source, Value as Assigned};
use crate::compile::{self};
use crate::error::{Cause, Fallback, Run, SHOWN, Stop, shown, unsupported};
use crate::name::Name;
use crate::pms;
use crate::shell::{Frame, Shell};
use crate::text::Text;
use crate::vars::{Attributes, Value};

/// An argument of a declaration command.
pub(crate) enum Given<'c, T> {
    Text(T),
    Assignment(&'c Assignment),
}

impl<T: Text> Shell<'_, T> {
    pub(crate) fn simple(&mut self, simple: &Simple) -> Run {
        self.substitution = None;
        if simple.arguments.is_empty() {
            for assignment in &simple.assignments {
                self.assignment(assignment)?;
            }
            self.status = self.substitution.take().unwrap_or(0);
            self.last_argument = Some(T::default());
            return Ok(());
        }
        // Declaration commands expand their assignments themselves.
        let declares = simple
            .arguments
            .iter()
            .any(|argument| matches!(argument, Argument::Assignment(_)));
        if declares {
            self.last_argument = None;
            return self.declaration(simple);
        }
        let mut words = Vec::with_capacity(simple.arguments.len());
        for argument in &simple.arguments {
            if let Argument::Word(word) = argument {
                self.fields(word, &mut words)?;
            }
        }
        if words.is_empty() {
            for assignment in &simple.assignments {
                self.assignment(assignment)?;
            }
            self.status = self.substitution.take().unwrap_or(0);
            return Ok(());
        }
        let name = words.remove(0);
        let named;
        let name = match &simple.name {
            Some(name) => name,
            None => {
                named = Name::new(&name);
                &named
            }
        };
        // It is kept where it is cheap, for those who make use of it: `: "${X}"`.
        self.last_argument = None;
        if name.bytes() == b":" {
            let last = match words.pop() {
                Some(last) => last,
                None => self.made(":"),
            };
            if !simple.assignments.is_empty() {
                return Err(unsupported("assignments before :"));
            }
            if self.functions.contains_key(name) {
                return Err(unsupported("a function named :"));
            }
            self.last_argument = Some(last);
            self.status = 0;
            return Ok(());
        }
        self.run(name, words, &simple.assignments)
    }

    fn declaration(&mut self, simple: &Simple) -> Run {
        let Some(name) = &simple.name else {
            return Err(unsupported("a computed declaration command"));
        };
        if self.functions.contains_key(name) {
            return Err(unsupported("a function named like a declaration command"));
        }
        if !simple.assignments.is_empty() {
            return Err(unsupported("assignments before a declaration command"));
        }
        let mut given = Vec::with_capacity(simple.arguments.len());
        for argument in simple.arguments.iter().skip(1) {
            match argument {
                Argument::Word(word) => {
                    let mut words = Vec::new();
                    self.fields(word, &mut words)?;
                    given.extend(words.into_iter().map(Given::Text));
                }
                Argument::Assignment(assignment) => given.push(Given::Assignment(assignment)),
            }
        }
        builtins::declare::run(self, name.bytes(), given)
    }

    /// Runs a command with its arguments.
    pub(crate) fn run(
        &mut self,
        name: &Name,
        arguments: Vec<T>,
        assignments: &[Assignment],
    ) -> Run {
        if let Some(function) = self.functions.get(name) {
            let function = Arc::clone(function);
            self.vars.push_scope();
            let result = match self.temporary(assignments) {
                Ok(()) => self.call(&function, arguments),
                Err(stop) => Err(stop),
            };
            self.vars.pop_scope();
            return result;
        }
        if let Some(function) = pms::find(self, name) {
            self.vars.push_scope();
            let result = match self.temporary(assignments) {
                Ok(()) => function(self, &arguments),
                Err(stop) => Err(stop),
            };
            self.vars.pop_scope();
            self.status = result.map_err(|stop| self.locate(stop))?;
            return Ok(());
        }
        if let [assignment] = assignments
            && assignment.name == self.names.ifs
            && matches!(name.bytes(), b"declare" | b"local" | b"typeset")
        {
            return self.with_separators(name, arguments, assignment);
        }
        if let Some(reason) = builtins::left_to_bash(name.bytes()) {
            return Err(reason.into());
        }
        let Some(builtin) = builtins::find(name.bytes()) else {
            if self.functions.contains_key(&self.names.not_found) {
                return Err(unsupported("command_not_found_handle"));
            }
            let mut command = shown(name.bytes());
            for argument in &arguments {
                if command.len() > SHOWN {
                    break;
                }
                command.push(' ');
                command.push_str(&shown(argument));
            }
            return Err(self.locate(Cause::ExternalCommand(command).into()));
        };
        if assignments.is_empty() {
            self.status = builtin(self, arguments)?;
            return Ok(());
        }
        if !matches!(
            name.bytes(),
            b"read" | b"printf" | b"echo" | b"mapfile" | b"readarray" | b"true" | b"test" | b"["
        ) {
            return Err(unsupported("assignments before a builtin"));
        }
        self.vars.push_scope();
        let result = match self.temporary(assignments) {
            Ok(()) => builtin(self, arguments),
            Err(stop) => Err(stop),
        };
        self.vars.pop_scope();
        self.status = result?;
        Ok(())
    }

    /// `IFS=… declare …`: the variable is there for the command, which makes no scope of its own.
    fn with_separators(&mut self, name: &Name, arguments: Vec<T>, assignment: &Assignment) -> Run {
        let ifs = self.names.ifs.clone();
        let before = self.vars.get(&ifs).cloned();
        if before
            .as_ref()
            .is_none_or(|variable| !variable.attributes.is_empty())
        {
            return Err(unsupported("IFS with attributes"));
        }
        self.assignment(assignment)?;
        let result = match builtins::find(name.bytes()) {
            Some(builtin) => builtin(self, arguments),
            None => Err(unsupported("a declaration command that is none")),
        };
        if let Some(before) = before {
            *self.vars.entry(&ifs) = before;
        }
        self.status = result?;
        Ok(())
    }

    /// Assignments before a command are variables of the command.
    fn temporary(&mut self, assignments: &[Assignment]) -> Run {
        for assignment in assignments {
            let Assigned::Scalar(word) = &assignment.value else {
                return Err(unsupported("an array before a command"));
            };
            if assignment.append || assignment.subscript.is_some() {
                return Err(unsupported(
                    "an assignment before a command that is not plain",
                ));
            }
            let text = self.text(word)?;
            self.check_assignable(&assignment.name, Some(&text))?;
            let readonly = self.vars.get(&assignment.name).is_some_and(|variable| {
                !variable.attributes.is_empty() && !variable.attributes.has(Attributes::EXPORT)
            });
            if readonly {
                return Err(unsupported(
                    "an assignment before a command to a variable with attributes",
                ));
            }
            let (variable, _) = self.vars.local(&assignment.name);
            variable.value = Value::Scalar(text);
            variable.attributes.set(Attributes::EXPORT);
        }
        Ok(())
    }

    /// Calls a function in the scope that was made for it.
    pub(crate) fn call(&mut self, function: &Arc<Function>, arguments: Vec<T>) -> Run {
        let (source, command, redirects) = match &function.body {
            Body::Compiled {
                source,
                command,
                redirects,
            } => (source, command, redirects),
            Body::Lazy {
                source,
                span,
                command,
                redirects,
            } => match source.paid(|| command.get_or_init(|| compile::body(source, *span)))? {
                Ok(command) => (source, command, redirects),
                Err(error) => return Err(Fallback::Syntax(error.clone()).into()),
            },
            Body::Forward(target) => {
                let Some(target) = self.functions.get(target).map(Arc::clone) else {
                    return Err(unsupported("an exported function that does not exist"));
                };
                return self.call(&target, arguments);
            }
        };
        let source = Arc::clone(source);
        self.in_frame(function.name.clone(), Some(source), arguments, |shell| {
            let descriptors = shell.descriptors.clone();
            let result = match shell.redirect(redirects) {
                Ok(()) => shell.command(command),
                Err(stop) => Err(stop),
            };
            shell.descriptors = descriptors;
            match result {
                Err(Stop::Return(status)) => {
                    shell.status = status;
                    Ok(())
                }
                other => other,
            }
        })
    }

    /// Runs something as a function or a sourced file with parameters of its own.
    pub(crate) fn in_frame(
        &mut self,
        name: Name,
        source: Option<Arc<Source>>,
        arguments: Vec<T>,
        run: impl FnOnce(&mut Self) -> Run,
    ) -> Run {
        self.frames.push(Frame {
            name,
            source,
            call_line: self.line,
            caller: Default::default(),
        });
        let params = std::mem::replace(&mut self.params, Rc::new(arguments));
        let loops = std::mem::take(&mut self.loops);
        let result = self.deeper(run).map_err(|stop| self.locate(stop));
        self.loops = loops;
        self.params = params;
        if let Some(frame) = self.frames.pop() {
            self.line = frame.call_line;
        }
        match result {
            Err(Stop::Break(_) | Stop::Continue(_)) => {
                Err(unsupported("break in a function without a loop"))
            }
            other => other,
        }
    }
}
