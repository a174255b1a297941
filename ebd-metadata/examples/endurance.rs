//! Sources the ebuilds of a repository over and over, and shows whether it stays as fast and as small as it began:
//! `endurance FOLDER EBUILDS [bash|auto [BASH]]`. Nothing is written.

use std::env;
use std::error::Error;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

use ebd_cache::Memory;
use ebd_metadata::{Engine, Options, Outcome};
use ebd_repo::{RepoSet, Repository, SearchPaths};

/// How many ebuilds are looked at together.
const BLOCK: usize = 1000;

#[allow(clippy::print_stdout, reason = "an example program")]
fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: endurance FOLDER EBUILDS [bash|auto [BASH]]";
    let mut args = env::args_os().skip(1);
    let folder = args.next().ok_or(usage)?;
    let wanted: usize = args
        .next()
        .ok_or(usage)?
        .into_string()
        .map_err(|_| usage)?
        .parse()?;
    let engine = match args.next() {
        None => Engine::Auto,
        Some(name) if name == "auto" => Engine::Auto,
        Some(name) if name == "bash" => Engine::Bash,
        Some(_) => return Err(usage.into()),
    };
    let repositories = RepoSet::new(SearchPaths::system(Path::new("/")))?;
    let tree = repositories.resolve(Arc::new(Repository::open(folder)?))?;
    let ebuilds: Vec<_> = tree
        .scan()?
        .ebuilds
        .into_iter()
        .cycle()
        .take(wanted)
        .collect();
    let mut options = Options::default();
    options.jobs = 2;
    options.force = true;
    options.engine = engine;
    options.bash = args.next().map(PathBuf::from);
    let (cancel, _canceller) = UnixStream::pair()?;
    let progress = Mutex::new((0_usize, Instant::now()));
    let sink = |_: usize, outcome: Outcome| {
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.0 += 1;
        if let Outcome::Failed(failure) = outcome {
            println!("failed: {}", failure.kind);
        }
        if progress.0.is_multiple_of(BLOCK) {
            let seconds = progress.1.elapsed().as_secs_f64();
            progress.1 = Instant::now();
            println!(
                "{:6} ebuilds: the last {BLOCK} in {seconds:.2} s; resident: host {} KiB, processors {} KiB",
                progress.0,
                resident("self"),
                processors().join(", "),
            );
        }
    };
    ebd_metadata::run(
        &tree,
        &ebuilds,
        &Memory::new(),
        &options,
        cancel.as_fd(),
        &sink,
    )?;
    Ok(())
}

/// Resident memory of a process in KiB, as `/proc` has it.
fn resident(process: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap_or("?")
        .trim()
        .trim_end_matches(" kB")
        .to_owned()
}

/// Resident memory of every process that a thread of this one has started.
fn processors() -> Vec<String> {
    let threads = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let children =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: String = children.collect();
    children.split_ascii_whitespace().map(resident).collect()
}
