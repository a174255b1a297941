//! What every command that sources ebuilds begins with.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use ebd_metadata::{Engine, Options};
use ebd_repo::RepoTree;

use crate::args::ProcessorArgs;
use crate::confinement::{self, Setup};
use crate::error::Error;
use crate::interrupt;

/// How processors run, found out once for all repositories of a run, and the user's wish to stop.
pub(crate) struct Session {
    setup: Setup,
    interrupted: UnixStream,
    timeout: Option<Duration>,
    preload: bool,
    engine: Engine,
}

impl Session {
    /// Finds out how processors can run that must read these repositories and their masters; says what the user must know.
    pub(crate) fn start(args: &ProcessorArgs, trees: &[RepoTree]) -> Result<Self, Error> {
        let folders: Vec<&Path> = trees
            .iter()
            .flat_map(|tree| {
                let masters = tree.masters().iter().map(|master| master.path());
                std::iter::once(tree.path()).chain(masters)
            })
            .collect();
        let setup = confinement::setup(args, &folders)?;
        for note in &setup.notes {
            errln!("ebd: note: {note}");
        }
        Ok(Self {
            setup,
            interrupted: interrupt::descriptor().map_err(Error::system("watch for signals"))?,
            timeout: (args.timeout > 0).then(|| Duration::from_secs(args.timeout)),
            preload: !args.no_preload,
            engine: args.engine.into(),
        })
    }

    /// Becomes readable when the user wants the run to end.
    pub(crate) fn interrupted(&self) -> BorrowedFd<'_> {
        self.interrupted.as_fd()
    }

    /// The options that every command that sources ebuilds has.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::default();
        options.force = true;
        options.preload = self.preload;
        options.engine = self.engine;
        options.timeout = self.timeout;
        options.level = Some(self.setup.level);
        options.user = self.setup.user.clone();
        options.bash = Some(self.setup.bash.clone());
        options.library = self.setup.library.clone();
        options
    }
}
