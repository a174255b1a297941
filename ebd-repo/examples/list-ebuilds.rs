//! Lists the ebuilds of the repository around a folder, or those of a target: `list-ebuilds [FOLDER [TARGET]]`.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_repo::{RepoSet, Repository, SearchPaths, find_repository_around};

#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example program"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let folder = args
        .next()
        .map_or_else(|| PathBuf::from("."), PathBuf::from);
    let root = find_repository_around(&folder).ok_or("no ebuild repository around this folder")?;
    let repositories = RepoSet::new(SearchPaths::system(Path::new("/")))?;
    let tree = repositories.resolve(Arc::new(Repository::open(root)?))?;
    for warning in tree.warnings() {
        eprintln!("{warning}");
    }
    let scan = match args.next() {
        Some(target) => tree.select(&target, &folder)?.scan,
        None => tree.scan()?,
    };
    for ebuild in &scan.ebuilds {
        println!("{}", ebuild.cpv());
    }
    for problem in &scan.problems {
        eprintln!("{problem}");
    }
    eprintln!(
        "{} ebuilds, {} eclasses from {:?}",
        scan.ebuilds.len(),
        tree.eclasses().len(),
        tree.eclass_dirs()
    );
    Ok(())
}
