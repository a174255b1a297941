//! What every command that sources ebuilds begins with.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
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
        Options {
            jobs: 1,
            load_average: None,
            force: true,
            check: false,
            preload: self.preload,
            verify: false,
            fresh: false,
            engine: self.engine,
            timeout: self.timeout,
            level: self.setup.level,
            user: self.setup.user.clone(),
            bash: PathBuf::from(&self.setup.bash),
            library: self.setup.library.clone(),
        }
    }
}
