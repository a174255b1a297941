//! Function definitions as `declare -f` prints them.

use std::borrow::Cow;

use ebd_syntax::{Body, correct};
use memchr::memchr;

use crate::environment::Environment;
use crate::function::{Function, FunctionAttributes};
use crate::name;

/// The first line of a definition.
pub(super) struct Header<'a> {
    pub(super) name: &'a [u8],
    /// How many bytes before the body.
    pub(super) length: usize,
}

/// `NAME () ` or `function NAME () ` on a line of its own, before a line that begins with a brace or parenthesis.
pub(super) fn header(input: &[u8]) -> Option<Header<'_>> {
    let end = memchr(b'\n', input)?;
    if !matches!(input.get(end + 1), Some(b'{' | b'(')) {
        return None;
    }
    let line = input.get(..end)?;
    let line = line.strip_suffix(b" ").unwrap_or(line);
    let line = line.strip_suffix(b" ()")?;
    let name = line.strip_prefix(b"function ").unwrap_or(line);
    name::is_function(name).then_some(Header {
        name,
        length: end + 1,
    })
}

/// Defines a function, with nothing but its body changed if it exists.
pub(super) fn define<'a>(
    environment: &mut Environment<'a>,
    text: &'a [u8],
    name: &'a [u8],
    body: &Body,
) {
    let function = Function {
        attributes: FunctionAttributes::default(),
        body: correct(text, body.span, &body.corrections),
        repaired: body.corrections.iter().map(|c| c.misprint).collect(),
    };
    insert(environment, name, function);
}

pub(super) fn insert<'a>(
    environment: &mut Environment<'a>,
    name: &'a [u8],
    function: Function<'a>,
) {
    match environment.functions.get_mut(name) {
        Some(old) => {
            let attributes = old.attributes;
            *old = Function {
                attributes,
                ..function
            };
        }
        None => {
            environment.functions.insert(Cow::Borrowed(name), function);
        }
    }
}
