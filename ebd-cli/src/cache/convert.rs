//! `ebd cache convert`.

use std::collections::HashSet;

use ebd_cache::PutOutcome;
use ebd_fs::chain;
use serde_json::json;

use super::args::Convert;
use crate::ending::Ending;
use crate::error::Error;
use crate::json;
use crate::stdout::Buffer;
use crate::store::Place;

pub(super) fn run(args: &Convert, out: &mut Buffer) -> Result<Ending, Error> {
    let opened = args.source.open()?;
    let from = opened.store()?;
    let place = Place::new(args.to, args.output.as_deref(), &opened.tree)?;
    if place == opened.place {
        return Err(Error::SamePlace);
    }
    let names = from.list()?;
    let lock = place.lock()?;
    let to = place.open(&opened.tree, Some(&lock))?;
    let (mut written, mut unchanged, mut removed, mut failed) = (0, 0, 0, 0);
    let mut kept: HashSet<&str> = HashSet::new();
    for cpv in &names {
        let stored = match from.get(cpv) {
            Ok(None) => continue,
            Ok(Some(entry)) => to.put(cpv, &entry),
            Err(error) => Err(error),
        };
        match stored {
            Ok(outcome) => {
                kept.insert(cpv);
                match outcome {
                    PutOutcome::Written => written += 1,
                    PutOutcome::Unchanged => unchanged += 1,
                }
            }
            Err(error) => {
                errln!("ebd: {}", chain(&error));
                failed += 1;
            }
        }
    }
    for cpv in to.list()? {
        if !kept.contains(cpv.as_str()) {
            to.remove(&cpv)?;
            removed += 1;
        }
    }
    to.flush()?;
    if args.json {
        let record = json!({
            "repo": opened.tree.name(),
            "written": written,
            "unchanged": unchanged,
            "removed": removed,
            "failed": failed,
        });
        writeln!(out, "{}", json::record("cache-convert", record));
    } else {
        writeln!(
            out,
            "{}: {written} entries written, {unchanged} unchanged, {removed} removed, {failed} failed",
            opened.tree.name()
        );
    }
    Ok(if failed > 0 {
        Ending::Failures
    } else {
        Ending::Good
    })
}
