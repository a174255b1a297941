//! Functions: a body and attributes.

use std::borrow::Cow;
use std::fmt;

use ebd_syntax::{Misprint, Options, Reader, correct};

use crate::variable::Bytes;

/// The attributes of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FunctionAttributes {
    /// `-x`
    pub exported: bool,
    /// `-r`
    pub readonly: bool,
    /// `-t`: inherits the `DEBUG` and `RETURN` traps.
    pub traced: bool,
}

/// The letters, in the order in which bash prints them.
impl fmt::Display for FunctionAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [
            (self.readonly, "r"),
            (self.traced, "t"),
            (self.exported, "x"),
        ];
        for (_, letter) in letters.iter().filter(|(set, _)| *set) {
            f.write_str(letter)?;
        }
        Ok(())
    }
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function<'a> {
    /// Its attributes.
    pub attributes: FunctionAttributes,
    pub(crate) body: Bytes<'a>,
    pub(crate) repaired: Vec<Misprint>,
}

impl<'a> Function<'a> {
    /// A function with a body; `None` if that is no compound command with redirections as bash prints them.
    pub fn new(body: impl Into<Bytes<'a>>, attributes: FunctionAttributes) -> Option<Self> {
        let body = body.into();
        let read = Reader::new(&body, Options::new()).ok()?.body_at(0).ok()?;
        let rest = body.get(read.span.end()..)?;
        if !rest.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let repaired = read.corrections.iter().map(|c| c.misprint).collect();
        let body = if read.corrections.is_empty() {
            body
        } else {
            Cow::Owned(correct(&body, read.span, &read.corrections).into_owned())
        };
        Some(Self {
            attributes,
            body,
            repaired,
        })
    }

    /// The compound command that is its body with its redirections and their here-documents, as it was written.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What bash had printed wrongly in the body, and was repaired.
    #[must_use]
    pub fn repaired(&self) -> &[Misprint] {
        &self.repaired
    }

    /// Whether the two do the same: body and attributes are equal.
    #[must_use]
    pub fn is_same(&self, other: &Function<'_>) -> bool {
        self.attributes == other.attributes && self.body == other.body
    }

    /// The function without borrowing.
    #[must_use]
    pub fn into_owned(self) -> Function<'static> {
        Function {
            attributes: self.attributes,
            body: Cow::Owned(self.body.into_owned()),
            repaired: self.repaired,
        }
    }
}
