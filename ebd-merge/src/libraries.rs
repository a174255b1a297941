//! Libraries that stay because other packages need them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::changes::{Journal, MergeError};
use crate::link_map::LinkMap;
use ebd_pms::Cpv;
use ebd_vdb::{Contents, Item, PreservedLibraries, value};

use super::header::Header;
use super::session::Session;
use super::stage::Stage;
use super::{InstalledError, InstalledEvent};

const NEEDED: &str = "NEEDED.ELF.2";

impl Session<'_> {
    /// Finds what has to stay of the packages that are removed. In a merge it becomes the new version's, else nobody's but the registry's.
    pub(super) fn preserve_libraries(
        &self,
        journal: &mut Journal,
        header: &Header,
    ) -> Result<(), InstalledError> {
        if journal.entered(&Stage::Preserved) {
            return Ok(());
        }
        let file = self.database.preserved();
        let before = PreservedLibraries::read(&file, &self.root)?;
        let mut registry = before.clone();
        if header.merges {
            self.take_over(journal, &mut registry)?;
        }
        let records: Vec<PathBuf> = header
            .removed
            .iter()
            .map(|old| self.record_of(old))
            .collect();
        let unfinished = self
            .database
            .unfinished(header.cpv.category(), &header.cpv.package().pf());
        let wanted = self.system.preserve_libs
            && !records.is_empty()
            && !self.restricts(&unfinished)?
            && !records.iter().try_fold(false, |any, record| {
                Ok::<_, MergeError>(any || self.restricts(record)?)
            })?;
        if wanted {
            let mut old: HashMap<PathBuf, (PathBuf, Item)> = HashMap::new();
            for record in &records {
                for (path, item) in self.contents(record)?.iter() {
                    if matches!(item, Item::File { .. } | Item::Link { .. }) {
                        old.insert(self.root.real(path)?, (path.to_owned(), item.clone()));
                    }
                }
            }
            let mut contents = if header.merges {
                self.contents(&unfinished)?
            } else {
                Contents::default()
            };
            let mut going: HashSet<PathBuf> = old.keys().cloned().collect();
            for (path, _) in contents.iter() {
                going.remove(&self.root.real(path)?);
            }
            let map = self.link_map(header.merges.then_some(unfinished.as_path()), &registry)?;
            let stay = map.needed_of(&self.root, &going);
            if !stay.is_empty() {
                self.keep(header, &mut registry, &mut contents, &old, &stay)?;
            }
        }
        if registry != before {
            registry.write(&file)?;
        }
        Ok(journal.enter(&Stage::Preserved)?)
    }

    fn restricts(&self, record: &Path) -> Result<bool, MergeError> {
        let restrict = value(record, "RESTRICT")?;
        Ok(restrict
            .split_ascii_whitespace()
            .any(|word| word == "preserve-libs"))
    }

    fn keep(
        &self,
        header: &Header,
        registry: &mut PreservedLibraries,
        contents: &mut Contents,
        old: &HashMap<PathBuf, (PathBuf, Item)>,
        stay: &BTreeSet<PathBuf>,
    ) -> Result<(), InstalledError> {
        let cpv = &header.cpv;
        let record = if header.merges {
            self.database
                .unfinished(cpv.category(), &cpv.package().pf())
        } else {
            self.record_of(cpv)
        };
        let kept: Vec<&(PathBuf, Item)> = stay.iter().filter_map(|path| old.get(path)).collect();
        let paths: Vec<PathBuf> = kept.iter().map(|(path, _)| path.clone()).collect();
        let slot = value(&record, "SLOT")?;
        let slot = slot.split('/').next().unwrap_or_default();
        let key = format!("{}:{slot}", cpv.cp());
        let counter = value(&record, "COUNTER")?;
        self.tell(cpv, InstalledEvent::Preserved { paths: &paths });
        registry.register(&key, &cpv.to_string(), &counter, paths.clone());
        // The registry comes first: it must not be forgotten what stays.
        registry.write(&self.database.preserved())?;
        if header.merges {
            for (path, item) in kept {
                contents.insert(path.clone(), item.clone());
            }
            self.database.write_contents(&record, contents)?;
        } else {
            self.database
                .disown(&record, &|path| paths.iter().any(|kept| kept == path))?;
        }
        Ok(())
    }

    /// What the new package has put in the place of preserved libraries is preserved no more.
    fn take_over(
        &self,
        journal: &Journal,
        registry: &mut PreservedLibraries,
    ) -> Result<(), InstalledError> {
        let bytes = journal.kept("plan")?;
        let plan = crate::changes::SavedPlan::parse(&journal.path("plan"), &bytes)?;
        let taken: HashSet<PathBuf> = plan.taken_over.into_iter().collect();
        if taken.is_empty() {
            return Ok(());
        }
        let gone = |path: &Path| self.root.real(path).is_ok_and(|real| taken.contains(&real));
        for (package, paths) in registry.drop_files(&gone) {
            self.disown(&package, &paths)?;
        }
        Ok(())
    }

    fn disown(&self, package: &str, paths: &[PathBuf]) -> Result<(), InstalledError> {
        let Ok(cpv) = Cpv::parse(package) else {
            return Ok(());
        };
        let record = self.record_of(&cpv);
        if record.is_dir() {
            self.database
                .disown(&record, &|path| paths.iter().any(|lost| lost == path))?;
        }
        Ok(())
    }

    fn link_map(
        &self,
        first: Option<&Path>,
        registry: &PreservedLibraries,
    ) -> Result<LinkMap, InstalledError> {
        let mut map = LinkMap::new(&self.root, &self.system.settings.eprefix)?;
        // What is merged stands over what was there.
        let records = self.others(&[])?;
        for record in first
            .into_iter()
            .chain(records.iter().map(PathBuf::as_path))
        {
            let text = value(record, NEEDED)?;
            if !text.is_empty() {
                map.add(&self.root, &text)?;
            }
        }
        map.add_files(&self.root, registry.paths())?;
        Ok(map)
    }

    /// Removes preserved libraries that nobody needs any more.
    pub(super) fn drop_libraries(&self) -> Result<(), InstalledError> {
        let file = self.database.preserved();
        let mut registry = PreservedLibraries::read(&file, &self.root)?;
        if registry.is_empty() {
            if fs::metadata(&file).is_ok_and(|meta| meta.len() > 2) {
                registry.write(&file)?;
            }
            return Ok(());
        }
        self.root.forget();
        let mut going = HashSet::new();
        for path in registry.paths() {
            going.insert(self.root.real(path)?);
        }
        let stay = self
            .link_map(None, &registry)?
            .needed_of(&self.root, &going);
        let unneeded: HashSet<PathBuf> = going
            .into_iter()
            .filter(|path| !stay.contains(path))
            .collect();
        for real in &unneeded {
            let removed = self.root.entry(real).and_then(|entry| match entry {
                Some((dir, name)) => dir.remove_file(name),
                None => Ok(()),
            });
            match removed {
                Err(error) if !error.is_absent() => return Err(MergeError::from(error).into()),
                _ => {}
            }
            // Directories that have nothing else in them go with it.
            for folder in real.ancestors().skip(1) {
                match self.root.entry(folder) {
                    Ok(Some((dir, name))) if dir.remove_dir(name).is_ok() => {}
                    _ => break,
                }
            }
        }
        let gone = |path: &Path| {
            self.root
                .real(path)
                .is_ok_and(|real| unneeded.contains(&real))
        };
        for (package, paths) in registry.drop_files(&gone) {
            self.disown(&package, &paths)?;
        }
        registry.prune(&self.root);
        Ok(registry.write(&file)?)
    }
}
