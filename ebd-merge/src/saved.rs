//! Phases of installed packages, from what their records have.

use std::fs;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use bzip2::read::MultiBzDecoder;
use ebd_env::{Environment, Rules, WriteOptions};
use ebd_pms::{Cpv, Eapi, Phase, PhaseSet, parse_defined_phases};
use ebd_vdb::value;

use super::queries::Records;
use super::record::environment_bz2;
use super::{InstalledError, InstalledEvent, Sink};
use bash_lib::Library;
use ebd_build::Keeper;
use ebd_build::{Build, BuildFolder, Event, Options, Package, PhaseError, Settings, Transition};

/// An installed package, or a binary one, as its record describes it.
#[derive(Debug)]
pub struct SavedPackage {
    /// The folder with the files of the record.
    pub record: PathBuf,
    /// What phases need to know of it.
    pub package: Package,
    /// USE.
    pub use_flags: Vec<String>,
    /// IUSE_EFFECTIVE.
    pub iuse_effective: Vec<String>,
    /// The saved environment as bash, already without what comes from elsewhere; `None` if the record has none.
    environment: Option<Vec<u8>>,
}

impl SavedPackage {
    /// Reads a record: `folder` has its files, `cpv` is the package's name.
    ///
    /// # Errors
    /// When the record has an EAPI that is not known or something that cannot be read, above all its environment.
    pub fn read(
        folder: &Path,
        cpv: &Cpv,
        library: &Library,
        binary: bool,
    ) -> Result<Self, InstalledError> {
        let get = |name: &str| value(folder, name);
        let record = |name: &str, reason: String| InstalledError::Record {
            path: folder.join(name),
            reason,
        };
        let words = |text: String| -> Vec<String> {
            text.split_ascii_whitespace().map(str::to_owned).collect()
        };
        let text = get("EAPI")?;
        let eapi = if text.is_empty() {
            Eapi::E0
        } else {
            Eapi::parse(&text).map_err(|error| record("EAPI", ebd_fs::chain(&error)))?
        };
        let phases = get("DEFINED_PHASES")?;
        let defined_phases = parse_defined_phases(&phases, eapi)
            .ok()
            .flatten()
            .unwrap_or(PhaseSet::ALL);
        let package = Package {
            ebuild: folder.join(format!("{}.ebuild", cpv.package().pf())),
            cpv: cpv.clone(),
            eapi,
            slot: get("SLOT")?,
            defined_phases,
            eclasses: Vec::new(),
            eclass_dirs: Vec::new(),
            repository: get("repository")?,
            main_repository: PathBuf::new(),
            restrict: words(get("RESTRICT")?),
            properties: words(get("PROPERTIES")?),
            distfiles: Vec::new(),
            all_distfiles: Vec::new(),
        };
        let mut iuse_effective = words(get("IUSE_EFFECTIVE")?);
        if iuse_effective.is_empty() {
            iuse_effective = words(get("IUSE")?)
                .into_iter()
                .map(|flag| flag.trim_start_matches(['+', '-']).to_owned())
                .collect();
        }
        Ok(Self {
            record: folder.to_owned(),
            use_flags: words(get("USE")?),
            iuse_effective,
            environment: read_environment(folder, eapi, library, binary)?,
            package,
        })
    }

    /// Whether running a phase does anything. A package without a saved environment, which is none that was built, has no phases.
    #[must_use]
    pub fn does(&self, phase: Phase, settings: &Settings) -> bool {
        self.environment.is_some()
            && (self.package.defined_phases.contains(phase) || !settings.bashrcs.is_empty())
    }

    /// The settings of its phases: those of now, but its own USE flags.
    #[must_use]
    pub fn settings(&self, settings: &Settings, transition: Transition) -> Settings {
        Settings {
            use_flags: self.use_flags.clone(),
            iuse_effective: self.iuse_effective.clone(),
            transition,
            ..settings.clone()
        }
    }

    /// Puts the saved environment where phases in this folder begin from.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn place_environment(&self, folder: &BuildFolder) -> Result<(), InstalledError> {
        folder.prepare(None)?;
        let path = folder.environment();
        let text = self.environment.as_deref().unwrap_or_default();
        fs::write(&path, text).map_err(PhaseError::io("write", path))?;
        Ok(())
    }
}

/// The saved environment of a record, filtered.
fn read_environment(
    folder: &Path,
    eapi: Eapi,
    library: &Library,
    binary: bool,
) -> Result<Option<Vec<u8>>, InstalledError> {
    let path = folder.join("environment.bz2");
    let failed = |reason: String| InstalledError::Environment {
        path: path.clone(),
        reason,
    };
    let compressed = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(ebd_fs::chain(&error))),
    };
    let mut text = Vec::new();
    MultiBzDecoder::new(compressed.as_slice())
        .read_to_end(&mut text)
        .map_err(|error| failed(ebd_fs::chain(&error)))?;
    let mut environment =
        Environment::parse(&text).map_err(|error| failed(ebd_fs::chain(&error)))?;
    environment.filter(&Rules::at_load(eapi, binary));
    Keeper::new(eapi, library).filter(&mut environment);
    environment
        .to_bash(&WriteOptions::new())
        .map(Some)
        .map_err(|error| failed(ebd_fs::chain(&error)))
}

/// How phases of installed packages are run.
pub(crate) struct Runner<'a> {
    pub(crate) options: &'a Options,
    pub(crate) settings: &'a Settings,
    pub(crate) interrupt: BorrowedFd<'a>,
    pub(crate) sink: &'a Sink<'a>,
}

impl Runner<'_> {
    /// Runs a phase of a package; returns the environment that it leaves, compressed.
    pub(crate) fn run(
        &self,
        saved: &SavedPackage,
        phase: Phase,
        transition: Transition,
    ) -> Result<Vec<u8>, InstalledError> {
        let cpv = &saved.package.cpv;
        let settings = saved.settings(self.settings, transition);
        // The package may be being built at the same time.
        let tmpdir = settings.tmpdir.join("ebd-installed");
        let folder = BuildFolder::open(&tmpdir, cpv, &mut |path| {
            let text = format!("waiting for {}", path.display());
            (self.sink)(cpv, InstalledEvent::Warning { text: &text });
        })?;
        folder.clean()?;
        saved.place_environment(&folder)?;
        let records = Records::new(&saved.package, &settings);
        let sink = |event: Event<'_>| (self.sink)(cpv, InstalledEvent::Phase { event });
        let mut build = Build::new(
            &saved.package,
            &settings,
            self.options,
            folder,
            &records,
            self.interrupt,
            &sink,
        )?;
        build.run(phase)?;
        let left = environment_bz2(&saved.package, &settings, build.folder())?;
        build.folder().clean()?;
        Ok(left)
    }
}

/// Runs a phase of an installed package that changes nothing of its record: config, info.
///
/// # Errors
/// When there is no saved environment, or the phase fails.
pub fn run_phase(
    saved: &SavedPackage,
    phase: Phase,
    options: &Options,
    settings: &Settings,
    interrupt: BorrowedFd<'_>,
    sink: &Sink<'_>,
) -> Result<(), InstalledError> {
    if saved.environment.is_none() {
        return Err(InstalledError::NoEnvironment {
            path: saved.record.clone(),
            phase,
        });
    }
    let runner = Runner {
        options,
        settings,
        interrupt,
        sink,
    };
    runner.run(saved, phase, Transition::default()).map(drop)
}
