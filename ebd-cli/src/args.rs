//! The command line's form.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cache::Cache;

/// The ebuild daemon: metadata caches of ebuild repositories, fast and byte-identical to Portage's.
#[derive(Debug, Parser)]
#[command(name = "ebd", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring the metadata cache of a repository up to date
    Regen(Regen),
    /// Show one ebuild's metadata
    Metadata(Metadata),
    /// Say where each part of an ebuild's metadata comes from
    Explain(Explain),
    /// Take an ebuild through phases of its build
    Run(Run),
    /// Build and install a package, or install a binary package or an image
    Merge(Box<Merge>),
    /// Remove an installed package
    Unmerge(InstalledPackage),
    /// Run pkg_config of an installed package
    Config(InstalledPackage),
    /// Run pkg_info of an installed package
    Info(InstalledPackage),
    /// Write the Manifests of packages
    Manifest(Manifest),
    /// Look into a cache, verify, convert or clean it
    Cache(Cache),
    /// Look at and change saved bash environments
    #[command(subcommand)]
    Env(EnvCommand),
    /// Answer questions about configuration and installed packages as Portage's portageq does
    Portageq(Portageq),
    /// Say what this machine offers and lacks
    Doctor(Doctor),
    /// Write completions and manual pages below a prefix; for who makes a package of ebd
    #[command(hide = true)]
    PackagingFiles(PackagingFiles),
}

#[derive(Debug, Args)]
pub(crate) struct PackagingFiles {
    /// Such as /usr, or an image's usr
    #[arg(value_name = "DIR")]
    pub(crate) prefix: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Portageq {
    /// The query and its arguments; most begin with an EROOT
    #[arg(
        value_name = "WORD",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) words: Vec<String>,
}

/// Which repository.
#[derive(Debug, Clone, Args)]
pub(crate) struct RepositoryArgs {
    /// Folder that holds repositories, to find masters and named repositories in; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) repos_dir: Vec<PathBuf>,
    /// Where a repository is, for masters that are found nowhere else; may be given several times
    #[arg(long, value_name = "NAME=DIR", value_parser = name_and_dir)]
    pub(crate) repo_path: Vec<(String, PathBuf)>,
}

/// How processors run.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProcessorArgs {
    /// The bash to run; EBD_BASH in the environment does the same [default: bash from PATH]
    #[arg(long, value_name = "PATH")]
    pub(crate) bash: Option<PathBuf>,
    /// How much processors are confined: the most this machine offers, all of it or nothing, or not at all
    #[arg(long, value_enum, default_value_t, value_name = "LEVEL")]
    pub(crate) isolation: Isolation,
    /// User that processors run as when ebd runs as root [default: portage, else nobody]
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Seconds that one ebuild may take; 0 for no limit
    #[arg(long, value_name = "SECS", default_value_t = 60)]
    pub(crate) timeout: u64,
    /// Source every eclass whole in every ebuild instead of defining its functions once in a processor
    #[arg(long)]
    pub(crate) no_preload: bool,
    /// What evaluates ebuilds: this program, and bash for what it leaves; this program alone; bash alone
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    pub(crate) engine: Engine,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    #[default]
    Auto,
    Native,
    Bash,
}

impl From<Engine> for ebd_metadata::Engine {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Auto => Self::Auto,
            Engine::Native => Self::Native,
            Engine::Bash => Self::Bash,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Isolation {
    #[default]
    Auto,
    Strict,
    None,
}

/// How entries are kept; `docs/formats.md` describes each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The cache of a repository: metadata/md5-cache
    #[default]
    Md5Dict,
    /// Portage's external cache: /var/cache/edb/dep
    Flat,
    /// All entries in one file
    Packed,
}

#[derive(Debug, Args)]
pub(crate) struct Regen {
    /// Category, cat/pkg, cat/pkg-ver, or path of an ebuild, package or category [default: the whole repository]
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Name or path of the repository; may be given several times [default: the one around the current folder]
    #[arg(short, long = "repo", value_name = "NAME|PATH")]
    pub(crate) repos: Vec<String>,
    /// Number of processors [default: one for each CPU]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) jobs: Option<u16>,
    /// Source ebuilds whose entries are valid as well
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Begin no further ebuild while the load average is above L
    #[arg(long, value_name = "L")]
    pub(crate) load_average: Option<f64>,
    /// Write nothing; list what is stale or missing and why, and exit with 1 if anything is
    #[arg(long, conflicts_with_all = ["force", "verify"])]
    pub(crate) check: bool,
    /// Write cat/pf files there instead of metadata/md5-cache of the repository; with --format packed, the file to write
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Format of the entries
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Make profiles/use.local.desc of every metadata.xml
    #[arg(long)]
    pub(crate) use_local_desc: bool,
    /// Make metadata/pkg_desc_index of the entries
    #[arg(long, conflicts_with_all = ["targets", "shard"])]
    pub(crate) pkg_desc_index: bool,
    /// Write the time into metadata/timestamp.chk
    #[arg(long, conflicts_with = "check")]
    pub(crate) timestamp: bool,
    /// Prepare the repository for rsync: --timestamp. (That a changed entry differs in size or time is always so.)
    #[arg(long, conflicts_with = "check")]
    pub(crate) rsync: bool,
    /// Say how many ebuilds were evaluated without bash, and why others were not
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Exit with 0 although some ebuilds failed
    #[arg(long)]
    pub(crate) tolerant: bool,
    /// Work on the K-th of N parts of the repository; packages are dealt out by their names
    #[arg(long, value_name = "K/N", value_parser = shard)]
    pub(crate) shard: Option<Shard>,
    /// Source every ebuild with and without preloaded eclass functions and compare
    #[arg(long, conflicts_with = "no_preload")]
    pub(crate) verify: bool,
    /// Start a processor for every ebuild; for comparisons
    #[arg(long, hide = true, requires = "no_preload")]
    pub(crate) fresh: bool,
    /// Print one JSON object a line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
    #[command(flatten)]
    pub(crate) processor: ProcessorArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Metadata {
    /// cat/pkg, cat/pkg-ver or path of an ebuild
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// Name or path of the repository [default: the one around the current folder]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub(crate) repo: Option<String>,
    /// Source the ebuild although its entry in the repository's cache is valid
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
    #[command(flatten)]
    pub(crate) processor: ProcessorArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// cat/pkg, cat/pkg-ver or path of an ebuild
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// Only this variable, such as DEPEND, or INHERITED; may be given several times [default: all that have a value]
    #[arg(short, long = "key", value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    /// Name or path of the repository [default: the one around the current folder]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub(crate) repo: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
}

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

#[derive(Debug, Args)]
pub(crate) struct Manifest {
    /// cat/pkg, category, or path of an ebuild, a package, a category or the repository [default: the current folder]
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Name or path of the repository [default: the one around the first target]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub(crate) repo: Option<String>,
    /// Folder of distfiles [default: DISTDIR of the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) distdir: Option<PathBuf>,
    /// Folder above etc/portage; PORTAGE_CONFIGROOT in the environment does the same [default: /]
    #[arg(long, value_name = "DIR")]
    pub(crate) config_root: Option<PathBuf>,
    /// Take what is in the folder of distfiles for right, whatever the old Manifests say
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
    #[command(flatten)]
    pub(crate) processor: ProcessorArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The bash to look at; EBD_BASH in the environment does the same [default: bash from PATH]
    #[arg(long, value_name = "PATH")]
    pub(crate) bash: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// One of several parts of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// Whether a package belongs to this part. The hash is FNV-1a, so that every machine deals out alike.
    pub(crate) fn contains(self, cp: &str) -> bool {
        let hash = cp.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        hash % self.of == self.number - 1
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let parsed = text.split_once('/').and_then(|(k, n)| {
        Some(Shard {
            number: k.parse().ok()?,
            of: n.parse().ok()?,
        })
    });
    parsed
        .filter(|shard| (1..=shard.of).contains(&shard.number))
        .ok_or_else(|| "write K/N with K from 1 to N, for example 2/4".to_owned())
}

fn name_and_dir(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, dir)) if !name.is_empty() && !dir.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(dir)))
        }
        _ => Err("write NAME=DIR, for example gentoo=/var/db/repos/gentoo".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn shards_are_a_partition() {
        let packages: Vec<String> = (0..1000).map(|i| format!("dev-libs/package{i}")).collect();
        let shards: Vec<Shard> = (1..=4).map(|k| shard(&format!("{k}/4")).unwrap()).collect();
        for package in &packages {
            assert_eq!(
                shards
                    .iter()
                    .filter(|shard| shard.contains(package))
                    .count(),
                1
            );
        }
        for shard in shards {
            assert!((200..300).contains(&packages.iter().filter(|p| shard.contains(p)).count()));
        }
        for wrong in ["0/4", "5/4", "4", "a/b", "1/0", "-1/2"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}

/// What to do with a saved environment: the output of `declare -p` and `declare -f`, plain or compressed.
#[derive(Debug, Subcommand)]
pub(crate) enum EnvCommand {
    /// Print variables and functions
    Show(EnvShow),
    /// Write an environment without some variables and functions
    Filter(EnvFilter),
    /// Say what differs between two environments; exit 1 if anything does
    Diff(EnvDiff),
    /// Write an environment as bash or as JSON, one object a line
    Convert(EnvConvert),
    /// Say whether an environment can be read, and what had to be repaired
    Check(EnvCheck),
}

#[derive(Debug, Args)]
pub(crate) struct EnvShow {
    /// The environment: bash or JSON, plain or as .bz2, .xz, .zst, .gz; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Names to print, or patterns of names with `*`, `?`, `[…]` [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Only what is exported
    #[arg(long)]
    pub(crate) exported: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Ready-made rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuleSet {
    /// Variables of bash itself go
    Bash,
    /// What is kept from one phase to the next
    BetweenPhases,
    /// What is saved with a binary or installed package
    AtSave,
    /// What is taken from the environment of an installed package
    AtLoad,
    /// What is taken from the environment of a binary package
    AtLoadBinary,
}

#[derive(Debug, Args)]
pub(crate) struct EnvFilter {
    /// The environment; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Ready-made rules, as Portage has them; may be given several times
    #[arg(long, value_enum, value_name = "SET")]
    pub(crate) rules: Vec<RuleSet>,
    /// EAPI that ready-made rules depend on [default: the variable EAPI of the environment]
    #[arg(long, value_name = "EAPI")]
    pub(crate) eapi: Option<String>,
    /// Drop variables: a name or a pattern of names; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) drop: Vec<String>,
    /// Drop functions
    #[arg(long, value_name = "NAME")]
    pub(crate) drop_function: Vec<String>,
    /// Drop all variables but these
    #[arg(long, value_name = "NAME")]
    pub(crate) keep: Vec<String>,
    /// Drop all functions but these
    #[arg(long, value_name = "NAME")]
    pub(crate) keep_function: Vec<String>,
    /// Make everything writable
    #[arg(long)]
    pub(crate) writable: bool,
    #[command(flatten)]
    pub(crate) output: EnvOutput,
    /// Write JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EnvDiff {
    /// The environment before
    #[arg(value_name = "FILE")]
    pub(crate) before: PathBuf,
    /// The environment after
    #[arg(value_name = "FILE")]
    pub(crate) after: PathBuf,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    Bash,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct EnvConvert {
    /// The environment; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: EnvFormat,
    /// Write bash that can be sourced inside a function
    #[arg(long)]
    pub(crate) in_function: bool,
    #[command(flatten)]
    pub(crate) output: EnvOutput,
}

#[derive(Debug, Args)]
pub(crate) struct EnvCheck {
    /// The environment; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where to write.
#[derive(Debug, Args)]
pub(crate) struct EnvOutput {
    /// File to write, compressed if its name ends in .bz2 or .gz; it is replaced when all went well [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
