//! A shell scanner for bash on bytes: words, quoting, here-documents, function spans.
//!
//! [`scan`] reads a script as bash's own parser does and notes where function definitions, simple commands, their words and assignments,
//! and here-documents stand. [`Function::piece`] says how to take a definition out of it; [`quote`] and [`unquote`] write and decode quoted
//! strings; [`glob`] matches patterns.
//!
//! ```
//! let script = ebd_syntax::scan(b"inherit toolchain-funcs\nsrc_compile() {\n\temake CC=\"$(tc-getCC)\"\n}\n")?;
//! let function = script.functions().next().expect("there is one");
//! assert_eq!((function.name(), function.line()), (&b"src_compile"[..], 2));
//! let inherit = script.commands().next().expect("there are three");
//! assert!(inherit.is_top_level());
//! assert_eq!(inherit.arguments().next().and_then(|word| word.literal()).as_deref(), Some(&b"toolchain-funcs"[..]));
//! # Ok::<(), ebd_syntax::ScanError>(())
//! ```
//!
//! [`parse`] makes a syntax tree of a script, for those who execute it; [`tree`] describes it.
//!
//! # Invariants
//!
//! * It never guesses. What it does not understand is a [`ScanError`] that says where, in what, and where that began.
//! * Every text that bash 5.2 or 5.3 reads without a complaint scans, apart from the exceptions below, and what bash takes for one word,
//!   command or definition is one here. Texts that bash refuses may scan.
//! * It does not panic and does not overflow the stack: [`MAX_DEPTH`] limits how deep constructs may nest. Its time is linear in the
//!   length of the text; a budget limits what has to be read twice because it may be arithmetic or commands.
//! * Spans lie within the text; those of functions and commands nest or are disjoint.
//! * Nothing is expanded, no alias is replaced, no file is read.
//!
//! # Exceptions
//!
//! Errors, though bash goes on: NUL bytes; a here-document that the end of the text ends, or whose body begins after
//! the `)` of its command substitution (bash warns about both); a line continuation inside the name of a variable that
//! is assigned to, or of a function; commands in `$((a); b)` that are no valid commands, which bash finds out when it
//! runs them; after `time` at the beginning of a substitution, reserved words that begin no valid command, which bash 5.2 finds out
//! when it runs them. Inside `@(…)` and the parentheses of a regular expression `${…}` and `$(…)` are read as everywhere else,
//! where bash counts parentheses only; that matters when they contain unbalanced, unquoted ones. Extended patterns are on
//! unless [`Options::extglob`] says otherwise.
//!
//! Commands in backquotes with escapes, in the bodies of here-documents and in strings for `eval` are not looked for.

#![forbid(unsafe_code)]

mod error;
pub mod glob;
mod lines;
mod literal;
mod misprint;
mod parser;
mod printable;
pub mod quote;
mod reader;
mod record;
mod scanner;
mod script;
mod span;
pub mod unquote;

pub use error::{Construct, ErrorKind, ScanError};
pub use lines::{LineIndex, Position};
pub use misprint::{Correction, Misprint, correct};
pub use parser::{MAX_PARSE_DEPTH, ParseOptions, parse, parse_body, tree};
pub use printable::printable;
pub use reader::{Body, Reader};
pub use scanner::{MAX_DEPTH, Options};
pub use script::{
    Assignment, Command, Element, Function, FunctionId, Guard, Heredoc, Script, Word,
};
pub use span::Span;

/// Scans a script with the default [`Options`].
///
/// # Errors
///
/// When the text is no valid script, or has one of the exceptions named at the top of the crate's documentation.
pub fn scan(text: &[u8]) -> Result<Script<'_>, ScanError> {
    scan_with(text, Options::new())
}

/// Scans a script.
///
/// # Errors
///
/// As [`scan`].
pub fn scan_with(text: &[u8], options: Options) -> Result<Script<'_>, ScanError> {
    match scanner::Scanner::new(text, options).script() {
        Ok(records) => Ok(Script::new(text, records)),
        Err(fail) => Err(fail.into_error(text)),
    }
}
