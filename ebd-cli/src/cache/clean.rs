//! `ebd cache clean`.

use std::collections::HashSet;

use ebd_cache::Error as CacheError;
use ebd_fs::chain;
use serde_json::json;

use super::args::Clean;
use crate::ending::Ending;
use crate::error::Error;
use crate::json;
use crate::stdout::Buffer;
use crate::store::sweep_indexes;

pub(super) fn run(args: &Clean, out: &mut Buffer) -> Result<Ending, Error> {
    let opened = args.source.open()?;
    let lock = opened.place.lock()?;
    let store = opened.place.open(&opened.tree, Some(&lock))?;
    let scan = opened.tree.scan()?;
    let present: HashSet<&str> = scan.ebuilds.iter().map(|ebuild| ebuild.cpv()).collect();
    let names = store.list()?;
    let mut removed = 0_usize;
    for cpv in &names {
        let reason = if !present.contains(cpv.as_str()) {
            "there is no such ebuild".to_owned()
        } else {
            match store.get(cpv) {
                Err(
                    error @ (CacheError::Corrupt { .. }
                    | CacheError::Packed { .. }
                    | CacheError::Outdated { .. }),
                ) => chain(&error),
                Err(error) => return Err(error.into()),
                Ok(_) => continue,
            }
        };
        store.remove(cpv)?;
        removed += 1;
        if args.json {
            write_record(out, opened.tree.name(), cpv, &reason);
        } else {
            writeln!(out, "{cpv}: {reason}");
        }
    }
    store.flush()?;
    let swept = sweep_indexes()?;
    if !args.json {
        let kept = names.len().saturating_sub(removed);
        let repo = opened.tree.name();
        writeln!(out, "{repo}: {removed} entries removed, {kept} kept");
        if swept > 0 {
            writeln!(out, "{swept} indexes of repositories that are gone removed");
        }
    }
    Ok(Ending::Good)
}

fn write_record(out: &mut Buffer, repo: &str, cpv: &str, reason: &str) {
    let record = json!({ "repo": repo, "cpv": cpv, "outcome": "removed", "reason": reason });
    writeln!(out, "{}", json::record("entry", record));
}
