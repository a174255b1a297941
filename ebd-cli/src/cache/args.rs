//! The arguments of `ebd cache`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::{Format, RepositoryArgs};

#[derive(Debug, Args)]
pub(crate) struct Cache {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Count entries, keys, EAPIs and eclasses
    Stats(Stats),
    /// Read every entry and compare it with its ebuild and eclasses; exit with 1 if one is damaged or not true
    Verify(Verify),
    /// Find entries by name, eclass or value
    Lookup(Lookup),
    /// Write the entries in another format or place
    Convert(Convert),
    /// Remove entries without ebuild, entries that cannot be understood, and what killed runs left
    Clean(Clean),
}

/// Which cache.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Name or path of the repository [default: the one around the current folder]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub(crate) repo: Option<String>,
    /// Format of the entries
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Folder with the cat/pf files, or the packed file [default: where the format is usually kept]
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) path: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Stats {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Lookup {
    /// Category, cat/pkg or cat/pkg-ver [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Only entries that inherit this eclass, directly or not
    #[arg(long, value_name = "ECLASS")]
    pub(crate) inherits: Option<String>,
    /// Show the value of this key, and only entries that have one
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub(crate) key: Option<ebd_cache::Key>,
    /// Only entries whose value of the key contains this text
    #[arg(long, value_name = "TEXT", requires = "key")]
    pub(crate) contains: Option<String>,
    #[command(flatten)]
    pub(crate) source: Source,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// Format to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: Format,
    /// Folder or, for packed, file to write [default: where the format is usually kept]
    #[arg(short, long, value_name = "DIR|FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: Source,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Clean {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

fn key(text: &str) -> Result<ebd_cache::Key, String> {
    ebd_cache::Key::from_name(text).ok_or_else(|| {
        let all: Vec<&str> = ebd_cache::Key::ALL.map(ebd_cache::Key::as_str).to_vec();
        format!("the keys are {}", all.join(", "))
    })
}
