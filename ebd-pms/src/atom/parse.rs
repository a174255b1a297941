//! Parsing package dependencies without allocating.

use super::{Atom, AtomError, AtomProblem, Blocker, Operator, SlotDep, UseDep, UseDepKind};
use crate::cpv::{self, CpvProblem};
use crate::eapi::Eapi;
use crate::feature::Feature;
use crate::names::{self, NameKind};
use crate::version::{self, VersionRef};

/// What a dependency may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtomOptions {
    /// The EAPI whose syntax holds.
    pub eapi: Eapi,
    /// Whether `::repository` is allowed, as in configuration files and on command lines. No EAPI allows it in ebuilds.
    pub repository: bool,
    /// Whether `:slot/sub=` is allowed, as in the records of installed and binary packages.
    pub bound_slot: bool,
}

/// A package dependency that is only looked at: the same rules as [`Atom`], nothing is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtomRef<'a> {
    /// Whether the package must be absent.
    pub blocker: Option<Blocker>,
    /// The category.
    pub category: &'a str,
    /// The name of the package.
    pub package: &'a str,
    /// Which versions fit.
    pub version: Option<(Operator, VersionRef<'a>)>,
    slot: Option<SlotRef<'a>>,
    /// The repository.
    pub repository: Option<&'a str>,
    /// What stands between the brackets; checked.
    use_deps: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SlotRef<'a> {
    Any,
    Rebuild,
    Slot {
        slot: &'a str,
        subslot: Option<&'a str>,
        rebuild: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct UseDepRef<'a> {
    flag: &'a str,
    kind: UseDepKind,
    default: Option<bool>,
}

type Problem = (usize, AtomProblem);

/// A package name, and what is said about its version.
type Package<'a> = (&'a str, Option<(Operator, VersionRef<'a>)>);

impl AtomOptions {
    /// The syntax of ebuilds of an EAPI.
    #[must_use]
    pub const fn ebuild(eapi: Eapi) -> Self {
        Self {
            eapi,
            repository: false,
            bound_slot: false,
        }
    }

    /// The same with `::repository`.
    #[must_use]
    pub const fn with_repository(self) -> Self {
        Self {
            repository: true,
            ..self
        }
    }

    /// The same with `:slot/sub=`.
    #[must_use]
    pub const fn with_bound_slot(self) -> Self {
        Self {
            bound_slot: true,
            ..self
        }
    }
}

impl Atom {
    /// Parses a dependency as ebuilds of this EAPI may write it.
    ///
    /// # Errors
    /// Says what is wrong, and at which byte.
    pub fn parse(text: &str, eapi: Eapi) -> Result<Self, AtomError> {
        AtomRef::parse(text, AtomOptions::ebuild(eapi)).map(|atom| atom.to_owned())
    }

    /// Parses a dependency with extensions.
    ///
    /// # Errors
    /// Says what is wrong, and at which byte.
    pub fn parse_with(text: &str, options: AtomOptions) -> Result<Self, AtomError> {
        AtomRef::parse(text, options).map(|atom| atom.to_owned())
    }
}

impl<'a> AtomRef<'a> {
    /// Parses a dependency.
    ///
    /// # Errors
    /// Says what is wrong, and at which byte.
    pub fn parse(text: &'a str, options: AtomOptions) -> Result<Self, AtomError> {
        scan(text, options).map_err(|(offset, reason)| AtomError {
            atom: text.to_owned(),
            offset,
            reason,
        })
    }

    /// A dependency that owns its parts.
    #[must_use]
    pub fn to_owned(self) -> Atom {
        let slot = self.slot.map(|slot| match slot {
            SlotRef::Any => SlotDep::Any,
            SlotRef::Rebuild => SlotDep::Rebuild,
            SlotRef::Slot {
                slot,
                subslot,
                rebuild,
            } => SlotDep::Slot {
                slot: slot.to_owned(),
                subslot: subslot.map(str::to_owned),
                rebuild,
            },
        });
        let use_deps = if self.use_deps.is_empty() {
            Vec::new()
        } else {
            let deps = self
                .use_deps
                .split(',')
                .filter_map(|item| scan_use_dep(item).ok());
            deps.map(|dep| UseDep {
                flag: dep.flag.to_owned(),
                kind: dep.kind,
                default: dep.default,
            })
            .collect()
        };
        Atom {
            blocker: self.blocker,
            category: self.category.to_owned(),
            package: self.package.to_owned(),
            version: self
                .version
                .map(|(operator, version)| (operator, version.to_owned())),
            slot,
            repository: self.repository.map(str::to_owned),
            use_deps,
        }
    }
}

fn in_eapi(
    options: AtomOptions,
    feature: Feature,
    offset: usize,
    what: &'static str,
) -> Result<(), Problem> {
    if options.eapi.has(feature) {
        Ok(())
    } else {
        Err((
            offset,
            AtomProblem::NotInEapi {
                what,
                eapi: options.eapi,
            },
        ))
    }
}

fn name(kind: NameKind, text: &str, base: usize) -> Result<(), Problem> {
    match names::problem(kind, text) {
        None => Ok(()),
        Some((offset, problem)) => Err((
            base.saturating_add(offset),
            AtomProblem::Name(kind, problem),
        )),
    }
}

/// Parses a dependency; an error is an offset and a reason.
pub(crate) fn scan(text: &str, options: AtomOptions) -> Result<AtomRef<'_>, Problem> {
    let at = |rest: &str| text.len().saturating_sub(rest.len());

    let (blocker, rest) = if let Some(rest) = text.strip_prefix("!!") {
        in_eapi(options, Feature::StrongBlockers, 0, "strong blockers (!!)")?;
        (Some(Blocker::Strong), rest)
    } else if let Some(rest) = text.strip_prefix('!') {
        (Some(Blocker::Weak), rest)
    } else {
        (None, text)
    };
    let (operator, rest) = scan_operator(rest);

    let end = rest
        .bytes()
        .position(|byte| matches!(byte, b':' | b'['))
        .unwrap_or(rest.len());
    let (base, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let base_start = at(rest);
    let (category, package) = base
        .split_once('/')
        .ok_or((base_start, AtomProblem::NoCategory))?;
    name(NameKind::Category, category, base_start)?;
    let package_start = base_start.saturating_add(category.len()).saturating_add(1);
    let (package, version) = scan_package(package, operator, package_start)?;

    let (slot, tail) = match tail.strip_prefix(':') {
        Some(after) if !after.starts_with(':') => {
            let end = after
                .bytes()
                .position(|byte| matches!(byte, b':' | b'['))
                .unwrap_or(after.len());
            let (slot, rest) = after.split_at_checked(end).unwrap_or((after, ""));
            (Some(scan_slot(slot, at(after), options)?), rest)
        }
        _ => (None, tail),
    };
    let (repository, tail) = match tail.strip_prefix(':') {
        Some(after) => {
            let after = after
                .strip_prefix(':')
                .ok_or((at(tail), AtomProblem::AfterSlot))?;
            if !options.repository {
                return Err((at(tail), AtomProblem::Repository));
            }
            let end = after
                .bytes()
                .position(|byte| byte == b'[')
                .unwrap_or(after.len());
            let (repository, rest) = after.split_at_checked(end).unwrap_or((after, ""));
            name(NameKind::Repository, repository, at(after))?;
            (Some(repository), rest)
        }
        None => (None, tail),
    };
    let use_deps = match tail.strip_prefix('[') {
        Some(inner) => {
            in_eapi(options, Feature::UseDeps, at(tail), "USE dependencies")?;
            scan_use(inner, at(inner), options)?
        }
        None => "",
    };
    Ok(AtomRef {
        blocker,
        category,
        package,
        version,
        slot,
        repository,
        use_deps,
    })
}

fn scan_operator(text: &str) -> (Option<Operator>, &str) {
    const OPERATORS: [(&str, Operator); 6] = [
        ("<=", Operator::LessOrEqual),
        ("<", Operator::Less),
        (">=", Operator::GreaterOrEqual),
        (">", Operator::Greater),
        ("=", Operator::Equal),
        ("~", Operator::EqualIgnoringRevision),
    ];
    if text
        .as_bytes()
        .first()
        .is_none_or(|byte| names::is_word(*byte))
    {
        return (None, text);
    }
    OPERATORS
        .into_iter()
        .find_map(|(prefix, operator)| Some((Some(operator), text.strip_prefix(prefix)?)))
        .unwrap_or((None, text))
}

/// Splits the package from its version and says what the operator really is.
fn scan_package(
    text: &str,
    operator: Option<Operator>,
    base: usize,
) -> Result<Package<'_>, Problem> {
    let (text, operator) = match (text.strip_suffix('*'), operator) {
        (None, operator) => (text, operator),
        (Some(before), Some(Operator::Equal)) => (before, Some(Operator::EqualPrefix)),
        (Some(before), _) => {
            return Err((base.saturating_add(before.len()), AtomProblem::Asterisk));
        }
    };
    let Some(operator) = operator else {
        return match version::trailing_version(text) {
            Some(hyphen) => Err((base.saturating_add(hyphen), AtomProblem::NoOperator)),
            None => name(NameKind::Package, text, base).map(|()| (text, None)),
        };
    };
    match cpv::split(text) {
        Ok((package, version)) => Ok((package, Some((operator, version)))),
        Err((offset, CpvProblem::Name(kind, problem))) => Err((
            base.saturating_add(offset),
            AtomProblem::Name(kind, problem),
        )),
        Err((offset, _)) => Err((base.saturating_add(offset), AtomProblem::NoVersion)),
    }
}

fn scan_slot(text: &str, base: usize, options: AtomOptions) -> Result<SlotRef<'_>, Problem> {
    in_eapi(
        options,
        Feature::SlotDeps,
        base.saturating_sub(1),
        "slot dependencies",
    )?;
    let operators =
        |offset: usize| in_eapi(options, Feature::SlotOperators, offset, "slot operators");
    match text {
        "*" => return operators(base).map(|()| SlotRef::Any),
        "=" => return operators(base).map(|()| SlotRef::Rebuild),
        _ => {}
    }
    let (text, rebuild) = match text.strip_suffix('=') {
        Some(before) => (before, true),
        None => (text, false),
    };
    let operator_offset = base.saturating_add(text.len());
    if rebuild {
        operators(operator_offset)?;
    }
    let Some((slot, subslot)) = text.split_once('/') else {
        name(NameKind::Slot, text, base)?;
        return Ok(SlotRef::Slot {
            slot: text,
            subslot: None,
            rebuild,
        });
    };
    name(NameKind::Slot, slot, base)?;
    let slash = base.saturating_add(slot.len());
    in_eapi(
        options,
        Feature::SlotOperators,
        slash,
        "sub-slot dependencies",
    )?;
    name(NameKind::Slot, subslot, slash.saturating_add(1))?;
    if rebuild && !options.bound_slot {
        return Err((operator_offset, AtomProblem::OperatorAfterSubSlot));
    }
    Ok(SlotRef::Slot {
        slot,
        subslot: Some(subslot),
        rebuild,
    })
}

/// Checks what follows the opening bracket and returns what stands before the closing one.
fn scan_use(text: &str, base: usize, options: AtomOptions) -> Result<&str, Problem> {
    let end = text.bytes().position(|byte| byte == b']');
    let end = end.ok_or((base.saturating_add(text.len()), AtomProblem::Unclosed))?;
    let (inner, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if rest != "]" {
        return Err((
            base.saturating_add(end).saturating_add(1),
            AtomProblem::AfterUse,
        ));
    }
    let mut offset = base;
    let mut first_default = None;
    let mut mixed = false;
    for item in inner.split(',') {
        let dep =
            scan_use_dep(item).map_err(|(at, problem)| (offset.saturating_add(at), problem))?;
        if dep.default.is_some() {
            in_eapi(
                options,
                Feature::UseDepDefaults,
                offset,
                "USE dependency defaults",
            )?;
        }
        mixed |= *first_default.get_or_insert(dep.default) != dep.default;
        offset = offset.saturating_add(item.len()).saturating_add(1);
    }
    if mixed {
        consistent_defaults(inner, base)?;
    }
    Ok(inner)
}

/// A flag that occurs more than once must have the same default each time.
fn consistent_defaults(inner: &str, base: usize) -> Result<(), Problem> {
    let mut offset = base;
    let mut seen = Vec::new();
    for item in inner.split(',') {
        if let Ok(dep) = scan_use_dep(item) {
            seen.push((dep.flag, offset, dep.default));
        }
        offset = offset.saturating_add(item.len()).saturating_add(1);
    }
    seen.sort_unstable();
    for pair in seen.windows(2) {
        if let [(a, _, a_default), (b, offset, b_default)] = pair
            && a == b
            && a_default != b_default
        {
            return Err((*offset, AtomProblem::UseConflict));
        }
    }
    Ok(())
}

fn scan_use_dep(item: &str) -> Result<UseDepRef<'_>, Problem> {
    let (prefix, rest) = match item.as_bytes().first() {
        Some(b'-') => (Some('-'), item.get(1..).unwrap_or_default()),
        Some(b'!') => (Some('!'), item.get(1..).unwrap_or_default()),
        _ => (None, item),
    };
    let (suffix, rest) = match rest.as_bytes().last() {
        Some(b'=') => (Some('='), rest.strip_suffix('=').unwrap_or(rest)),
        Some(b'?') => (Some('?'), rest.strip_suffix('?').unwrap_or(rest)),
        _ => (None, rest),
    };
    let start = usize::from(prefix.is_some());
    let (flag, default) = match rest.bytes().position(|byte| byte == b'(') {
        None => (rest, None),
        Some(open) => {
            let (flag, default) = rest.split_at_checked(open).unwrap_or((rest, ""));
            match default {
                "(+)" => (flag, Some(true)),
                "(-)" => (flag, Some(false)),
                _ => return Err((start.saturating_add(open), AtomProblem::UseDefault)),
            }
        }
    };
    name(NameKind::UseFlag, flag, start)?;
    let kind = match (prefix, suffix) {
        (None, None) => UseDepKind::Enabled,
        (Some('-'), None) => UseDepKind::Disabled,
        (None, Some('=')) => UseDepKind::Equal,
        (Some('!'), Some('=')) => UseDepKind::Opposite,
        (None, Some('?')) => UseDepKind::EnabledIf,
        (Some('!'), Some('?')) => UseDepKind::DisabledIf,
        _ => return Err((0, AtomProblem::UseForm)),
    };
    Ok(UseDepRef {
        flag,
        kind,
        default,
    })
}
