//! From an ebuild to a merged or binary package, step by step.

use std::path::{Path, PathBuf};

use ebd_build::{Build, BuildFolder, Event, Package, PhaseError};
use ebd_pms::Phase;

use super::{built, unmerge_exactly, write_package};
use crate::{InstalledError, InstalledEvent, MergeOutcome, Metadata, Records, System};

/// A package, and the system that it is built for and merged into.
pub struct PackageJob<'a> {
    pub(super) package: &'a Package,
    pub(super) metadata: &'a Metadata<'a>,
    pub(super) system: System<'a>,
    pub(super) records: Records<'a>,
    pub(super) told: Box<dyn Fn(Event<'_>) + 'a>,
}

/// What is done with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Remove the build directory.
    Clean,
    /// Have its distfiles: nothing that a job does, see [`Steps::needs_sources`].
    Fetch,
    /// Run a phase, with those before it that have not run.
    Phase(Phase),
    /// Write a binary package, after everything up to the image.
    Package,
    /// Merge the image, which must be there.
    Qmerge,
    /// Merge the image, after everything up to it.
    Merge,
    /// Remove the package from the system.
    Unmerge,
}

/// What a step has done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum StepOutcome {
    /// What it is for.
    Done,
    /// A binary package was written, to this file.
    Packaged(PathBuf),
    /// The package was merged or removed.
    Changed(MergeOutcome),
}

impl<'a> PackageJob<'a> {
    /// Makes a job. The settings of the system are those of the package; `metadata` is the ebuild's.
    #[must_use]
    pub fn new(package: &'a Package, metadata: &'a Metadata<'a>, system: System<'a>) -> Self {
        let (settings, sink) = (system.settings, system.sink);
        let told = move |event: Event<'_>| sink(&package.cpv, InstalledEvent::Phase { event });
        Self {
            package,
            metadata,
            records: Records::new(package, settings),
            system,
            told: Box::new(told),
        }
    }

    /// Takes the lock on the build directory. `waiting` is told which lock is waited for.
    ///
    /// # Errors
    /// When the lock cannot be taken, or the build directory cannot be used.
    pub fn open(&'a self, waiting: &'a dyn Fn(&Path)) -> Result<Steps<'a>, InstalledError> {
        let mut steps = Steps {
            job: self,
            waiting,
            build: None,
        };
        steps.build()?;
        Ok(steps)
    }
}

/// A job in progress: the exclusive right to the build directory of its package.
pub struct Steps<'a> {
    job: &'a PackageJob<'a>,
    waiting: &'a dyn Fn(&Path),
    /// `None` only after a merge that ended in an error, which has closed the build directory.
    build: Option<Build<'a>>,
}

impl<'a> Steps<'a> {
    /// Returns whether the distfiles must be there before a step.
    ///
    /// # Errors
    /// When the build directory cannot be opened again after a failed merge.
    pub fn needs_sources(&mut self, step: Step) -> Result<bool, InstalledError> {
        Ok(match step {
            Step::Fetch => true,
            Step::Phase(phase) => self.build()?.needs_sources(phase),
            Step::Merge | Step::Package => self.build()?.needs_sources(Phase::Install),
            Step::Clean | Step::Qmerge | Step::Unmerge => false,
        })
    }

    /// Does a step.
    ///
    /// # Errors
    /// When a phase of the build fails, which is [`PhaseError::Failed`], or the step cannot be done. A phase of a merge that fails is no
    /// error, but told and part of the outcome.
    pub fn run(&mut self, step: Step) -> Result<StepOutcome, InstalledError> {
        match step {
            Step::Fetch => Ok(StepOutcome::Done),
            Step::Clean => {
                self.build()?.folder().clean()?;
                Ok(StepOutcome::Done)
            }
            Step::Phase(phase) => {
                self.build()?.run(phase)?;
                Ok(StepOutcome::Done)
            }
            Step::Package => {
                self.build()?.run(Phase::Install)?;
                self.package()
            }
            Step::Merge => {
                self.build()?.run(Phase::Install)?;
                self.merge()
            }
            Step::Qmerge => {
                if !self.build()?.folder().is_done(Phase::Install) {
                    return Err(InstalledError::NoImage {
                        cpv: self.job.package.cpv.clone(),
                    });
                }
                self.merge()
            }
            Step::Unmerge => {
                let (cpv, waiting) = (&self.job.package.cpv, self.waiting);
                unmerge_exactly(&self.job.system, cpv, &mut |path| waiting(path))
                    .map(StepOutcome::Changed)
            }
        }
    }

    /// Opens a shell in the state in which a phase has died: [`Build::failure_shell`].
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn failure_shell(&mut self, phase: Phase) -> Result<(), InstalledError> {
        Ok(self.build()?.failure_shell(phase)?)
    }

    fn package(&mut self) -> Result<StepOutcome, InstalledError> {
        let job = self.job;
        let system = &job.system;
        let folder = self.build()?.folder();
        write_package(
            job.package,
            system.settings,
            system.phases,
            job.metadata,
            folder,
        )
        .map(StepOutcome::Packaged)
    }

    fn merge(&mut self) -> Result<StepOutcome, InstalledError> {
        let folder = match self.build.take() {
            Some(build) => build.into_folder(),
            None => self.folder()?,
        };
        let waiting = self.waiting;
        let (folder, outcome) = built::merge(self.job, folder, &mut |path| waiting(path))?;
        self.build = Some(self.begin(folder)?);
        Ok(StepOutcome::Changed(outcome))
    }

    fn build(&mut self) -> Result<&mut Build<'a>, InstalledError> {
        let build = match self.build.take() {
            Some(build) => build,
            None => self.begin(self.folder()?)?,
        };
        Ok(self.build.insert(build))
    }

    fn folder(&self) -> Result<BuildFolder, PhaseError> {
        let (job, waiting) = (self.job, self.waiting);
        let tmpdir = &job.system.settings.tmpdir;
        BuildFolder::open(tmpdir, &job.package.cpv, &mut |path| waiting(path))
    }

    fn begin(&self, folder: BuildFolder) -> Result<Build<'a>, PhaseError> {
        let job = self.job;
        Build::new(
            job.package,
            job.system.settings,
            job.system.phases,
            folder,
            &job.records,
            job.system.interrupt,
            &*job.told,
        )
    }
}
