//! Reading a text piece by piece, where the caller knows what most of it is.

use crate::error::ScanError;
use crate::scanner::{Options, Scanner};
use crate::script::Script;
use crate::span::Span;

/// Reads parts of a text: for callers that read some of it by simpler means, such as the declarations of a saved environment.
///
/// ```
/// use ebd_syntax::{Options, Reader};
///
/// let text = b"declare -- A=\"1\"\nf () \n{ \n    cat <<E\n}\nE\n\n}\n";
/// let mut reader = Reader::new(text, Options::new())?;
/// let definition = reader.definition_at(17)?.expect("a function");
/// assert_eq!((definition.name.of(text), definition.span.end()), (&b"f"[..], text.len() - 1));
/// # Ok::<(), ebd_syntax::ScanError>(())
/// ```
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a [u8],
    scanner: Scanner<'a>,
}

/// A function definition, see [`Reader::definition_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// The name as written.
    pub name: Span,
    /// All of the definition. In contrast to [`Function::span`](crate::Function::span) a here-document of a redirection of the body,
    /// which follows on the next line, belongs to it.
    pub span: Span,
}

impl<'a> Reader<'a> {
    /// A reader of `text`.
    ///
    /// # Errors
    ///
    /// When the text has a NUL byte or is longer than 4 GiB.
    pub fn new(text: &'a [u8], options: Options) -> Result<Self, ScanError> {
        let scanner = Scanner::new(text, options);
        match scanner.check_text() {
            Ok(()) => Ok(Self { text, scanner }),
            Err(fail) => Err(fail.into_error(text)),
        }
    }

    /// Where the first command at or after `offset` begins; the length of the text if there is none. `offset` must not be inside anything.
    ///
    /// # Errors
    ///
    /// As [`scan`](crate::scan).
    pub fn skip_empty(&mut self, offset: usize) -> Result<usize, ScanError> {
        let text = self.text;
        self.scanner
            .skip_empty(offset)
            .map_err(|fail| fail.into_error(text))
    }

    /// Reads the function definition that begins at `offset` and has the rest of its last line for itself; `None` if what begins there is
    /// another command.
    ///
    /// # Errors
    ///
    /// As [`scan`](crate::scan), and when something follows the definition on its line.
    pub fn definition_at(&mut self, offset: usize) -> Result<Option<Definition>, ScanError> {
        let text = self.text;
        match self.scanner.definition_at(offset) {
            Ok(found) => Ok(found.map(|(name, span)| Definition { name, span })),
            Err(fail) => Err(fail.into_error(text)),
        }
    }

    /// Reads the commands from `offset` to the end of the line on which the last of them ends; returns them and where the next line
    /// begins. Here-documents that begin on the line belong to it.
    ///
    /// # Errors
    ///
    /// As [`scan`](crate::scan).
    pub fn line_at(&mut self, offset: usize) -> Result<(Script<'a>, usize), ScanError> {
        let text = self.text;
        match self.scanner.line_at(offset) {
            Ok((records, end)) => Ok((Script::new(text, records), end)),
            Err(fail) => Err(fail.into_error(text)),
        }
    }
}
