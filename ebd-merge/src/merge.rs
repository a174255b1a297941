//! Merging a package: from the image to the point from where it is only finished.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::changes::{
    Journal, MergeError, Neighbours, Plan, SavedPlan, Source, discard, plan, stage, sync,
};
use ebd_image::{ImageEntry, ImageOptions, read_image_again};
use ebd_pms::{Cpv, Phase};
use ebd_vdb::{ConfigMemory, PreservedLibraries, value};

use super::header::Header;
use super::session::Session;
use super::stage::Stage;
use super::{InstalledError, InstalledEvent, MergeOutcome};
use ebd_build::PhaseError;

/// A package that is to be merged.
pub struct Incoming<'a> {
    /// The package.
    pub cpv: Cpv,
    /// Its slot, with sub-slot.
    pub slot: String,
    /// Its image.
    pub image: PathBuf,
    /// Whether files may leave the image.
    pub takes: bool,
    /// Whether it comes from a binary package.
    pub binary: bool,
    /// How the image is to be understood.
    pub options: ImageOptions<'a>,
    /// Whether running its `pkg_preinst` does anything.
    pub preinst: bool,
    /// Runs a phase of it; without, it has none.
    pub phases: Option<&'a mut dyn FnMut(Phase) -> Result<(), PhaseError>>,
    /// The files of its record, as they are after the last phase: all but CONTENTS and COUNTER.
    pub files: &'a dyn Fn() -> Result<Vec<(String, Vec<u8>)>, InstalledError>,
}

impl Session<'_> {
    /// Merges a package and removes the versions that it replaces.
    ///
    /// # Errors
    /// When it cannot be merged: then nothing has been changed. When it cannot be finished: then the next session goes on.
    pub fn merge(&self, incoming: &mut Incoming<'_>) -> Result<MergeOutcome, InstalledError> {
        let cpv = incoming.cpv.clone();
        let replaced = self.replaced(&cpv, &incoming.slot)?;
        let slot = incoming.slot.split('/').next().unwrap_or_default();
        let _slot_lock = self.database.lock_slot(cpv.category(), cpv.pn(), slot)?;
        // What cannot be removed later is known before anything is changed.
        for old in &replaced {
            self.saved(old)?;
            self.contents(&self.record_of(old))?;
        }
        let decided = self.decide(incoming, &replaced, &[])?;
        let (category, pf) = (cpv.category().to_owned(), cpv.package().pf());
        let header = Header {
            cpv: cpv.clone(),
            merges: true,
            phases: incoming.phases.is_some(),
            image: std::path::absolute(&incoming.image)
                .map_err(PhaseError::io("find", &incoming.image))?,
            takes: incoming.takes,
            binary: incoming.binary,
            removed: replaced.clone(),
        };
        let mut journal = Journal::begin(&self.database.journals(), &format!("{category},{pf}"))?;
        journal.keep("header", &header.to_bytes())?;
        journal.enter(&Stage::Begin)?;
        let prepared = self.prepare(incoming, &replaced, decided, &mut journal);
        let plan = match prepared {
            Ok(plan) => plan,
            Err(error) => {
                self.undo(journal, &header)?;
                return Err(error);
            }
        };
        self.own_image(&journal, &header);
        journal.enter(&Stage::Commit)?;
        for note in &plan.notes {
            self.tell(&cpv, InstalledEvent::Note { note });
        }
        let mut postinst = |phase: Phase| {
            let run = incoming.phases.as_mut()?;
            Some(match run(phase) {
                Ok(()) => (incoming.files)().map(|files| {
                    files
                        .into_iter()
                        .find(|(name, _)| name == "environment.bz2")
                        .map(|(_, content)| content)
                }),
                Err(error) => Err(error.into()),
            })
        };
        self.forward(journal, &header, Some(&mut postinst))?;
        Ok(self.outcome())
    }

    /// Everything up to the point where files of ROOT are changed.
    fn prepare(
        &self,
        incoming: &mut Incoming<'_>,
        replaced: &[Cpv],
        decided: (Vec<ImageEntry>, Plan),
        journal: &mut Journal,
    ) -> Result<Plan, InstalledError> {
        let wanted = incoming.preinst;
        let ran = match &mut incoming.phases {
            Some(run) if wanted => {
                journal.enter(&Stage::Preinst)?;
                run(Phase::Preinst)?;
                journal.enter(&Stage::PreinstDone)?;
                true
            }
            _ => false,
        };
        let (entries, plan) = if ran {
            // The phase may have changed image and ROOT.
            self.decide(incoming, replaced, &decided.0)?
        } else {
            decided
        };
        let cpv = &incoming.cpv;
        let mut files = (incoming.files)()?;
        files.retain(|(name, _)| name != "CONTENTS" && name != "COUNTER");
        let counter = self.database.next_counter()?.to_string().into_bytes();
        files.push(("COUNTER".to_owned(), counter));
        let pf = cpv.package().pf();
        let record = self.database.write(cpv.category(), &pf, &files)?;
        self.database.write_contents(&record, &plan.contents)?;
        journal.keep("plan", &SavedPlan::from(&plan).to_bytes())?;
        journal.enter(&Stage::Staging)?;
        let staged = stage(
            &self.root,
            &incoming.image,
            &entries,
            &plan.copies,
            &plan.steps,
            &self.system.merge,
        );
        if let Err(error) = staged {
            discard(&self.root, plan.copies.iter().map(|copy| copy.to.as_path()))?;
            return Err(error.into());
        }
        if self.system.sync && !plan.copies.is_empty() {
            sync(&self.root, &plan.steps)?;
        }
        Ok(plan)
    }

    /// Reads the image and decides what is done with it.
    fn decide(
        &self,
        incoming: &Incoming<'_>,
        replaced: &[Cpv],
        before: &[ImageEntry],
    ) -> Result<(Vec<ImageEntry>, Plan), InstalledError> {
        self.root.forget();
        let entries = read_image_again(&incoming.image, &incoming.options, before)?;
        let mut in_slot = Vec::new();
        let mut latest: Option<(u64, usize)> = None;
        for (index, cpv) in replaced.iter().enumerate() {
            let record = self.record_of(cpv);
            in_slot.push(self.owned(&record)?);
            let counter = value(&record, "COUNTER")?.parse().unwrap_or(0);
            if latest.is_none_or(|(highest, _)| highest <= counter) {
                latest = Some((counter, index));
            }
        }
        let latest = latest.map(|(_, index)| index);
        let downgrade = latest
            .and_then(|index| replaced.get(index))
            .is_some_and(|old| incoming.cpv.version() < old.version());
        let mut options = self.system.merge.clone();
        options.policy.again |= downgrade;
        options.policy.if_modified &= latest.is_some();
        let memory = ConfigMemory::read(&self.database.config_memory())?;
        let mut without = replaced.to_vec();
        without.push(incoming.cpv.clone());
        let others = self.others(&without)?;
        let preserved = self.preserved_places()?;
        let neighbours = Neighbours {
            replaced: latest.and_then(|index| in_slot.get(index)),
            in_slot: &in_slot,
            others: &others,
            preserved: &preserved,
        };
        let tag = format!(
            "{}-{}",
            incoming.cpv.category(),
            incoming.cpv.package().pf()
        );
        let source = Source {
            image: &incoming.image,
            takes: incoming.takes,
            tag: &tag,
        };
        let plan = plan(&self.root, source, &entries, &neighbours, &memory, &options)?;
        Ok((entries, plan))
    }

    fn preserved_places(&self) -> Result<HashSet<PathBuf>, MergeError> {
        let registry = PreservedLibraries::read(&self.database.preserved(), &self.root)?;
        let places: Result<_, _> = registry.paths().map(|path| self.root.real(path)).collect();
        Ok(places?)
    }
}
