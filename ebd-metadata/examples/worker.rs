//! Drives one bash by hand: `worker EBUILD…` sources ebuilds of one repository, one after the other.
#![allow(clippy::print_stdout, reason = "an example program")]

use ebd_metadata::{EvaluateError, Options, Worker};
use ebd_repo::{EbuildFile, RepoTree};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<_> = std::env::args_os().skip(1).collect();
    let tree = RepoTree::around(paths.first().ok_or("usage: worker EBUILD…")?)?;
    let mut worker = Worker::start(&tree, &Options::default())?;
    for path in &paths {
        match worker.evaluate(&EbuildFile::from_path(path)?) {
            Ok(entry) => println!("{}", entry.get(ebd_cache::Key::Slot)),
            Err(EvaluateError::Ebuild(failure)) => println!("{failure}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
