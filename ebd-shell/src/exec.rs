//! Lists, pipelines and compound commands.

use crate::code::{ArmEnd, Block, Command, Connector, Kind, ListItem, Pipeline};
use crate::error::{Run, Stop, unsupported};
use crate::redirect::reader;
use crate::shell::{Output, Shell};
use crate::text::Text;

impl<T: Text> Shell<'_, T> {
    pub(crate) fn block(&mut self, block: &Block) -> Run {
        for item in &block.0 {
            self.item(item)?;
        }
        Ok(())
    }

    fn item(&mut self, item: &ListItem) -> Run {
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

    pub(crate) fn command(&mut self, command: &Command) -> Run {
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
