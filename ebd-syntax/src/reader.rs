//! Reading a text piece by piece, where the caller knows what most of it is.

use crate::error::ScanError;
use crate::misprint::Correction;
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
/// let body = reader.body_at(23)?;
/// assert_eq!(body.span.end(), text.len() - 1);
/// # Ok::<(), ebd_syntax::ScanError>(())
/// ```
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a [u8],
    scanner: Scanner<'a>,
}

/// The body of a function, see [`Reader::body_at`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// From the first byte of the compound command to the last of the redirections and their here-documents.
    pub span: Span,
    /// What must be [corrected](crate::correct) in it, in the order of the text.
    pub corrections: Vec<Correction>,
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

    /// Reads the body of a function as `declare -f` prints it: the compound command that begins at `offset`, its redirections, and their
    /// here-documents. What some versions of bash [print wrongly](crate::Misprint) is understood where it can mean one thing only.
    ///
    /// # Errors
    ///
    /// As [`scan`](crate::scan), and when something follows on the last line.
    pub fn body_at(&mut self, offset: usize) -> Result<Body, ScanError> {
        match self.scanner.body_at(offset) {
            Ok(end) => Ok(Body {
                span: Span::new(offset, end),
                corrections: self.scanner.take_corrections(),
            }),
            Err(fail) => Err(fail.into_error(self.text)),
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
