//! Binary packages: writing one from a build, and installing one.

use std::cell::RefCell;
use std::fs;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use ebd_build::{AccountPolicy, Build, BuildFolder, Event, PhaseError, Transition};
use ebd_helpers::ownership;
use ebd_image::{ImageOptions, InstallMask, read_image};
use ebd_merge::{
    Incoming, InstalledError, Records, SavedPackage, Session, environment_bz2, record_files,
};
use ebd_pms::{Cpv, Feature, Phase};

use super::args::Merge;
use super::configuration::{Configuration, install_mask, jobs, phase_options, waiting};
use super::ended_by;
use super::output::InstalledOutput;
use super::place::Place;
use crate::ending::Ending;
use crate::error::Error;
use crate::interrupt;
use crate::run::{self, Output};

/// How the name of a binary package ends.
const SUFFIX: &str = ".gpkg.tar";

/// Whether a file is a binary package, going by its name.
pub(crate) fn is_package(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(SUFFIX)
}

/// Writes the binary package of a build; returns the file.
pub(crate) fn write(place: &Place<'_>, folder: &BuildFolder) -> Result<PathBuf, Error> {
    let package = place.package;
    let value = |name: &str| place.variables.get(name).map_or("", String::as_str);
    let requests = ownership::read(&folder.temp())?;
    let strip = package
        .eapi
        .has(Feature::SymlinkRewriting)
        .then(|| folder.image());
    let options = ImageOptions {
        mask: InstallMask::parse(value("PKG_INSTALL_MASK")),
        eprefix: PathBuf::from(&place.settings.eprefix),
        builder: place.options.user.as_ref().map(|user| (user.uid, user.gid)),
        requests: &requests,
        strip,
        sfperms: false,
        jobs: jobs(),
    };
    let entries = read_image(&folder.image(), &options)?;
    let mut files = record_files(package, place.settings, &place.metadata(), folder)?;
    let (pn, pf) = (package.cpv.pn(), package.cpv.package().pf());
    let category = Path::new(value("PKGDIR")).join(package.cpv.category());
    let (name, file) = if place.settings.has_feature("binpkg-multi-instance") {
        let folder = category.join(pn);
        let id = next_id(&folder, &pf)?;
        files.push(("BUILD_ID".to_owned(), format!("{id}\n").into_bytes()));
        let name = format!("{pf}-{id}");
        let file = folder.join(format!("{name}{SUFFIX}"));
        (name, file)
    } else {
        (pf.clone(), category.join(format!("{pf}{SUFFIX}")))
    };
    ebd_binpkg::write(&file, &name, &files, &folder.image(), &entries)?;
    Ok(file)
}

/// A number that no package of this version has.
fn next_id(folder: &Path, pf: &str) -> Result<u32, Error> {
    let mut highest = 0;
    if folder.is_dir() {
        for entry in fs::read_dir(folder).map_err(Error::file("read", folder))? {
            let entry = entry.map_err(Error::file("read", folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let id = name
                .strip_prefix(pf)
                .and_then(|rest| rest.strip_prefix('-'))
                .and_then(|rest| rest.strip_suffix(SUFFIX))
                .and_then(|id| id.parse::<u32>().ok());
            highest = highest.max(id.unwrap_or(0));
        }
    }
    Ok(highest.saturating_add(1))
}

/// Installs a binary package.
pub(crate) fn merge(args: &Merge, file: &Path) -> Result<Ending, Error> {
    let configuration = Configuration::load(&args.system)?;
    let mut options = phase_options(args.processor.bash.as_deref())?;
    if args.unprivileged_setup {
        let named = args.processor.user.as_deref();
        options.user = run::build_user(named, &configuration.settings, true)?;
        options.unprivileged_setup = Some(AccountPolicy::default());
    }
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let output = Output::new(args.system.json);
    let output = InstalledOutput::new(&output);
    let sink = output.sink();
    let system = configuration.system(&options, interrupted.as_fd(), &sink, args.system.rerun);
    let session = match Session::open(&system, &mut waiting) {
        Ok(session) => session,
        Err(error) => return ended_by(error),
    };
    // What is in it is not known before it is unpacked.
    let tmpdir = configuration.settings.tmpdir.join("ebd-binary");
    fs::create_dir_all(&tmpdir).map_err(Error::file("make", &tmpdir))?;
    let unpacked =
        tempfile::tempdir_in(&tmpdir).map_err(Error::file("make a folder in", &tmpdir))?;
    let image = unpacked.path().join("image");
    let limits = ebd_binpkg::Limits {
        image: args.unpacked_limit,
    };
    let metadata = ebd_binpkg::unpack(file, &image, &limits)?;
    let text = |name: &str| -> String {
        let found = metadata.iter().find(|(known, _)| known == name);
        found.map_or_else(String::new, |(_, content)| {
            String::from_utf8_lossy(content).trim().to_owned()
        })
    };
    let cpv = Cpv::parse(&format!("{}/{}", text("CATEGORY"), text("PF"))).map_err(|source| {
        Error::PackageName {
            path: file.to_owned(),
            source: Box::new(source),
        }
    })?;
    let folder = BuildFolder::open(&tmpdir, &cpv, &mut waiting)?;
    folder.clean()?;
    fs::create_dir_all(folder.path()).map_err(Error::file("make", folder.path()))?;
    fs::rename(&image, folder.image()).map_err(Error::file("move", &image))?;
    let info = folder.path().join("build-info");
    fs::create_dir_all(&info).map_err(Error::file("make", &info))?;
    for (name, content) in &metadata {
        let path = info.join(name);
        fs::write(&path, content).map_err(Error::file("write", &path))?;
    }
    let saved = SavedPackage::read(&info, &cpv, &options.library, true)?;
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
    let settings = saved.settings(&configuration.settings, transition);
    saved.place_environment(&folder)?;
    let records = Records::new(&saved.package, &settings);
    let told = |event: Event<'_>| {
        (system.sink)(&cpv, ebd_merge::InstalledEvent::Phase { event });
    };
    let image = folder.image();
    let build = Build::new(
        &saved.package,
        &settings,
        &options,
        folder,
        &records,
        interrupted.as_fd(),
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
                    mask: install_mask(&settings, configuration.value("INSTALL_MASK")),
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
    let ending = match merged {
        Ok(_) => output.ending(),
        Err(InstalledError::Phase(PhaseError::Failed(failure))) => {
            output.failure(&cpv, &failure);
            Ending::Failures
        }
        Err(error) => ended_by(error)?,
    };
    if matches!(ending, Ending::Good) {
        build.borrow().folder().clean()?;
    }
    Ok(ending)
}
