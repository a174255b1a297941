//! `ebd regen`.

use std::collections::HashSet;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use ebd_cache::{Backend, Lock, Md5Dict};
use ebd_host::{Options, Outcome, RunError};
use ebd_repo::{Problem, RepoTree};

use crate::args::Regen;
use crate::progress::Progress;
use crate::report::{Report, Totals};
use crate::repository::{self, Work};
use crate::session::Session;
use crate::{Ending, json};

/// Where a repository keeps its md5-dict cache.
const CACHE: &str = "metadata/md5-cache";

pub(crate) fn run(args: &Regen) -> Result<Ending, Box<dyn Error>> {
    let cwd = std::env::current_dir()?;
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
        return Err("--output and targets go with one repository; run ebd for each".into());
    }
    let session = Session::start(&args.processor, &trees)?;
    let mut ending = Ending::Good;
    for tree in &trees {
        match regenerate(args, tree, &session, &cwd)? {
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
    tree: &RepoTree,
    session: &Session,
    cwd: &Path,
) -> Result<Ending, Box<dyn Error>> {
    let mut work = repository::select(tree, &args.targets, cwd)?;
    if let Some(shard) = args.shard {
        work.ebuilds.retain(|ebuild| shard.contains(ebuild.cp()));
    }
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| tree.path().join(CACHE));
    // Only what writes needs the lock; a check looks at whatever is there.
    let (cache, _lock) = if args.check {
        (Md5Dict::open(&output), None)
    } else {
        let lock = Lock::lock_waiting(&output, |path| {
            eprintln!(
                "ebd: waiting for another run that writes {}",
                path.display()
            );
        })?;
        (Md5Dict::open_locked(&lock)?, Some(lock))
    };
    let options = options(args, session)?;
    let begin = Instant::now();
    let report = Report::new(tree, args.json);
    let progress = Progress::new(work.ebuilds.len(), !args.no_progress && !args.json);
    let sink = |index: usize, outcome: Outcome| {
        let Some(ebuild) = work.ebuilds.get(index) else {
            return;
        };
        if args.json {
            println!("{}", json::outcome(tree, ebuild, &outcome));
        }
        progress.step(matches!(outcome, Outcome::Failed(_)));
        report.add(ebuild, outcome);
    };
    let result = ebd_host::run(
        tree,
        &work.ebuilds,
        &cache,
        &options,
        session.interrupted(),
        &sink,
    );
    progress.finish();
    match result {
        Ok(()) => {}
        Err(RunError::Cancelled) => {
            eprintln!("ebd: interrupted; entries written so far are complete");
            return Ok(Ending::Interrupted);
        }
        Err(error) => return Err(error.into()),
    }
    report.problems(&work.problems);
    let removed = stale_entries(args, &work, &cache)?;
    let totals = report.finish(&removed, begin.elapsed(), args.check);
    Ok(ending(args, &totals, &work.problems))
}

fn options(args: &Regen, session: &Session) -> Result<Options, Box<dyn Error>> {
    let jobs = match args.jobs {
        Some(jobs) => usize::from(jobs),
        None => std::thread::available_parallelism()?.get(),
    };
    Ok(Options {
        jobs,
        load_average: args.load_average,
        force: args.force || args.verify,
        check: args.check,
        verify: args.verify,
        fresh: args.fresh,
        ..session.options()
    })
}

/// Entries of ebuilds that are gone, within what the run was asked for; they are removed unless it is a check.
fn stale_entries(
    args: &Regen,
    work: &Work,
    cache: &Md5Dict,
) -> Result<Vec<String>, Box<dyn Error>> {
    let present: HashSet<&str> = work.ebuilds.iter().map(|ebuild| ebuild.cpv()).collect();
    let existing = cache.list()?;
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

fn ending(args: &Regen, totals: &Totals, problems: &[Problem]) -> Ending {
    let stale = args.check && totals.stale + totals.removed > 0;
    let failed = totals.failed > 0 || problems.iter().any(is_failure);
    if stale || (failed && !args.tolerant) {
        Ending::Failures
    } else {
        Ending::Good
    }
}

/// Whether something that looks like an ebuild counts as a failed one.
pub(crate) fn is_failure(problem: &Problem) -> bool {
    !matches!(problem, Problem::UnlistedCategory { .. })
}
