//! `ebd metadata`.

use std::error::Error;
use std::path::Path;

use ebd_host::Outcome;
use ebd_repo::RepoTree;

use crate::args::Metadata;
use crate::ending::Ending;
use crate::{entries, json, report, repository};

pub(crate) fn run(args: &Metadata) -> Result<Ending, Box<dyn Error>> {
    let (tree, work) = repository::of_target(args.repo.as_deref(), &args.target, &args.repository)?;
    let Some(found) = entries::outcomes(&tree, &work.ebuilds, args.force, &args.processor)? else {
        return Ok(Ending::Interrupted);
    };
    let mut ending = Ending::Good;
    let several = work.ebuilds.len() > 1;
    for (ebuild, outcome) in work.ebuilds.iter().zip(&found) {
        let Some(outcome) = outcome else {
            continue;
        };
        match outcome {
            Outcome::Written(entry) | Outcome::Unchanged(entry) => {
                if args.json {
                    outln!("{}", json::metadata(&tree, ebuild, entry));
                } else {
                    if several {
                        outln!("# {}", ebuild.cpv());
                    }
                    out!("{}", String::from_utf8_lossy(&entry.to_md5_dict()));
                }
            }
            Outcome::Failed(failure) => {
                ending = Ending::Failures;
                if args.json {
                    outln!("{}", json::outcome(&tree, ebuild, outcome));
                } else {
                    err!("{}", describe(&tree, ebuild.path(), failure));
                }
            }
            Outcome::Valid | Outcome::Stale(_) => {}
        }
    }
    Ok(ending)
}

fn describe(tree: &RepoTree, path: &Path, failure: &ebd_host::Failure) -> String {
    report::describe(tree, &report::relative(tree, path), failure)
}
