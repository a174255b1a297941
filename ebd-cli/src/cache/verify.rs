//! `ebd cache verify`.

use std::collections::{BTreeMap, HashSet};

use ebd_cache::{StatIndex, Verdict, check_tree};
use ebd_repo::EbuildFile;
use serde_json::json;

use super::args::Verify;
use crate::ending::Ending;
use crate::error::Error;
use crate::json;
use crate::stdout::Buffer;

pub(super) fn run(args: &Verify, out: &mut Buffer) -> Result<Ending, Error> {
    let opened = args.source.open()?;
    opened.place.verify_file()?;
    let store = opened.store()?;
    let ebuilds = opened.tree.scan()?.ebuilds;
    let names = store.list()?;
    // Nothing that an earlier run has found out is believed.
    let mut nothing = StatIndex::new();
    let verdicts = check_tree(&opened.tree, &ebuilds, &*store, &mut nothing, false);
    let present: HashSet<&str> = ebuilds.iter().map(EbuildFile::cpv).collect();
    let mut problems: BTreeMap<&str, String> = names
        .iter()
        .map(String::as_str)
        .filter(|cpv| !present.contains(cpv))
        .map(|cpv| (cpv, Verdict::EbuildMissing.to_string()))
        .collect();
    let mut without = 0_usize;
    for (ebuild, verdict) in ebuilds.iter().zip(&verdicts) {
        match verdict {
            Verdict::Good => {}
            Verdict::Missing => without += 1,
            verdict => {
                problems.insert(ebuild.cpv(), verdict.to_string());
            }
        }
    }
    let repo = opened.tree.name();
    for (cpv, problem) in &problems {
        if args.json {
            let record = json!({ "repo": repo, "cpv": cpv, "problem": problem });
            writeln!(out, "{}", json::record("cache-problem", record));
        } else {
            writeln!(out, "{cpv}: {problem}");
        }
    }
    if args.json {
        let record = json!({
            "repo": repo,
            "entries": names.len(),
            "problems": problems.len(),
            "ebuilds_without_entry": without,
        });
        writeln!(out, "{}", json::record("cache-verify", record));
    } else {
        writeln!(
            out,
            "{repo}: {} entries, {} of them damaged or not true; {without} ebuilds have none",
            names.len(),
            problems.len()
        );
    }
    Ok(if problems.is_empty() {
        Ending::Good
    } else {
        Ending::Failures
    })
}
