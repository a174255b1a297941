//! Ebuilds and entries that belonged together.

use std::collections::HashMap;
use std::ops::Range;

use ebd_fs::Stamp;

use crate::entry::EclassDigest;

/// An ebuild and its entry that belonged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) ebuild: Stamp,
    pub(crate) entry: Stamp,
    /// Number of its eclasses in the [`EclassSets`].
    pub(crate) eclasses: usize,
}

/// Pairs under the names of their ebuilds, sorted by name. The names are one text: a repository has tens of thousands, and
/// most runs do nothing but look at them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pairs {
    names: String,
    rows: Vec<(Range<usize>, Pair)>,
}

impl Pairs {
    /// Pairs with names that are sorted.
    pub(crate) fn from_sorted<'a>(pairs: impl Iterator<Item = (&'a str, Pair)>) -> Pairs {
        let mut made = Pairs::default();
        for (name, pair) in pairs {
            made.push(name, pair);
        }
        made
    }

    pub(crate) fn with_capacity(count: usize) -> Pairs {
        Pairs {
            names: String::new(),
            rows: Vec::with_capacity(count),
        }
    }

    /// Adds a pair, whose name follows that of the last one.
    pub(crate) fn push(&mut self, name: &str, pair: Pair) {
        let start = self.names.len();
        self.names.push_str(name);
        self.rows.push((start..self.names.len(), pair));
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Pair)> {
        self.rows
            .iter()
            .map(|(range, pair)| (self.name(range), pair))
    }

    fn name(&self, range: &Range<usize>) -> &str {
        self.names.get(range.clone()).unwrap_or_default()
    }

    /// The pair of a name. `hint` is where it probably is, and becomes where its neighbour probably is.
    pub(crate) fn find(&self, name: &str, hint: &mut usize) -> Option<&Pair> {
        let at = match self.rows.get(*hint) {
            Some((range, _)) if self.name(range) == name => *hint,
            _ => self
                .rows
                .binary_search_by(|(range, _)| self.name(range).cmp(name))
                .ok()?,
        };
        *hint = at.wrapping_add(1);
        self.rows.get(at).map(|(_, pair)| pair)
    }

    /// Those whose names are to be kept.
    pub(crate) fn filtered(&self, keep: impl Fn(&str) -> bool) -> Pairs {
        let kept = self.iter().filter(|(name, _)| keep(name));
        Pairs::from_sorted(kept.map(|(name, pair)| (name, *pair)))
    }
}

/// Sets of eclasses; most ebuilds share theirs with others, and most sets their eclasses.
#[derive(Debug, Clone, Default)]
pub(crate) struct EclassSets {
    pub(crate) digests: Vec<EclassDigest>,
    /// Positions in `digests`.
    pub(crate) sets: Vec<Vec<usize>>,
}

impl EclassSets {
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    /// The eclasses of a set.
    pub(crate) fn get(&self, number: usize) -> Option<impl Iterator<Item = &EclassDigest>> {
        let set = self.sets.get(number)?;
        Some(set.iter().filter_map(|at| self.digests.get(*at)))
    }
}

/// Makes sets, each with a number of its own.
#[derive(Debug, Default)]
pub(crate) struct SetMaker {
    made: EclassSets,
    digests: HashMap<EclassDigest, usize>,
    sets: HashMap<Vec<usize>, usize>,
}

impl SetMaker {
    /// The number of a set.
    pub(crate) fn number<'a>(&mut self, set: impl Iterator<Item = &'a EclassDigest>) -> usize {
        let set: Vec<usize> = set
            .map(|digest| {
                let next = self.digests.len();
                *self.digests.entry(digest.clone()).or_insert_with(|| {
                    self.made.digests.push(digest.clone());
                    next
                })
            })
            .collect();
        let next = self.sets.len();
        *self.sets.entry(set.clone()).or_insert_with(|| {
            self.made.sets.push(set);
            next
        })
    }

    pub(crate) fn finish(self) -> EclassSets {
        self.made
    }
}
