//! Generates the metadata of a repository in memory: `regenerate DIRECTORY [BASH]`. Nothing is written.

use std::env;
use std::error::Error;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use ebd_cache::Memory;
use ebd_metadata::{Options, Outcome};
use ebd_repo::RepoTree;

#[allow(clippy::print_stdout, reason = "an example program")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1);
    let directory = args.next().ok_or("usage: regenerate DIRECTORY [BASH]")?;
    let tree = RepoTree::around(directory)?;
    let ebuilds = tree.scan()?.ebuilds;
    let mut options = Options::default();
    options.jobs = 2;
    options.bash = args.next().map(PathBuf::from);
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
