//! From flags back to USE_EXPAND variables.

use std::collections::BTreeSet;

use super::layers::Layers;
use super::use_set::{ExpandVariables, Stacked, UseSet};

/// From flags back to USE_EXPAND variables.
pub(super) struct Expander<'a> {
    pub(super) expand: &'a ExpandVariables,
    pub(super) iuse: &'a BTreeSet<String>,
    pub(super) mask: &'a Stacked,
}

impl Expander<'_> {
    /// The variables as they fit the enabled flags, in the order in which they were configured.
    pub(super) fn values(&self, enabled: &UseSet, layers: &Layers) -> Vec<(String, String)> {
        let mut values = Vec::new();
        for name in &self.expand.prefixed {
            let prefix = format!("{}_", name.to_lowercase());
            let flags: BTreeSet<&str> = enabled
                .enabled()
                .filter_map(|flag| flag.strip_prefix(prefix.as_str()))
                .collect();
            let iuse: BTreeSet<&str> = self
                .iuse
                .iter()
                .filter_map(|flag| flag.strip_prefix(prefix.as_str()))
                .collect();
            let configured = layers.words(name);
            let mut words: Vec<&str> = configured
                .iter()
                .map(String::as_str)
                .filter(|word| flags.contains(word))
                .collect();
            let rest: Vec<_> = flags
                .iter()
                .copied()
                .filter(|word| !words.contains(word))
                .collect();
            words.extend(rest);
            if flags.contains("*") {
                words.retain(|word| *word != "*");
                let more = iuse.iter().copied().filter(|word| {
                    !flags.contains(word) && !self.mask.has(&format!("{prefix}{word}"))
                });
                words.extend(more);
            }
            let mut seen = BTreeSet::new();
            words.retain(|word| iuse.contains(word) && seen.insert(*word));
            values.push((name.clone(), words.join(" ")));
        }
        values
    }

    /// `name_*` stands for all flags of the ebuild with this prefix that are not masked.
    pub(super) fn open_wildcards(&self, use_flags: &mut BTreeSet<String>) {
        let prefixes: BTreeSet<String> = self
            .expand
            .prefixed
            .iter()
            .map(|name| name.to_lowercase())
            .collect();
        for flag in self.iuse {
            let shortest = flag
                .match_indices('_')
                .filter_map(|(at, _)| flag.get(..at))
                .find(|prefix| prefixes.contains(*prefix));
            if let Some(prefix) = shortest
                && use_flags.contains(&format!("{prefix}_*"))
                && !self.mask.has(flag)
            {
                use_flags.insert(flag.clone());
            }
        }
    }
}
