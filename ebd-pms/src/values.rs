//! The values that are not expressions: SLOT, IUSE, KEYWORDS, HOMEPAGE, DEFINED_PHASES, INHERITED.

use std::fmt;

use crate::eapi::Eapi;
use crate::expr_parse::{Token, Tokens};
use crate::feature::Feature;
use crate::names::{self, NameKind, NameProblem};
use crate::phase::{Phase, PhaseSet};

/// The value of SLOT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The slot.
    pub slot: String,
    /// The sub-slot, if one is written.
    pub subslot: Option<String>,
}

/// A flag of IUSE.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IuseFlag {
    /// The flag.
    pub flag: String,
    /// `+` is true, `-` is false.
    pub default: Option<bool>,
}

/// An entry of KEYWORDS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Keyword {
    /// `amd64`
    Stable(String),
    /// `~amd64`
    Testing(String),
    /// `-amd64`
    Broken(String),
    /// `-*`
    AllBroken,
}

/// Why a value is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {token:?}: {reason}")]
pub struct ValueError {
    /// Where the problem is in the value, in bytes.
    pub offset: usize,
    /// The token that has the problem.
    pub token: String,
    /// What is wrong with it.
    pub reason: ValueProblem,
}

/// What is wrong with a token of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueProblem {
    /// A name is invalid.
    #[error("invalid {0}: {1}")]
    Name(NameKind, NameProblem),
    /// Something that the EAPI does not have.
    #[error("{what} are not available in EAPI {eapi}")]
    NotInEapi {
        /// In the plural: what is not available.
        what: &'static str,
        /// The EAPI.
        eapi: Eapi,
    },
    /// Not a phase of this EAPI.
    #[error("EAPI {0} has no such phase")]
    Phase(Eapi),
    /// `-` together with phases.
    #[error("'-' stands for no phases and must be alone")]
    NoPhases,
    /// Dependency syntax, or something else, where only a list of URIs is allowed.
    #[error("expected a URI such as https://host/path")]
    Uri,
}

fn fail(token: Token<'_>, offset: usize, reason: ValueProblem) -> ValueError {
    ValueError {
        offset: token.offset.saturating_add(offset),
        token: token.text.to_owned(),
        reason,
    }
}

fn name(token: Token<'_>, kind: NameKind, text: &str) -> Result<(), ValueError> {
    match names::problem(kind, text) {
        None => Ok(()),
        Some((offset, problem)) => {
            // `text` is the end of the token.
            let base = token.text.len().saturating_sub(text.len());
            Err(fail(
                token,
                base.saturating_add(offset),
                ValueProblem::Name(kind, problem),
            ))
        }
    }
}

impl Slot {
    /// Parses a value of SLOT.
    ///
    /// # Errors
    /// When a name is invalid, or the EAPI has no sub-slots.
    pub fn parse(text: &str, eapi: Eapi) -> Result<Self, ValueError> {
        check_slot(text, eapi)?;
        Ok(match text.split_once('/') {
            None => Self {
                slot: text.to_owned(),
                subslot: None,
            },
            Some((slot, subslot)) => Self {
                slot: slot.to_owned(),
                subslot: Some(subslot.to_owned()),
            },
        })
    }
}

pub(crate) fn check_slot(text: &str, eapi: Eapi) -> Result<(), ValueError> {
    let token = Token { text, offset: 0 };
    let problem = |kind_offset: usize, part: &str| match names::problem(NameKind::Slot, part) {
        None => Ok(()),
        Some((offset, problem)) => Err(fail(
            token,
            kind_offset.saturating_add(offset),
            ValueProblem::Name(NameKind::Slot, problem),
        )),
    };
    let Some((slot, subslot)) = text.split_once('/') else {
        return problem(0, text);
    };
    problem(0, slot)?;
    if !eapi.has(Feature::SubSlots) {
        return Err(fail(
            token,
            slot.len(),
            ValueProblem::NotInEapi {
                what: "sub-slots",
                eapi,
            },
        ));
    }
    problem(slot.len().saturating_add(1), subslot)
}

fn iuse_flag(token: Token<'_>, eapi: Eapi) -> Result<(&str, Option<bool>), ValueError> {
    let (flag, default) = match token.text.as_bytes().first() {
        Some(b'+') => (token.text.get(1..).unwrap_or_default(), Some(true)),
        Some(b'-') => (token.text.get(1..).unwrap_or_default(), Some(false)),
        _ => (token.text, None),
    };
    if default.is_some() && !eapi.has(Feature::IuseDefaults) {
        return Err(fail(
            token,
            0,
            ValueProblem::NotInEapi {
                what: "IUSE defaults",
                eapi,
            },
        ));
    }
    name(token, NameKind::UseFlag, flag)?;
    Ok((flag, default))
}

/// Parses a value of IUSE.
///
/// # Errors
/// When a flag is invalid, or the EAPI has no defaults.
pub fn parse_iuse(text: &str, eapi: Eapi) -> Result<Vec<IuseFlag>, ValueError> {
    let flag = |token| {
        iuse_flag(token, eapi).map(|(flag, default)| IuseFlag {
            flag: flag.to_owned(),
            default,
        })
    };
    Tokens::new(text).map(flag).collect()
}

pub(crate) fn check_iuse(text: &str, eapi: Eapi) -> Result<(), ValueError> {
    Tokens::new(text).try_for_each(|token| iuse_flag(token, eapi).map(|_| ()))
}

/// Parses a value of KEYWORDS.
///
/// # Errors
/// When an entry is invalid.
pub fn parse_keywords(text: &str) -> Result<Vec<Keyword>, ValueError> {
    let keyword = |token: Token<'_>| {
        check_keyword(token)?;
        let rest = || token.text.get(1..).unwrap_or_default().to_owned();
        Ok(match token.text.as_bytes().first() {
            _ if token.text == "-*" => Keyword::AllBroken,
            Some(b'-') => Keyword::Broken(rest()),
            Some(b'~') => Keyword::Testing(rest()),
            _ => Keyword::Stable(token.text.to_owned()),
        })
    };
    Tokens::new(text).map(keyword).collect()
}

fn check_keyword(token: Token<'_>) -> Result<(), ValueError> {
    if token.text == "-*" {
        return Ok(());
    }
    name(
        token,
        NameKind::Keyword,
        token.text.strip_prefix(['~', '-']).unwrap_or(token.text),
    )
}

pub(crate) fn check_keywords(text: &str) -> Result<(), ValueError> {
    Tokens::new(text).try_for_each(check_keyword)
}

/// The URIs of a value of HOMEPAGE.
///
/// # Errors
/// When an item is not a URI; groups and conditionals are not allowed here.
pub fn parse_homepage(text: &str) -> Result<Vec<&str>, ValueError> {
    check_homepage(text)?;
    Ok(Tokens::new(text).map(|token| token.text).collect())
}

pub(crate) fn check_homepage(text: &str) -> Result<(), ValueError> {
    Tokens::new(text).try_for_each(|token| match token.text.split_once(':') {
        Some((scheme, rest))
            if !rest.is_empty()
                && scheme
                    .bytes()
                    .next()
                    .is_some_and(|byte| byte.is_ascii_alphabetic())
                && scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) =>
        {
            Ok(())
        }
        _ => Err(fail(token, 0, ValueProblem::Uri)),
    })
}

/// Parses a value of DEFINED_PHASES. `None` means that the phases are not known: the value is empty.
///
/// # Errors
/// When a phase is not one of the EAPI.
pub fn parse_defined_phases(text: &str, eapi: Eapi) -> Result<Option<PhaseSet>, ValueError> {
    let mut set = None;
    let mut none_at: Option<Token<'_>> = None;
    for token in Tokens::new(text) {
        let before: PhaseSet = set.unwrap_or(PhaseSet::NONE);
        set = Some(if token.text == "-" {
            none_at = Some(token);
            before
        } else {
            let phase = Phase::from_name(token.text).filter(|phase| phase.eapis().contains(eapi));
            before.with(phase.ok_or_else(|| fail(token, 0, ValueProblem::Phase(eapi)))?)
        });
        if let Some(token) = none_at
            && set.is_some_and(|set| !set.is_empty())
        {
            return Err(fail(token, 0, ValueProblem::NoPhases));
        }
    }
    Ok(set)
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.slot)?;
        match &self.subslot {
            Some(subslot) => write!(f, "/{subslot}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for IuseFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.default {
            None => "",
            Some(true) => "+",
            Some(false) => "-",
        })?;
        f.write_str(&self.flag)
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stable(name) => f.write_str(name),
            Self::Testing(name) => write!(f, "~{name}"),
            Self::Broken(name) => write!(f, "-{name}"),
            Self::AllBroken => f.write_str("-*"),
        }
    }
}
