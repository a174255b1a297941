//! The parser: the grammar of `scanner`, with a syntax tree as its result.
//!
//! It stands on the scanner: blanks, reserved words, here-documents and where words end are the scanner's; a word is read
//! twice, once for its end and once for its parts. `grammar` has lists and simple commands, `compound` the compound commands, `word` the
//! parts of words and `parameter` what stands in `${…}`.

mod compound;
mod grammar;
mod parameter;
pub mod tree;
mod word;

use self::tree::{Command, Heredoc, List, Tree};
use crate::error::{Construct, ErrorKind, Fail, Scan, ScanError};
use crate::scanner::list::Place;
use crate::scanner::{Options, Scanner};
use crate::span::Span;

/// How many constructs may stand inside each other in a text that is parsed. Less than what is scanned: a level needs more stack, and a word is
/// read once for each level that it stands in.
pub const MAX_PARSE_DEPTH: u32 = 64;

/// How a script is to be parsed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParseOptions {
    /// What is taken for granted about the shell.
    pub scan: Options,
    /// Whether the bodies of functions are left unparsed, for [`parse_body`]. They are scanned, so that errors are found.
    pub lazy: bool,
}

/// Parses a script.
///
/// ```
/// use ebd_syntax::tree::{CommandKind, Part};
///
/// let text = b"DEPEND=\"dev-libs/${PN}\"";
/// let tree = ebd_syntax::parse(text, Default::default())?;
/// let command = &tree.list.items[0].first.commands[0];
/// let CommandKind::Simple(simple) = &command.kind else { panic!() };
/// assert_eq!(simple.assignments[0].name.of(text), b"DEPEND");
/// # Ok::<(), ebd_syntax::ScanError>(())
/// ```
///
/// # Errors
///
/// As [`scan`](crate::scan): what does not scan does not parse; and when constructs nest deeper than [`MAX_PARSE_DEPTH`].
pub fn parse(text: &[u8], options: ParseOptions) -> Result<Tree, ScanError> {
    Parser::new(text, options)
        .script()
        .map_err(|fail| fail.into_error(text))
}

/// Parses the body of a function, which stands at `span` of the text.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_body(
    text: &[u8],
    span: Span,
    options: ParseOptions,
) -> Result<(Command, Vec<Heredoc>), ScanError> {
    let text = text.get(..span.end()).unwrap_or(text);
    let mut parser = Parser::new(text, options);
    parser.s.pos = span.start();
    let parse = |parser: &mut Parser<'_>| {
        let command = parser.compound()?;
        parser.s.no_pending()?;
        match command {
            Some(command) if parser.s.pos == span.end() => Ok((command, parser.heredocs()?)),
            _ => Err(parser.s.unexpected("the end of the function")),
        }
    };
    parse(&mut parser).map_err(|fail| fail.into_error(text))
}

/// The state of a parse.
pub(crate) struct Parser<'a> {
    s: Scanner<'a>,
    lazy: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], options: ParseOptions) -> Self {
        Self {
            s: Scanner::new(text, options.scan),
            lazy: options.lazy,
        }
    }

    fn script(mut self) -> Scan<Tree> {
        self.s.check_text()?;
        let list = self.list(Place::Top)?;
        if self.s.pos < self.s.text.len() {
            return Err(self.s.unexpected("a command"));
        }
        self.s.no_pending()?;
        let heredocs = self.heredocs()?;
        Ok(Tree { list, heredocs })
    }

    /// Parses the bodies of the here-documents that were found, also of those that stand in such bodies.
    fn heredocs(&mut self) -> Scan<Vec<Heredoc>> {
        let mut heredocs = Vec::new();
        while let Some(record) = self.s.records.heredocs.get(heredocs.len()).cloned() {
            // Words are read twice; only the last reading of what they contain has read its body.
            let parts = if record.body.is_empty() {
                Vec::new()
            } else {
                self.heredoc(record.body, record.quoted, record.strip_tabs)?
            };
            heredocs.push(Heredoc {
                span: record.body,
                parts,
            });
        }
        Ok(heredocs)
    }

    /// Runs `parse` for a construct that began at `start`: one level deeper, and its name in errors.
    fn enter<T>(
        &mut self,
        construct: Construct,
        start: usize,
        parse: impl FnOnce(&mut Self) -> Scan<T>,
    ) -> Scan<T> {
        if self.s.depth >= MAX_PARSE_DEPTH {
            return Err(Fail::new(ErrorKind::TooDeep, start));
        }
        self.s.depth += 1;
        let result = parse(self);
        self.s.depth -= 1;
        result.map_err(|fail| fail.within(construct, start))
    }

    /// Parses commands that stand in a word, as the scanner's function of this name scans them.
    fn isolated(
        &mut self,
        construct: Construct,
        start: usize,
        inside: usize,
        parse: impl FnOnce(&mut Self) -> Scan<List>,
    ) -> Scan<List> {
        self.enter(construct, start, |parser| {
            let pending = std::mem::take(&mut parser.s.pending);
            parser.s.pos = inside;
            let result = parse(parser);
            let unread = std::mem::replace(&mut parser.s.pending, pending);
            let list = result?;
            if unread.is_empty() {
                Ok(list)
            } else {
                Err(Fail::new(
                    ErrorKind::HeredocOutlivesSubstitution,
                    parser.s.pos,
                ))
            }
        })
    }
}
