//! What a caller may choose.

use std::path::PathBuf;
use std::time::Duration;

use ebd_spawn::{Level, User};

use crate::native::Engine;
use bash_lib::Library;

/// How metadata is generated.
#[derive(Debug, Clone)]
pub struct Options {
    /// Number of processors.
    pub jobs: usize,
    /// Do not start another ebuild while the load average is above this.
    pub load_average: Option<f64>,
    /// Whether ebuilds whose entries are valid are sourced as well.
    pub force: bool,
    /// Whether nothing is sourced or written: only the entries are checked.
    pub check: bool,
    /// Whether eclass functions are defined once in a processor.
    pub preload: bool,
    /// Whether every ebuild is sourced both ways and the results are compared.
    pub verify: bool,
    /// Whether every ebuild gets a processor of its own; slow, for comparisons.
    pub fresh: bool,
    /// What evaluates ebuilds.
    pub engine: Engine,
    /// How long one ebuild may take.
    pub timeout: Option<Duration>,
    /// How much processors are confined.
    pub level: Level,
    /// The user that processors run as; `None` for the caller.
    pub user: Option<User>,
    /// The bash to run, absolute.
    pub bash: PathBuf,
    /// The bash side.
    pub library: Library,
}
