//! The words of `ebd run` that change what is installed.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use ebd_build::{Build, BuildFolder, Event, Options, Package, PhaseError, Settings, Transition};
use ebd_cache::{Entry, Key};
use ebd_helpers::ownership;
use ebd_image::ImageOptions;
use ebd_merge::{Incoming, InstalledError, Records, Session, Sink, System, record_files};
use ebd_pms::{Feature, Phase};

use super::configuration::{install_mask, jobs, system, waiting};
use super::ended_by;
use super::output::InstalledOutput;
use crate::ending::Ending;
use crate::error::Error;
use crate::run::Output;

/// A build whose package is merged, and all that belongs to it.
pub(crate) struct Place<'a> {
    pub(crate) package: &'a Package,
    pub(crate) settings: &'a Settings,
    pub(crate) variables: &'a BTreeMap<String, String>,
    pub(crate) entry: &'a Entry,
    pub(crate) options: &'a Options,
    pub(crate) records: &'a Records<'a>,
    pub(crate) interrupt: BorrowedFd<'a>,
    pub(crate) output: &'a Output,
    pub(crate) sink: &'a dyn Fn(Event<'_>),
    pub(crate) rerun: bool,
}

impl Place<'_> {
    /// Merges the image of a build.
    pub(crate) fn merge(&self, folder: BuildFolder) -> Result<(BuildFolder, Ending), Error> {
        let package = self.package;
        let output = InstalledOutput::new(self.output);
        let sink = output.sink();
        let system = self.system(&sink);
        let session = match Session::open(&system, &mut waiting) {
            Ok(session) => session,
            Err(error) => return Ok((folder, ended_by(error)?)),
        };
        let replaced = session.replaced(&package.cpv, &package.slot)?;
        let settings = Settings {
            transition: Transition {
                replacing: replaced
                    .iter()
                    .map(|old| old.package().pvr().to_owned())
                    .collect(),
                ..Transition::default()
            },
            ..self.settings.clone()
        };
        let requests = ownership::read(&folder.temp())?;
        let image = folder.image();
        let build = Build::new(
            package,
            &settings,
            self.options,
            folder,
            self.records,
            self.interrupt,
            self.sink,
        )?;
        let build = std::cell::RefCell::new(build);
        let defined =
            |phase| package.defined_phases.contains(phase) || !settings.bashrcs.is_empty();
        let mut run = |phase: Phase| -> Result<(), PhaseError> {
            if defined(phase) {
                build.borrow_mut().run(phase)?;
            }
            Ok(())
        };
        let metadata = self.metadata();
        let files = || -> Result<Vec<(String, Vec<u8>)>, InstalledError> {
            record_files(package, &settings, &metadata, build.borrow().folder())
        };
        let mask = self
            .variables
            .get("INSTALL_MASK")
            .map_or("", String::as_str);
        let strip = package
            .eapi
            .has(Feature::SymlinkRewriting)
            .then(|| image.clone());
        let mut incoming = Incoming {
            cpv: package.cpv.clone(),
            slot: package.slot.clone(),
            image: image.clone(),
            takes: true,
            binary: false,
            options: ImageOptions {
                mask: install_mask(&settings, mask),
                eprefix: PathBuf::from(&settings.eprefix),
                builder: self.options.user.as_ref().map(|user| (user.uid, user.gid)),
                requests: &requests,
                strip,
                sfperms: settings.has_feature("sfperms"),
                jobs: jobs(),
            },
            preinst: defined(Phase::Preinst),
            phases: Some(&mut run),
            files: &files,
        };
        let merged = session.merge(&mut incoming);
        let ending = match merged {
            Ok(true) => output.ending(),
            Ok(false) => Ending::Failures,
            Err(InstalledError::Phase(PhaseError::Failed(failure))) => {
                output.failure(&package.cpv, &failure);
                Ending::Failures
            }
            Err(error) => ended_by(error)?,
        };
        let folder = build.into_inner().into_folder();
        // Files have left the image.
        let marker = folder.marker(Phase::Install);
        if !image.is_dir() {
            std::fs::create_dir_all(&image).map_err(Error::file("make", &image))?;
        }
        if matches!(ending, Ending::Good) && marker.exists() {
            std::fs::remove_file(&marker).map_err(Error::file("remove", &marker))?;
        }
        Ok((folder, ending))
    }

    fn system<'s>(&'s self, sink: &'s Sink<'s>) -> System<'s> {
        system(
            self.settings,
            self.variables,
            self.options,
            self.interrupt,
            sink,
            self.rerun,
        )
    }

    /// Values of the ebuild's metadata.
    pub(crate) fn metadata(&self) -> impl Fn(&str) -> String {
        |name: &str| {
            Key::from_name(name).map_or_else(String::new, |key| self.entry.get(key).to_owned())
        }
    }

    /// Removes the package if it is installed.
    pub(crate) fn unmerge(&self) -> Result<Ending, Error> {
        let output = InstalledOutput::new(self.output);
        let sink = output.sink();
        let system = self.system(&sink);
        let session = match Session::open(&system, &mut waiting) {
            Ok(session) => session,
            Err(error) => return ended_by(error),
        };
        let cpv = &self.package.cpv;
        if !session.installed().record(cpv).is_dir() {
            return Err(Error::NotInstalled { cpv: cpv.clone() });
        }
        match session.unmerge(cpv) {
            Ok(()) => Ok(output.ending()),
            Err(error) => ended_by(error),
        }
    }
}
