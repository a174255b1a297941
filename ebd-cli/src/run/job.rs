//! An ebuild through its phases, into a package or into a ROOT, and what the user sees of it.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ebd_build::{AccountPolicy, Options, PackageSetup, PhaseError, Setup, metadata_values};
use ebd_confcache::ConfCache;
use ebd_merge::package::{PackageJob, Step};
use ebd_merge::{InstalledError, System};
use ebd_pms::Phase;

use super::command::Command;
use super::{fetch, metadata};
use crate::args::{ProcessorArgs, RepositoryArgs};
use crate::ending::Ending;
use crate::error::{Error, absolute, working_directory};
use crate::output::{self, Output};
use crate::{confinement, interrupt, manifest, repository};

/// What is done with an ebuild, and how.
pub(crate) struct Job<'a> {
    /// The ebuild, as the user named it.
    pub(crate) ebuild: &'a Path,
    pub(crate) commands: &'a [Command],
    /// The directory above `etc/portage`.
    pub(crate) config_root: PathBuf,
    pub(crate) setup: Setup,
    pub(crate) repository: &'a RepositoryArgs,
    pub(crate) processor: &'a ProcessorArgs,
    /// How long one phase may take.
    pub(crate) phase_timeout: Option<Duration>,
    pub(crate) unprivileged_setup: bool,
    pub(crate) confcache: Option<&'a Path>,
    pub(crate) shell_on_failure: bool,
    /// DISTDIR of the command `manifest`.
    pub(crate) distdir: Option<&'a Path>,
    pub(crate) force: bool,
    pub(crate) rerun: bool,
    pub(crate) json: bool,
}

/// Does one thing after the other, up to the first that fails.
pub(crate) fn execute(job: &Job<'_>) -> Result<Ending, Error> {
    let cwd = working_directory()?;
    let ebuild = absolute(job.ebuild)?;
    if !ebuild.is_file() {
        return Err(Error::NoSuchFile {
            path: job.ebuild.to_owned(),
        });
    }
    let repositories = repository::set(job.repository, &job.config_root)?;
    let tree = repository::open_in(&repositories, None, &ebuild)?;
    let target = ebuild.to_string_lossy().into_owned();
    let targets = [target];
    let work = repository::select(&tree, &targets, &cwd)?;
    let Some(found) = work.ebuilds.first() else {
        return Err(Error::NotInRepository {
            path: job.ebuild.to_owned(),
        });
    };
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let output = Output::new(job.json);
    let Some(entry) = metadata::of(&tree, found, job.processor)? else {
        return Ok(Ending::Failures);
    };
    let PackageSetup {
        package,
        settings,
        sources,
        warnings,
        ..
    } = job.setup.package(&repositories, &tree, found, &entry)?;
    for warning in warnings {
        errln!("ebd: warning: {warning}");
    }
    let (isolation, lack) = confinement::of_phases(job.processor.isolation, &settings)?;
    if let Some(lack) = lack {
        errln!("ebd: {lack}");
    }
    let options = Options {
        isolation,
        user: confinement::build_user(
            job.processor.user.as_deref(),
            &settings,
            job.unprivileged_setup,
        )?,
        timeout: job.phase_timeout,
        force: job.force,
        test: settings.has_feature("test"),
        colour: output.is_coloured(),
        keep_failure: job.shell_on_failure,
        unprivileged_setup: job.unprivileged_setup.then(AccountPolicy::default),
        confcache: job.confcache.map(absolute).transpose()?.map(ConfCache::new),
        ..confinement::phase_options(job.processor.bash.as_deref())?
    };
    let sink = output::installed(&output);
    let system = System::new(&settings, &options, interrupted.as_fd(), &sink).rerun(job.rerun);
    let values = metadata_values(&entry);
    let package_job = PackageJob::new(&package, &values, system);
    let mut steps = package_job.open(&output::waiting)?;
    for command in job.commands {
        let step = match command {
            Command::Manifest => {
                let ending = manifest::write_all(&manifest::Request {
                    repositories: &repositories,
                    tree: &tree,
                    targets: &targets,
                    config_root: &job.config_root,
                    distdir: job.distdir,
                    force: job.force,
                    json: job.json,
                    processor: job.processor,
                })?;
                match ending {
                    Ending::Good => continue,
                    ending => return Ok(ending),
                }
            }
            Command::Step(step) => *step,
        };
        if steps.needs_sources(step)? {
            if sources.must_be_fetched_by_hand() {
                let told = steps.run(Step::Phase(Phase::Nofetch));
                output.ended(&package.cpv, told)?;
            }
            let say = |text: &str| output.note(&package.cpv, text);
            if !fetch::fetch(&sources, interrupted.as_fd(), &say)? {
                return Ok(Ending::Interrupted);
            }
        }
        let result = steps.run(step);
        let failed = match &result {
            Err(InstalledError::Phase(PhaseError::Failed(failure))) => Some(failure.phase),
            _ => None,
        };
        match output.ended(&package.cpv, result)? {
            Ending::Good => {}
            ending => {
                if let Some(phase) = failed
                    && job.shell_on_failure
                {
                    steps.failure_shell(phase)?;
                }
                return Ok(ending);
            }
        }
    }
    Ok(Ending::Good)
}
