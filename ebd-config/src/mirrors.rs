//! Which mirrors there are.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::ConfigError;
use super::lines::{self, Folders};
use super::system::Config;
use ebd_repo::RepoTree;

/// The mirrors that files can be downloaded from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mirrors {
    /// `GENTOO_MIRRORS`: mirrors of all distfiles.
    pub gentoo: Vec<String>,
    /// `etc/portage/mirrors`: the user's own, by name; `local` are mirrors of all distfiles.
    pub custom: BTreeMap<String, Vec<String>>,
    /// `profiles/thirdpartymirrors`: what `mirror://NAME/` stands for.
    pub third_party: BTreeMap<String, Vec<String>>,
}

impl Config {
    /// The mirrors for ebuilds of a repository: those of its `thirdpartymirrors` come before those of its masters.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn mirrors(&self, tree: &RepoTree) -> Result<Mirrors, ConfigError> {
        let mut third_party = BTreeMap::new();
        let masters = tree
            .masters()
            .iter()
            .filter(|master| master.path() != tree.path());
        for repository in [tree.repository()].into_iter().chain(masters) {
            let file = repository.path().join("profiles/thirdpartymirrors");
            read(&file, &mut third_party)?;
        }
        let mut custom = BTreeMap::new();
        read(&self.config_folder.join("mirrors"), &mut custom)?;
        Ok(Mirrors {
            gentoo: self.layers.words("GENTOO_MIRRORS"),
            custom,
            third_party,
        })
    }
}

fn read(path: &Path, mirrors: &mut BTreeMap<String, Vec<String>>) -> Result<(), ConfigError> {
    for line in lines::read(path, Folders::Allowed)? {
        let mut words = line.words.into_iter();
        let Some(name) = words.next() else {
            continue;
        };
        let bases = mirrors.entry(name).or_default();
        for base in words {
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
    }
    Ok(())
}
