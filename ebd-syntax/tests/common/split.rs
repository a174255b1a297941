//! A script in pieces: what holds of them holds of [`Function::piece`](ebd_syntax::Function::piece).

use ebd_syntax::{FunctionId, Script};

/// A piece of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A separable function definition, with the `;` or newline that terminates it.
    Function(FunctionId, &'a [u8]),
    /// Everything between two of them.
    Residual(&'a [u8]),
}

impl<'a> Piece<'a> {
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Function(_, bytes) | Self::Residual(bytes) => bytes,
        }
    }
}

/// Returns the consecutive pieces of a script: separable function definitions, and what is between them; none is empty.
pub fn split_functions<'a>(script: &Script<'a>) -> impl Iterator<Item = Piece<'a>> {
    let text = script.text();
    let functions = script
        .functions()
        .filter_map(|function| Some((function.id(), function.piece()?)));
    let mut pieces = Vec::new();
    let mut at = 0;
    for (id, span) in functions {
        pieces.push(Piece::Residual(&text[at..span.start()]));
        pieces.push(Piece::Function(id, &text[span.start()..span.end()]));
        at = span.end();
    }
    pieces.push(Piece::Residual(&text[at..]));
    pieces.into_iter().filter(|piece| !piece.bytes().is_empty())
}
