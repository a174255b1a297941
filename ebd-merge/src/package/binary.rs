//! Merging a binary package.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use ebd_build::{Build, BuildFolder, Event, PhaseError, Transition};
use ebd_image::ImageOptions;
use ebd_pms::{Cpv, Phase};

use super::system::{install_mask, jobs};
use super::{concluded, interrupted};
use crate::{
    Incoming, InstalledError, InstalledEvent, MergeOutcome, Records, SavedPackage, Session, System,
    environment_bz2,
};

/// Merges a binary package, running the phases that were saved in it. `waiting` is told which lock is waited for.
///
/// # Errors
/// When the package cannot be used or merged, or what was interrupted earlier cannot be finished.
pub fn merge_binary(
    system: &System<'_>,
    file: &Path,
    limits: &ebd_binpkg::Limits,
    waiting: &mut dyn FnMut(&Path),
) -> Result<MergeOutcome, InstalledError> {
    let session = Session::open(system, waiting).map_err(interrupted)?;
    // What is in it is not known before it is unpacked.
    let tmpdir = system.settings.tmpdir.join("ebd-binary");
    fs::create_dir_all(&tmpdir).map_err(PhaseError::io("make", &tmpdir))?;
    let unpacked =
        tempfile::tempdir_in(&tmpdir).map_err(PhaseError::io("make a folder in", &tmpdir))?;
    let image = unpacked.path().join("image");
    let metadata = ebd_binpkg::unpack(file, &image, limits)?;
    let text = |name: &str| -> String {
        let found = metadata.iter().find(|(known, _)| known == name);
        found.map_or_else(String::new, |(_, content)| {
            String::from_utf8_lossy(content).trim().to_owned()
        })
    };
    let cpv = Cpv::parse(&format!("{}/{}", text("CATEGORY"), text("PF"))).map_err(|source| {
        InstalledError::Name {
            path: file.to_owned(),
            source: Box::new(source),
        }
    })?;
    let folder = BuildFolder::open(&tmpdir, &cpv, waiting)?;
    folder.clean()?;
    fs::create_dir_all(folder.path()).map_err(PhaseError::io("make", folder.path()))?;
    fs::rename(&image, folder.image()).map_err(PhaseError::io("move", &image))?;
    let info = folder.path().join("build-info");
    fs::create_dir_all(&info).map_err(PhaseError::io("make", &info))?;
    for (name, content) in &metadata {
        let path = info.join(name);
        fs::write(&path, content).map_err(PhaseError::io("write", &path))?;
    }
    let saved = SavedPackage::read(&info, &cpv, &system.phases.library, true)?;
    let slot = saved.package.slot.clone();
    let replaced = session.replaced(&cpv, &slot)?;
    let transition = Transition {
        binary: true,
        replacing: replaced
            .iter()
            .map(|old| old.package().pvr().to_owned())
            .collect(),
        replaced_by: String::new(),
    };
    let settings = saved.settings(system.settings, transition);
    saved.place_environment(&folder)?;
    let records = Records::new(&saved.package, &settings);
    let told = |event: Event<'_>| {
        (system.sink)(&cpv, InstalledEvent::Phase { event });
    };
    let image = folder.image();
    let build = Build::new(
        &saved.package,
        &settings,
        system.phases,
        folder,
        &records,
        system.interrupt,
        &told,
    )?;
    let build = RefCell::new(build);
    let mut run = |phase: Phase| -> Result<(), PhaseError> {
        if saved.does(phase, &settings) {
            build.borrow_mut().run(phase)?;
        }
        Ok(())
    };
    let files = || -> Result<Vec<(String, Vec<u8>)>, InstalledError> {
        let environment = environment_bz2(&saved.package, &settings, build.borrow().folder())?;
        let mut files = metadata.clone();
        files.retain(|(name, _)| name != "environment.bz2");
        files.push(("environment.bz2".to_owned(), environment));
        Ok(files)
    };
    let merged = run(Phase::Setup)
        .map_err(InstalledError::from)
        .and_then(|()| {
            session.merge(&mut Incoming {
                cpv: cpv.clone(),
                slot,
                image,
                takes: true,
                binary: true,
                options: ImageOptions {
                    mask: install_mask(&settings),
                    eprefix: PathBuf::from(&settings.eprefix),
                    sfperms: settings.has_feature("sfperms"),
                    jobs: jobs(),
                    ..ImageOptions::default()
                },
                preinst: saved.does(Phase::Preinst, &settings),
                phases: Some(&mut run),
                files: &files,
            })
        });
    let outcome = concluded(&cpv, system.sink, merged)?;
    if outcome == MergeOutcome::Complete {
        build.borrow().folder().clean()?;
    }
    Ok(outcome)
}
