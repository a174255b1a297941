//! From syntax trees to code.

mod brace;
mod word;

use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use ebd_syntax::tree::{self, CommandKind, FunctionBody, Heredoc, Target};
use ebd_syntax::{LineIndex, Options, ParseOptions, Span};

use crate::code::{
    Argument, Arm, Assignment, Binary, Block, Body, Command, Condition, Element, Function, Kind,
    ListItem, Operation, Piece, Pipeline, Redirect, RedirectKind, Script, Simple, Source, Value,
    Word,
};
use crate::error::{CompileError, Run};
use crate::meter;
use crate::name::Name;

/// Bytes of memory that a byte of code can take when it is compiled.
const CODE: usize = 256;

impl Script {
    /// Compiles a script; `path` is the file in messages.
    ///
    /// # Errors
    /// When the text is not a valid script.
    pub fn compile(path: &Path, text: Vec<u8>) -> Result<Self, CompileError> {
        Self::compile_as(path, text, None)
    }

    /// Compiles a text that was made while running, in this line of a file; what it takes is paid for.
    pub(crate) fn compile_made(
        name: &str,
        text: &[u8],
        line: u32,
    ) -> Run<Result<Self, CompileError>> {
        if !meter::take(text.len() * CODE) {
            meter::check()?;
        }
        let line_offset = Some(line.saturating_sub(1));
        let script = Self::compile_as(Path::new(name), text.to_vec(), line_offset);
        if let Ok(script) = &script {
            script.source.pay(brace::MAX_BYTES)?;
        }
        Ok(script)
    }

    fn compile_as(
        path: &Path,
        text: Vec<u8>,
        line_offset: Option<u32>,
    ) -> Result<Self, CompileError> {
        let parse = |extglob| {
            ebd_syntax::parse(
                &text,
                ParseOptions {
                    scan: Options::new().extglob(extglob),
                    lazy: true,
                },
            )
        };
        // bash reads with extended patterns only after `shopt -s extglob`.
        let turns_on = memchr::memmem::find(&text, b"extglob").is_some();
        let (tree, extglob) = match parse(false) {
            Ok(tree) => (tree, false),
            Err(error) if !turns_on => return Err(CompileError::new(path, &error)),
            Err(_) => match parse(true) {
                Ok(tree) => (tree, true),
                Err(error) => return Err(CompileError::new(path, &error)),
            },
        };
        let source = Arc::new(Source {
            path: path.to_owned(),
            lines: LineIndex::new(&text),
            text: text.into_boxed_slice(),
            extglob,
            line_offset: line_offset.unwrap_or(0),
            braces: AtomicUsize::new(brace::MAX_BYTES),
            made: line_offset.is_some(),
        });
        let compiler = Compiler {
            text: &source.text,
            source: &source,
            heredocs: &tree.heredocs,
        };
        let block = Arc::new(compiler.block(&tree.list));
        Ok(Self { source, block })
    }
}

/// Compiles the body of a function that was only scanned.
pub(crate) fn body(source: &Arc<Source>, span: Span) -> Result<Command, String> {
    let options = ParseOptions {
        scan: Options::new().extglob(source.extglob),
        lazy: true,
    };
    let (command, heredocs) =
        ebd_syntax::parse_body(&source.text, span, options).map_err(|error| error.to_string())?;
    let compiler = Compiler {
        text: &source.text,
        source,
        heredocs: &heredocs,
    };
    Ok(compiler.command(&command))
}

struct Compiler<'a> {
    text: &'a [u8],
    source: &'a Arc<Source>,
    heredocs: &'a [Heredoc],
}

impl Compiler<'_> {
    fn of(&self, span: Span) -> &[u8] {
        span.of(self.text)
    }

    fn name(&self, span: Span) -> Name {
        Name::new(self.of(span))
    }

    fn block(&self, list: &tree::List) -> Block {
        Block(list.items.iter().map(|item| self.item(item)).collect())
    }

    fn item(&self, item: &tree::Item) -> ListItem {
        if item.background {
            return ListItem {
                first: Pipeline {
                    negated: false,
                    commands: Box::new([unsupported("a background command")]),
                },
                rest: Box::default(),
            };
        }
        ListItem {
            first: self.pipeline(&item.first),
            rest: item
                .rest
                .iter()
                .map(|(connector, pipeline)| (*connector, self.pipeline(pipeline)))
                .collect(),
        }
    }

    fn pipeline(&self, pipeline: &tree::Pipeline) -> Pipeline {
        let reason = if pipeline.timed {
            Some("time")
        } else if pipeline.with_stderr {
            Some("|&")
        } else if pipeline.commands.is_empty() {
            Some("! without a command")
        } else {
            None
        };
        Pipeline {
            negated: pipeline.negated,
            commands: match reason {
                Some(reason) => Box::new([unsupported(reason)]),
                None => pipeline
                    .commands
                    .iter()
                    .map(|command| self.command(command))
                    .collect(),
            },
        }
    }

    fn command(&self, command: &tree::Command) -> Command {
        let kind = match &command.kind {
            CommandKind::Simple(simple) => Kind::Simple(Box::new(self.simple(simple))),
            CommandKind::Group(list) => Kind::Group(self.block(list)),
            CommandKind::Subshell(list) => Kind::Subshell(self.block(list)),
            CommandKind::If {
                branches,
                otherwise,
            } => Kind::If(
                branches
                    .iter()
                    .map(|(condition, body)| (self.block(condition), self.block(body)))
                    .collect(),
                otherwise.as_ref().map(|list| self.block(list)),
            ),
            CommandKind::While {
                until,
                condition,
                body,
            } => Kind::While {
                until: *until,
                condition: self.block(condition),
                body: self.block(body),
            },
            CommandKind::For { name, words, body } => {
                if is_identifier(self.of(*name)) {
                    Kind::For {
                        name: self.name(*name),
                        words: words.as_ref().map(|words| self.words(words)),
                        body: self.block(body),
                    }
                } else {
                    Kind::Unsupported("for with a name that is none")
                }
            }
            CommandKind::ArithmeticFor { expressions, body } => {
                let [start, condition, step] = expressions;
                Kind::ArithmeticFor(
                    Box::new([
                        self.quoted_text(start),
                        self.quoted_text(condition),
                        self.quoted_text(step),
                    ]),
                    self.block(body),
                )
            }
            CommandKind::Select => Kind::Unsupported("select"),
            CommandKind::Case { subject, arms } => Kind::Case(
                case_word(self.word(subject)),
                arms.iter()
                    .map(|arm| Arm {
                        patterns: arm
                            .patterns
                            .iter()
                            .map(|pattern| {
                                let mut pattern = self.pattern(pattern);
                                pattern.word = case_word(pattern.word);
                                pattern
                            })
                            .collect(),
                        body: self.block(&arm.body),
                        end: arm.end,
                    })
                    .collect(),
            ),
            CommandKind::Arithmetic(parts) => Kind::Arithmetic(self.quoted_text(parts)),
            CommandKind::Conditional(condition) => Kind::Conditional(self.condition(condition)),
            CommandKind::Function { name, body } => self.function(*name, body, command),
            CommandKind::Coproc => Kind::Unsupported("coproc"),
        };
        let is_function = matches!(kind, Kind::Function(_));
        Command {
            line: self.line(command.span),
            kind,
            redirects: if is_function {
                Box::default()
            } else {
                self.redirects(&command.redirections)
            },
        }
    }

    fn line(&self, span: Span) -> u32 {
        u32::try_from(self.source.lines.line(span.start()))
            .unwrap_or(u32::MAX)
            .saturating_add(self.source.line_offset)
    }

    fn function(&self, name: Span, body: &FunctionBody, command: &tree::Command) -> Kind {
        let text = self.of(name);
        if text
            .iter()
            .any(|&byte| matches!(byte, b'$' | b'\'' | b'"' | b'\\' | b'`' | b'<' | b'>'))
        {
            return Kind::Unsupported("a function with a name that is none");
        }
        let redirects = self.redirects(&command.redirections);
        let source = Arc::clone(self.source);
        let body = match body {
            FunctionBody::Span(span) => Body::Lazy {
                source,
                span: *span,
                command: OnceLock::new(),
                redirects,
            },
            FunctionBody::Parsed(command) => Body::Compiled {
                source,
                command: self.command(command),
                redirects,
            },
        };
        Kind::Function(Arc::new(Function {
            name: Name::new(text),
            body,
        }))
    }

    fn simple(&self, simple: &tree::Simple) -> Simple {
        let assignments = simple
            .assignments
            .iter()
            .map(|assignment| self.assignment(assignment))
            .collect();
        let mut arguments = Vec::with_capacity(simple.words.len());
        for argument in &simple.words {
            match argument {
                tree::Argument::Word(word) => {
                    arguments.extend(self.brace_words(word).into_iter().map(Argument::Word));
                }
                // bash expands braces in some of these and not in others.
                tree::Argument::Assignment(assignment) if self.has_braces(assignment) => {
                    arguments.push(Argument::Word(Word::Pieces(Box::new([
                        Piece::Unsupported("braces in a declaration"),
                    ]))));
                }
                tree::Argument::Assignment(assignment) => {
                    arguments.push(Argument::Assignment(self.assignment(assignment)));
                }
            }
        }
        let name = match arguments.first() {
            Some(Argument::Word(Word::Literal(literal))) => Some(Name::new(&literal.text)),
            _ => None,
        };
        Simple {
            assignments,
            arguments: arguments.into_boxed_slice(),
            name,
        }
    }

    fn has_braces(&self, assignment: &tree::Assignment) -> bool {
        match &assignment.value {
            tree::Value::Array(_) => false,
            tree::Value::Scalar(word) => word.parts.iter().any(
                |part| matches!(part, tree::Part::Text(span) if self.of(*span).contains(&b'{')),
            ),
        }
    }

    fn assignment(&self, assignment: &tree::Assignment) -> Assignment {
        Assignment {
            name: self.name(assignment.name),
            subscript: assignment.subscript.as_ref().map(|word| self.word(word)),
            append: assignment.append,
            value: match &assignment.value {
                tree::Value::Scalar(word) => Value::Scalar(self.assigned(word)),
                tree::Value::Array(elements) => Value::Array(
                    elements
                        .iter()
                        .map(|element| Element {
                            subscript: element.subscript.as_ref().map(|word| self.word(word)),
                            append: element.append,
                            values: if element.subscript.is_some() {
                                Box::new([self.assigned(&element.value)])
                            } else {
                                self.brace_words(&element.value).into_boxed_slice()
                            },
                        })
                        .collect(),
                ),
            },
        }
    }

    fn condition(&self, condition: &tree::Condition) -> Condition {
        match condition {
            tree::Condition::Not(inner) => Condition::Not(Box::new(self.condition(inner))),
            tree::Condition::And(left, right) => Condition::And(
                Box::new(self.condition(left)),
                Box::new(self.condition(right)),
            ),
            tree::Condition::Or(left, right) => Condition::Or(
                Box::new(self.condition(left)),
                Box::new(self.condition(right)),
            ),
            tree::Condition::Unary(letter, word) => Condition::Unary(*letter, self.word(word)),
            tree::Condition::Word(word) => Condition::Word(self.word(word)),
            tree::Condition::Binary(operator, left, right) => {
                let left = self.word(left);
                let operator = match self.of(*operator) {
                    b"==" | b"=" | b"!=" => {
                        return Condition::Match {
                            negated: self.of(*operator) == b"!=",
                            left,
                            right: self.pattern(right),
                        };
                    }
                    b"=~" => return Condition::Regex(left, self.regex(right)),
                    b"<" => Binary::Less,
                    b">" => Binary::Greater,
                    b"-eq" => Binary::Eq,
                    b"-ne" => Binary::Ne,
                    b"-lt" => Binary::Lt,
                    b"-le" => Binary::Le,
                    b"-gt" => Binary::Gt,
                    b"-ge" => Binary::Ge,
                    _ => Binary::Files,
                };
                Condition::Binary(operator, left, self.word(right))
            }
        }
    }

    fn redirects(&self, redirections: &[tree::Redirection]) -> Box<[Redirect]> {
        redirections
            .iter()
            .map(|redirection| self.redirect(redirection))
            .collect()
    }

    fn redirect(&self, redirection: &tree::Redirection) -> Redirect {
        let operator = self.of(redirection.operator);
        let default = u32::from(operator.first() != Some(&b'<'));
        let descriptor = match redirection.descriptor {
            None => Some(default),
            Some(span) => number(self.of(span)),
        };
        let Some(descriptor) = descriptor.filter(|&descriptor| descriptor <= 2) else {
            return Redirect {
                descriptor: 0,
                kind: RedirectKind::Unsupported("a redirection of a descriptor above 2"),
            };
        };
        let kind = match &redirection.target {
            Target::Close => RedirectKind::Close,
            Target::Heredoc(index) => match self.heredocs.get(*index) {
                Some(heredoc) => RedirectKind::Here(self.heredoc(heredoc)),
                None => RedirectKind::Unsupported("a here-document"),
            },
            Target::Word(word) => {
                if let ([tree::Part::Process { input: true, list }], b"<") =
                    (&word.parts[..], operator)
                {
                    return Redirect {
                        descriptor,
                        kind: RedirectKind::Process(Arc::new(self.block(list))),
                    };
                }
                let target = self.word(word);
                match operator {
                    b">" | b">>" | b">|" => RedirectKind::Output(target),
                    b"<" => RedirectKind::Input(target),
                    b"<<<" => RedirectKind::HereString(target),
                    b"&>" | b"&>>" => RedirectKind::Both(target),
                    b">&" | b"<&" => match &target {
                        Word::Literal(literal) => match number(&literal.text) {
                            Some(from) => RedirectKind::Duplicate(from),
                            None if operator == b">&" && redirection.descriptor.is_none() => {
                                RedirectKind::Both(target)
                            }
                            None => RedirectKind::Unsupported("a redirection"),
                        },
                        Word::Pieces(_) => {
                            RedirectKind::Unsupported("a redirection to a computed descriptor")
                        }
                    },
                    _ => RedirectKind::Unsupported("a redirection"),
                }
            }
        };
        Redirect { descriptor, kind }
    }
}

/// A word of `case`. A quoted expansion that changes an empty value, beside something else, leaves a byte in it that bash does not take
/// out again.
fn case_word(word: Word) -> Word {
    let replaces = |piece: &Piece| matches!(piece, Piece::Parameter(parameter, true) if matches!(parameter.operation, Operation::Replace(..) | Operation::Trim { .. }));
    match &word {
        Word::Pieces(pieces) if pieces.len() > 1 && pieces.iter().any(replaces) => Word::Pieces(
            Box::new([Piece::Unsupported("a replacement in a word of case")]),
        ),
        _ => word,
    }
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn unsupported(reason: &'static str) -> Command {
    Command {
        line: 0,
        kind: Kind::Unsupported(reason),
        redirects: Box::default(),
    }
}

/// Whether `text` is the name of a variable.
pub(crate) fn is_identifier(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| !byte.is_ascii_digit())
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
