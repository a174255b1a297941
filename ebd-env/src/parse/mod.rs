//! Parsing: what bash prints line by line by a fast path, everything else by the scanner of `ebd-syntax`.
//!
//! `value` reads quoted text and arrays, `declaration` one printed declaration, `assign` does what a declaration does, `command` understands
//! other commands, `definition` reads functions, `state` reads options, umask and traps.

mod assign;
mod command;
mod declaration;
mod definition;
mod state;
mod value;

use ebd_syntax::{Options, Reader};

use crate::environment::Environment;
use crate::error::{ParseError, Problem};

/// A problem, and the offset where it is.
type Trouble = (Problem, usize);

impl<'a> Environment<'a> {
    /// Reads what bash prints with `declare -p`, `declare -f`, `declare -fp`, `export -p`, `readonly -p`, `set`, `shopt -p`, `set +o`,
    /// `umask -p` and `trap -p`, one after the other in any order; also with assignments and definitions in other form, and comments.
    /// Later lines change what earlier ones said, as when bash sources the text. Nothing is ever expanded or run.
    ///
    /// # Errors
    ///
    /// When the text is no valid bash, or does something that is none of this: another command, an assignment of what would have to be
    /// expanded. The error has the place.
    pub fn parse(text: &'a [u8]) -> Result<Self, ParseError> {
        environment(text)
    }
}

fn environment(text: &[u8]) -> Result<Environment<'_>, ParseError> {
    let mut environment = Environment::new();
    let mut reader = Reader::new(text, Options::new())?;
    let content = |(problem, offset)| ParseError::content(text, offset, problem);
    let mut at = 0;
    while let Some(&first) = text.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        if first == b'\n' {
            at += 1;
            continue;
        }
        if first == b'd'
            && let Ok((rest, declaration)) = declaration::printed(rest)
        {
            assign::variable(
                &mut environment,
                declaration.name,
                declaration.options,
                declaration.given,
            )
            .map_err(|problem| content((problem, at)))?;
            at = text.len() - rest.len();
            continue;
        }
        if first == b'd'
            && let Ok((rest, (name, options))) = declaration::of_function(rest)
            && assign::function(&mut environment, name, options).is_ok()
        {
            at = text.len() - rest.len();
            continue;
        }
        if let Some(header) = definition::header(rest) {
            let body = reader.body_at(at + header.length)?;
            definition::define(&mut environment, text, header.name, &body);
            at = body.span.end();
            continue;
        }
        let start = reader.skip_empty(at)?;
        if start > at {
            at = start;
            continue;
        }
        let (line, end) = reader.line_at(at)?;
        command::line(&mut environment, &line, at, end).map_err(content)?;
        // A line that ends nowhere would be read for ever.
        at = end.max(at + 1);
    }
    Ok(environment)
}
