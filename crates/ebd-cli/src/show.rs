//! `ebd metadata`.

use std::error::Error;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ebd_cache::Memory;
use ebd_host::{Outcome, RunError};
use ebd_repo::RepoTree;

use crate::args::Metadata;
use crate::session::Session;
use crate::{Ending, json, report, repository};

pub(crate) fn run(args: &Metadata) -> Result<Ending, Box<dyn Error>> {
    let cwd = std::env::current_dir()?;
    let target = Path::new(&args.target);
    let around = if args.repo.is_none() && target.exists() {
        target
    } else {
        &cwd
    };
    let tree = repository::open(args.repo.as_deref(), around, &args.repository)?;
    let work = repository::select(&tree, std::slice::from_ref(&args.target), &cwd)?;
    if work.ebuilds.is_empty() {
        return Err(format!("{}: there is no ebuild in it", args.target).into());
    }
    let session = Session::start(&args.processor, std::slice::from_ref(&tree))?;
    let outcomes = Mutex::new(Vec::new());
    let sink = |index: usize, outcome: Outcome| {
        outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((index, outcome));
    };
    match ebd_host::run(
        &tree,
        &work.ebuilds,
        &Memory::new(),
        &session.options(),
        session.interrupted(),
        &sink,
    ) {
        Ok(()) => {}
        Err(RunError::Cancelled) => return Ok(Ending::Interrupted),
        Err(error) => return Err(error.into()),
    }
    let mut outcomes = outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(index, _)| *index);
    let mut ending = Ending::Good;
    let several = outcomes.len() > 1;
    for (index, outcome) in outcomes {
        let Some(ebuild) = work.ebuilds.get(index) else {
            continue;
        };
        match &outcome {
            Outcome::Written(entry) | Outcome::Unchanged(entry) => {
                if args.json {
                    println!("{}", json::metadata(&tree, ebuild, entry));
                } else {
                    if several {
                        println!("# {}", ebuild.cpv());
                    }
                    print!("{}", String::from_utf8_lossy(&entry.to_md5_dict()));
                }
            }
            Outcome::Failed(failure) => {
                ending = Ending::Failures;
                if args.json {
                    println!("{}", json::outcome(&tree, ebuild, &outcome));
                } else {
                    eprint!("{}", describe(&tree, ebuild.path(), failure));
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
