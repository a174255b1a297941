//! What a caller may choose.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use bash_lib::Library;
use ebd_spawn::{Level, User};

use crate::error::RunError;
use crate::evaluator::Engine;

/// How metadata is generated. Begin with [`Options::default`] and change what should be different.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Number of ebuilds that are evaluated at a time; 1 by default.
    pub jobs: usize,
    /// Do not start another ebuild while the load average is above this.
    pub load_average: Option<f64>,
    /// Evaluate ebuilds also if their entries are valid.
    pub force: bool,
    /// Evaluate and write nothing: only check the entries.
    pub check: bool,
    /// Define eclass functions once in a worker; on by default.
    pub preload: bool,
    /// Evaluate every ebuild in all ways and compare the results.
    pub verify: bool,
    /// Start a worker of its own for every ebuild; slow, for comparisons.
    pub fresh: bool,
    /// What evaluates ebuilds.
    pub engine: Engine,
    /// How long one ebuild may take; a minute by default.
    pub timeout: Option<Duration>,
    /// Isolation of workers; `None` for the highest level that this system supports, found out when the first worker is started.
    pub level: Option<Level>,
    /// The user that workers run as; `None` for the caller.
    pub user: Option<User>,
    /// The bash to run, absolute; `None` for the first one on `PATH`, looked up when the first worker is started.
    pub bash: Option<PathBuf>,
    /// The bash side.
    pub library: Library,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 1,
            load_average: None,
            force: false,
            check: false,
            preload: true,
            verify: false,
            fresh: false,
            engine: Engine::default(),
            timeout: Some(Duration::from_secs(60)),
            level: None,
            user: None,
            bash: None,
            library: Library::embedded(),
        }
    }
}

impl Options {
    /// Returns the bash to run.
    pub(crate) fn bash(&self) -> Result<Cow<'_, Path>, RunError> {
        if let Some(bash) = &self.bash {
            return Ok(Cow::Borrowed(bash));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .map(|directory| directory.join("bash"))
            .find(|file| file.is_absolute() && file.is_file())
            .map(Cow::Owned)
            .ok_or(RunError::NoBash)
    }

    /// Returns the isolation of workers.
    pub(crate) fn level(&self) -> Level {
        // Probing starts processes, and its result never changes.
        static BEST: OnceLock<Level> = OnceLock::new();
        let best = || *BEST.get_or_init(|| ebd_spawn::probe().best_level());
        self.level.unwrap_or_else(best)
    }
}
