//! The state of a shell and what everything needs of it: limits, functions, patterns, subshells.

use std::cell::Cell;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;

use crate::code::{Function, Literal, Source};
use crate::error::{Abort, Cause, Fallback, Run, SourcePlace, Stop, unsupported};
use crate::meter::{self, OVERHEAD};
use crate::name::{Name, NameMap};
use crate::pattern::Pattern;
use crate::pms::Pms;
use crate::regex::Regex;
use crate::text::{Recorder, Text};
use crate::vars::{Value, Variables};

/// What an evaluation may use before it is given up with [`Fallback::Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Commands, expressions, and turns of loops.
    pub steps: u64,
    /// Bytes of memory for values, patterns and code that is made while running, all that are taken together.
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
        // A step takes longer than an attempt to match a byte.
        meter::work(64)
    }

    /// Pays for memory that is not that of a text.
    #[inline]
    pub(crate) fn spend(&self, bytes: usize) -> Run {
        if meter::take(bytes) {
            Ok(())
        } else {
            meter::check()
        }
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
    pub(crate) fn stack(&self) -> Vec<SourcePlace> {
        let mut line = self.line;
        let mut places = Vec::new();
        for frame in self.frames.iter().rev() {
            if let Some(source) = &frame.source {
                places.push(SourcePlace {
                    file: source.path().to_owned(),
                    line,
                    function: frame.name.to_string(),
                });
            }
            line = frame.call_line;
        }
        places
    }

    /// Defines a function.
    pub(crate) fn define(&mut self, function: &Arc<Function>) {
        self.recorder
            .defined(&function.name, &self.frames, self.line);
        meter::take(function.name.bytes().len() + OVERHEAD);
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
        self.spend(text.len())?;
        let key = (text.to_vec(), extended);
        if let Some(pattern) = self.patterns.get(&key) {
            return Ok(Rc::clone(pattern));
        }
        self.spend(Pattern::cost(text, extended))?;
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
        self.spend(Regex::cost(text))?;
        let Ok(regex) = Regex::parse(text) else {
            return Err(unsupported("a regular expression"));
        };
        self.spend(regex.size())?;
        let regex = Rc::new(regex);
        self.regexes.insert(text.to_vec(), Rc::clone(&regex));
        Ok(regex)
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
pub(crate) fn limit(most: u64, what: &'static str) -> Stop {
    Fallback::Limit { most, what }.into()
}
