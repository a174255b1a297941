//! `ebd merge`, `unmerge`, `config`, `info`: what is installed below a ROOT.

mod args;

use std::os::fd::AsFd;
use std::path::Path;

use ebd_build::{AccountPolicy, Options, Settings, Setup, configuration_environment};
use ebd_fs::chain;
use ebd_merge::package::{self, ImagePackage, Step, StepOutcome};
use ebd_merge::{InstalledError, MergeOutcome, System};
use ebd_pms::{Cpv, Phase, names};
use ebd_repo::{RepoSet, SearchPaths};

use crate::ending::Ending;
use crate::error::Error;
use crate::output::{self, Output, waiting};
use crate::run::{Command, Job, execute};
use crate::{confinement, interrupt, repository};
use args::SystemArgs;

pub(crate) use args::{InstalledPackage, Merge};

pub(crate) fn merge(args: &Merge) -> Result<Ending, Error> {
    match (&args.package, &args.image, &args.cpv) {
        (_, Some(image), Some(cpv)) => merge_image(args, image, cpv),
        (Some(file), None, _) if ebd_binpkg::is_package(file) => merge_binary(args, file),
        (Some(ebuild), None, _) => merge_ebuild(args, ebuild),
        _ => Err(Error::NothingToMerge),
    }
}

fn merge_ebuild(args: &Merge, ebuild: &Path) -> Result<Ending, Error> {
    execute(&Job {
        ebuild,
        commands: &[Command::Step(Step::Merge)],
        setup: setup(&args.system)
            .profile(args.profile.as_deref())
            .distdir(args.distdir.as_deref())
            .use_flags(&args.use_flags)
            .test(args.test),
        config_root: repository::config_root(args.system.config_root.as_deref()),
        repository: &args.repository,
        processor: &args.processor,
        phase_timeout: None,
        unprivileged_setup: args.unprivileged_setup,
        confcache: args.confcache.as_deref(),
        shell_on_failure: false,
        distdir: args.distdir.as_deref(),
        force: args.force,
        rerun: args.system.rerun,
        json: args.system.json,
    })
}

fn merge_binary(args: &Merge, file: &Path) -> Result<Ending, Error> {
    let settings = settings(&args.system)?;
    let mut options = confinement::phase_options(args.processor.bash.as_deref())?;
    if args.unprivileged_setup {
        let named = args.processor.user.as_deref();
        options.user = confinement::build_user(named, &settings, true)?;
        options.unprivileged_setup = Some(AccountPolicy::default());
    }
    changed(&args.system, &settings, &options, &|system| {
        package::merge_binary(system, file, &mut waiting)
    })
}

/// Installs a directory as a package without phases.
fn merge_image(args: &Merge, image: &Path, name: &str) -> Result<Ending, Error> {
    let cpv = Cpv::parse(name)?;
    for part in args.slot.split('/') {
        names::check(names::NameKind::Slot, part)?;
    }
    if !image.is_dir() {
        return Err(Error::NoSuchFolder {
            path: image.to_owned(),
        });
    }
    let settings = settings(&args.system)?;
    let options = confinement::phase_options(args.processor.bash.as_deref())?;
    let image = ImagePackage {
        cpv,
        slot: args.slot.clone(),
        image: image.to_owned(),
    };
    changed(&args.system, &settings, &options, &|system| {
        package::merge_image(system, &image, &mut waiting)
    })
}

pub(crate) fn unmerge(args: &InstalledPackage) -> Result<Ending, Error> {
    let settings = settings(&args.system)?;
    let options = confinement::phase_options(args.bash.as_deref())?;
    changed(&args.system, &settings, &options, &|system| {
        package::unmerge(system, &args.atom, &mut waiting)
    })
}

/// Changes what is installed.
fn changed(
    args: &SystemArgs,
    settings: &Settings,
    options: &Options,
    change: &dyn Fn(&System<'_>) -> Result<MergeOutcome, InstalledError>,
) -> Result<Ending, Error> {
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let output = Output::new(args.json);
    let sink = output::installed(&output);
    let system = System::new(settings, options, interrupted.as_fd(), &sink).rerun(args.rerun);
    output::changed(change(&system))
}

/// Runs a phase that changes no VDB entry.
pub(crate) fn run_phase(args: &InstalledPackage, phase: Phase) -> Result<Ending, Error> {
    let settings = settings(&args.system)?;
    let options = confinement::phase_options(args.bash.as_deref())?;
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let output = Output::new(args.system.json);
    let sink = output::installed(&output);
    let system = System::new(&settings, &options, interrupted.as_fd(), &sink);
    let cpv = system
        .installed()
        .find(&args.atom)
        .map_err(InstalledError::from)?;
    let ran = package::run_phase_of(&system, &cpv, phase);
    output.ended(&cpv, ran.map(|()| StepOutcome::Done))
}

/// Where the configuration of a system is.
fn setup(args: &SystemArgs) -> Setup {
    Setup::below(repository::config_root(args.config_root.as_deref()))
        .environment(configuration_environment(std::env::vars_os()))
        .root(args.root.as_deref())
        .tmpdir(args.tmpdir.as_deref())
}

/// The configuration of a system.
fn settings(args: &SystemArgs) -> Result<Settings, Error> {
    let config_root = repository::config_root(args.config_root.as_deref());
    let repositories = RepoSet::new(SearchPaths::system(&config_root))?;
    let system = setup(args).system(&repositories)?;
    if let Some(error) = system.no_profile {
        errln!(
            "ebd: warning: going on without a profile: {}",
            chain(&error)
        );
    }
    Ok(system.settings)
}
