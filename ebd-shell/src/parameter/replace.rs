//! `${text/pattern/replacement}`.

use super::{Got, each};
use crate::code::{PatternWord, Piece, Replacement, Word};
use crate::error::{Run, unsupported};
use crate::meter;
use crate::pattern::Pattern;
use crate::shell::Shell;
use crate::text::Text;

/// Where a pattern is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    First,
    All,
    Begin,
    End,
}

/// The anchor of `${x/pattern/}` and the pattern: `/` counts where it is written, `#` and `%` also from an expansion.
fn split_anchor<'t>(word: &Word, text: &'t [u8]) -> (Anchor, &'t [u8]) {
    let first = match word {
        Word::Literal(literal) => Some(literal),
        Word::Pieces(pieces) => match pieces.first() {
            Some(Piece::Text(literal)) => Some(literal),
            _ => None,
        },
    };
    let all = first.is_some_and(|literal| literal.text.first() == Some(&b'/'));
    match text {
        [b'/', rest @ ..] if all => (Anchor::All, rest),
        [b'#', rest @ ..] => (Anchor::Begin, rest),
        [b'%', rest @ ..] => (Anchor::End, rest),
        text => (Anchor::First, text),
    }
}

impl<T: Text> Shell<'_, T> {
    pub(super) fn replace(
        &mut self,
        got: Got<T>,
        pattern: &PatternWord,
        replacement: Option<&Replacement>,
        quoted: bool,
    ) -> Run<Got<T>> {
        let text = self.pattern_text(&pattern.word)?;
        let (anchor, text) = split_anchor(&pattern.word, &text);
        let pattern = self.compile_pattern(text, self.options.extglob)?;
        let with = match replacement {
            None => T::default(),
            Some(replacement) => {
                if quoted && replacement.has_quotes && self.compat <= 42 {
                    return Err(unsupported(
                        "quotes in a replacement inside quotes before EAPI 8",
                    ));
                }
                self.text(&replacement.word)?
            }
        };
        each(got, |text| substitute(&pattern, anchor, &text, &with))
    }
}

/// `${text/pattern/with}`
fn substitute<T: Text>(pattern: &Pattern, anchor: Anchor, text: &T, with: &T) -> Run<T> {
    let mut result = T::default();
    match anchor {
        Anchor::Begin => match pattern.prefix(text, true)? {
            Some(end) => {
                result.append(with);
                result.append_part(text, end..text.len());
            }
            None => return Ok(text.clone()),
        },
        Anchor::End => match pattern.suffix(text, true)? {
            Some(start) => {
                result.append_part(text, 0..start);
                result.append(with);
            }
            None => return Ok(text.clone()),
        },
        Anchor::First | Anchor::All => {
            if pattern.is_empty() {
                return Ok(text.clone());
            }
            let mut at = 0;
            while let Some((start, end)) = pattern.find(text, at)? {
                meter::work(1)?;
                if start == end {
                    return Err(unsupported("a pattern that matches nothing is replaced"));
                }
                result.append_part(text, at..start);
                result.append(with);
                at = end;
                if anchor == Anchor::First || at == text.len() {
                    break;
                }
            }
            result.append_part(text, at..text.len());
        }
    }
    Ok(result)
}
