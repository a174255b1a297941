//! Which packages a line of configuration is for: package dependencies, and in the user's files also wildcards.

use std::cmp::Ordering;

use ebd_pms::{Atom, AtomError, AtomOptions, AtomProblem, Cpv, Eapi, Operator, SlotDep, Version};

/// A package that settings are looked up for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Package<'a> {
    pub(crate) cpv: &'a Cpv,
    pub(crate) slot: &'a str,
    pub(crate) subslot: &'a str,
    pub(crate) repository: Option<&'a str>,
}

/// What a pattern may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PatternSyntax {
    /// The EAPI whose rules hold; `None` in the user's files, where everything is allowed.
    pub(crate) eapi: Option<Eapi>,
    /// Whether `::repository` is allowed.
    pub(crate) repository: bool,
    /// Whether USE requirements are allowed; they are not looked at.
    pub(crate) use_deps: bool,
}

impl PatternSyntax {
    /// That of the user's files.
    pub(crate) const USER: Self = Self {
        eapi: None,
        repository: true,
        use_deps: false,
    };
}

/// A pattern for packages.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Atom(Atom),
    Wild(Wild),
}

/// `dev-*/foo*`, `*/*::repo`, `=*/*-*9999*`.
#[derive(Debug, Clone)]
pub(crate) struct Wild {
    name: String,
    /// A part of the version.
    version: Option<String>,
    slot: Option<String>,
    repository: Option<String>,
}

/// Why a word is no pattern.
#[derive(Debug)]
pub(crate) enum PatternError {
    Atom(AtomProblem),
    UseDeps,
}

impl Pattern {
    pub(crate) fn parse(text: &str, syntax: PatternSyntax) -> Result<Self, PatternError> {
        let options = AtomOptions {
            eapi: syntax.eapi.unwrap_or(Eapi::LATEST),
            repository: syntax.repository,
            bound_slot: false,
        };
        match Atom::parse_with(text, options) {
            Ok(atom) if !syntax.use_deps && !atom.use_deps.is_empty() => Err(PatternError::UseDeps),
            Ok(atom) => Ok(Self::Atom(atom)),
            Err(AtomError { reason, .. }) => {
                if syntax.eapi.is_none()
                    && let Some(wild) = Wild::parse(text)
                {
                    return Ok(Self::Wild(wild));
                }
                Err(PatternError::Atom(reason))
            }
        }
    }

    /// `category/name`, with wildcards.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Atom(atom) => format!("{}/{}", atom.category, atom.package),
            Self::Wild(wild) => wild.name.clone(),
        }
    }

    pub(crate) const fn is_wild(&self) -> bool {
        matches!(self, Self::Wild(_))
    }

    pub(crate) fn matches(&self, package: Package<'_>) -> bool {
        match self {
            Self::Atom(atom) => {
                atom.matches(package.cpv)
                    && atom.matches_slot(package.slot, package.subslot)
                    && repository_fits(atom.repository.as_deref(), package)
            }
            Self::Wild(wild) => wild.matches(package),
        }
    }

    /// Portage's order of patterns: the one with the higher number says more about a package.
    fn specificity(&self) -> (i8, Option<&Version>) {
        match self {
            Self::Wild(wild) => (
                match (&wild.version, &wild.slot) {
                    (Some(_), _) => 0,
                    (None, Some(_)) => -1,
                    (None, None) => -2,
                },
                None,
            ),
            Self::Atom(atom) => {
                let (operator, version) = match &atom.version {
                    None => (1, None),
                    Some((Operator::Equal, _)) => (6, None),
                    Some((Operator::EqualIgnoringRevision, _)) => (5, None),
                    Some((Operator::EqualPrefix, _)) => (4, None),
                    Some((_, version)) => (2, Some(version)),
                };
                match &atom.slot {
                    Some(SlotDep::Slot { .. }) if operator < 3 => (3, None),
                    _ => (operator, version),
                }
            }
        }
    }
}

impl Wild {
    fn parse(text: &str) -> Option<Self> {
        let (text, starred) = match text.strip_prefix('=') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (text, repository) = match text.split_once("::") {
            Some((text, repository)) => (text, Some(repository)),
            None => (text, None),
        };
        let (text, slot) = match text.split_once(':') {
            Some((text, slot)) => (text, Some(slot)),
            None => (text, None),
        };
        let valid = |text: &str, more: &[u8]| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || more.contains(&byte))
        };
        let (name, version) = if starred {
            let (name, version) = text.rsplit_once('-')?;
            let version = version.strip_prefix('*')?.strip_suffix('*')?;
            if version.is_empty() || !valid(version, b"") {
                return None;
            }
            (name, Some(version.to_owned()))
        } else {
            (text, None)
        };
        let (category, package) = name.split_once('/')?;
        let begins = |text: &str| !text.starts_with(['-', '.']) && !text.is_empty();
        let has_version = package.match_indices('-').any(|(at, _)| {
            let rest = package.get(at.saturating_add(1)..);
            rest.is_some_and(|rest| Version::parse(rest).is_ok())
        });
        if has_version
            || !begins(category)
            || !begins(package)
            || !valid(category, b"+*.-")
            || !valid(package, b"+*-")
            || name.contains("**")
            || repository.is_some_and(|name| name.is_empty() || !valid(name, b"-"))
            || slot.is_some_and(|slot| slot.is_empty() || !valid(slot, b"+./-"))
        {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            version,
            slot: slot.map(str::to_owned),
            repository: repository.map(str::to_owned),
        })
    }

    fn matches(&self, package: Package<'_>) -> bool {
        glob(&self.name, &package.cpv.cp())
            && self
                .version
                .as_ref()
                .is_none_or(|part| package.cpv.version().as_str().contains(part.as_str()))
            && self
                .slot
                .as_ref()
                .is_none_or(|slot| match slot.split_once('/') {
                    Some((slot, subslot)) => slot == package.slot && subslot == package.subslot,
                    None => slot == package.slot,
                })
            && repository_fits(self.repository.as_deref(), package)
    }
}

fn repository_fits(wanted: Option<&str>, package: Package<'_>) -> bool {
    match (wanted, package.repository) {
        (Some(wanted), Some(repository)) => wanted == repository,
        _ => true,
    }
}

/// Whether a name fits a pattern in which `*` stands for anything but a slash.
pub(crate) fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0_usize, 0_usize);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&c) = name.get(n) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p = p.saturating_add(1);
            }
            Some(&wanted) if wanted == c => {
                p = p.saturating_add(1);
                n = n.saturating_add(1);
            }
            _ => match star {
                // The star takes one byte more, if it may.
                Some((at, taken)) if name.get(taken) != Some(&b'/') => {
                    let taken = taken.saturating_add(1);
                    star = Some((at, taken));
                    p = at.saturating_add(1);
                    n = taken;
                }
                _ => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// Orders the items whose pattern fits the package as Portage does: those that say more about a package come later, whatever
/// the order in the files.
pub(crate) fn ordered<'a, T>(
    items: impl Iterator<Item = (&'a Pattern, &'a T)>,
    package: Package<'_>,
) -> Vec<&'a T> {
    let mut left: Vec<_> = items
        .filter(|(pattern, _)| pattern.matches(package))
        .map(|(pattern, item)| (pattern.specificity(), item))
        .collect();
    let mut result = Vec::with_capacity(left.len());
    while let Some(best) = best(&left, package.cpv.version()) {
        result.push(left.remove(best).1);
    }
    result.reverse();
    result
}

/// The index of the pattern that says most.
fn best<T>(items: &[((i8, Option<&Version>), T)], version: &Version) -> Option<usize> {
    let mut best: Option<(usize, i8, Option<&Version>)> = None;
    for (index, ((value, bound), _)) in items.iter().enumerate() {
        let better = match best {
            None => true,
            Some((_, best_value, best_bound)) => match value.cmp(&best_value) {
                Ordering::Greater => true,
                Ordering::Less => false,
                Ordering::Equal => match (best_bound, bound) {
                    (Some(old), Some(new)) => closer(old, new, version),
                    _ => false,
                },
            },
        };
        if better {
            best = Some((index, *value, *bound));
        }
    }
    best.map(|(index, ..)| index)
}

/// Whether of two bounds the second one is closer to the version. Bounds on different sides are not comparable; then the first
/// one stays, as in Portage.
fn closer(old: &Version, new: &Version, version: &Version) -> bool {
    if old == version || old == new {
        return false;
    }
    if new == version {
        return true;
    }
    match (old.cmp(version), new.cmp(version)) {
        (Ordering::Less, Ordering::Less) => new > old,
        (Ordering::Greater, Ordering::Greater) => new < old,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const USER: PatternSyntax = PatternSyntax {
        eapi: None,
        repository: true,
        use_deps: false,
    };

    fn matching(patterns: &[&str], cpv: &str) -> Vec<String> {
        let cpv = Cpv::parse(cpv).unwrap();
        let package = Package {
            cpv: &cpv,
            slot: "2",
            subslot: "3",
            repository: Some("main"),
        };
        let parsed: Vec<_> = patterns
            .iter()
            .map(|text| (Pattern::parse(text, USER).unwrap(), (*text).to_owned()))
            .collect();
        let items = parsed.iter().map(|(pattern, text)| (pattern, text));
        ordered(items, package).into_iter().cloned().collect()
    }

    #[test]
    fn wildcards_fit_names() {
        for (pattern, name, fits) in [
            ("*/*", "a/b", true),
            ("a*/b", "abc/b", true),
            ("a*/b", "abc/bc", false),
            ("*/b*d", "x/bccd", true),
            ("*b/*", "ab/b/x", false),
            ("a/b", "a/b", true),
            ("*", "a/b", false),
        ] {
            assert_eq!(glob(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn the_most_specific_pattern_comes_last() {
        let all = [
            "=a/b-1.5-r1",
            "~a/b-1.5",
            "=a/b-1*",
            "a/b:2",
            ">=a/b-1",
            ">=a/b-1.2",
            "<a/b-9",
            "a/b",
            "=*/*-*5*",
            "*/*:2",
            "*/*",
            "a/c",
            "a/b:3",
            "a/b::other",
            "*/b::other",
        ];
        let expected = [
            "*/*",
            "*/*:2",
            "=*/*-*5*",
            "a/b",
            "<a/b-9",
            ">=a/b-1",
            ">=a/b-1.2",
            "a/b:2",
            "=a/b-1*",
            "~a/b-1.5",
            "=a/b-1.5-r1",
        ];
        assert_eq!(matching(&all, "a/b-1.5-r1"), expected);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "a", "a/b-1", "**/x", "*/*-1", "=*/*-1", "*/", "/*", "a/b[x]", "*/*::", "",
        ] {
            assert!(Pattern::parse(text, USER).is_err(), "{text:?}");
        }
        let profile = PatternSyntax {
            eapi: Some(Eapi::E5),
            repository: false,
            use_deps: false,
        };
        for text in ["*/*", "a/b::main", "a/b*"] {
            assert!(Pattern::parse(text, profile).is_err(), "{text:?}");
        }
    }
}
