//! Commands.

use std::rc::Rc;
use std::sync::Arc;

use crate::builtins;
use crate::code::{
    Argument, ArmEnd, Assignment, Binary, Block, Body, Command, Condition, Connector, Function,
    Item, Kind, Pipeline, Redirect, RedirectKind, Simple, Source, Value as Assigned,
};
use crate::compile;
use crate::error::{Cause, Deopt, Run, Stop, bash_error, unsupported};
use crate::name::Name;
use crate::pms;
use crate::shell::{Frame, Input, Output, Shell};
use crate::text::{Recorder, Text};
use crate::vars::{Attributes, Value};

/// An argument of a declaration command.
pub(crate) enum Given<'c, T> {
    Text(T),
    Assignment(&'c Assignment),
}

impl<T: Text> Shell<'_, T> {
    pub(crate) fn block(&mut self, block: &Block) -> Run {
        for item in &block.0 {
            self.item(item)?;
        }
        Ok(())
    }

    fn item(&mut self, item: &Item) -> Run {
        self.pipeline(&item.first)?;
        for (connector, pipeline) in &item.rest {
            if (*connector == Connector::And) == (self.status == 0) {
                self.pipeline(pipeline)?;
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Run {
        if let [command] = &pipeline.commands[..] {
            self.command(command)?;
            // Compound commands leave the statuses of what ran last in them.
            if matches!(
                command.kind,
                Kind::Simple(_) | Kind::Subshell(_) | Kind::Conditional(_) | Kind::Arithmetic(_)
            ) {
                self.pipe_status.clear();
                self.pipe_status.push(self.status);
            }
        } else {
            self.pipe(&pipeline.commands)?;
        }
        if pipeline.negated {
            self.status = i32::from(self.status == 0);
        }
        Ok(())
    }

    /// Commands joined by `|`, each in a subshell, one after the other.
    fn pipe(&mut self, commands: &[Command]) -> Run {
        let descriptors = self.descriptors.clone();
        let mut statuses = Vec::new();
        let mut input: Option<T> = None;
        for (index, command) in commands.iter().enumerate() {
            let last = index + 1 == commands.len();
            self.descriptors = descriptors.clone();
            if let Some(text) = input.take() {
                self.descriptors.input = Some(reader(text));
            }
            let sink = self.sinks.len();
            if !last {
                self.sinks.push(T::default());
                self.descriptors.output = Output::Sink(sink);
            }
            let result = self.subshell(|shell| shell.command(command));
            if !last {
                input = self.sinks.pop();
            }
            self.descriptors = descriptors.clone();
            statuses.push(result?);
        }
        self.status = statuses.last().copied().unwrap_or(0);
        self.pipe_status = statuses;
        Ok(())
    }

    fn command(&mut self, command: &Command) -> Run {
        self.step()?;
        if command.redirects.is_empty() {
            return self.kind(command);
        }
        let descriptors = self.descriptors.clone();
        let result = match self.redirect(&command.redirects) {
            Ok(()) => self.kind(command),
            Err(stop) => Err(stop),
        };
        self.descriptors = descriptors;
        result
    }

    fn kind(&mut self, command: &Command) -> Run {
        match &command.kind {
            Kind::Simple(simple) => {
                self.line = command.line;
                self.simple(simple)
            }
            Kind::Group(block) => self.deeper(|shell| shell.block(block)),
            Kind::Subshell(block) => {
                self.status = self.subshell(|shell| shell.block(block))?;
                Ok(())
            }
            Kind::If(branches, otherwise) => self.deeper(|shell| {
                for (condition, body) in branches {
                    shell.block(condition)?;
                    if shell.status == 0 {
                        return shell.block(body);
                    }
                }
                shell.status = 0;
                match otherwise {
                    Some(block) => shell.block(block),
                    None => Ok(()),
                }
            }),
            Kind::While {
                until,
                condition,
                body,
            } => self.in_loop(|shell| {
                let mut status = 0;
                loop {
                    shell.step()?;
                    match shell.block(condition) {
                        Ok(()) => {}
                        Err(stop) => {
                            if shell.ends_loop(stop)? {
                                status = 0;
                                break;
                            }
                            continue;
                        }
                    }
                    if (shell.status == 0) == *until {
                        break;
                    }
                    if let Err(stop) = shell.block(body)
                        && shell.ends_loop(stop)?
                    {
                        status = 0;
                        break;
                    }
                    status = shell.status;
                }
                shell.status = status;
                Ok(())
            }),
            Kind::For { name, words, body } => {
                self.line = command.line;
                let mut values = Vec::new();
                match words {
                    Some(words) => {
                        for word in words {
                            self.fields(word, &mut values)?;
                        }
                    }
                    None => values = self.params.to_vec(),
                }
                self.in_loop(|shell| {
                    shell.status = 0;
                    for value in values {
                        shell.step()?;
                        shell.assign(name, value, false)?;
                        if let Err(stop) = shell.block(body)
                            && shell.ends_loop(stop)?
                        {
                            shell.status = 0;
                            break;
                        }
                    }
                    Ok(())
                })
            }
            Kind::ArithmeticFor(expressions, body) => {
                self.line = command.line;
                let [start, condition, step] = &**expressions;
                let text = self.text(start)?;
                self.arithmetic(&text)?;
                self.in_loop(|shell| {
                    let mut status = 0;
                    loop {
                        shell.step()?;
                        let text = shell.text(condition)?;
                        let empty = text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
                        if !empty && shell.arithmetic(&text)? == 0 {
                            break;
                        }
                        if let Err(stop) = shell.block(body)
                            && shell.ends_loop(stop)?
                        {
                            status = 0;
                            break;
                        }
                        status = shell.status;
                        let text = shell.text(step)?;
                        shell.arithmetic(&text)?;
                    }
                    shell.status = status;
                    Ok(())
                })
            }
            Kind::Case(subject, arms) => {
                self.line = command.line;
                let text = self.text(subject)?;
                self.deeper(|shell| shell.case(&text, arms))
            }
            Kind::Arithmetic(word) => {
                self.line = command.line;
                let text = self.text(word)?;
                let value = self.arithmetic(&text)?;
                self.status = i32::from(value == 0);
                Ok(())
            }
            Kind::Conditional(condition) => {
                self.line = command.line;
                let value = self.condition(condition)?;
                self.status = i32::from(!value);
                Ok(())
            }
            Kind::Function(function) => {
                self.line = command.line;
                if function.name.bytes().starts_with(b"__ebd_") {
                    return Err(unsupported("a function with a reserved name"));
                }
                if is_special_builtin(function.name.bytes()) {
                    return Err(unsupported("a function named like a special builtin"));
                }
                self.define(function);
                self.status = 0;
                Ok(())
            }
            Kind::Unsupported(reason) => {
                if command.line > 0 {
                    self.line = command.line;
                }
                Err(unsupported(reason))
            }
        }
    }

    fn in_loop(&mut self, run: impl FnOnce(&mut Self) -> Run) -> Run {
        self.loops += 1;
        let result = self.deeper(run);
        self.loops -= 1;
        result
    }

    /// What a loop does when its body was left: `true` if it ends.
    fn ends_loop(&mut self, stop: Stop) -> Run<bool> {
        match stop {
            Stop::Break(1) => Ok(true),
            Stop::Continue(1) => {
                self.status = 0;
                Ok(false)
            }
            Stop::Break(count) => Err(Stop::Break(count - 1)),
            Stop::Continue(count) => Err(Stop::Continue(count - 1)),
            other => Err(other),
        }
    }

    fn case(&mut self, text: &[u8], arms: &[crate::code::Arm]) -> Run {
        self.status = 0;
        let mut falls = false;
        for arm in arms {
            let mut matched = falls;
            if !matched {
                for pattern in &arm.patterns {
                    if self.matches(text, pattern, self.options.extglob)? {
                        matched = true;
                        break;
                    }
                }
            }
            if !matched {
                continue;
            }
            self.status = 0;
            self.block(&arm.body)?;
            match arm.end {
                ArmEnd::Break => return Ok(()),
                ArmEnd::FallThrough => falls = true,
                ArmEnd::TestNext => falls = false,
            }
        }
        Ok(())
    }

    fn matches(
        &mut self,
        text: &[u8],
        word: &crate::code::PatternWord,
        extended: bool,
    ) -> Run<bool> {
        match &word.fixed {
            Some(fixed) => fixed
                .get(usize::from(extended))
                .unwrap_or(&fixed[0])
                .matches(text),
            None => {
                let pattern = self.pattern_text(&word.word)?;
                // Without anything special it is a comparison.
                if pattern[..] == *text && text.iter().all(u8::is_ascii_alphanumeric) {
                    return Ok(true);
                }
                self.compile_pattern(&pattern, extended)?.matches(text)
            }
        }
    }

    fn condition(&mut self, condition: &Condition) -> Run<bool> {
        Ok(match condition {
            Condition::Not(inner) => !self.condition(inner)?,
            Condition::And(left, right) => self.condition(left)? && self.condition(right)?,
            Condition::Or(left, right) => self.condition(left)? || self.condition(right)?,
            Condition::Word(word) => !self.text(word)?.is_empty(),
            Condition::Unary(letter, word) => {
                let text = self.text(word)?;
                return self.unary_test(*letter, &text);
            }
            Condition::Match {
                negated,
                left,
                right,
            } => {
                let text = self.text(left)?;
                // Extended patterns are always on there.
                self.matches(&text, right, true)? != *negated
            }
            Condition::Regex(left, right) => {
                let text = self.text(left)?;
                let expression = self.regex_text(right)?;
                return self.regex_test(&text, &expression);
            }
            Condition::Binary(operator, left, right) => {
                let left = self.text(left)?;
                let right = self.text(right)?;
                let order = match operator {
                    Binary::Less => return Ok(left[..] < right[..]),
                    Binary::Greater => return Ok(left[..] > right[..]),
                    Binary::Files => {
                        return Err(Deopt::File("a comparison of files".to_owned()).into());
                    }
                    _ => self.arithmetic(&left)?.cmp(&self.arithmetic(&right)?),
                };
                match operator {
                    Binary::Eq => order.is_eq(),
                    Binary::Ne => order.is_ne(),
                    Binary::Lt => order.is_lt(),
                    Binary::Le => order.is_le(),
                    Binary::Gt => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
        })
    }

    fn regex_test(&mut self, text: &T, expression: &[u8]) -> Run<bool> {
        let regex = self.compile_regex(expression)?;
        let found = regex.find(text)?;
        let mut array = crate::vars::Indexed::default();
        if let Some(captures) = &found {
            for (index, capture) in (0_i64..).zip(captures) {
                let (from, to) = capture.unwrap_or_default();
                *array.entry(index) = text.part(from..to);
            }
        }
        let rematch = self.names.rematch.clone();
        if self.vars.depth_of(&rematch) > 0 {
            return Err(unsupported("a local BASH_REMATCH"));
        }
        self.vars.global(&rematch).value = Value::Indexed(array);
        Ok(found.is_some())
    }

    /// `-n`, `-z`, `-v` …
    pub(crate) fn unary_test(&mut self, letter: u8, text: &[u8]) -> Run<bool> {
        Ok(match letter {
            b'n' => !text.is_empty(),
            b'z' => text.is_empty(),
            b'v' => {
                if compile::is_identifier(text) {
                    let name = Name::new(text);
                    self.check_readable(&name)?;
                    let name = self.resolve(&name)?;
                    return Ok(self.vars.scalar(&name).is_some());
                }
                match crate::shell::split_element(text) {
                    Some((name, subscript))
                        if !subscript.iter().any(|byte| b"@*$`\"'\\".contains(byte)) =>
                    {
                        let name = Name::new(name);
                        self.check_readable(&name)?;
                        let name = self.resolve(&name)?.into_owned();
                        return Ok(self.element(&name, subscript)?.is_some());
                    }
                    _ => return Err(unsupported("-v of what is no variable")),
                }
            }
            letter => {
                return Err(Deopt::File(format!(
                    "-{} {}",
                    char::from(letter),
                    text.escape_ascii()
                ))
                .into());
            }
        })
    }

    fn redirect(&mut self, redirects: &[Redirect]) -> Run {
        for redirect in redirects {
            let descriptor = redirect.descriptor;
            match &redirect.kind {
                RedirectKind::Unsupported(reason) => return Err(unsupported(reason)),
                RedirectKind::Output(word) => {
                    self.null(word)?;
                    self.set_output(descriptor, Output::Null)?;
                }
                RedirectKind::Both(word) => {
                    self.null(word)?;
                    self.descriptors.output = Output::Null;
                    self.descriptors.error = Output::Null;
                }
                RedirectKind::Input(word) => {
                    self.null(word)?;
                    self.set_input(descriptor, T::default())?;
                }
                RedirectKind::Duplicate(from) => {
                    let output = match from {
                        1 => self.descriptors.output,
                        2 => self.descriptors.error,
                        _ => return Err(unsupported("a redirection from another descriptor")),
                    };
                    self.set_output(descriptor, output)?;
                }
                RedirectKind::Close => self.set_output(descriptor, Output::Closed)?,
                RedirectKind::Here(word) => {
                    let text = self.text(word)?;
                    self.set_input(descriptor, text)?;
                }
                RedirectKind::HereString(word) => {
                    let mut text = self.text(word)?;
                    text.append_bytes(b"\n", &T::Marks::default());
                    self.set_input(descriptor, text)?;
                }
                RedirectKind::Process(block) => {
                    let status = self.status;
                    let substitution = self.substitution;
                    let text = self.substitute(block)?;
                    self.status = status;
                    self.substitution = substitution;
                    self.set_input(descriptor, text)?;
                }
            }
        }
        Ok(())
    }

    fn set_output(&mut self, descriptor: u32, output: Output) -> Run {
        match descriptor {
            1 => self.descriptors.output = output,
            2 => self.descriptors.error = output,
            _ => return Err(unsupported("output to descriptor 0")),
        }
        Ok(())
    }

    fn set_input(&mut self, descriptor: u32, text: T) -> Run {
        if descriptor != 0 {
            return Err(unsupported("input from a descriptor other than 0"));
        }
        self.descriptors.input = Some(reader(text));
        Ok(())
    }

    /// Refuses every file but `/dev/null`.
    fn null(&mut self, word: &crate::code::Word) -> Run {
        let text = self.text(word)?;
        if &text[..] == b"/dev/null" {
            Ok(())
        } else {
            Err(Deopt::File(text.escape_ascii().to_string()).into())
        }
    }

    fn simple(&mut self, simple: &Simple) -> Run {
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
            let mut command = String::from_utf8_lossy(name.bytes()).into_owned();
            for argument in &arguments {
                command.push(' ');
                command.push_str(&String::from_utf8_lossy(argument));
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
            } => match command.get_or_init(|| compile::body(source, *span)) {
                Ok(command) => (source, command, redirects),
                Err(error) => return Err(Deopt::Syntax(error.clone()).into()),
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
    pub(crate) fn elements(&mut self, elements: &[crate::code::Element]) -> Run<Vec<Item3<T>>> {
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
    pub(crate) fn assign_array(&mut self, name: &Name, values: Vec<Item3<T>>, append: bool) -> Run {
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
                    self.spend(text.len() + 32)?;
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

/// An element of an array: subscript, whether it is added to, value.
pub(crate) type Item3<T> = (Option<T>, bool, T);

pub(crate) fn reader<T>(text: T) -> Input<T> {
    Rc::new(std::cell::RefCell::new((text, 0)))
}

fn is_special_builtin(name: &[u8]) -> bool {
    matches!(
        name,
        b"break"
            | b":"
            | b"."
            | b"source"
            | b"continue"
            | b"eval"
            | b"exec"
            | b"exit"
            | b"export"
            | b"readonly"
            | b"return"
            | b"set"
            | b"shift"
            | b"trap"
            | b"unset"
            | b"builtin"
            | b"local"
            | b"declare"
            | b"printf"
            | b"shopt"
            | b"kill"
    )
}
