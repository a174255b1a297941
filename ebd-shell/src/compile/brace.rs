//! Brace expansion. It looks at nothing but the text of a word, so it is done once, when a script is compiled.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ebd_syntax::tree;

use super::Compiler;
use crate::code::{Literal, Piece};

/// A word becomes at most this many.
const MAX_WORDS: usize = 4096;

/// So many bytes of words are read and made while the braces of a file are expanded: a few braces can stand for a lot of text.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// Counts what an expansion reads and makes.
struct Budget<'b>(&'b AtomicUsize);

impl Budget<'_> {
    fn take(&self, bytes: usize) -> Option<()> {
        let take = |left: usize| left.checked_sub(bytes);
        match self.0.fetch_update(Relaxed, Relaxed, take) {
            Ok(_) => Some(()),
            Err(_) => {
                self.0.store(0, Relaxed);
                None
            }
        }
    }
}

/// Whether braces may make more than one word of the pieces.
pub(super) fn may_expand(pieces: &[Piece]) -> bool {
    pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Text(text) if text.text.contains(&b'{')))
}

/// A byte of unquoted text, or a part that braces leave alone.
#[derive(Clone, Copy)]
enum Token<'a> {
    Byte(u8),
    Part(&'a tree::Part),
}

/// The words that braces make of a word; `None` when there are too many.
pub(super) fn expand(compiler: &Compiler<'_>, word: &tree::Word) -> Option<Vec<Vec<Piece>>> {
    let budget = Budget(&compiler.source.braces);
    let mut tokens = Vec::new();
    for part in &word.parts {
        budget.take(1)?;
        match part {
            tree::Part::Text(span) => {
                budget.take(span.of(compiler.text).len())?;
                tokens.extend(compiler.of(*span).iter().map(|&byte| Token::Byte(byte)));
            }
            part => {
                if let tree::Part::Parameter(parameter) = part
                    && !is_balanced(compiler.of(parameter.span))
                {
                    return None;
                }
                tokens.push(Token::Part(part));
            }
        }
    }
    let words = words(&tokens, 0, &budget)?;
    // `$a{b,c}` becomes `$ab $ac`.
    let joins = |pair: &[Token<'_>]| match pair {
        [
            Token::Part(tree::Part::Parameter(parameter)),
            Token::Byte(byte),
        ] => {
            let braces = compiler.of(parameter.span).starts_with(b"${");
            !braces && (byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'['))
        }
        _ => false,
    };
    if words.iter().any(|word| word.windows(2).any(joins)) {
        return None;
    }
    // What braces make stands where the word does.
    let at = u32::try_from(word.span.start()).unwrap_or(u32::MAX);
    Some(
        words
            .iter()
            .map(|pieces_of| pieces(compiler, pieces_of, at))
            .filter(|pieces| !pieces.is_empty())
            .collect(),
    )
}

/// Whether bash's search for braces ends an expansion where its parser does: it counts all braces in it.
fn is_balanced(text: &[u8]) -> bool {
    memchr::memchr_iter(b'{', text).count() == memchr::memchr_iter(b'}', text).count()
}

fn pieces(compiler: &Compiler<'_>, tokens: &[Token<'_>], at: u32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    for token in tokens {
        match token {
            Token::Byte(byte) => text.push(*byte),
            Token::Part(part) => {
                if !text.is_empty() {
                    pieces.push(literal(std::mem::take(&mut text), at));
                }
                compiler.piece(part, &mut pieces);
            }
        }
    }
    if !text.is_empty() {
        pieces.push(literal(text, at));
    }
    pieces
}

fn literal(text: Vec<u8>, at: u32) -> Piece {
    Piece::Text(Literal {
        text: text.into_boxed_slice(),
        at,
    })
}

type Words<'a> = Vec<Vec<Token<'a>>>;

fn words<'a>(tokens: &[Token<'a>], depth: usize, budget: &Budget<'_>) -> Option<Words<'a>> {
    if depth > 64 {
        return None;
    }
    let mut from = 0;
    while let Some(open) = tokens
        .iter()
        .skip(from)
        .position(|token| matches!(token, Token::Byte(b'{')))
        .map(|offset| from + offset)
    {
        if let Some((close, alternatives)) = group(tokens, open, depth, budget)? {
            let before = tokens.get(..open).unwrap_or_default();
            let after = words(
                tokens.get(close + 1..).unwrap_or_default(),
                depth + 1,
                budget,
            )?;
            if alternatives.len().saturating_mul(after.len()) > MAX_WORDS {
                return None;
            }
            let mut result = Vec::new();
            for alternative in &alternatives {
                for end in &after {
                    budget.take(before.len() + alternative.len() + end.len() + 1)?;
                    result.push([before, alternative, end].concat());
                }
            }
            return Some(result);
        }
        from = open + 1;
    }
    budget.take(tokens.len() + 1)?;
    Some(vec![tokens.to_vec()])
}

/// What the braces at `open` stand for, and where they close; the inner `None` if they are only text.
#[allow(clippy::type_complexity, reason = "a result and its reason")]
fn group<'a>(
    tokens: &[Token<'a>],
    open: usize,
    depth: usize,
    budget: &Budget<'_>,
) -> Option<Option<(usize, Words<'a>)>> {
    let mut level = 0_usize;
    let mut commas = Vec::new();
    let mut close = None;
    for (index, token) in tokens.iter().enumerate().skip(open + 1) {
        budget.take(1)?;
        match token {
            Token::Byte(b'{') => level += 1,
            Token::Byte(b'}') if level == 0 => {
                close = Some(index);
                break;
            }
            Token::Byte(b'}') => level -= 1,
            Token::Byte(b',') if level == 0 => commas.push(index),
            _ => {}
        }
    }
    let Some(close) = close else {
        return Some(None);
    };
    if commas.is_empty() {
        return Some(sequence(tokens.get(open + 1..close)?)?.map(|words| (close, words)));
    }
    let mut result = Vec::new();
    let mut from = open + 1;
    for &end in commas.iter().chain([&close]) {
        result.extend(words(tokens.get(from..end)?, depth + 1, budget)?);
        if result.len() > MAX_WORDS {
            return None;
        }
        from = end + 1;
    }
    Some(Some((close, result)))
}

/// `1..9`, `a..e`, both with a step; the inner `None` if it is neither.
#[allow(clippy::option_option, reason = "as above")]
fn sequence<'a>(tokens: &[Token<'a>]) -> Option<Option<Words<'a>>> {
    let mut text = Vec::new();
    for token in tokens {
        match token {
            Token::Byte(byte) => text.push(*byte),
            Token::Part(_) => return Some(None),
        }
    }
    let Ok(text) = String::from_utf8(text) else {
        return Some(None);
    };
    let mut fields = text.split("..");
    let (Some(first), Some(last), step, None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Some(None);
    };
    let number = |text: &str| text.parse::<i64>().ok().filter(|n| n.abs() < 1 << 40);
    let step = match step.map(number) {
        None => 1,
        Some(Some(step)) => step.abs().max(1),
        Some(None) => return Some(None),
    };
    let letter = |text: &str| match text.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some(i64::from(*letter)),
        _ => None,
    };
    let padded = |text: &str| {
        let digits = text.trim_start_matches('-');
        digits.len() > 1 && digits.starts_with('0')
    };
    let (from, to, letters) = match (number(first), number(last), letter(first), letter(last)) {
        (Some(from), Some(to), ..) => (from, to, false),
        (_, _, Some(from), Some(to)) => (from, to, true),
        _ => return Some(None),
    };
    // A letter that is no character of a name needs quoting of its own.
    if letters && (from <= i64::from(b'Z')) != (to <= i64::from(b'Z')) {
        return None;
    }
    let width = if !letters && (padded(first) || padded(last)) {
        first.len().max(last.len())
    } else {
        0
    };
    if (to - from).abs() / step >= i64::try_from(MAX_WORDS).unwrap_or(i64::MAX) {
        return None;
    }
    let mut words = Vec::new();
    let mut at = from;
    while if from <= to { at <= to } else { at >= to } {
        let text = if letters {
            u8::try_from(at)
                .map(char::from)
                .map_or_else(|_| String::new(), String::from)
        } else if width > 0 {
            format!("{at:0width$}")
        } else {
            at.to_string()
        };
        words.push(text.bytes().map(Token::Byte).collect());
        at += if from <= to { step } else { -step };
    }
    Some(Some(words))
}
