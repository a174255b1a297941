//! Merging a directory as a package without phases.

use std::path::{Path, PathBuf};

use ebd_image::ImageOptions;
use ebd_pms::Cpv;

use super::interrupted;
use super::system::{install_mask, jobs};
use crate::{Incoming, InstalledError, MergeOutcome, Session, System};

/// A directory that is to be a package.
#[derive(Debug, Clone)]
pub struct ImagePackage {
    /// The name that it gets.
    pub cpv: Cpv,
    /// Its slot, with sub-slot.
    pub slot: String,
    /// The directory. It stays as it is.
    pub image: PathBuf,
}

/// Merges a directory. `waiting` is told which lock is waited for.
///
/// # Errors
/// When it cannot be merged, or what was interrupted earlier cannot be finished.
pub fn merge_image(
    system: &System<'_>,
    package: &ImagePackage,
    waiting: &mut dyn FnMut(&Path),
) -> Result<MergeOutcome, InstalledError> {
    let ImagePackage { cpv, slot, image } = package;
    let files = || -> Result<Vec<(String, Vec<u8>)>, InstalledError> {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        Ok([
            ("CATEGORY", cpv.category().to_owned()),
            ("PF", cpv.package().pf()),
            ("EAPI", "8".to_owned()),
            ("SLOT", slot.clone()),
            ("USE", String::new()),
            ("DEFINED_PHASES", "-".to_owned()),
            ("BUILD_TIME", now.to_string()),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), format!("{text}\n").into_bytes()))
        .collect())
    };
    let mut incoming = Incoming {
        cpv: cpv.clone(),
        slot: slot.clone(),
        image: image.clone(),
        takes: false,
        binary: false,
        options: ImageOptions {
            mask: install_mask(system.settings),
            eprefix: PathBuf::from(&system.settings.eprefix),
            jobs: jobs(),
            ..ImageOptions::default()
        },
        preinst: false,
        phases: None,
        files: &files,
    };
    Session::open(system, waiting)
        .and_then(|session| session.merge(&mut incoming))
        .map_err(interrupted)
}
