//! Entries that belong to no ebuild any more.

use std::collections::{BTreeSet, HashSet};

use crate::name;

/// The part of a cache that a run was asked to bring up to date. Nothing outside is ever stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The whole repository.
    Everything,
    /// The union of these parts.
    Parts {
        /// Whole categories.
        categories: BTreeSet<String>,
        /// Packages, `category/package`.
        packages: BTreeSet<String>,
        /// Single versions, `category/package-version`.
        entries: BTreeSet<String>,
    },
}

impl Scope {
    /// A scope without anything in it, to be filled.
    pub fn nothing() -> Scope {
        Scope::Parts {
            categories: BTreeSet::new(),
            packages: BTreeSet::new(),
            entries: BTreeSet::new(),
        }
    }

    /// Whether an entry belongs to the scope. A name that is no entry's name belongs to none.
    pub fn contains(&self, cpv: &str) -> bool {
        let Ok((category, pf)) = name::split(cpv) else {
            return false;
        };
        match self {
            Scope::Everything => true,
            Scope::Parts {
                categories,
                packages,
                entries,
            } => {
                categories.contains(category)
                    || entries.contains(cpv)
                    || package_candidates(pf).any(|package| {
                        name::is_version_of(pf, package)
                            && packages.contains(&format!("{category}/{package}"))
                    })
            }
        }
    }
}

/// The texts before each hyphen of a name: one of them is the package.
fn package_candidates(pf: &str) -> impl Iterator<Item = &str> {
    pf.match_indices('-').filter_map(|(at, _)| pf.get(..at))
}

/// The entries of `existing` that are in the scope but not in `keep`, in the order of `existing`.
pub fn stale<'a>(existing: &'a [String], keep: &HashSet<&str>, scope: &Scope) -> Vec<&'a str> {
    existing
        .iter()
        .map(String::as_str)
        .filter(|cpv| !keep.contains(cpv) && scope.contains(cpv))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn nothing_outside_the_scope_is_stale() {
        let existing = names(&[
            "a/foo-1",
            "a/foo-2",
            "a/foo-bar-1",
            "a/foo-2x4-1",
            "b/foo-1",
            "b/junk",
        ]);
        let keep = HashSet::from(["a/foo-2"]);
        assert_eq!(stale(&existing, &keep, &Scope::nothing()), [""; 0]);
        assert_eq!(
            stale(&existing, &keep, &Scope::Everything),
            ["a/foo-1", "a/foo-bar-1", "a/foo-2x4-1", "b/foo-1", "b/junk"]
        );
        let part = |c: &[&str], p: &[&str], e: &[&str]| Scope::Parts {
            categories: names(c).into_iter().collect(),
            packages: names(p).into_iter().collect(),
            entries: names(e).into_iter().collect(),
        };
        assert_eq!(
            stale(&existing, &keep, &part(&["b"], &[], &[])),
            ["b/foo-1", "b/junk"]
        );
        assert_eq!(
            stale(&existing, &keep, &part(&[], &["a/foo"], &[])),
            ["a/foo-1"]
        );
        assert_eq!(
            stale(&existing, &keep, &part(&[], &["a/foo-2x4"], &[])),
            ["a/foo-2x4-1"]
        );
        assert_eq!(
            stale(
                &existing,
                &keep,
                &part(&[], &[], &["a/foo-bar-1", "a/foo-2"])
            ),
            ["a/foo-bar-1"]
        );
    }
}
