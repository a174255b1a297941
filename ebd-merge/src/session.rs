//! Working on one ROOT: locks, and what was interrupted there.

use std::cell::Cell;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use crate::changes::{Journal, MergeError, MergeOptions, RemoveOptions, SavedPlan, discard};
use ebd_fs::Lock;
use ebd_pms::{Cpv, Phase};
use ebd_vdb::InstalledPackages;
use ebd_vdb::{Contents, Database, OwnedPaths, Root, package_of, records};

use super::header::Header;
use super::saved::{Runner, SavedPackage};
use super::stage::Stage;
use super::{InstalledError, InstalledEvent, Interruption, MergeOutcome, Sink};
use ebd_build::{Options, Settings};

/// A ROOT, and how packages are merged and removed there.
pub struct System<'a> {
    /// The folder.
    pub root: PathBuf,
    /// Settings of the phases of packages that are installed.
    pub settings: &'a Settings,
    /// How phases run.
    pub phases: &'a Options,
    /// How files are merged.
    pub merge: MergeOptions,
    /// How files are removed.
    pub remove: RemoveOptions,
    /// Whether everything is brought to the disk before an older version is removed: FEATURES=merge-sync.
    pub sync: bool,
    /// Whether libraries stay that other packages need: FEATURES=preserve-libs.
    pub preserve_libs: bool,
    /// Whether interrupted phases are repeated.
    pub rerun: bool,
    /// Readable when the user wants to stop.
    pub interrupt: BorrowedFd<'a>,
    /// Who is told what happens.
    pub sink: &'a Sink<'a>,
}

/// The exclusive right to change what is installed below a ROOT.
pub struct Session<'a> {
    pub(super) system: &'a System<'a>,
    pub(super) database: Database,
    pub(super) root: Root,
    /// Whether a phase has failed.
    failed: Cell<bool>,
    _lock: Lock,
}

impl System<'_> {
    /// The VDB.
    #[must_use]
    pub fn installed(&self) -> InstalledPackages {
        InstalledPackages::below(&eroot(&self.root, &self.settings.eprefix))
    }
}

impl<'a> Session<'a> {
    /// Takes the lock, then finishes or undoes what was interrupted.
    ///
    /// # Errors
    /// When the lock cannot be taken, or what was interrupted cannot be finished.
    pub fn open(
        system: &'a System<'a>,
        waiting: &mut dyn FnMut(&Path),
    ) -> Result<Self, InstalledError> {
        let database = Database::below(&eroot(&system.root, &system.settings.eprefix));
        let lock = database.lock(waiting)?;
        let session = Self {
            root: Root::new(&system.root),
            system,
            database,
            failed: Cell::new(false),
            _lock: lock,
        };
        for journal in Journal::pending(&session.database.journals())? {
            session.recover(journal)?;
        }
        Ok(session)
    }

    /// The records.
    #[must_use]
    pub fn installed(&self) -> InstalledPackages {
        self.system.installed()
    }

    /// The packages that merging one replaces: those in its slot, and the same version in whatever slot.
    ///
    /// # Errors
    /// When records cannot be read.
    pub fn replaced(&self, cpv: &Cpv, slot: &str) -> Result<Vec<Cpv>, InstalledError> {
        let slot = slot.split('/').next().unwrap_or_default();
        let installed = self.installed();
        let failed = |error: ebd_repo::Error| InstalledError::Record {
            path: installed.folder().to_owned(),
            reason: ebd_fs::chain(&error),
        };
        let mut found = installed
            .in_slot(cpv.category(), cpv.pn(), slot)
            .map_err(failed)?;
        if !found.contains(cpv) && installed.record(cpv).is_dir() {
            found.push(cpv.clone());
        }
        Ok(found)
    }

    pub(super) fn tell(&self, cpv: &Cpv, event: InstalledEvent<'_>) {
        if matches!(event, InstalledEvent::PhaseFailed { .. }) {
            self.failed.set(true);
        }
        (self.system.sink)(cpv, event);
    }

    /// Returns how what was done in this session has ended.
    pub(super) fn outcome(&self) -> MergeOutcome {
        if self.failed.get() {
            MergeOutcome::PhaseFailed
        } else {
            MergeOutcome::Complete
        }
    }

    pub(super) fn runner(&self) -> Runner<'_> {
        Runner {
            options: self.system.phases,
            settings: self.system.settings,
            interrupt: self.system.interrupt,
            sink: self.system.sink,
        }
    }

    pub(super) fn record_of(&self, cpv: &Cpv) -> PathBuf {
        self.database.record(cpv.category(), &cpv.package().pf())
    }

    pub(super) fn saved(&self, cpv: &Cpv) -> Result<SavedPackage, InstalledError> {
        let library = &self.system.phases.library;
        SavedPackage::read(&self.record_of(cpv), cpv, library, false)
    }

    pub(super) fn contents(&self, record: &Path) -> Result<Contents, MergeError> {
        Ok(Contents::read(&record.join("CONTENTS"))?)
    }

    pub(super) fn owned(&self, record: &Path) -> Result<OwnedPaths, MergeError> {
        Ok(OwnedPaths::new(&self.root, &self.contents(record)?)?)
    }

    /// The records of all packages but these.
    pub(super) fn others(&self, without: &[Cpv]) -> Result<Vec<PathBuf>, MergeError> {
        let without: Vec<String> = without.iter().map(ToString::to_string).collect();
        let mut others = records(&self.database.folder())?;
        others.retain(|record| !without.contains(&package_of(record)));
        Ok(others)
    }

    fn recover(&self, journal: Journal) -> Result<(), InstalledError> {
        if !journal.entered(&Stage::Begin) {
            return Ok(journal.end()?);
        }
        let header = Header::parse(&journal.path("header"), &journal.kept("header")?)?;
        let cpv = header.cpv.clone();
        if journal.entered(&Stage::Commit) {
            self.tell(&cpv, InstalledEvent::Finishing);
            return self.forward(journal, &header, None);
        }
        if journal.entered(&Stage::Preinst) {
            let phase = Phase::Preinst;
            let then = Interruption::Left;
            self.tell(&cpv, InstalledEvent::PhaseInterrupted { phase, then });
        }
        self.undo(journal, &header)?;
        self.tell(&cpv, InstalledEvent::Undone);
        Ok(())
    }

    /// Removes what a merge has made before it changed anything.
    pub(super) fn undo(&self, journal: Journal, header: &Header) -> Result<(), InstalledError> {
        if journal.entered(&Stage::Staging) {
            let plan = SavedPlan::parse(&journal.path("plan"), &journal.kept("plan")?)?;
            discard(&self.root, plan.copies.iter().map(PathBuf::as_path))?;
        }
        let image = journal.path("image");
        if image.is_dir() && !header.image.exists() {
            std::fs::rename(&image, &header.image)
                .map_err(ebd_build::PhaseError::io("rename", &image))?;
        }
        if header.merges {
            let (category, pf) = (header.cpv.category(), header.cpv.package().pf());
            self.database
                .delete(&self.database.unfinished(category, &pf))?;
        }
        Ok(journal.end()?)
    }
}

/// ROOT with the offset prefix.
pub(super) fn eroot(root: &Path, eprefix: &str) -> PathBuf {
    root.join(eprefix.trim_start_matches('/'))
}
