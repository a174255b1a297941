//! The arguments of `ebd regen`.

use std::path::PathBuf;

use clap::Args;

use crate::args::{Format, ProcessorArgs, RepositoryArgs};

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

#[cfg(test)]
mod tests {
    use super::*;

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
