//! Answers to has_version and best_version.

use std::path::Path;

use ebd_pms::Atom;
use ebd_protocol::QueryRoot;
use ebd_vdb::InstalledPackages;

use ebd_build::{Installed, Package, QueryError, Settings};

/// The installed packages as an ebuild sees them.
#[derive(Debug)]
pub struct Records<'a> {
    package: &'a Package,
    settings: &'a Settings,
    target: InstalledPackages,
    sysroot: InstalledPackages,
    build: InstalledPackages,
}

impl<'a> Records<'a> {
    /// What a package with this configuration sees.
    #[must_use]
    pub fn new(package: &'a Package, settings: &'a Settings) -> Self {
        let below = |root: &str| {
            let root = if root.is_empty() { "/" } else { root };
            InstalledPackages::below(Path::new(root))
        };
        Self {
            package,
            settings,
            target: below(&settings.root),
            sysroot: below(&settings.sysroot),
            build: below(&settings.broot),
        }
    }
}

impl Installed for Records<'_> {
    fn best(&self, root: QueryRoot, atom: &str) -> Result<Option<String>, QueryError> {
        let flags = &self.settings.use_flags;
        let atom = Atom::parse(atom, self.package.eapi)
            .map_err(|error| QueryError::Atom(ebd_fs::chain(&error)))?
            .evaluate(&|flag| flags.iter().any(|enabled| enabled == flag));
        let installed = match root {
            QueryRoot::Root => &self.target,
            QueryRoot::Sysroot => &self.sysroot,
            QueryRoot::Build => &self.build,
        };
        let found = installed
            .matches(&atom)
            .map_err(|error| QueryError::Records(ebd_fs::chain(&error)))?;
        Ok(found.last().map(ToString::to_string))
    }
}
