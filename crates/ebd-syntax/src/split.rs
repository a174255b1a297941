//! Taking function definitions out of a script.

use crate::script::{FunctionId, Script};
use crate::span::Span;

/// A piece of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A [separable](crate::Function::is_separable) function definition, with the `;` or newline that terminates it.
    Function(FunctionId, Span),
    /// Everything between two of them; complete commands.
    Residual(Span),
}

impl Piece {
    /// Where the piece stands.
    #[must_use]
    pub fn span(self) -> Span {
        match self {
            Self::Function(_, span) | Self::Residual(span) => span,
        }
    }
}

/// The consecutive pieces of a script: [separable](crate::Function::is_separable) function definitions, and what is between them.
///
/// No piece is empty, and together they are the text. Each can be read by bash on its own. The residual pieces, one after the other, do
/// what the script does apart from defining those functions; a definition counts only when it is read, so code between two pieces that
/// calls, unsets or redefines one of the functions is for the caller to consider.
pub fn split_functions(script: &Script<'_>) -> impl Iterator<Item = Piece> {
    let end = script.text().len();
    let functions = script.functions().filter_map(|function| Some((function.id(), function.piece()?)));
    let mut functions = functions.peekable();
    let mut at = 0;
    std::iter::from_fn(move || {
        let piece = match functions.peek() {
            Some(&(id, span)) if span.start() <= at => {
                functions.next();
                Piece::Function(id, span)
            }
            Some(&(_, span)) => Piece::Residual(Span::new(at, span.start())),
            None if at < end => Piece::Residual(Span::new(at, end)),
            None => return None,
        };
        at = piece.span().end();
        Some(piece)
    })
}
