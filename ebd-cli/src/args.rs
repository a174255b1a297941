//! Arguments that several commands have. Those of one command are in its own module; `commands.rs` has them together.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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

fn name_and_dir(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, dir)) if !name.is_empty() && !dir.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(dir)))
        }
        _ => Err("write NAME=DIR, for example gentoo=/var/db/repos/gentoo".to_owned()),
    }
}
