//! What a merge is decided from.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ebd_vdb::OwnedPaths;
use ebd_vdb::ProtectPolicy;

/// Settings of a merge.
#[derive(Debug, Clone, Default)]
pub struct MergeOptions {
    /// CONFIG_PROTECT.
    pub protect: Vec<String>,
    /// CONFIG_PROTECT_MASK.
    pub protect_mask: Vec<String>,
    /// How protected files are treated.
    pub policy: ProtectPolicy,
    /// COLLISION_IGNORE: patterns of files that may be overwritten.
    pub collision_ignore: Vec<String>,
    /// Whether no file may be overwritten that is not the replaced version's: FEATURES=collision-protect.
    pub collision_protect: bool,
    /// Whether no file of another package may be overwritten: FEATURES=protect-owned.
    pub protect_owned: bool,
    /// Whether extended attributes are taken along.
    pub attributes: bool,
    /// PORTAGE_XATTR_EXCLUDE.
    pub attributes_excluded: String,
    /// How many files are read at once.
    pub jobs: usize,
}

/// What is known of other packages.
#[derive(Debug)]
pub struct Neighbours<'a> {
    /// The version that is replaced, as far as configuration files go: the one installed last.
    pub replaced: Option<&'a OwnedPaths>,
    /// All versions that are replaced.
    pub in_slot: &'a [OwnedPaths],
    /// The records of all other packages.
    pub others: &'a [PathBuf],
    /// Libraries that are kept for other packages and may be overwritten, by their real paths.
    pub preserved: &'a HashSet<PathBuf>,
}

/// Where an image comes from and how its files get to their places.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The folder.
    pub image: &'a Path,
    /// Whether files leave it, where they are on the same filesystem.
    pub takes: bool,
    /// What temporary names have in them, so that they are nobody else's.
    pub tag: &'a str,
}
