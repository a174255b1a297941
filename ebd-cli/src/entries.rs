//! The metadata of ebuilds, for commands that need it.

use std::sync::{Mutex, PoisonError};

use ebd_cache::{Memory, Verdict, check_tree};
use ebd_metadata::{Outcome, RunError};
use ebd_repo::{EbuildFile, RepoTree};

use crate::args::{Format, ProcessorArgs};
use crate::error::Error;
use crate::session::Session;
use crate::store::Place;

/// The metadata of each ebuild, or what is wrong with it: from the repository's cache where that is true, else from the ebuild.
/// With `force` the cache does not count. `None` when the user interrupts it.
pub(crate) fn outcomes(
    tree: &RepoTree,
    ebuilds: &[EbuildFile],
    force: bool,
    processor: &ProcessorArgs,
) -> Result<Option<Vec<Option<Outcome>>>, Error> {
    let mut found: Vec<Option<Outcome>> = if force {
        ebuilds.iter().map(|_| None).collect()
    } else {
        valid_entries(tree, ebuilds)
    };
    let missing: Vec<usize> = (0..)
        .zip(&found)
        .filter(|(_, o)| o.is_none())
        .map(|(n, _)| n)
        .collect();
    if !missing.is_empty() {
        let wanted: Vec<EbuildFile> = missing
            .iter()
            .filter_map(|number| ebuilds.get(*number).cloned())
            .collect();
        let Some(sourced) = source(processor, tree, &wanted)? else {
            return Ok(None);
        };
        for (index, outcome) in sourced {
            if let Some(place) = missing.get(index).and_then(|number| found.get_mut(*number)) {
                *place = Some(outcome);
            }
        }
    }
    Ok(Some(found))
}

/// What the repository's own cache says, where that is true.
fn valid_entries(tree: &RepoTree, ebuilds: &[EbuildFile]) -> Vec<Option<Outcome>> {
    let nothing = || ebuilds.iter().map(|_| None).collect();
    let Ok(place) = Place::new(Format::Md5Dict, None, tree) else {
        return nothing();
    };
    let Ok(cache) = place.open(tree, None) else {
        return nothing();
    };
    let mut index = place.index(tree);
    let verdicts = check_tree(tree, ebuilds, &*cache, &mut index, false);
    let entry = |(ebuild, verdict): (&EbuildFile, Verdict)| {
        let entry = verdict.is_good().then(|| cache.get(ebuild.cpv()).ok())??;
        entry.map(|entry| Outcome::Unchanged(Box::new(entry)))
    };
    ebuilds.iter().zip(verdicts).map(entry).collect()
}

/// Outcomes with the numbers of their ebuilds.
type Sourced = Vec<(usize, Outcome)>;

/// Sources ebuilds; `None` when the user interrupts it.
fn source(
    args: &ProcessorArgs,
    tree: &RepoTree,
    ebuilds: &[EbuildFile],
) -> Result<Option<Sourced>, Error> {
    let session = Session::start(args, std::slice::from_ref(tree))?;
    let outcomes = Mutex::new(Vec::new());
    let sink = |index: usize, outcome: Outcome| {
        outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((index, outcome));
    };
    let result = ebd_metadata::run(
        tree,
        ebuilds,
        &Memory::new(),
        &session.options(),
        session.interrupted(),
        &sink,
    );
    match result {
        Ok(_) => Ok(Some(
            outcomes
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        )),
        Err(RunError::Cancelled) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
