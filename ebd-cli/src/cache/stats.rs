//! `ebd cache stats`.

use std::collections::BTreeMap;

use ebd_cache::Backend;
use serde_json::json;

use super::args::Stats;
use crate::ending::Ending;
use crate::error::Error;
use crate::json;
use crate::stdout::Buffer;

/// Eclasses that are shown in text.
const MOST_USED: usize = 10;

#[derive(Default)]
struct Counts {
    entries: usize,
    damaged: usize,
    eapis: BTreeMap<String, usize>,
    keys: BTreeMap<&'static str, usize>,
    eclasses: BTreeMap<String, usize>,
    categories: BTreeMap<String, usize>,
}

impl Counts {
    fn of(store: &dyn Backend) -> Result<Self, ebd_cache::Error> {
        let mut counts = Self::default();
        for cpv in store.list()? {
            counts.entries += 1;
            let category = cpv.split('/').next().unwrap_or_default();
            *counts.categories.entry(category.to_owned()).or_default() += 1;
            let Ok(Some(entry)) = store.get(&cpv) else {
                counts.damaged += 1;
                continue;
            };
            let eapi = entry.get(ebd_cache::Key::Eapi);
            *counts.eapis.entry(eapi.to_owned()).or_default() += 1;
            for (key, _) in entry.iter() {
                *counts.keys.entry(key.as_str()).or_default() += 1;
            }
            for eclass in entry.eclasses() {
                *counts.eclasses.entry(eclass.name.clone()).or_default() += 1;
            }
        }
        Ok(counts)
    }
}

pub(super) fn run(args: &Stats, out: &mut Buffer) -> Result<Ending, Error> {
    let opened = args.source.open()?;
    let counts = Counts::of(&*opened.store()?)?;
    if args.json {
        let record = json!({
            "repo": opened.tree.name(),
            "entries": counts.entries,
            "damaged": counts.damaged,
            "categories": counts.categories,
            "eapis": counts.eapis,
            "keys": counts.keys,
            "eclasses": counts.eclasses,
        });
        writeln!(out, "{}", json::record("cache-stats", record));
        return Ok(Ending::Good);
    }
    writeln!(
        out,
        "{}: {} entries in {} categories, {} cannot be read or are not true any more",
        opened.tree.name(),
        counts.entries,
        counts.categories.len(),
        counts.damaged
    );
    for (eapi, count) in &counts.eapis {
        writeln!(out, "{count:>8}  EAPI {eapi}");
    }
    for (key, count) in &counts.keys {
        writeln!(out, "{count:>8}  have {key}");
    }
    let mut eclasses: Vec<(&String, &usize)> = counts.eclasses.iter().collect();
    eclasses.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (eclass, count) in eclasses.iter().take(MOST_USED) {
        writeln!(out, "{count:>8}  inherit {eclass}");
    }
    if let Some(more) = eclasses.len().checked_sub(MOST_USED).filter(|n| *n > 0) {
        writeln!(out, "          … and {more} more eclasses");
    }
    Ok(Ending::Good)
}
