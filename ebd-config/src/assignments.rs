//! `NAME="value"` files: `make.conf`, `make.defaults`, `make.globals`, `env/*`, `profile.env`. The syntax is what Portage reads:
//! a small part of the shell's, in which a word, a quoted text, or both together are a value.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::str::Chars;
use std::sync::Arc;

use super::error::{ConfigError, ConfigProblem, ConfigWarning, SyntaxProblem};
use super::expand;
use super::lines::{self, Folders};
use super::origin::Place;

/// How many files may source each other.
const MAX_SOURCE_DEPTH: usize = 32;

/// A variable as a file sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: String,
    /// The value, variables expanded.
    pub value: String,
    /// Where the assignment begins.
    pub place: Place,
}

/// The variables of a file.
pub(crate) type Assigned = BTreeMap<String, (String, Place)>;

/// The values that later files can refer to.
pub(crate) type ExpandMap = BTreeMap<String, String>;

/// How a file of assignments is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syntax {
    /// Whether `source FILE` is a command.
    pub(crate) sourcing: bool,
    /// Whether `$NAME` stands for a value.
    pub(crate) expanding: bool,
}

impl Syntax {
    /// That of `profile.env`.
    pub(crate) const LITERAL: Self = Self {
        sourcing: false,
        expanding: false,
    };
    /// That of `make.defaults` and `make.globals`.
    pub(crate) const EXPANDING: Self = Self {
        sourcing: false,
        expanding: true,
    };
    /// That of `make.conf` and the files in `env`.
    pub(crate) const SOURCING: Self = Self {
        sourcing: true,
        expanding: true,
    };
}

/// Reads assignments from a text, with variables expanded to what the text set before. `source` is not a command here.
///
/// # Errors
/// The first line that is no assignment.
pub fn parse_assignments(
    file: &Path,
    text: &str,
) -> Result<(Vec<Assignment>, Vec<ConfigWarning>), ConfigError> {
    let mut map = ExpandMap::new();
    let mut warnings = Vec::new();
    let mut reader = Reader {
        map: &mut map,
        warnings: &mut warnings,
        syntax: Syntax::EXPANDING,
        found: Vec::new(),
    };
    reader.text(&Arc::from(file), text, 0)?;
    Ok((reader.found, warnings))
}

/// Reads a file, or the files of a folder. Every value is put into `map` at once, for what follows. `None` if there is no file.
pub(crate) fn read(
    path: &Path,
    folders: Folders,
    syntax: Syntax,
    map: &mut ExpandMap,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<Option<Assigned>, ConfigError> {
    let mut all = None;
    for file in lines::files(path, folders)? {
        let Some(text) = lines::read_text(&file)? else {
            continue;
        };
        let mut reader = Reader {
            map,
            warnings,
            syntax,
            found: Vec::new(),
        };
        reader.text(&Arc::from(file), &text, 0)?;
        all.get_or_insert_with(Assigned::new).extend(
            reader
                .found
                .into_iter()
                .map(|a| (a.name, (a.value, a.place))),
        );
    }
    Ok(all)
}

struct Reader<'a> {
    map: &'a mut ExpandMap,
    warnings: &'a mut Vec<ConfigWarning>,
    syntax: Syntax,
    found: Vec<Assignment>,
}

impl Reader<'_> {
    fn text(&mut self, file: &Arc<Path>, text: &str, depth: usize) -> Result<(), ConfigError> {
        let text = if text.contains('\r') {
            let kind = ConfigProblem::CarriageReturns;
            self.warnings
                .push(ConfigWarning::at(Place::new(file, 1), kind));
            &*text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text
        };
        let mut lexer = Lexer::new(file, text);
        while let Some((mut name, mut place)) = lexer.next()? {
            if name == "export" {
                match lexer.next()? {
                    Some(token) => (name, place) = token,
                    None => break,
                }
            } else if name == "source" && self.syntax.sourcing {
                let Some((target, _)) = lexer.next()? else {
                    return Err(lexer.error(SyntaxProblem::UnexpectedEnd(name)));
                };
                self.source(&target, place, depth)?;
                continue;
            }
            match lexer.next()? {
                Some((equals, _)) if equals == "=" => {}
                Some((found, place)) => {
                    let problem = SyntaxProblem::NoEquals { name, found };
                    return Err(ConfigError::Syntax { place, problem });
                }
                None => return Err(lexer.error(SyntaxProblem::UnexpectedEnd(name))),
            }
            let Some((raw, _)) = lexer.next()? else {
                return Err(lexer.error(SyntaxProblem::UnexpectedEnd(format!("{name}="))));
            };
            if !is_name(&name) {
                let problem = SyntaxProblem::Name(name);
                return Err(ConfigError::Syntax { place, problem });
            }
            let value = if self.syntax.expanding {
                let value = self.expand(&name, raw, &place);
                self.map.insert(name.clone(), value.clone());
                value
            } else {
                raw
            };
            self.found.push(Assignment { name, value, place });
        }
        Ok(())
    }

    fn expand(&mut self, name: &str, raw: String, place: &Place) -> String {
        match expand::expand(&raw, |name| self.map.get(name).map(String::as_str)) {
            Ok(value) => value,
            Err(reason) => {
                let kind = ConfigProblem::Substitution {
                    name: name.to_owned(),
                    text: raw,
                    reason,
                };
                self.warnings.push(ConfigWarning::at(place.clone(), kind));
                String::new()
            }
        }
    }

    fn source(&mut self, target: &str, place: Place, depth: usize) -> Result<(), ConfigError> {
        let fail = |problem| ConfigError::Syntax {
            place: place.clone(),
            problem,
        };
        let depth = depth.saturating_add(1);
        if depth > MAX_SOURCE_DEPTH {
            return Err(fail(SyntaxProblem::SourceDepth(MAX_SOURCE_DEPTH)));
        }
        let target = self.expand("source", target.to_owned(), &place);
        let path = place
            .file
            .parent()
            .map_or_else(|| PathBuf::from(&target), |parent| parent.join(&target));
        let no_file = |reason: String| {
            fail(SyntaxProblem::Source {
                path: path.clone(),
                reason,
            })
        };
        match lines::read_text(&path) {
            Ok(Some(text)) => self.text(&Arc::from(path), &text, depth),
            Ok(None) => Err(no_file("there is no such file".to_owned())),
            Err(ConfigError::Io { source, .. }) => Err(no_file(source.to_string())),
            Err(other) => Err(other),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Splits a text into words and single signs.
struct Lexer<'a> {
    file: Arc<Path>,
    rest: Peekable<Chars<'a>>,
    line: u32,
    /// A sign that ended a word and is the next token.
    pushed: Option<(String, Place)>,
}

#[derive(Clone, Copy)]
enum State {
    Between,
    Word,
    Quote(char),
    /// After a backslash; within which quote.
    Escape(Option<char>),
}

impl<'a> Lexer<'a> {
    fn new(file: &Arc<Path>, text: &'a str) -> Self {
        Self {
            file: Arc::clone(file),
            rest: text.chars().peekable(),
            line: 1,
            pushed: None,
        }
    }

    fn error(&self, problem: SyntaxProblem) -> ConfigError {
        ConfigError::Syntax {
            place: Place::new(&self.file, self.line),
            problem,
        }
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' {
            self.line = self.line.saturating_add(1);
        }
        Some(c)
    }

    fn skip_line(&mut self) {
        while let Some(c) = self.bump() {
            if c == '\n' {
                break;
            }
        }
    }

    fn next(&mut self) -> Result<Option<(String, Place)>, ConfigError> {
        if let Some(token) = self.pushed.take() {
            return Ok(Some(token));
        }
        let mut state = State::Between;
        let mut token = String::new();
        let mut start = Place::new(&self.file, self.line);
        loop {
            let line = self.line;
            let Some(c) = self.bump() else {
                let problem = match state {
                    State::Between => return Ok(None),
                    State::Word => return Ok(Some((token, start))),
                    State::Quote(quote) => SyntaxProblem::UnclosedQuote(quote),
                    State::Escape(_) => SyntaxProblem::BackslashAtEnd,
                };
                return Err(ConfigError::Syntax {
                    place: start,
                    problem,
                });
            };
            state = match (state, c) {
                (State::Between, ' ' | '\t' | '\n') => State::Between,
                (State::Between, '#') => {
                    self.skip_line();
                    State::Between
                }
                (State::Word, ' ' | '\t' | '\n') => return Ok(Some((token, start))),
                (State::Word, '#') => {
                    self.skip_line();
                    return Ok(Some((token, start)));
                }
                (State::Between | State::Word, _) => {
                    if matches!(state, State::Between) {
                        start.line = line;
                    }
                    match c {
                        '\\' => State::Escape(None),
                        '\'' | '"' => State::Quote(c),
                        _ if is_word(c) => {
                            token.push(c);
                            State::Word
                        }
                        _ if matches!(state, State::Between) => {
                            return Ok(Some((c.to_string(), start)));
                        }
                        _ => {
                            self.pushed = Some((c.to_string(), Place::new(&self.file, line)));
                            return Ok(Some((token, start)));
                        }
                    }
                }
                (State::Quote(quote), _) if c == quote => State::Word,
                (State::Quote('"'), '\\') => State::Escape(Some('"')),
                (State::Quote(_), _) => {
                    token.push(c);
                    state
                }
                (State::Escape(None), _) => {
                    token.push(c);
                    State::Word
                }
                (State::Escape(Some(quote)), _) => {
                    if c != '\\' && c != quote {
                        token.push('\\');
                    }
                    token.push(c);
                    State::Quote(quote)
                }
            };
        }
    }
}

/// What a word may consist of without quotes.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "~!@#$%*_:;?,./-+{}".contains(c)
}
