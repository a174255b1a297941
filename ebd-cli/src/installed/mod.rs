//! `ebd merge`, `unmerge`, `config`, `info`: what is installed below a ROOT.

mod args;
mod binary;
mod configuration;
mod image;
mod output;
mod place;

use std::os::fd::AsFd;
use std::path::Path;

use ebd_build::PhaseError;
use ebd_merge::{InstalledError, SavedPackage, Session};
use ebd_pms::{Atom, AtomOptions, Cpv, Eapi, Phase};
use ebd_vdb::InstalledPackages;

use crate::ending::Ending;
use crate::error::Error;
use crate::run::{Output, Run};
use crate::{interrupt, run};
use configuration::Configuration;
use output::InstalledOutput;

pub(crate) use args::{InstalledPackage, Merge};
pub(crate) use binary::write as write_package;
pub(crate) use place::Place;

pub(crate) fn merge(args: &Merge) -> Result<Ending, Error> {
    let (Some(package), None) = (&args.package, &args.image) else {
        return image::merge(args);
    };
    if binary::is_package(package) {
        return binary::merge(args, package);
    }
    run::run(&Run {
        ebuild: package.clone(),
        phases: vec!["merge".to_owned()],
        use_flags: args.use_flags.clone(),
        distdir: args.distdir.clone(),
        tmpdir: args.system.tmpdir.clone(),
        root: args.system.root.clone(),
        config_root: args.system.config_root.clone(),
        profile: args.profile.clone(),
        phase_timeout: 0,
        test: args.test,
        unprivileged_setup: args.unprivileged_setup,
        confcache: args.confcache.clone(),
        shell_on_failure: false,
        force: args.force,
        rerun: args.system.rerun,
        json: args.system.json,
        repository: args.repository.clone(),
        processor: args.processor.clone(),
    })
}

pub(crate) fn unmerge(args: &InstalledPackage) -> Result<Ending, Error> {
    let configuration = Configuration::load(&args.system)?;
    let options = configuration::phase_options(args.bash.as_deref())?;
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let output = Output::new(args.system.json);
    let output = InstalledOutput::new(&output);
    let sink = output.sink();
    let system = configuration.system(&options, interrupted.as_fd(), &sink, args.system.rerun);
    let ended = Session::open(&system, &mut configuration::waiting)
        .and_then(|session| {
            let cpv = match find(&session.installed(), &args.atom) {
                Ok(cpv) => cpv,
                Err(error) => return Ok(Err(error)),
            };
            session.unmerge(&cpv).map(Ok)
        })
        .map(|found| found.map(|()| output.ending()));
    match ended {
        Ok(found) => Ok(found?),
        Err(error) => ended_by(error),
    }
}

/// Runs a phase that changes no record.
pub(crate) fn run_phase(args: &InstalledPackage, phase: Phase) -> Result<Ending, Error> {
    let configuration = Configuration::load(&args.system)?;
    let options = configuration::phase_options(args.bash.as_deref())?;
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let output = Output::new(args.system.json);
    let output = InstalledOutput::new(&output);
    let sink = output.sink();
    let installed = InstalledPackages::below(&configuration.eroot());
    let cpv = find(&installed, &args.atom)?;
    let saved = SavedPackage::read(&installed.record(&cpv), &cpv, &options.library, false)?;
    if !saved.package.defined_phases.contains(phase) {
        return Err(Error::PhaseNotDefined {
            cpv,
            function: phase.function().to_owned(),
        });
    }
    let ran = ebd_merge::run_phase(
        &saved,
        phase,
        &options,
        &configuration.settings,
        interrupted.as_fd(),
        &sink,
    );
    match ran {
        Ok(()) => Ok(Ending::Good),
        Err(InstalledError::Phase(PhaseError::Failed(failure))) => {
            output.failure(&cpv, &failure);
            Ok(Ending::Failures)
        }
        Err(error) => ended_by(error),
    }
}

/// What the user's interrupt ends is no error.
fn ended_by(error: InstalledError) -> Result<Ending, Error> {
    if let InstalledError::Phase(PhaseError::Interrupted { phase }) = error {
        errln!("ebd: interrupted in phase {phase}; the next command finishes what is left");
        return Ok(Ending::Interrupted);
    }
    Err(error.into())
}

/// The one installed package that a user means.
fn find(installed: &InstalledPackages, text: &str) -> Result<Cpv, Error> {
    if let Ok(cpv) = Cpv::parse(text)
        && installed.record(&cpv).is_dir()
    {
        return Ok(cpv);
    }
    let options = AtomOptions::ebuild(Eapi::LATEST).with_repository();
    let atom = Atom::parse_with(text, options)?;
    let mut found = installed.matches(&atom)?;
    match (found.pop(), found.is_empty()) {
        (Some(cpv), true) => Ok(cpv),
        (Some(cpv), false) => {
            found.push(cpv);
            let names: Vec<String> = found.iter().map(|cpv| format!("={cpv}")).collect();
            Err(Error::SeveralInstalled {
                atom: text.to_owned(),
                candidates: names.join(" "),
            })
        }
        (None, _) => Err(Error::NoneInstalled {
            atom: text.to_owned(),
            root: installed
                .folder()
                .ancestors()
                .nth(3)
                .unwrap_or(Path::new("/"))
                .to_owned(),
        }),
    }
}
