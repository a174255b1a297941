//! The arguments of `ebd merge`, `unmerge`, `config` and `info`.

use std::path::PathBuf;

use clap::Args;

use crate::args::{ProcessorArgs, RepositoryArgs};

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Path of an ebuild in a repository, or of a binary package
    #[arg(value_name = "EBUILD|GPKG", required_unless_present = "image")]
    pub(crate) package: Option<PathBuf>,
    /// Install what is in a folder, without phases
    #[arg(long, value_name = "DIR", requires = "cpv", conflicts_with = "package")]
    pub(crate) image: Option<PathBuf>,
    /// The name of the package with --image: cat/pkg-ver
    #[arg(long = "as", value_name = "CPV")]
    pub(crate) cpv: Option<String>,
    /// The slot of the package with --image
    #[arg(long, value_name = "SLOT", default_value = "0")]
    pub(crate) slot: String,
    /// Folder of the profile [default: etc/portage/make.profile]
    #[arg(long, value_name = "DIR")]
    pub(crate) profile: Option<PathBuf>,
    /// USE flags to enable and, with a hyphen before them, to disable
    #[arg(long = "use", value_name = "FLAGS", allow_hyphen_values = true)]
    pub(crate) use_flags: Vec<String>,
    /// Folder of distfiles [default: DISTDIR of the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) distdir: Option<PathBuf>,
    /// Run tests, as FEATURES=test does
    #[arg(long)]
    pub(crate) test: bool,
    /// Run pkg_setup and pkg_preinst without privileges too; users and groups that they add are made by ebd, as far as its policy goes
    #[arg(long)]
    pub(crate) unprivileged_setup: bool,
    /// The most bytes that a binary package may unpack to; without, what its size and metadata make believable
    #[arg(long, value_name = "BYTES")]
    pub(crate) unpacked_limit: Option<u64>,
    /// Keep what configure scripts find out in this folder, and give it to them in later builds
    #[arg(long, value_name = "DIR")]
    pub(crate) confcache: Option<PathBuf>,
    /// Go on with a build although its ebuild has changed
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) system: SystemArgs,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
    #[command(flatten)]
    pub(crate) processor: ProcessorArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InstalledPackage {
    /// cat/pkg, cat/pkg-ver or an atom
    #[arg(value_name = "ATOM")]
    pub(crate) atom: String,
    #[command(flatten)]
    pub(crate) system: SystemArgs,
    /// The bash to run; EBD_BASH in the environment does the same [default: bash from PATH]
    #[arg(long, value_name = "PATH")]
    pub(crate) bash: Option<PathBuf>,
}

/// The system whose packages are installed or removed.
#[derive(Debug, Args)]
pub(crate) struct SystemArgs {
    /// Where packages are installed [default: ROOT of the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Folder above etc/portage; PORTAGE_CONFIGROOT in the environment does the same [default: /]
    #[arg(long, value_name = "DIR")]
    pub(crate) config_root: Option<PathBuf>,
    /// Folder below which phases have their files [default: PORTAGE_TMPDIR of the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) tmpdir: Option<PathBuf>,
    /// Repeat phases that were interrupted
    #[arg(long)]
    pub(crate) rerun: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}
