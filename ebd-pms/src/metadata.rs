//! Checking the metadata of an ebuild as it is about to be stored.

use crate::atom::Atom;
use crate::eapi::Eapi;
use crate::expr_parse::{self, ExprError};
use crate::key::Key;
use crate::leaf::{License, UseFlagTest, Word};
use crate::uri::SrcUri;
use crate::values::{self, ValueError};

/// Why the metadata of an ebuild is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {problem}")]
pub struct MetadataError {
    /// The value with the problem.
    pub key: Key,
    /// The problem.
    pub problem: MetadataProblem,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataProblem {
    /// The value has to be there and is empty.
    #[error("is empty, but every ebuild must set it")]
    Missing,
    /// A line break or a NUL, which caches cannot store.
    #[error("at byte {0}: a line break or NUL cannot be stored")]
    Line(usize),
    /// An expression is invalid.
    #[error(transparent)]
    Expr(#[from] ExprError),
    /// Another value is invalid.
    #[error(transparent)]
    Value(#[from] ValueError),
}

impl MetadataProblem {
    /// Where in the value the problem is, in bytes.
    #[must_use]
    pub const fn offset(&self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Line(offset) => *offset,
            Self::Expr(error) => error.offset,
            Self::Value(error) => error.offset,
        }
    }

    /// The token that has the problem, if it is one.
    #[must_use]
    pub const fn token(&self) -> &str {
        match self {
            Self::Missing | Self::Line(_) => "",
            Self::Expr(error) => error.token.as_str(),
            Self::Value(error) => error.token.as_str(),
        }
    }
}

/// Checks all values of an ebuild, given as they stand in a cache: single lines, empty if not set.
///
/// Values that are not metadata in the EAPI (BDEPEND in EAPI 6) are not looked at.
///
/// # Errors
/// The first problem, in the order of [`Key::ALL`].
pub fn check<'a>(eapi: Eapi, value: &dyn Fn(Key) -> &'a str) -> Result<(), MetadataError> {
    Key::of(eapi).try_for_each(|key| check_value(eapi, key, value(key)))
}

/// Checks one value.
///
/// # Errors
/// Says what is wrong, where, and with which token.
pub fn check_value(eapi: Eapi, key: Key, value: &str) -> Result<(), MetadataError> {
    let fail = |problem| Err(MetadataError { key, problem });
    if value.trim_ascii().is_empty() {
        return if key.mandatory().contains(eapi) {
            fail(MetadataProblem::Missing)
        } else {
            Ok(())
        };
    }
    if let Some(offset) = value
        .bytes()
        .position(|byte| matches!(byte, b'\n' | b'\r' | 0))
    {
        return fail(MetadataProblem::Line(offset));
    }
    let result: Result<(), MetadataProblem> = match key {
        Key::Depend | Key::Rdepend | Key::Pdepend | Key::Bdepend | Key::Idepend => {
            expr_parse::check::<Atom>(value, eapi).map_err(Into::into)
        }
        Key::SrcUri => expr_parse::check::<SrcUri>(value, eapi).map_err(Into::into),
        Key::License => expr_parse::check::<License>(value, eapi).map_err(Into::into),
        Key::RequiredUse => expr_parse::check::<UseFlagTest>(value, eapi).map_err(Into::into),
        Key::Restrict | Key::Properties => {
            expr_parse::check::<Word>(value, eapi).map_err(Into::into)
        }
        Key::Slot => values::check_slot(value, eapi).map_err(Into::into),
        Key::Iuse => values::check_iuse(value, eapi).map_err(Into::into),
        Key::Keywords => values::check_keywords(value).map_err(Into::into),
        Key::Homepage => values::check_homepage(value).map_err(Into::into),
        Key::DefinedPhases => values::parse_defined_phases(value, eapi)
            .map(|_| ())
            .map_err(Into::into),
        Key::Description | Key::Eapi | Key::Inherit => Ok(()),
    };
    result.or_else(fail)
}
