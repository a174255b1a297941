//! Answers to has_version and best_version.

use std::path::Path;

use ebd_pms::Atom;
use ebd_protocol::QueryRoot;
use ebd_repo::InstalledPackages;

use crate::phase::{Installed, Package, QueryError, Settings};

/// The installed packages as an ebuild sees them.
#[derive(Debug)]
pub struct Records<'a> {
    /// The package that asks.
    pub package: &'a Package,
    /// Its configuration.
    pub settings: &'a Settings,
}

impl Installed for Records<'_> {
    fn best(&self, root: QueryRoot, atom: &str) -> Result<Option<String>, QueryError> {
        let flags = &self.settings.use_flags;
        let atom = Atom::parse(atom, self.package.eapi)
            .map_err(|error| QueryError::Atom(error.to_string()))?
            .evaluate(&|flag| flags.iter().any(|enabled| enabled == flag));
        let folder = match root {
            QueryRoot::Root => &self.settings.root,
            QueryRoot::Sysroot => &self.settings.sysroot,
            QueryRoot::Build => &self.settings.broot,
        };
        let folder = if folder.is_empty() { "/" } else { folder };
        let found = InstalledPackages::below(Path::new(folder))
            .matches(&atom)
            .map_err(|error| QueryError::Records(error.to_string()))?;
        Ok(found.last().map(ToString::to_string))
    }
}
