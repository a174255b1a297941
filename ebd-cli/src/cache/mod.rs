//! `ebd cache`: what is in a cache, and is it true.

mod args;
mod clean;
mod convert;
mod lookup;
mod stats;
mod verify;

use ebd_cache::Backend;
use ebd_repo::RepoTree;

pub(crate) use self::args::Cache;
use self::args::{CacheCommand, Source};
use crate::ending::Ending;
use crate::error::{Error, working_directory};
use crate::repository;
use crate::stdout::Buffer;
use crate::store::Place;

pub(crate) fn run(args: &Cache) -> Result<Ending, Error> {
    let mut out = Buffer::default();
    match &args.command {
        CacheCommand::Stats(args) => stats::run(args, &mut out),
        CacheCommand::Verify(args) => verify::run(args, &mut out),
        CacheCommand::Lookup(args) => lookup::run(args, &mut out),
        CacheCommand::Convert(args) => convert::run(args, &mut out),
        CacheCommand::Clean(args) => clean::run(args, &mut out),
    }
}

/// A cache that is looked at.
struct Opened {
    tree: RepoTree,
    place: Place,
}

impl Source {
    fn open(&self) -> Result<Opened, Error> {
        let cwd = working_directory()?;
        let tree = repository::open(self.repo.as_deref(), &cwd, &self.repository)?;
        let place = Place::new(self.format, self.path.as_deref(), &tree)?;
        Ok(Opened { tree, place })
    }
}

impl Opened {
    fn store(&self) -> Result<Box<dyn Backend>, Error> {
        self.place.open(&self.tree, None)
    }
}
