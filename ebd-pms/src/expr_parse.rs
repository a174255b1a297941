//! One pass over the tokens of a dependency expression, with or without building a tree.

use crate::atom::AtomProblem;
use crate::eapi::Eapi;
use crate::expr::{Expr, Expression};
use crate::feature::Feature;
use crate::leaf::Leaf;
use crate::names::{self, NameKind, NameProblem};
use crate::uri::UriProblem;

/// How deeply groups may be nested. The deepest value in Gentoo has fewer than ten levels.
pub const MAX_DEPTH: usize = 128;

/// Why a value is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {token:?}: {reason}")]
pub struct ExprError {
    /// Where the problem is in the value, in bytes.
    pub offset: usize,
    /// The token that has the problem; empty at the end of the value.
    pub token: String,
    /// What is wrong with it.
    pub reason: ExprProblem,
}

/// What is wrong with a token of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExprProblem {
    /// A `)` without a `(`.
    #[error("no group is open here")]
    Unopened,
    /// The value ends inside of a group.
    #[error("expected ')', the group opened at byte {opened} is not closed")]
    Unclosed {
        /// Where its `(` is.
        opened: usize,
    },
    /// `( )`
    #[error("expected at least one item before ')'")]
    EmptyGroup,
    /// No `(` after an operator or a conditional.
    #[error("expected '(' after the operator or conditional at byte {operator}")]
    NoGroup {
        /// Where the operator is.
        operator: usize,
    },
    /// Tokens that stick together.
    #[error("expected whitespace around {0:?}")]
    Whitespace(&'static str),
    /// An operator that this value does not have.
    #[error("this group is not allowed in this value")]
    Group,
    /// Something that the EAPI does not have.
    #[error("{what} are not available in EAPI {eapi}")]
    NotInEapi {
        /// In the plural: what is not available.
        what: &'static str,
        /// The EAPI.
        eapi: Eapi,
    },
    /// Too many levels of groups.
    #[error("groups are nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// A name is invalid.
    #[error("invalid {0}: {1}")]
    Name(NameKind, NameProblem),
    /// A package dependency is invalid.
    #[error("invalid dependency: {0}")]
    Atom(AtomProblem),
    /// A URI is invalid.
    #[error("invalid URI: {0}")]
    Uri(UriProblem),
    /// A character that an item must not have.
    #[error("{0:?} is not allowed in an item")]
    Character(char),
}

/// The groups that a value may have besides all-of and USE conditionals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Groups {
    /// `||`
    pub any_of: bool,
    /// `^^`, and `??` where the EAPI has it.
    pub exactly_one: bool,
}

/// A token and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// The text.
    pub text: &'a str,
    /// Its first byte in the value.
    pub offset: usize,
}

/// The tokens of a value: what stands between ASCII whitespace.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Tokens<'a> {
    /// The tokens of a text.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// The next token, without taking it.
    #[must_use]
    pub fn peek(&self) -> Option<Token<'a>> {
        self.clone().next()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.as_bytes().get(self.position..)?;
        let start = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let rest = rest.get(start..)?;
        let length = rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(rest.len());
        let offset = self.position.saturating_add(start);
        self.position = offset.saturating_add(length);
        Some(Token {
            text: self.text.get(offset..self.position)?,
            offset,
        })
    }
}

impl Token<'_> {
    /// An error about this token, `offset` bytes into it.
    pub(crate) fn error(self, offset: usize, reason: ExprProblem) -> ExprError {
        ExprError {
            offset: self.offset.saturating_add(offset),
            token: self.text.to_owned(),
            reason,
        }
    }
}

/// What begins a group.
#[derive(Debug, Clone, Copy)]
enum Opener<'a> {
    AllOf,
    AnyOf,
    ExactlyOne,
    AtMostOne,
    When { flag: &'a str, negated: bool },
}

/// Takes what the parser finds.
trait Sink<'a, T> {
    fn open(&mut self, opener: Opener<'a>);
    fn leaf(&mut self, leaf: T);
    fn close(&mut self);
}

/// Only checks.
struct Check;

impl<'a, T> Sink<'a, T> for Check {
    fn open(&mut self, _: Opener<'a>) {}
    fn leaf(&mut self, _: T) {}
    fn close(&mut self) {}
}

struct Build<'a, T> {
    /// The open groups, each with the items that stand before it in the enclosing one.
    open: Vec<(Opener<'a>, Vec<Expr<T>>)>,
    items: Vec<Expr<T>>,
}

impl<'a, T> Sink<'a, T> for Build<'a, T> {
    fn open(&mut self, opener: Opener<'a>) {
        self.open.push((opener, std::mem::take(&mut self.items)));
    }

    fn leaf(&mut self, leaf: T) {
        self.items.push(Expr::Leaf(leaf));
    }

    fn close(&mut self) {
        let Some((opener, before)) = self.open.pop() else {
            return;
        };
        let items = std::mem::replace(&mut self.items, before);
        self.items.push(match opener {
            Opener::AllOf => Expr::AllOf(items),
            Opener::AnyOf => Expr::AnyOf(items),
            Opener::ExactlyOne => Expr::ExactlyOne(items),
            Opener::AtMostOne => Expr::AtMostOne(items),
            Opener::When { flag, negated } => Expr::When {
                flag: flag.to_owned(),
                negated,
                items,
            },
        });
    }
}

/// Parses a value into a tree.
pub(crate) fn parse<T: Leaf>(text: &str, eapi: Eapi) -> Result<Expression<T>, ExprError> {
    let mut build = Build {
        open: Vec::new(),
        items: Vec::new(),
    };
    walk(
        text,
        eapi,
        T::GROUPS,
        |token, tokens| T::read(token, tokens, eapi),
        &mut build,
    )?;
    Ok(Expression { items: build.items })
}

/// Checks a value without building anything.
pub(crate) fn check<T: Leaf>(text: &str, eapi: Eapi) -> Result<(), ExprError> {
    walk(
        text,
        eapi,
        T::GROUPS,
        |token, tokens| T::check(token, tokens, eapi),
        &mut Check,
    )
}

fn walk<'a, T>(
    text: &'a str,
    eapi: Eapi,
    groups: Groups,
    mut read: impl FnMut(Token<'a>, &mut Tokens<'a>) -> Result<T, ExprError>,
    sink: &mut impl Sink<'a, T>,
) -> Result<(), ExprError> {
    let mut tokens = Tokens::new(text);
    // The open groups: where each begins.
    let mut open: Vec<usize> = Vec::new();
    let mut operator: Option<(Opener<'a>, usize)> = None;
    let mut group_is_empty = false;
    while let Some(token) = tokens.next() {
        if token.text == "(" {
            if open.len() >= MAX_DEPTH {
                return Err(token.error(0, ExprProblem::TooDeep));
            }
            open.push(token.offset);
            sink.open(operator.take().map_or(Opener::AllOf, |(opener, _)| opener));
            group_is_empty = true;
            continue;
        }
        if let Some((_, offset)) = operator {
            let reason = if token.text.starts_with('(') {
                ExprProblem::Whitespace("(")
            } else {
                ExprProblem::NoGroup { operator: offset }
            };
            return Err(token.error(0, reason));
        }
        if token.text == ")" {
            if open.pop().is_none() {
                return Err(token.error(0, ExprProblem::Unopened));
            }
            if group_is_empty {
                return Err(token.error(0, ExprProblem::EmptyGroup));
            }
            sink.close();
            continue;
        }
        group_is_empty = false;
        if let Some(opener) = opener(token, eapi, groups)? {
            operator = Some((opener, token.offset));
        } else {
            sink.leaf(read(token, &mut tokens).map_err(|error| stuck_together(token, error))?);
        }
    }
    let end = |reason| ExprError {
        offset: text.len(),
        token: String::new(),
        reason,
    };
    if let Some((_, operator)) = operator {
        return Err(end(ExprProblem::NoGroup { operator }));
    }
    match open.last() {
        Some(&opened) => Err(end(ExprProblem::Unclosed { opened })),
        None => Ok(()),
    }
}

/// The operator or conditional that a token is, if it is one.
fn opener<'a>(
    token: Token<'a>,
    eapi: Eapi,
    groups: Groups,
) -> Result<Option<Opener<'a>>, ExprError> {
    let group = |allowed: bool, opener: Opener<'a>| {
        if allowed {
            Ok(Some(opener))
        } else {
            Err(token.error(0, ExprProblem::Group))
        }
    };
    match token.text {
        "||" => return group(groups.any_of, Opener::AnyOf),
        "^^" => return group(groups.exactly_one, Opener::ExactlyOne),
        "??" => {
            if groups.exactly_one && !eapi.has(Feature::AtMostOneOf) {
                return Err(token.error(
                    0,
                    ExprProblem::NotInEapi {
                        what: "?? groups",
                        eapi,
                    },
                ));
            }
            return group(groups.exactly_one, Opener::AtMostOne);
        }
        _ => {}
    }
    let Some(condition) = token.text.strip_suffix('?') else {
        return Ok(None);
    };
    let (flag, negated) = match condition.strip_prefix('!') {
        Some(flag) => (flag, true),
        None => (condition, false),
    };
    match names::problem(NameKind::UseFlag, flag) {
        None => Ok(Some(Opener::When { flag, negated })),
        Some((offset, problem)) => {
            let offset = offset.saturating_add(usize::from(negated));
            let error = token.error(offset, ExprProblem::Name(NameKind::UseFlag, problem));
            Err(stuck_together(token, error))
        }
    }
}

/// Turns an error about a strange item into the likely cause: whitespace that is missing.
fn stuck_together(token: Token<'_>, error: ExprError) -> ExprError {
    let at = error.offset;
    for part in ["(", ")", "||", "^^", "??"] {
        if error.token == token.text && token.text.len() > part.len() {
            let found = if token.text.starts_with(part) {
                Some(0)
            } else if token.text.ends_with(part) {
                Some(token.text.len().saturating_sub(part.len()))
            } else {
                None
            };
            if let Some(offset) = found {
                return token.error(offset, ExprProblem::Whitespace(part));
            }
        }
    }
    ExprError {
        offset: at,
        ..error
    }
}
