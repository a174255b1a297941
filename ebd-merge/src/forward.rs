//! The part of merges and removals that is only ever finished: everything in it may be done again, but for phases, which run once.

use std::path::{Path, PathBuf};

use crate::changes::{
    Journal, MergeError, Others, SavedPlan, remove, step, sync, touches_libraries,
    update_environment,
};
use ebd_fs::Root;
use ebd_pms::{Cpv, Phase};
use ebd_vdb::{ConfigMemory, Contents};

use super::header::Header;
use super::session::Session;
use super::stage::Stage;
use super::{InstalledError, InstalledEvent, Interruption, MergeOutcome};
use ebd_build::{PhaseError, Transition};

/// Runs a phase of the package that is merged and returns the environment that it leaves; `None` if it has no phases.
pub(super) type RunPhase<'a> =
    dyn FnMut(Phase) -> Option<Result<Option<Vec<u8>>, InstalledError>> + 'a;

impl Session<'_> {
    /// Removes an installed package.
    ///
    /// # Errors
    /// When something of its record cannot be used: then nothing has been changed. When it cannot be finished: then the next session goes on.
    pub fn unmerge(&self, cpv: &Cpv) -> Result<MergeOutcome, InstalledError> {
        self.saved(cpv)?;
        self.contents(&self.record_of(cpv))?;
        let slot = ebd_vdb::value(&self.record_of(cpv), "SLOT")?;
        let slot = slot.split('/').next().unwrap_or_default();
        let _slot_lock = self.database.lock_slot(cpv.category(), cpv.pn(), slot)?;
        let header = Header {
            cpv: cpv.clone(),
            merges: false,
            phases: true,
            image: PathBuf::new(),
            takes: false,
            binary: false,
            removed: vec![cpv.clone()],
        };
        let name = format!("{},{}", cpv.category(), cpv.package().pf());
        let mut journal = Journal::begin(&self.database.journals(), &name)?;
        journal.keep("header", &header.to_bytes())?;
        journal.enter(&Stage::Begin)?;
        journal.enter(&Stage::Commit)?;
        self.forward(journal, &header, None)?;
        Ok(self.outcome())
    }

    /// Goes on from whatever has been done.
    pub(super) fn forward(
        &self,
        mut journal: Journal,
        header: &Header,
        run: Option<&mut RunPhase<'_>>,
    ) -> Result<(), InstalledError> {
        let cpv = &header.cpv;
        if header.merges {
            self.place_files(&mut journal, header)?;
        }
        if Self::begun(&journal, header) {
            self.preserve_libraries(&mut journal, header)?;
        }
        for (index, old) in header.removed.iter().enumerate() {
            let rest = header.removed.get(index + 1..).unwrap_or_default();
            self.remove_package(&mut journal, header, old, rest)?;
        }
        if header.merges {
            let pf = cpv.package().pf();
            let record = self.database.finish(cpv.category(), &pf)?;
            if !journal.entered(&Stage::Entry) {
                journal.enter(&Stage::Entry)?;
            }
            self.postinst(&mut journal, header, &record, run)?;
            let contents = self.contents(&record)?;
            let items = contents.iter().count();
            self.update_environment(header, Some(&contents))?;
            self.drop_libraries()?;
            self.tell(cpv, InstalledEvent::Merged { items });
        } else {
            self.update_environment(header, None)?;
            self.drop_libraries()?;
            self.tell(cpv, InstalledEvent::Unmerged);
        }
        Ok(journal.end()?)
    }

    fn place_files(&self, journal: &mut Journal, header: &Header) -> Result<(), InstalledError> {
        if journal.entered(&Stage::Placed) {
            return Ok(());
        }
        let plan = SavedPlan::parse(&journal.path("plan"), &journal.kept("plan")?)?;
        let image = match Root::open(self.own_image(journal, header)) {
            Ok(image) => Some(image),
            Err(error) if error.is_absent() => None,
            Err(error) => return Err(MergeError::from(error).into()),
        };
        for one in &plan.steps {
            match step(&self.root, image.as_ref(), one) {
                Err(error) if error.is_of_owner() => {
                    let text = format!(
                        "{}; what the package has there is not in its place",
                        ebd_fs::chain(&error)
                    );
                    self.tell(&header.cpv, InstalledEvent::Warning { text: &text });
                }
                result => result?,
            }
        }
        if self.system.sync {
            sync(&self.root, &plan.steps)?;
        }
        self.root.forget();
        let path = self.database.config_memory();
        let mut memory = ConfigMemory::read(&path)?;
        let mut changed = false;
        for (path, digest) in &plan.memory {
            changed |= memory.set(path, digest.as_deref());
        }
        if changed {
            memory.write(&path)?;
        }
        Ok(journal.enter(&Stage::Placed)?)
    }

    /// Where files are moved from. The image becomes the journal's, so that nobody who cleans up takes it away.
    pub(super) fn own_image(&self, journal: &Journal, header: &Header) -> PathBuf {
        if !header.takes {
            return header.image.clone();
        }
        let own = journal.path("image");
        if own.is_dir() || std::fs::rename(&header.image, &own).is_ok() {
            own
        } else {
            header.image.clone()
        }
    }

    /// Removes a package, with its phases.
    fn remove_package(
        &self,
        journal: &mut Journal,
        header: &Header,
        old: &Cpv,
        rest: &[Cpv],
    ) -> Result<(), InstalledError> {
        if journal.entered(&Stage::Gone(old)) {
            return Ok(());
        }
        let record = self.record_of(old);
        // It may be gone without the mark, and the new one have its name.
        if record.is_dir() && !journal.entered(&Stage::Entry) {
            let saved = self.saved(old)?;
            let transition = Transition {
                replaced_by: if header.merges {
                    header.cpv.package().pvr().to_owned()
                } else {
                    String::new()
                },
                ..Transition::default()
            };
            self.phase_once(
                journal,
                [Stage::Prerm(old), Stage::PrermDone(old)],
                old,
                Phase::Prerm,
                |session| {
                    if saved.does(Phase::Prerm, session.system.settings) {
                        let run = session.runner();
                        run.run(&saved, Phase::Prerm, transition.clone())?;
                    }
                    Ok(())
                },
            )?;
            if !journal.entered(&Stage::FilesRemoved(old)) {
                self.remove_files(header, old, rest, &record)?;
                journal.enter(&Stage::FilesRemoved(old))?;
            }
            self.phase_once(
                journal,
                [Stage::Postrm(old), Stage::PostrmDone(old)],
                old,
                Phase::Postrm,
                |session| {
                    if saved.does(Phase::Postrm, session.system.settings) {
                        let run = session.runner();
                        run.run(&saved, Phase::Postrm, transition.clone())?;
                    }
                    Ok(())
                },
            )?;
            self.database.delete(&record)?;
        }
        Ok(journal.enter(&Stage::Gone(old))?)
    }

    fn remove_files(
        &self,
        header: &Header,
        old: &Cpv,
        rest: &[Cpv],
        record: &Path,
    ) -> Result<(), InstalledError> {
        self.root.forget();
        let contents = self.contents(record)?;
        let mut in_slot = Vec::new();
        if header.merges {
            let (category, pf) = (header.cpv.category(), header.cpv.package().pf());
            in_slot.push(self.owned(&self.database.unfinished(category, &pf))?);
        } else {
            let slot = ebd_vdb::value(record, "SLOT")?;
            for other in self.replaced(old, &slot)? {
                if other != *old {
                    in_slot.push(self.owned(&self.record_of(&other))?);
                }
            }
        }
        for other in rest {
            in_slot.push(self.owned(&self.record_of(other))?);
        }
        let mut without = header.removed.clone();
        without.push(old.clone());
        without.push(header.cpv.clone());
        let records = self.others(&without)?;
        let path = self.database.config_memory();
        let mut memory = ConfigMemory::read(&path)?;
        let before = memory.clone();
        let others = Others {
            in_slot: &in_slot,
            records: &records,
        };
        let removed = remove(
            &self.root,
            &contents,
            &others,
            &mut memory,
            &self.system.remove,
        )?;
        if memory != before {
            memory.write(&path)?;
        }
        self.root.forget();
        self.tell(old, InstalledEvent::FilesRemoved { removed: &removed });
        Ok(())
    }

    fn postinst(
        &self,
        journal: &mut Journal,
        header: &Header,
        record: &Path,
        run: Option<&mut RunPhase<'_>>,
    ) -> Result<(), InstalledError> {
        if !header.phases {
            return Ok(());
        }
        let transition = Transition {
            binary: header.binary,
            replacing: header
                .removed
                .iter()
                .map(|old| old.package().pvr().to_owned())
                .collect(),
            replaced_by: String::new(),
        };
        self.phase_once(
            journal,
            [Stage::Postinst, Stage::PostinstDone],
            &header.cpv,
            Phase::Postinst,
            |session| {
                let left = match run {
                    Some(run) => run(Phase::Postinst).transpose()?.flatten(),
                    None => {
                        let saved = session.saved(&header.cpv)?;
                        if saved.does(Phase::Postinst, session.system.settings) {
                            Some(session.runner().run(&saved, Phase::Postinst, transition)?)
                        } else {
                            None
                        }
                    }
                };
                if let Some(left) = left {
                    let path = record.join("environment.bz2");
                    std::fs::write(&path, left).map_err(PhaseError::io("write", &path))?;
                }
                Ok(())
            },
        )
    }

    /// Runs a phase unless it has run. One that fails is told; the rest goes on.
    fn phase_once(
        &self,
        journal: &mut Journal,
        [begun, done]: [Stage<'_>; 2],
        cpv: &Cpv,
        phase: Phase,
        run: impl FnOnce(&Self) -> Result<(), InstalledError>,
    ) -> Result<(), InstalledError> {
        if journal.entered(&done) {
            return Ok(());
        }
        let interrupted = journal.entered(&begun);
        if interrupted {
            let then = if self.system.rerun {
                Interruption::Repeated
            } else {
                Interruption::Left
            };
            self.tell(cpv, InstalledEvent::PhaseInterrupted { phase, then });
        } else {
            journal.enter(&begun)?;
        }
        if !interrupted || self.system.rerun {
            match run(self) {
                Err(InstalledError::Phase(PhaseError::Failed(failure))) => {
                    self.tell(cpv, InstalledEvent::PhaseFailed { failure: &failure });
                }
                result => result?,
            }
        }
        Ok(journal.enter(&done)?)
    }

    /// Whether no package that is removed is gone yet.
    fn begun(journal: &Journal, header: &Header) -> bool {
        let gone = |old: &Cpv| journal.entered(&Stage::Gone(old));
        !header.removed.iter().any(gone)
    }

    /// What programs read of `env.d`, and the cache of libraries.
    fn update_environment(
        &self,
        header: &Header,
        merged: Option<&Contents>,
    ) -> Result<(), InstalledError> {
        let eprefix = &self.system.settings.eprefix;
        let paths = merged
            .into_iter()
            .flat_map(Contents::iter)
            .map(|(path, _)| path);
        let removes = !header.removed.is_empty();
        let libraries = removes || touches_libraries(&self.root, eprefix, paths);
        for text in update_environment(&self.root, eprefix, libraries)? {
            self.tell(&header.cpv, InstalledEvent::Warning { text: &text });
        }
        Ok(())
    }
}
