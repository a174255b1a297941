//! One declaration of a variable as bash prints it: `declare -ax NAME=VALUE` on a line of its own.

use nom::Parser;
use nom::bytes::complete::{tag, take_while, take_while1};

use super::assign::{Given, Letters, Switches};
use super::value::{self, FAIL, Parsed};
use crate::name;

/// What a line declares.
pub(super) struct Declaration<'a> {
    pub(super) name: &'a [u8],
    pub(super) options: Switches,
    pub(super) given: Option<Given<'a>>,
}

/// Reads a line. Fails when it has any other form than the one bash prints.
pub(super) fn printed(input: &[u8]) -> Parsed<'_, Declaration<'_>> {
    let (input, _) = tag(&b"declare -"[..]).parse(input)?;
    let (input, letters) = match input {
        [b'-', rest @ ..] => (rest, &b""[..]),
        _ => take_while(|byte: u8| byte.is_ascii_alphabetic()).parse(input)?,
    };
    let (input, _) = tag(&b" "[..]).parse(input)?;
    let (input, name) = take_while1(name::is_part).parse(input)?;
    let on = Letters::of_variables(letters).ok_or(FAIL)?;
    if !name::is_variable(name) {
        return Err(FAIL);
    }
    let (input, given) = match input {
        [b'=', rest @ ..] => {
            let (rest, given) = given(rest, on)?;
            (rest, Some(given))
        }
        _ => (input, None),
    };
    let declaration = Declaration {
        name,
        options: Switches {
            on,
            off: Letters::default(),
        },
        given,
    };
    match input {
        [] => Ok((input, declaration)),
        [b'\n', rest @ ..] => Ok((rest, declaration)),
        _ => Err(FAIL),
    }
}

/// Reads the line after a definition that gives the function attributes: `declare -fx NAME`, where the name is not quoted whatever it is.
pub(super) fn of_function(input: &[u8]) -> Parsed<'_, (&[u8], Switches)> {
    let (input, _) = tag(&b"declare -f"[..]).parse(input)?;
    let (input, letters) = take_while(|byte| b"rtx".contains(&byte)).parse(input)?;
    let (input, _) = tag(&b" "[..]).parse(input)?;
    let (input, name) = take_while1(|byte| byte != b'\n').parse(input)?;
    let on = Letters::of_variables(letters).ok_or(FAIL)?;
    let off = Letters::default();
    Ok((input, (name, Switches { on, off })))
}

fn given(input: &[u8], on: Letters) -> Parsed<'_, Given<'_>> {
    match input.first() {
        Some(b'(') if on.has(b'A') => {
            let (rest, elements) = value::associative(input)?;
            Ok((rest, Given::Associative(elements)))
        }
        Some(b'(') => {
            let (rest, elements) = value::indexed(input)?;
            Ok((rest, Given::Indexed(elements)))
        }
        // Up to version 4.3 bash quoted arrays as a whole.
        Some(b'\'') if on.has(b'a') || on.has(b'A') => Err(FAIL),
        Some(_) => {
            let (rest, text) = value::quoted(input)?;
            Ok((rest, Given::Text(text)))
        }
        None => Err(FAIL),
    }
}
