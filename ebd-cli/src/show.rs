//! `ebd metadata`.

use std::path::Path;

use clap::Args;
use ebd_metadata::Outcome;
use ebd_repo::RepoTree;

use crate::args::{ProcessorArgs, RepositoryArgs};
use crate::ending::Ending;
use crate::error::Error;
use crate::{entries, json, report, repository};

#[derive(Debug, Args)]
pub(crate) struct Metadata {
    /// cat/pkg, cat/pkg-ver or path of an ebuild
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// Name or path of the repository [default: the one around the current folder]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub(crate) repo: Option<String>,
    /// Source the ebuild although its entry in the repository's cache is valid
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
    #[command(flatten)]
    pub(crate) processor: ProcessorArgs,
}

pub(crate) fn run(args: &Metadata) -> Result<Ending, Error> {
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

fn describe(tree: &RepoTree, path: &Path, failure: &ebd_metadata::Failure) -> String {
    report::describe(tree, &report::relative(tree, path), failure)
}
