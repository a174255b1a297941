//! `ebd regen`.

pub(crate) mod args;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use ebd_cache::{Backend, StatIndex, Verdict, check_tree};
use ebd_metadata::{FailureKind, Options, Outcome, RunError};
use ebd_repo::{EbuildFile, Problem, RepoTree};

use crate::ending::Ending;
use crate::error::{Error, working_directory};
use crate::extras::{self, Extras};
use crate::json;
use crate::progress::Progress;
use crate::regen::args::Regen;
use crate::report::{Report, is_failure};
use crate::repository::{self, Work};
use crate::session::Session;
use crate::store::Place;
use crate::totals::Totals;

pub(crate) fn run(args: &Regen) -> Result<Ending, Error> {
    let cwd = working_directory()?;
    let trees: Vec<RepoTree> = if args.repos.is_empty() {
        vec![repository::open(
            None,
            around(args, &cwd),
            &args.repository,
        )?]
    } else {
        let open = |name: &String| repository::open(Some(name), &cwd, &args.repository);
        args.repos.iter().map(open).collect::<Result<_, _>>()?
    };
    if trees.len() > 1 && (args.output.is_some() || !args.targets.is_empty()) {
        return Err(Error::SeveralRepositories);
    }
    let session = OnceCell::new();
    let mut ending = Ending::Good;
    for tree in &trees {
        match regenerate(args, &trees, tree, &session, &cwd)? {
            Ending::Good => {}
            Ending::Failures => ending = Ending::Failures,
            Ending::Interrupted => return Ok(Ending::Interrupted),
        }
    }
    Ok(ending)
}

/// The folder around which the repository is looked for: that of the first target that is a path, else the current one.
fn around<'a>(args: &'a Regen, cwd: &'a Path) -> &'a Path {
    args.targets
        .iter()
        .map(Path::new)
        .find(|target| target.is_absolute() && target.exists())
        .unwrap_or(cwd)
}

fn regenerate(
    args: &Regen,
    trees: &[RepoTree],
    tree: &RepoTree,
    session: &OnceCell<Session>,
    cwd: &Path,
) -> Result<Ending, Error> {
    let begin = Instant::now();
    let place = Place::new(args.format, args.output.as_deref(), tree)?;
    let mut index = place.index(tree);
    let mut work = repository::select_with(tree, &args.targets, cwd, &mut index)?;
    if let Some(shard) = args.shard {
        work.ebuilds.retain(|ebuild| shard.contains(ebuild.cp()));
    }
    // Only what writes needs the lock; a check looks at whatever is there.
    let lock = (!args.check).then(|| place.lock()).transpose()?;
    let cache = place.open(tree, lock.as_ref())?;
    let report = Report::new(tree, args.json);
    let progress = Progress::new(work.ebuilds.len(), !args.no_progress && !args.json);
    let tell = |ebuild: &EbuildFile, outcome: Outcome| {
        if args.json {
            outln!("{}", json::outcome(tree, ebuild, &outcome));
        }
        progress.step(matches!(outcome, Outcome::Failed(_)));
        report.add(ebuild, outcome);
    };
    let ebuilds = if args.force || args.verify {
        work.ebuilds.clone()
    } else {
        let stale = stale_ebuilds(args, tree, &work, &mut index, &*cache, &tell);
        let valid = work
            .ebuilds
            .len()
            .saturating_sub(stale.told + stale.ebuilds.len());
        report.add_valid(valid);
        progress.skip(valid);
        stale.ebuilds
    };
    if !ebuilds.is_empty() {
        let session = start(session, args, trees)?;
        let sink = |index: usize, outcome: Outcome| {
            if let Some(ebuild) = ebuilds.get(index) {
                tell(ebuild, outcome);
            }
        };
        let options = options(args, session)?;
        let result = ebd_metadata::run(
            tree,
            &ebuilds,
            &*cache,
            &options,
            session.interrupted(),
            &sink,
        );
        if matches!(result, Err(RunError::Cancelled)) {
            progress.finish();
            cache.flush()?;
            errln!("ebd: interrupted; entries written so far are complete");
            return Ok(Ending::Interrupted);
        }
        let summary = result?;
        progress.finish();
        report.fallbacks(&summary, &ebuilds, args.verbose);
    }
    progress.finish();
    report.problems(&work.problems);
    let removed = remove_stale(args, &work, &*cache, &mut index)?;
    // Without an index the next run is slower, nothing else.
    let _ = index.store();
    if !args.check {
        cache.flush()?;
    }
    let extras = extras::make(args, tree, &work.ebuilds, &*cache)?;
    let totals = report.finish(&removed, begin.elapsed(), args.check);
    Ok(ending(args, &totals, &work.problems, extras))
}

/// The session, begun when the first ebuild must be sourced: a run that finds all entries valid needs no bash.
fn start<'a>(
    session: &'a OnceCell<Session>,
    args: &Regen,
    trees: &[RepoTree],
) -> Result<&'a Session, Error> {
    if let Some(session) = session.get() {
        return Ok(session);
    }
    let begun = Session::start(&args.processor, trees)?;
    Ok(session.get_or_init(|| begun))
}

/// What a look at the entries has found.
struct Stale {
    /// What must be sourced.
    ebuilds: Vec<EbuildFile>,
    /// Number of ebuilds of which everything has been said; the others are valid.
    told: usize,
}

/// Finds the ebuilds that must be sourced. With `--check`, what is to be said of them is said; with `--json`, of all.
fn stale_ebuilds(
    args: &Regen,
    tree: &RepoTree,
    work: &Work,
    index: &mut StatIndex,
    cache: &dyn Backend,
    tell: &dyn Fn(&EbuildFile, Outcome),
) -> Stale {
    let whole = args.targets.is_empty() && args.shard.is_none();
    let verdicts = check_tree(tree, &work.ebuilds, cache, index, whole);
    let mut stale = Stale {
        ebuilds: Vec::new(),
        told: 0,
    };
    for (ebuild, verdict) in work.ebuilds.iter().zip(verdicts) {
        let outcome = match verdict {
            Verdict::Good if args.json => Outcome::Valid,
            // Most runs find thousands of them.
            Verdict::Good => continue,
            Verdict::EbuildUnreadable { reason } if args.check => {
                let failure = FailureKind::Unreadable { reason };
                Outcome::Failed(Box::new(failure.into()))
            }
            verdict if args.check => Outcome::Stale(verdict),
            _ => {
                stale.ebuilds.push(ebuild.clone());
                continue;
            }
        };
        tell(ebuild, outcome);
        stale.told += 1;
    }
    stale
}

fn options(args: &Regen, session: &Session) -> Result<Options, Error> {
    let jobs = match args.jobs {
        Some(jobs) => usize::from(jobs),
        None => std::thread::available_parallelism()
            .map_err(Error::system("count the CPUs"))?
            .get(),
    };
    let mut options = session.options();
    options.jobs = jobs;
    options.load_average = args.load_average;
    options.verify = args.verify;
    options.fresh = args.fresh;
    Ok(options)
}

/// Entries of ebuilds that are gone, within what the run was asked for; they are removed unless it is a check.
fn remove_stale(
    args: &Regen,
    work: &Work,
    cache: &dyn Backend,
    index: &mut StatIndex,
) -> Result<Vec<String>, Error> {
    let whole = args.targets.is_empty() && args.shard.is_none() && !args.force && !args.verify;
    if whole && index.covers(cache, work.ebuilds.len()) {
        return Ok(Vec::new());
    }
    let present: HashSet<&str> = work.ebuilds.iter().map(|ebuild| ebuild.cpv()).collect();
    let existing = index.list(cache)?;
    let mut stale: Vec<String> = ebd_cache::stale(&existing, &present, &work.scope)
        .into_iter()
        .map(str::to_owned)
        .collect();
    if let Some(shard) = args.shard {
        stale.retain(|cpv| ebd_pms::Cpv::parse(cpv).is_ok_and(|cpv| shard.contains(&cpv.cp())));
    }
    if !args.check {
        for cpv in &stale {
            cache.remove(cpv)?;
        }
    }
    Ok(stale)
}

fn ending(args: &Regen, totals: &Totals, problems: &[Problem], extras: Extras) -> Ending {
    let stale = args.check && totals.stale + totals.removed + extras.stale > 0;
    let failed = totals.failed + extras.failed > 0 || problems.iter().any(is_failure);
    if stale || (failed && !args.tolerant) {
        Ending::Failures
    } else {
        Ending::Good
    }
}
