//! Words.

use std::sync::Arc;

use ebd_syntax::tree::{self, Part};
use ebd_syntax::{Span, unquote};

use super::{Compiler, brace};
use crate::code::{Literal, Operation, Parameter, PatternWord, Piece, Replacement, Subject, Word};
use crate::expand::quote_pattern;
use crate::pattern::Pattern;

impl Compiler<'_> {
    pub(super) fn words(&self, words: &[tree::Word]) -> Box<[Word]> {
        words
            .iter()
            .flat_map(|word| self.brace_words(word))
            .collect()
    }

    /// A word in which braces are expanded.
    pub(super) fn brace_words(&self, word: &tree::Word) -> Vec<Word> {
        let mut pieces = self.pieces(&word.parts);
        self.tilde(&mut pieces, false);
        if !brace::may_expand(&pieces) {
            return vec![finish(pieces)];
        }
        match brace::expand(self, word) {
            Some(words) => words.into_iter().map(finish).collect(),
            None => vec![Word::Pieces(Box::new([Piece::Unsupported(
                "a brace expansion with too many words",
            )]))],
        }
    }

    /// A word without braces.
    pub(super) fn word(&self, word: &tree::Word) -> Word {
        let mut pieces = self.pieces(&word.parts);
        self.tilde(&mut pieces, false);
        finish(pieces)
    }

    /// The value of an assignment.
    pub(super) fn assigned(&self, word: &tree::Word) -> Word {
        let mut pieces = self.pieces(&word.parts);
        self.tilde(&mut pieces, true);
        finish(pieces)
    }

    /// Tildes are left to bash.
    fn tilde(&self, pieces: &mut [Piece], assigned: bool) {
        let first =
            matches!(pieces.first(), Some(Piece::Text(text)) if text.text.first() == Some(&b'~'));
        let later = assigned
            && pieces.iter().any(
                |piece| matches!(piece, Piece::Text(text) if memchr::memmem::find(&text.text, b":~").is_some()),
            );
        if (first || later)
            && let Some(piece) = pieces.first_mut()
        {
            *piece = Piece::Unsupported("a tilde");
        }
    }

    pub(super) fn pattern(&self, word: &tree::Word) -> PatternWord {
        let word = self.word(word);
        let fixed = fixed_pattern(&word).and_then(|text| {
            let plain = Pattern::parse(&text, false).ok()?;
            let extended = Pattern::parse(&text, true).ok()?;
            Some(Box::new([plain, extended]))
        });
        PatternWord { word, fixed }
    }

    /// The right side of `=~`.
    pub(super) fn regex(&self, word: &tree::Word) -> Word {
        // Some escapes have a meaning of their own there.
        let special = word.parts.iter().any(|part| {
            matches!(part, Part::Escaped(span)
                if self.of(*span).iter().any(|byte| byte.is_ascii_alphanumeric() || b"<>`'".contains(byte)))
        });
        if special {
            return Word::Pieces(Box::new([Piece::Unsupported(
                "an escape in a regular expression",
            )]));
        }
        let mut pieces = self.pieces(&word.parts);
        self.tilde(&mut pieces, false);
        Word::Pieces(pieces.into_boxed_slice())
    }

    /// Text that is as in double quotes: arithmetic.
    pub(super) fn quoted_text(&self, parts: &[Part]) -> Word {
        let mut pieces = Vec::new();
        self.double(parts, &mut pieces);
        finish(pieces)
    }

    pub(super) fn heredoc(&self, heredoc: &tree::Heredoc) -> Word {
        self.quoted_text(&heredoc.parts)
    }

    fn pieces(&self, parts: &[Part]) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            self.piece(part, &mut pieces);
        }
        pieces
    }

    /// What an unquoted part becomes.
    pub(super) fn piece(&self, part: &Part, pieces: &mut Vec<Piece>) {
        match part {
            Part::Text(span) => push_text(pieces, self.of(*span), *span),
            Part::Escaped(span) | Part::Single(span) => self.push_quoted(pieces, *span),
            Part::Ansi(span) => match ansi(self.of(*span)) {
                Some(text) => self.push_quoted_as(pieces, &text, start(*span)),
                None => pieces.push(Piece::Unsupported("an escape of $'…' above ASCII")),
            },
            Part::Double(parts) => {
                let before = pieces.len();
                self.double(parts, pieces);
                let list_alone =
                    matches!(parts[..], [Part::Parameter(ref parameter)] if is_list(parameter));
                let has_text = pieces
                    .get(before..)
                    .unwrap_or_default()
                    .iter()
                    .any(|piece| matches!(piece, Piece::Quoted(_)));
                if !has_text && !list_alone {
                    self.push_quoted_as(pieces, b"", 0);
                }
            }
            _ => self.expansion(part, false, pieces),
        }
    }

    /// Parts inside double quotes.
    fn double(&self, parts: &[Part], pieces: &mut Vec<Piece>) {
        for part in parts {
            match part {
                Part::Text(span) | Part::Escaped(span) | Part::Single(span) => {
                    self.push_quoted(pieces, *span);
                }
                Part::Ansi(span) => match ansi(self.of(*span)) {
                    Some(text) => self.push_quoted_as(pieces, &text, start(*span)),
                    None => pieces.push(Piece::Unsupported("an escape of $'…' above ASCII")),
                },
                Part::Double(parts) => self.double(parts, pieces),
                _ => self.expansion(part, true, pieces),
            }
        }
    }

    fn push_quoted(&self, pieces: &mut Vec<Piece>, span: Span) {
        self.push_quoted_as(pieces, self.of(span), start(span));
    }

    /// Quoted text that stands side by side becomes one piece, unless a line of the file ends between its parts: lines are counted
    /// in the piece.
    fn push_quoted_as(&self, pieces: &mut Vec<Piece>, text: &[u8], at: u32) {
        if let Some(Piece::Quoted(last)) = pieces.last_mut() {
            if text.is_empty() {
                return;
            }
            let end = (last.at as usize).saturating_add(last.text.len());
            let between = self.text.get(end..at as usize).unwrap_or_default();
            if last.text.is_empty() || memchr::memchr(b'\n', between).is_none() {
                if last.text.is_empty() {
                    last.at = at;
                }
                let mut joined = std::mem::take(&mut last.text).into_vec();
                joined.extend_from_slice(text);
                last.text = joined.into_boxed_slice();
                return;
            }
        }
        pieces.push(Piece::Quoted(Literal {
            text: text.into(),
            at,
        }));
    }

    fn expansion(&self, part: &Part, quoted: bool, pieces: &mut Vec<Piece>) {
        pieces.push(match part {
            Part::Parameter(parameter) => self.parameter(parameter, quoted),
            // bash prints the commands again before it runs them, and loses semicolons after a here-document (up to 5.3).
            Part::Command(list) if self.goes_on_after_heredoc(list) => {
                Piece::Unsupported("commands after a here-document in a command substitution")
            }
            Part::Command(list) => Piece::Command(Arc::new(self.block(list)), quoted),
            Part::Arithmetic(parts) => Piece::Arithmetic(Box::new(self.quoted_text(parts)), quoted),
            Part::Process { .. } => Piece::Unsupported("a process substitution"),
            Part::Opaque(_) => Piece::Unsupported("backquotes with escapes, or ${ …; }"),
            Part::Text(_)
            | Part::Escaped(_)
            | Part::Single(_)
            | Part::Ansi(_)
            | Part::Double(_) => return,
        });
    }

    /// Whether a command of the list ends behind the text of a here-document that belongs to it.
    fn goes_on_after_heredoc(&self, list: &tree::List) -> bool {
        let spans = || {
            let pipelines = list.items.iter().flat_map(|item| {
                std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline))
            });
            pipelines.flat_map(|pipeline| pipeline.commands.iter().map(|command| command.span))
        };
        let start = spans().map(|span| span.start()).min().unwrap_or(usize::MAX);
        let end = spans().map(|span| span.end()).max().unwrap_or_default();
        self.heredocs
            .iter()
            .any(|heredoc| start < heredoc.span.start() && heredoc.span.start() < end)
    }

    fn parameter(&self, parameter: &tree::Parameter, quoted: bool) -> Piece {
        let subject = match &parameter.subject {
            tree::Subject::Name(span) => {
                if !parameter.indirect && matches!(parameter.operation, tree::Operation::Value) {
                    return Piece::Variable(self.name(*span), quoted);
                }
                Subject::Variable(self.name(*span))
            }
            tree::Subject::Positional(number) => Subject::Positional(*number),
            tree::Subject::Special(byte) => Subject::Special(*byte),
            tree::Subject::Element(name, subscript) => {
                Subject::Element(self.name(*name), self.word(subscript))
            }
            tree::Subject::All(name) => Subject::All(self.name(*name)),
            tree::Subject::Joined(name) => Subject::Joined(self.name(*name)),
        };
        let operation = match (&subject, &parameter.operation) {
            (_, tree::Operation::Value | tree::Operation::Length) => {
                self.operation(&parameter.operation, quoted)
            }
            // What stands after `${#` is not always what it seems to be.
            (Subject::Special(b'#'), _) => Operation::Unsupported("an operation on $#"),
            _ => self.operation(&parameter.operation, quoted),
        };
        Piece::Parameter(
            Box::new(Parameter {
                subject,
                indirect: parameter.indirect,
                operation,
            }),
            quoted,
        )
    }

    fn operation(&self, operation: &tree::Operation, quoted: bool) -> Operation {
        match operation {
            tree::Operation::Value => Operation::Value,
            tree::Operation::Length => Operation::Length,
            tree::Operation::Names(at) => Operation::Names(*at),
            tree::Operation::Keys(at) => Operation::Keys(*at),
            tree::Operation::Default {
                operator,
                colon,
                word,
            } => Operation::Default {
                operator: *operator,
                colon: *colon,
                word: if quoted {
                    self.quoted_operand(word)
                } else {
                    let mut pieces = self.pieces(&word.parts);
                    self.tilde(&mut pieces, false);
                    // Not as a literal: its text is split.
                    Word::Pieces(pieces.into_boxed_slice())
                },
            },
            tree::Operation::Trim {
                side,
                longest,
                pattern,
            } => Operation::Trim {
                prefix: *side == b'#',
                longest: *longest,
                pattern: self.pattern(pattern),
            },
            tree::Operation::Substring { offset, length } => Operation::Substring(
                self.quoted_text(offset),
                length.as_ref().map(|length| self.quoted_text(length)),
            ),
            tree::Operation::Replace {
                pattern,
                replacement,
            } => Operation::Replace(
                PatternWord {
                    word: {
                        let mut pieces = self.pieces(&pattern.parts);
                        self.tilde(&mut pieces, false);
                        // Not as a literal: `#` and `%` at its beginning are special unless they are quoted.
                        Word::Pieces(pieces.into_boxed_slice())
                    },
                    fixed: None,
                },
                replacement.as_ref().map(|word| Replacement {
                    has_quotes: self
                        .of(word.span)
                        .iter()
                        .any(|byte| matches!(byte, b'\'' | b'"' | b'\\')),
                    word: self.word(word),
                }),
            ),
            tree::Operation::Case { operator: b'~', .. } => Operation::Unsupported("${…~}"),
            tree::Operation::Case {
                operator,
                all,
                pattern,
            } => Operation::Case {
                upper: *operator == b'^',
                all: *all,
                pattern: self.pattern(pattern),
            },
            tree::Operation::Transform(letter) => Operation::Transform(*letter),
            tree::Operation::Bad => Operation::Unsupported("an expansion that bash refuses"),
        }
    }

    /// The word of `"${x:-word}"`.
    fn quoted_operand(&self, word: &tree::Word) -> Word {
        // bash decodes it there, and what it has decoded is read as if it stood inside the quotes.
        if memchr::memmem::find(self.of(word.span), b"$'").is_some() {
            return Word::Pieces(Box::new([Piece::Unsupported(
                "$'…' in an operand inside quotes",
            )]));
        }
        self.quoted_text(&word.parts)
    }
}

/// `$'…'` decoded, if the locale makes no difference to it.
fn ansi(raw: &[u8]) -> Option<Vec<u8>> {
    let wide = raw
        .windows(2)
        .any(|pair| matches!(pair, [b'\\', b'u' | b'U']));
    (!wide).then(|| unquote::ansi_c(raw).into_owned())
}

/// Whether an expansion may yield no word at all inside double quotes.
fn is_list(parameter: &tree::Parameter) -> bool {
    let all = matches!(
        parameter.subject,
        tree::Subject::Special(b'@') | tree::Subject::All(_)
    );
    parameter.indirect
        || matches!(
            parameter.operation,
            tree::Operation::Names(true) | tree::Operation::Keys(true)
        )
        || (all && !matches!(parameter.operation, tree::Operation::Length))
}

fn push_text(pieces: &mut Vec<Piece>, text: &[u8], span: Span) {
    if !text.is_empty() {
        pieces.push(Piece::Text(Literal {
            text: text.into(),
            at: start(span),
        }));
    }
}

fn start(span: Span) -> u32 {
    u32::try_from(span.start()).unwrap_or(u32::MAX)
}

/// A word without anything to expand is kept as its text.
pub(super) fn finish(pieces: Vec<Piece>) -> Word {
    match &pieces[..] {
        [Piece::Quoted(text)] => return Word::Literal(text.clone()),
        [Piece::Text(text)]
            if !text
                .text
                .iter()
                .any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'(' | b'\\')) =>
        {
            return Word::Literal(text.clone());
        }
        _ => {}
    }
    Word::Pieces(pieces.into_boxed_slice())
}

/// The pattern of a word that has nothing to expand.
fn fixed_pattern(word: &Word) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    match word {
        Word::Literal(literal) => quote_pattern(&literal.text, &mut text),
        Word::Pieces(pieces) => {
            for piece in pieces {
                match piece {
                    Piece::Text(literal) => text.extend_from_slice(&literal.text),
                    Piece::Quoted(literal) => quote_pattern(&literal.text, &mut text),
                    _ => return None,
                }
            }
        }
    }
    Some(text)
}
