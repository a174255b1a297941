//! Package dependencies: `!!>=cat/pkg-1.2*:3/4=::repo[a,-b?]`.

pub(crate) mod parse;

use std::fmt;

use crate::cpv::Cpv;
use crate::eapi::Eapi;
use crate::names::{NameKind, NameProblem};
use crate::version::Version;

/// A package dependency. `Display` writes exactly the text it was parsed from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Atom {
    /// Whether the package must be absent, and how strictly.
    pub blocker: Option<Blocker>,
    /// The category.
    pub category: String,
    /// The name of the package.
    pub package: String,
    /// Which versions fit; all when `None`.
    pub version: Option<(Operator, Version)>,
    /// Which slots fit, and what a change of slot means.
    pub slot: Option<SlotDep>,
    /// The repository; only with [`AtomOptions::repository`](crate::AtomOptions::repository).
    pub repository: Option<String>,
    /// What the USE flags of the package must be.
    pub use_deps: Vec<UseDep>,
}

/// The strength of a blocker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blocker {
    /// `!`: may be installed for a while.
    Weak,
    /// `!!`: must never be installed at the same time.
    Strong,
}

/// How versions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=`
    Equal,
    /// `=` with `*` after the version: the first components are equal.
    EqualPrefix,
    /// `~`: equal but for the revision.
    EqualIgnoringRevision,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

/// The slot part of a dependency.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SlotDep {
    /// `:*`: any slot, and changing it later breaks nothing.
    Any,
    /// `:=`: any slot, and changing it means a rebuild.
    Rebuild,
    /// `:slot`, `:slot/sub`, `:slot=`, and in records of built packages `:slot/sub=`.
    Slot {
        /// The slot.
        slot: String,
        /// The sub-slot.
        subslot: Option<String>,
        /// Whether `=` follows.
        rebuild: bool,
    },
}

/// One USE requirement of a dependency.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UseDep {
    /// The flag.
    pub flag: String,
    /// What is required of it.
    pub kind: UseDepKind,
    /// What holds for a package that does not have the flag: `(+)` is true, `(-)` is false.
    pub default: Option<bool>,
}

/// The forms of USE requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UseDepKind {
    /// `[a]`
    Enabled,
    /// `[-a]`
    Disabled,
    /// `[a=]`: as in the package that depends.
    Equal,
    /// `[!a=]`: the opposite of what the package that depends has.
    Opposite,
    /// `[a?]`: enabled if the package that depends has it enabled.
    EnabledIf,
    /// `[!a?]`: disabled if the package that depends has it disabled.
    DisabledIf,
}

/// Why a text is not a package dependency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid dependency {atom:?} at byte {offset}: {reason}")]
pub struct AtomError {
    /// The text as given.
    pub atom: String,
    /// Where the problem is, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub reason: AtomProblem,
}

/// What is wrong with a package dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AtomProblem {
    /// There is no `/`.
    #[error("expected category/package, found no '/'")]
    NoCategory,
    /// A name is invalid.
    #[error("invalid {0}: {1}")]
    Name(NameKind, NameProblem),
    /// An operator without a version.
    #[error("the operator needs a valid version after the package name")]
    NoVersion,
    /// A version without an operator.
    #[error("a version needs an operator (such as = or >=) before the category")]
    NoOperator,
    /// `*` with another operator than `=`, or without one.
    #[error("'*' after the version works only with the operator =")]
    Asterisk,
    /// Something that the EAPI does not have.
    #[error("{what} are not available in EAPI {eapi}")]
    NotInEapi {
        /// In the plural: what is not available.
        what: &'static str,
        /// The EAPI.
        eapi: Eapi,
    },
    /// `:slot/sub=`, which only records of built packages have.
    #[error("a slot operator must not follow a sub-slot")]
    OperatorAfterSubSlot,
    /// Something after the slot that is neither a repository nor USE requirements.
    #[error("expected nothing but [...] after the slot")]
    AfterSlot,
    /// `::repo` where it is not allowed.
    #[error("a repository is not allowed here")]
    Repository,
    /// No `]`.
    #[error("expected ']' at the end")]
    Unclosed,
    /// Something after the `]`.
    #[error("expected nothing after ']'")]
    AfterUse,
    /// Prefix and suffix of a USE requirement do not go together.
    #[error("expected one of flag, -flag, flag=, !flag=, flag?, !flag?")]
    UseForm,
    /// A default that is neither `(+)` nor `(-)`.
    #[error("expected (+) or (-)")]
    UseDefault,
    /// One flag with different defaults.
    #[error("the flag occurs twice with different defaults")]
    UseConflict,
}

impl Atom {
    /// Whether a version fits. A blocker is not taken into account: it says what a fit means.
    #[must_use]
    pub fn matches_version(&self, version: &Version) -> bool {
        self.version
            .as_ref()
            .is_none_or(|(operator, wanted)| operator.matches(version, wanted))
    }

    /// Whether category, name and version fit.
    #[must_use]
    pub fn matches(&self, cpv: &Cpv) -> bool {
        self.category == cpv.category()
            && self.package == cpv.pn()
            && self.matches_version(cpv.version())
    }

    /// Whether a slot and sub-slot fit. A package without a sub-slot has one that is named like its slot.
    #[must_use]
    pub fn matches_slot(&self, slot: &str, subslot: &str) -> bool {
        match &self.slot {
            None | Some(SlotDep::Any | SlotDep::Rebuild) => true,
            Some(SlotDep::Slot {
                slot: wanted,
                subslot: wanted_sub,
                ..
            }) => wanted == slot && wanted_sub.as_ref().is_none_or(|wanted| wanted == subslot),
        }
    }

    /// The dependency without its conditional USE requirements: what holds for a package with these flags enabled.
    #[must_use]
    pub fn evaluate(&self, enabled: &dyn Fn(&str) -> bool) -> Self {
        let evaluate = |dep: &UseDep| {
            let wanted = dep.wanted(enabled(&dep.flag))?;
            let kind = if wanted {
                UseDepKind::Enabled
            } else {
                UseDepKind::Disabled
            };
            Some(UseDep {
                flag: dep.flag.clone(),
                kind,
                default: dep.default,
            })
        };
        Self {
            use_deps: self.use_deps.iter().filter_map(evaluate).collect(),
            ..self.clone()
        }
    }
}

impl Operator {
    /// Whether a version fits the one of a dependency.
    #[must_use]
    pub fn matches(self, version: &Version, wanted: &Version) -> bool {
        match self {
            Self::Less => version < wanted,
            Self::LessOrEqual => version <= wanted,
            Self::Equal => version == wanted,
            Self::EqualPrefix => version.has_prefix(wanted),
            Self::EqualIgnoringRevision => version.cmp_without_revision(wanted).is_eq(),
            Self::GreaterOrEqual => version >= wanted,
            Self::Greater => version > wanted,
        }
    }

    /// What stands before the category. The `*` of [`Operator::EqualPrefix`] stands after the version.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal | Self::EqualPrefix => "=",
            Self::EqualIgnoringRevision => "~",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        }
    }
}

impl UseDep {
    /// What the flag has to be, given what it is in the package that depends; `None` if anything is fine.
    #[must_use]
    pub const fn wanted(&self, parent: bool) -> Option<bool> {
        match self.kind {
            UseDepKind::Enabled => Some(true),
            UseDepKind::Disabled => Some(false),
            UseDepKind::Equal => Some(parent),
            UseDepKind::Opposite => Some(!parent),
            UseDepKind::EnabledIf if parent => Some(true),
            UseDepKind::DisabledIf if !parent => Some(false),
            UseDepKind::EnabledIf | UseDepKind::DisabledIf => None,
        }
    }
}

impl Blocker {
    /// The exclamation marks.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "!",
            Self::Strong => "!!",
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.blocker.map_or("", Blocker::as_str))?;
        if let Some((operator, _)) = &self.version {
            f.write_str(operator.as_str())?;
        }
        write!(f, "{}/{}", self.category, self.package)?;
        if let Some((operator, version)) = &self.version {
            write!(f, "-{version}")?;
            if *operator == Operator::EqualPrefix {
                f.write_str("*")?;
            }
        }
        if let Some(slot) = &self.slot {
            write!(f, ":{slot}")?;
        }
        if let Some(repository) = &self.repository {
            write!(f, "::{repository}")?;
        }
        for (index, dep) in self.use_deps.iter().enumerate() {
            f.write_str(if index == 0 { "[" } else { "," })?;
            write!(f, "{dep}")?;
        }
        if self.use_deps.is_empty() {
            Ok(())
        } else {
            f.write_str("]")
        }
    }
}

impl fmt::Display for SlotDep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Rebuild => f.write_str("="),
            Self::Slot {
                slot,
                subslot,
                rebuild,
            } => {
                f.write_str(slot)?;
                if let Some(subslot) = subslot {
                    write!(f, "/{subslot}")?;
                }
                f.write_str(if *rebuild { "=" } else { "" })
            }
        }
    }
}

impl fmt::Display for UseDep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, suffix) = match self.kind {
            UseDepKind::Enabled => ("", ""),
            UseDepKind::Disabled => ("-", ""),
            UseDepKind::Equal => ("", "="),
            UseDepKind::Opposite => ("!", "="),
            UseDepKind::EnabledIf => ("", "?"),
            UseDepKind::DisabledIf => ("!", "?"),
        };
        let default = match self.default {
            None => "",
            Some(true) => "(+)",
            Some(false) => "(-)",
        };
        write!(f, "{prefix}{}{default}{suffix}", self.flag)
    }
}
