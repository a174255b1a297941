//! Distfiles: brought and verified before they are unpacked.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use ebd_config::{Mirrors, PackageConfig};
use ebd_fetch::{
    Commands, Digests, Distfile, FetchError, FetchEvent, FetchOptions, Fetcher, Restrictions,
};
use ebd_fs::chain;
use ebd_repo::manifest::Manifest;

use crate::error::Error;
use crate::interrupt;

/// Files that a package needs, and where they come from.
pub(crate) struct Sources {
    files: Vec<Distfile>,
    restrict: Restrictions,
    /// The Manifest of the package's folder.
    manifest: PathBuf,
    options: FetchOptions,
}

impl Sources {
    pub(crate) fn new(
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

    /// Brings what is missing, and verifies everything. `Ok(false)` when the user gave up.
    pub(crate) fn bring(
        &self,
        interrupted: BorrowedFd<'_>,
        say: &dyn Fn(&str),
    ) -> Result<bool, Error> {
        if self.files.is_empty() {
            return Ok(true);
        }
        let (manifest, problems) = Manifest::read(&self.manifest)?;
        for problem in problems {
            errln!("ebd: warning: {}: {problem}", self.manifest.display());
        }
        let mut watch = |event: &FetchEvent<'_>| {
            match event {
                FetchEvent::Waiting { name } => {
                    say(&format!("waiting for {name}: another process fetches it"))
                }
                FetchEvent::SetAside {
                    name,
                    mismatch,
                    path,
                } => {
                    say(&format!(
                        "{name} is not the right file ({mismatch}); it is now {}",
                        path.display()
                    ));
                }
                FetchEvent::Started { name, uri, from } => {
                    let part = if *from > 0 {
                        format!(" from byte {from}")
                    } else {
                        String::new()
                    };
                    say(&format!("fetching {name}{part}: {uri}"));
                }
                FetchEvent::Failed { uri, error, .. } => say(&format!("{uri}: {}", chain(*error))),
                FetchEvent::Fetched { name } => say(&format!("fetched {name}")),
                _ => {}
            }
            if interrupt::is_requested(interrupted) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let mut fetcher = Fetcher::new(self.options.clone());
        match fetcher.fetch(
            &self.files,
            self.restrict,
            Digests::Required(&manifest),
            &mut watch,
        ) {
            Ok(()) => Ok(true),
            Err(FetchError::Cancelled { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the files may not be downloaded automatically and some are missing.
    pub(crate) fn must_be_brought_by_hand(&self) -> bool {
        let missing = |file: &Distfile| !self.options.distdir.join(&file.name).is_file();
        self.restrict.fetch && self.files.iter().any(missing)
    }
}
