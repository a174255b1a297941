//! The items of dependency expressions: what may stand where, by variable.

use std::fmt;

use crate::atom::Atom;
use crate::atom::parse::{self, AtomOptions};
use crate::eapi::Eapi;
use crate::expr_parse::{ExprError, ExprProblem, Groups, Token, Tokens};
use crate::names::{self, NameKind};
use crate::uri::{self, SrcUri};

/// An item of a dependency expression. Implemented for the items of the specification.
pub trait Leaf: Sized + sealed::Sealed {
    /// The groups that the value may have.
    const GROUPS: Groups;

    /// Reads the item that begins with a token; takes more tokens if it has more.
    ///
    /// # Errors
    /// When the token is not such an item.
    fn read<'a>(token: Token<'a>, tokens: &mut Tokens<'a>, eapi: Eapi) -> Result<Self, ExprError>;

    /// Does the same without making the item.
    ///
    /// # Errors
    /// When the token is not such an item.
    fn check<'a>(token: Token<'a>, tokens: &mut Tokens<'a>, eapi: Eapi) -> Result<(), ExprError> {
        Self::read(token, tokens, eapi).map(|_| ())
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Atom {}
    impl Sealed for super::License {}
    impl Sealed for super::UseFlagTest {}
    impl Sealed for super::SrcUri {}
    impl Sealed for super::Word {}
}

/// A licence in LICENSE.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct License(
    /// Its name.
    pub String,
);

/// An item of REQUIRED_USE: `flag` or `!flag`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UseFlagTest {
    /// The flag.
    pub flag: String,
    /// Whether the flag has to be disabled.
    pub negated: bool,
}

/// An item of RESTRICT or PROPERTIES.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Word(
    /// The word.
    pub String,
);

impl UseFlagTest {
    /// Whether the test holds.
    #[must_use]
    pub fn holds(&self, enabled: &dyn Fn(&str) -> bool) -> bool {
        enabled(&self.flag) != self.negated
    }
}

impl Leaf for Atom {
    const GROUPS: Groups = Groups {
        any_of: true,
        exactly_one: false,
    };

    fn read<'a>(token: Token<'a>, _: &mut Tokens<'a>, eapi: Eapi) -> Result<Self, ExprError> {
        match parse::scan(token.text, AtomOptions::ebuild(eapi)) {
            Ok(atom) => Ok(atom.to_owned()),
            Err((offset, problem)) => Err(token.error(offset, ExprProblem::Atom(problem))),
        }
    }

    fn check<'a>(token: Token<'a>, _: &mut Tokens<'a>, eapi: Eapi) -> Result<(), ExprError> {
        match parse::scan(token.text, AtomOptions::ebuild(eapi)) {
            Ok(_) => Ok(()),
            Err((offset, problem)) => Err(token.error(offset, ExprProblem::Atom(problem))),
        }
    }
}

impl Leaf for License {
    const GROUPS: Groups = Groups {
        any_of: true,
        exactly_one: false,
    };

    fn read<'a>(token: Token<'a>, tokens: &mut Tokens<'a>, eapi: Eapi) -> Result<Self, ExprError> {
        Self::check(token, tokens, eapi).map(|()| Self(token.text.to_owned()))
    }

    fn check<'a>(token: Token<'a>, _: &mut Tokens<'a>, _: Eapi) -> Result<(), ExprError> {
        name(token, NameKind::License, token.text, 0)
    }
}

impl Leaf for UseFlagTest {
    const GROUPS: Groups = Groups {
        any_of: true,
        exactly_one: true,
    };

    fn read<'a>(token: Token<'a>, tokens: &mut Tokens<'a>, eapi: Eapi) -> Result<Self, ExprError> {
        Self::check(token, tokens, eapi)?;
        let flag = token.text.strip_prefix('!').unwrap_or(token.text);
        Ok(Self {
            flag: flag.to_owned(),
            negated: flag.len() < token.text.len(),
        })
    }

    fn check<'a>(token: Token<'a>, _: &mut Tokens<'a>, _: Eapi) -> Result<(), ExprError> {
        let flag = token.text.strip_prefix('!').unwrap_or(token.text);
        name(
            token,
            NameKind::UseFlag,
            flag,
            token.text.len().saturating_sub(flag.len()),
        )
    }
}

impl Leaf for SrcUri {
    const GROUPS: Groups = Groups {
        any_of: false,
        exactly_one: false,
    };

    fn read<'a>(token: Token<'a>, tokens: &mut Tokens<'a>, eapi: Eapi) -> Result<Self, ExprError> {
        uri::read(token, tokens, eapi).map(|uri| uri.to_owned())
    }

    fn check<'a>(token: Token<'a>, tokens: &mut Tokens<'a>, eapi: Eapi) -> Result<(), ExprError> {
        uri::read(token, tokens, eapi).map(|_| ())
    }
}

impl Leaf for Word {
    const GROUPS: Groups = Groups {
        any_of: false,
        exactly_one: false,
    };

    fn read<'a>(token: Token<'a>, tokens: &mut Tokens<'a>, eapi: Eapi) -> Result<Self, ExprError> {
        Self::check(token, tokens, eapi).map(|()| Self(token.text.to_owned()))
    }

    fn check<'a>(token: Token<'a>, _: &mut Tokens<'a>, _: Eapi) -> Result<(), ExprError> {
        let bad = |c: char| matches!(c, '(' | ')' | '|' | '^' | '?' | '!') || c.is_control();
        match token.text.char_indices().find(|(_, c)| bad(*c)) {
            Some((offset, character)) => {
                Err(token.error(offset, ExprProblem::Character(character)))
            }
            None => Ok(()),
        }
    }
}

fn name(token: Token<'_>, kind: NameKind, text: &str, base: usize) -> Result<(), ExprError> {
    match names::problem(kind, text) {
        None => Ok(()),
        Some((offset, problem)) => Err(token.error(
            base.saturating_add(offset),
            ExprProblem::Name(kind, problem),
        )),
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for UseFlagTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.negated { "!" } else { "" })?;
        f.write_str(&self.flag)
    }
}
