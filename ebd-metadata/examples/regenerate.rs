//! Generates the metadata of a repository in memory: `regenerate FOLDER [BASH]`. Nothing is written.

use std::env;
use std::error::Error;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bash_lib::Library;
use ebd_cache::Memory;
use ebd_metadata::{Engine, Options, Outcome};
use ebd_repo::{RepoSet, Repository, SearchPaths};

#[allow(clippy::print_stdout, reason = "an example program")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1);
    let folder = args.next().ok_or("usage: regenerate FOLDER [BASH]")?;
    let bash = args
        .next()
        .map_or_else(|| PathBuf::from("/bin/bash"), PathBuf::from);
    let repositories = RepoSet::new(SearchPaths::system(Path::new("/")))?;
    let tree = repositories.resolve(Arc::new(Repository::open(folder)?))?;
    let ebuilds = tree.scan()?.ebuilds;
    let options = Options {
        jobs: 2,
        load_average: None,
        force: false,
        check: false,
        preload: true,
        verify: false,
        fresh: false,
        engine: Engine::Auto,
        timeout: Some(Duration::from_secs(60)),
        level: ebd_spawn::probe().best_level(),
        user: None,
        bash,
        library: Library::embedded(),
    };
    // Making the other end readable, or closing it, would cancel the run.
    let (cancel, _canceller) = UnixStream::pair()?;
    // Called from several threads, in the order in which ebuilds are done.
    let sink = |index: usize, outcome: Outcome| {
        let Some(ebuild) = ebuilds.get(index) else {
            return;
        };
        match outcome {
            Outcome::Written(entry) | Outcome::Unchanged(entry) => {
                println!(
                    "{} inherits {} eclasses",
                    ebuild.cpv(),
                    entry.eclasses().len()
                );
            }
            Outcome::Failed(failure) => println!("{} failed: {}", ebuild.cpv(), failure.kind),
            Outcome::Valid | Outcome::Stale(_) => println!("{} is up to date", ebuild.cpv()),
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
