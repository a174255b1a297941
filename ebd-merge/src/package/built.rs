//! Merging what was built.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use ebd_build::{Build, BuildFolder, PhaseError, Settings, Transition};
use ebd_helpers::ownership;
use ebd_image::ImageOptions;
use ebd_pms::{Feature, Phase};

use super::concluded;
use super::job::PackageJob;
use super::system::{install_mask, jobs};
use crate::{Incoming, InstalledError, MergeOutcome, Session, record_files};

/// Merges the image in a build directory.
pub(super) fn merge(
    job: &PackageJob<'_>,
    folder: BuildFolder,
    waiting: &mut dyn FnMut(&Path),
) -> Result<(BuildFolder, MergeOutcome), InstalledError> {
    let (package, system) = (job.package, &job.system);
    let session = Session::open(system, waiting).map_err(super::interrupted)?;
    let replaced = session.replaced(&package.cpv, &package.slot)?;
    let settings = Settings {
        transition: Transition {
            replacing: replaced
                .iter()
                .map(|old| old.package().pvr().to_owned())
                .collect(),
            ..Transition::default()
        },
        ..system.settings.clone()
    };
    let requests = ownership::read(&folder.temp())?;
    let image = folder.image();
    let build = Build::new(
        package,
        &settings,
        system.phases,
        folder,
        &job.records,
        system.interrupt,
        &*job.told,
    )?;
    let build = RefCell::new(build);
    let defined = |phase| package.defined_phases.contains(phase) || !settings.bashrcs.is_empty();
    let mut run = |phase: Phase| -> Result<(), PhaseError> {
        if defined(phase) {
            build.borrow_mut().run(phase)?;
        }
        Ok(())
    };
    let files = || -> Result<Vec<(String, Vec<u8>)>, InstalledError> {
        record_files(package, &settings, job.metadata, build.borrow().folder())
    };
    let strip = package
        .eapi
        .has(Feature::SymlinkRewriting)
        .then(|| image.clone());
    let merged = session.merge(&mut Incoming {
        cpv: package.cpv.clone(),
        slot: package.slot.clone(),
        image: image.clone(),
        takes: true,
        binary: false,
        options: ImageOptions {
            mask: install_mask(&settings),
            eprefix: PathBuf::from(&settings.eprefix),
            builder: system.phases.user.as_ref().map(|user| (user.uid, user.gid)),
            requests: &requests,
            strip,
            sfperms: settings.has_feature("sfperms"),
            jobs: jobs(),
        },
        preinst: defined(Phase::Preinst),
        phases: Some(&mut run),
        files: &files,
    });
    let folder = build.into_inner().into_folder();
    // Files have left the image, even where the merge did not come to its end.
    if !image.is_dir() {
        fs::create_dir_all(&image).map_err(PhaseError::io("make", &image))?;
    }
    let outcome = concluded(&package.cpv, system.sink, merged)?;
    let marker = folder.marker(Phase::Install);
    if outcome == MergeOutcome::Complete && marker.exists() {
        fs::remove_file(&marker).map_err(PhaseError::io("remove", &marker))?;
    }
    Ok((folder, outcome))
}
