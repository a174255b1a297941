//! Function definitions that bash prints so that it cannot read them again, or reads something else.

use std::borrow::Cow;
use std::fmt;

use crate::span::Span;

/// What is wrong in a definition as printed by `declare -f`. See [`Reader::body_at`](crate::Reader::body_at).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Misprint {
    /// bash 5.2 and before print `&&` and `||` at the beginning of the line after a here-document, if another here-document came before it
    /// in the same list: a syntax error.
    Operator,
    /// bash 5.0 to 5.3 print `;` on the line after the here-document of a command in the background: a syntax error.
    Separator,
    /// bash 5.2 and before print the name `COPROC` before a simple command after `coproc`, where it is the command.
    ///
    /// A command that is really called `COPROC` can not be told from it in the output of bash 5.3.
    Coproc,
    /// bash 5.2 and before print the pattern `esac` without the parenthesis that makes it one.
    Esac,
}

impl fmt::Display for Misprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Operator => "`&&` or `||` after a here-document",
            Self::Separator => "`;` after the here-document of a command in the background",
            Self::Coproc => "`COPROC` before a simple command",
            Self::Esac => "the pattern `esac` without a parenthesis",
        })
    }
}

/// A change that makes a misprinted definition what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// What is wrong.
    pub misprint: Misprint,
    /// What to replace; empty to insert.
    pub span: Span,
    /// What to put in its place.
    pub text: &'static [u8],
}

/// The part of `text` in `span` with `corrections`, which are in the order of the text, made.
#[must_use]
pub fn correct<'a>(text: &'a [u8], span: Span, corrections: &[Correction]) -> Cow<'a, [u8]> {
    if corrections.is_empty() {
        return Cow::Borrowed(span.of(text));
    }
    let mut result = Vec::with_capacity(span.len() + 8 * corrections.len());
    let mut from = span.start();
    for correction in corrections {
        let at = correction.span;
        result.extend_from_slice(text.get(from..at.start()).unwrap_or_default());
        result.extend_from_slice(correction.text);
        from = from.max(at.end());
    }
    result.extend_from_slice(text.get(from..span.end()).unwrap_or_default());
    Cow::Owned(result)
}
