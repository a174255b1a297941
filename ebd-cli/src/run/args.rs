//! The arguments of `ebd run`.

use std::path::PathBuf;

use clap::Args;

use crate::args::{ProcessorArgs, RepositoryArgs};

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Path of an ebuild in a repository
    #[arg(value_name = "EBUILD")]
    pub(crate) ebuild: PathBuf,
    /// What to do, in order: clean, or a phase, which runs those before it that have not run
    #[arg(value_name = "PHASE", required = true)]
    pub(crate) phases: Vec<String>,
    /// USE flags to enable and, with a hyphen before them, to disable
    #[arg(long = "use", value_name = "FLAGS", allow_hyphen_values = true)]
    pub(crate) use_flags: Vec<String>,
    /// Folder of distfiles [default: DISTDIR of the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) distdir: Option<PathBuf>,
    /// Folder below which packages are built [default: PORTAGE_TMPDIR of the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) tmpdir: Option<PathBuf>,
    /// Where the package is to be installed to [default: ROOT of the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Folder above etc/portage; PORTAGE_CONFIGROOT in the environment does the same [default: /]
    #[arg(long, value_name = "DIR")]
    pub(crate) config_root: Option<PathBuf>,
    /// Folder of the profile [default: etc/portage/make.profile]
    #[arg(long, value_name = "DIR")]
    pub(crate) profile: Option<PathBuf>,
    /// Seconds that one phase may take; 0 for no limit
    #[arg(long, value_name = "SECS", default_value_t = 0)]
    pub(crate) phase_timeout: u64,
    /// Run tests, as FEATURES=test does
    #[arg(long)]
    pub(crate) test: bool,
    /// Run pkg_setup and pkg_preinst without privileges too; users and groups that they add are made by ebd, as far as its policy goes
    #[arg(long)]
    pub(crate) unprivileged_setup: bool,
    /// Keep what configure scripts find out in this folder, and give it to them in later builds
    #[arg(long, value_name = "DIR")]
    pub(crate) confcache: Option<PathBuf>,
    /// When a phase fails, open a shell in its folder and with its variables and functions
    #[arg(long)]
    pub(crate) shell_on_failure: bool,
    /// Go on with a build although its ebuild has changed
    #[arg(long)]
    pub(crate) force: bool,
    /// Repeat phases of installed packages that were interrupted
    #[arg(long)]
    pub(crate) rerun: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
    #[command(flatten)]
    pub(crate) processor: ProcessorArgs,
}
