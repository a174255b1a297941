//! Taking function definitions out of a script.

use crate::script::{FunctionId, Script};
use crate::span::Span;

/// A piece of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A [separable](crate::Function::is_separable) function definition, with the `;` or newline that terminates it.
    Function(FunctionId, Span),
    /// Everything between two of them.
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
/// No piece is empty, and together they are the text. Each function is valid on its own, and so are the residual pieces one after the
/// other, which do what the script does apart from defining those functions. A definition counts only when it is read: code in the residual
/// pieces that calls, unsets or redefines one of the functions is for the caller to consider.
///
/// Most eclasses stand in an include guard:
///
/// ```bash
/// if [[ -z ${_EXAMPLE_ECLASS} ]]; then
/// _EXAMPLE_ECLASS=1
/// example_function() { …; }
/// fi
/// ```
///
/// Functions in it are separable, too, and [`is_guarded`](crate::Function::is_guarded) tells them: the script defines them when it is read
/// for the first time. A guard is a top-level `if` with nothing but `[[ -z ${NAME} ]]` or `[[ ! ${NAME} ]]` as its condition, without `elif`,
/// `else` and redirections, in which a constant is assigned to the variable.
pub fn split_functions(script: &Script<'_>) -> impl Iterator<Item = Piece> {
    let end = script.text().len();
    let functions = script
        .functions()
        .filter_map(|function| Some((function.id(), function.piece()?)));
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
