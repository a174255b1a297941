//! The records of installed packages, `var/db/pkg`.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ebd_pms::{Atom, Cpv, UseDepKind};

use ebd_fs::Stamp;
use ebd_repo::Error;

/// The installed packages below a root. One that is asked often is quick: it keeps the names in a category for as long as the
/// folder's stamp vouches for them.
#[derive(Debug, Clone)]
pub struct InstalledPackages {
    folder: PathBuf,
    categories: Arc<Mutex<HashMap<String, Listing>>>,
}

/// The names in the folder of a category.
#[derive(Debug, Clone)]
struct Listing {
    stamp: Stamp,
    names: Arc<[String]>,
}

impl InstalledPackages {
    /// The records of what is installed below a root; they need not exist.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self {
            folder: root.join("var/db/pkg"),
            categories: Arc::default(),
        }
    }

    /// The folder with the records.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The record of a package.
    #[must_use]
    pub fn record(&self, cpv: &Cpv) -> PathBuf {
        self.folder.join(cpv.category()).join(cpv.package().pf())
    }

    /// A value in the record of a package; empty if the record does not have it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn value(&self, cpv: &Cpv, name: &str) -> Result<String, Error> {
        read(&self.record(cpv), name)
    }

    /// The packages of this name whose slot, without sub-slot, is this one; lowest version first.
    ///
    /// # Errors
    /// A folder or a record that exists cannot be read.
    pub fn in_slot(&self, category: &str, name: &str, slot: &str) -> Result<Vec<Cpv>, Error> {
        let mut found = Vec::new();
        for cpv in self.named(category, name)? {
            let text = self.value(&cpv, "SLOT")?;
            if text.split('/').next() == Some(slot) {
                found.push(cpv);
            }
        }
        Ok(found)
    }

    /// The packages of this name, lowest version first.
    fn named(&self, category: &str, name: &str) -> Result<Vec<Cpv>, Error> {
        let mut found = Vec::new();
        for file in self.names(category)?.iter() {
            // Other names are those of merges that go on, or nobody's.
            let cpv = Some(file)
                .filter(|file| file.starts_with(name))
                .and_then(|file| Cpv::parse(&format!("{category}/{file}")).ok());
            found.extend(cpv.filter(|cpv| cpv.pn() == name));
        }
        found.sort_by(|a, b| a.version().cmp(b.version()));
        Ok(found)
    }

    /// The names in the folder of a category.
    fn names(&self, category: &str) -> Result<Arc<[String]>, Error> {
        let folder = self.folder.join(category);
        let missing = |error: &io::Error| {
            matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            )
        };
        // Before the names are read: what changes after that has another stamp.
        let now = SystemTime::now();
        let stamp = match fs::metadata(&folder) {
            Ok(metadata) => Stamp::from(&metadata),
            Err(error) if missing(&error) => return Ok(Arc::new([])),
            Err(source) => return Err(Error::io("examine", folder, source)),
        };
        let mut categories = self
            .categories
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = categories.get(category)
            && listing.stamp == stamp
        {
            return Ok(Arc::clone(&listing.names));
        }
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if missing(&error) => return Ok(Arc::new([])),
            Err(source) => return Err(Error::io("list", folder, source)),
        };
        let names = entries
            .filter_map(|entry| match entry {
                Ok(entry) => entry.file_name().into_string().ok().map(Ok),
                Err(source) => Some(Err(Error::io("list", &folder, source))),
            })
            .collect::<Result<Arc<[String]>, Error>>()?;
        if stamp.is_settled(now) {
            let names = Arc::clone(&names);
            categories.insert(category.to_owned(), Listing { stamp, names });
        }
        Ok(names)
    }

    /// The packages that fit an atom, lowest version first. Conditional USE requirements must have been
    /// [evaluated](Atom::evaluate); a blocker is not taken into account.
    ///
    /// # Errors
    /// A folder or a record that exists cannot be read.
    pub fn matches(&self, atom: &Atom) -> Result<Vec<Cpv>, Error> {
        let mut found = Vec::new();
        for cpv in self.named(&atom.category, &atom.package)? {
            if atom.matches(&cpv) && fits(atom, &self.record(&cpv))? {
                found.push(cpv);
            }
        }
        Ok(found)
    }
}

/// Whether slot, repository and flags of a record fit.
fn fits(atom: &Atom, record: &Path) -> Result<bool, Error> {
    if atom.slot.is_some() {
        let text = read(record, "SLOT")?;
        let (slot, subslot) = text.split_once('/').unwrap_or((&text, &text));
        if !atom.matches_slot(slot, subslot) {
            return Ok(false);
        }
    }
    if let Some(repository) = &atom.repository
        && *repository != read(record, "repository")?
    {
        return Ok(false);
    }
    if atom.use_deps.is_empty() {
        return Ok(true);
    }
    let words = |text: &str| -> BTreeSet<String> {
        text.split_ascii_whitespace()
            .map(|word| word.trim_start_matches(['+', '-']).to_owned())
            .collect()
    };
    let enabled = words(&read(record, "USE")?);
    let mut known = words(&read(record, "IUSE_EFFECTIVE")?);
    known.extend(words(&read(record, "IUSE")?));
    Ok(atom.use_deps.iter().all(|dep| {
        let wanted = dep.kind != UseDepKind::Disabled;
        if known.contains(&dep.flag) {
            enabled.contains(&dep.flag) == wanted
        } else {
            dep.default == Some(wanted)
        }
    }))
}

/// One value of a record; empty if the record does not have it.
fn read(record: &Path, name: &str) -> Result<String, Error> {
    if let Some(text) = text_of(record, name)? {
        return Ok(text.trim().to_owned());
    }
    // Portage may have put the values of a record into one file.
    let all = text_of(record, "metadata")?.unwrap_or_default();
    let value = all
        .lines()
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim().to_owned());
    Ok(value.unwrap_or_default())
}

fn text_of(record: &Path, name: &str) -> Result<Option<String>, Error> {
    let path = record.join(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::io("read", path, source)),
    }
}

#[cfg(test)]
mod tests {
    use ebd_pms::Eapi;

    use super::*;

    fn record(root: &Path, cpv: &str, values: &[(&str, &str)]) {
        let folder = root.join("var/db/pkg").join(cpv);
        fs::create_dir_all(&folder).unwrap();
        for (name, value) in values {
            fs::write(folder.join(name), format!("{value}\n")).unwrap();
        }
    }

    #[test]
    fn names_are_kept_until_a_category_changes() {
        let root = tempfile::tempdir().unwrap();
        record(root.path(), "dev-libs/foo-1", &[]);
        let category = root.path().join("var/db/pkg/dev-libs");
        let age = |seconds| {
            let then = SystemTime::now() - std::time::Duration::from_secs(seconds);
            fs::File::open(&category)
                .unwrap()
                .set_modified(then)
                .unwrap();
        };
        let installed = InstalledPackages::below(root.path());
        let kept = || installed.categories.lock().unwrap().len();
        let names = || installed.names("dev-libs").unwrap().len();
        assert_eq!((names(), kept()), (1, 0), "it has only just changed");
        age(10);
        // The time of the change itself cannot be set back.
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert_eq!((names(), names(), kept()), (1, 1, 1));
        record(root.path(), "dev-libs/foo-2", &[]);
        assert_eq!(names(), 2);
        age(10);
        fs::remove_dir_all(&category).unwrap();
        assert_eq!(names(), 0);
        record(root.path(), "dev-libs/foo-3", &[]);
        assert_eq!(names(), 1);
    }

    #[test]
    fn atoms_find_records() {
        let root = tempfile::tempdir().unwrap();
        let values = [
            ("SLOT", "0/2"),
            ("USE", "a"),
            ("IUSE", "+a b"),
            ("repository", "here"),
        ];
        record(root.path(), "dev-libs/foo-1.9", &values);
        record(root.path(), "dev-libs/foo-1.10", &values);
        record(root.path(), "dev-libs/foo-1.10-r1", &[("SLOT", "1")]);
        record(root.path(), "dev-libs/-MERGING-foo-2", &values);
        record(root.path(), "dev-libs/foo-bar-3", &values);
        let installed = InstalledPackages::below(root.path());
        let found = |text: &str| -> Vec<String> {
            let atom = Atom::parse(text, Eapi::E8).unwrap();
            let found = installed.matches(&atom).unwrap();
            found.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            found("dev-libs/foo"),
            [
                "dev-libs/foo-1.9",
                "dev-libs/foo-1.10",
                "dev-libs/foo-1.10-r1"
            ]
        );
        assert_eq!(found("<dev-libs/foo-1.10"), ["dev-libs/foo-1.9"]);
        assert_eq!(found("dev-libs/foo:1"), ["dev-libs/foo-1.10-r1"]);
        assert_eq!(found("dev-libs/foo:0/2").len(), 2);
        assert_eq!(found("dev-libs/foo[a,-b]").len(), 2);
        assert_eq!(found("dev-libs/foo[b]"), [""; 0]);
        assert_eq!(found("dev-libs/foo[none(-)]"), [""; 0]);
        assert_eq!(found("dev-libs/foo[none(+)]").len(), 3);
        assert_eq!(found("sys-libs/none"), [""; 0]);
    }
}
