//! Distfiles of a package: fetched and verified before they are unpacked.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ebd_config::{Mirrors, PackageConfig};
use ebd_fetch::{
    Commands, Digests, Distfile, FetchError, FetchEvent, FetchOptions, Fetcher, Restrictions,
};
use ebd_repo::manifest::Manifest;

/// Files that a package needs, and where they come from.
#[derive(Debug)]
pub struct Sources {
    files: Vec<Distfile>,
    restrict: Restrictions,
    manifest: PathBuf,
    options: FetchOptions,
}

impl Sources {
    pub(super) fn new(
        files: Vec<Distfile>,
        wanted: &PackageConfig,
        mirrors: Mirrors,
        manifest: PathBuf,
    ) -> Self {
        let mut options = FetchOptions::new(wanted.value("DISTDIR"), mirrors);
        options.commands = Commands::of(wanted.settings());
        options.force_mirror = wanted.features.contains("force-mirror");
        options.lock = wanted.features.contains("distlocks");
        options.read_only = wanted
            .value("PORTAGE_RO_DISTDIRS")
            .split_ascii_whitespace()
            .map(PathBuf::from)
            .collect();
        let restrict: &BTreeSet<String> = &wanted.restrict;
        Self {
            files,
            restrict: Restrictions::of(restrict),
            manifest,
            options,
        }
    }

    /// Returns the files that the USE flags want.
    #[must_use]
    pub fn files(&self) -> &[Distfile] {
        &self.files
    }

    /// Returns the path of the Manifest that has their digests.
    #[must_use]
    pub fn manifest(&self) -> &Path {
        &self.manifest
    }

    /// Fetches what is missing, and verifies everything by this Manifest.
    ///
    /// # Errors
    /// The first file that is not to be had, or that `watch` gave up.
    pub fn fetch(
        &self,
        manifest: &Manifest,
        watch: &mut dyn FnMut(&FetchEvent<'_>) -> ControlFlow<()>,
    ) -> Result<(), FetchError> {
        Fetcher::new(self.options.clone()).fetch(
            &self.files,
            self.restrict,
            Digests::Required(manifest),
            watch,
        )
    }

    /// Returns whether the files may not be downloaded automatically and some are missing.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "DISTDIR is not what a build left, and the fetcher looks at the file itself"
    )]
    pub fn must_be_fetched_by_hand(&self) -> bool {
        let missing = |file: &Distfile| !self.options.distdir.join(&file.name).is_file();
        self.restrict.fetch && self.files.iter().any(missing)
    }
}
