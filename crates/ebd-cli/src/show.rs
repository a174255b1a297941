//! `ebd metadata`.

use std::error::Error;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ebd_cache::{Memory, Verdict, check_tree};
use ebd_host::{Outcome, RunError};
use ebd_repo::{EbuildFile, RepoTree};

use crate::args::{Format, Metadata};
use crate::repository::Work;
use crate::session::Session;
use crate::store::Place;
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
    let mut found: Vec<Option<Outcome>> = if args.force {
        work.ebuilds.iter().map(|_| None).collect()
    } else {
        valid_entries(&tree, &work)
    };
    let missing: Vec<usize> = (0..)
        .zip(&found)
        .filter(|(_, o)| o.is_none())
        .map(|(n, _)| n)
        .collect();
    if !missing.is_empty() {
        let ebuilds: Vec<EbuildFile> = missing
            .iter()
            .filter_map(|number| work.ebuilds.get(*number).cloned())
            .collect();
        let Some(sourced) = source(args, &tree, &ebuilds)? else {
            return Ok(Ending::Interrupted);
        };
        for (index, outcome) in sourced {
            if let Some(place) = missing.get(index).and_then(|number| found.get_mut(*number)) {
                *place = Some(outcome);
            }
        }
    }
    let mut ending = Ending::Good;
    let several = work.ebuilds.len() > 1;
    for (ebuild, outcome) in work.ebuilds.iter().zip(&found) {
        let Some(outcome) = outcome else {
            continue;
        };
        match outcome {
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
                    println!("{}", json::outcome(&tree, ebuild, outcome));
                } else {
                    eprint!("{}", describe(&tree, ebuild.path(), failure));
                }
            }
            Outcome::Valid | Outcome::Stale(_) => {}
        }
    }
    Ok(ending)
}

/// What the repository's own cache says, where that is true.
fn valid_entries(tree: &RepoTree, work: &Work) -> Vec<Option<Outcome>> {
    let nothing = || work.ebuilds.iter().map(|_| None).collect();
    let Ok(place) = Place::new(Format::Md5Dict, None, tree) else {
        return nothing();
    };
    let Ok(cache) = place.open(tree, None) else {
        return nothing();
    };
    let mut index = place.index(tree);
    let verdicts = check_tree(tree, &work.ebuilds, &*cache, &mut index, false);
    let entry = |(ebuild, verdict): (&EbuildFile, Verdict)| {
        let entry = verdict.is_good().then(|| cache.get(ebuild.cpv()).ok())??;
        entry.map(|entry| Outcome::Unchanged(Box::new(entry)))
    };
    work.ebuilds.iter().zip(verdicts).map(entry).collect()
}

/// Outcomes with the numbers of their ebuilds.
type Sourced = Vec<(usize, Outcome)>;

/// Sources ebuilds; `None` when the user interrupts it.
fn source(
    args: &Metadata,
    tree: &RepoTree,
    ebuilds: &[EbuildFile],
) -> Result<Option<Sourced>, Box<dyn Error>> {
    let session = Session::start(&args.processor, std::slice::from_ref(tree))?;
    let outcomes = Mutex::new(Vec::new());
    let sink = |index: usize, outcome: Outcome| {
        outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((index, outcome));
    };
    let result = ebd_host::run(
        tree,
        ebuilds,
        &Memory::new(),
        &session.options(),
        session.interrupted(),
        &sink,
    );
    match result {
        Ok(()) => Ok(Some(
            outcomes
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        )),
        Err(RunError::Cancelled) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn describe(tree: &RepoTree, path: &Path, failure: &ebd_host::Failure) -> String {
    report::describe(tree, &report::relative(tree, path), failure)
}
