//! The records of installed packages, `var/db/pkg`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ebd_pms::{Atom, Cpv, UseDepKind};

use crate::error::Error;

/// The installed packages below a root.
#[derive(Debug, Clone)]
pub struct InstalledPackages {
    folder: PathBuf,
}

impl InstalledPackages {
    /// The records of what is installed below a root; they need not exist.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self {
            folder: root.join("var/db/pkg"),
        }
    }

    /// The folder with the records.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The packages that fit an atom, lowest version first. Conditional USE requirements must have been
    /// [evaluated](Atom::evaluate); a blocker is not taken into account.
    ///
    /// # Errors
    /// A folder or a record that exists cannot be read.
    pub fn matches(&self, atom: &Atom) -> Result<Vec<Cpv>, Error> {
        let category = self.folder.join(&atom.category);
        let entries = match fs::read_dir(&category) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                return Err(Error::io("list", category, source));
            }
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| Error::io("list", &category, source))?;
            let name = entry.file_name();
            // Other names are those of merges that go on, or nobody's.
            let Some(cpv) = name
                .to_str()
                .and_then(|name| Cpv::parse(&format!("{}/{name}", atom.category)).ok())
            else {
                continue;
            };
            if atom.matches(&cpv) && fits(atom, &entry.path())? {
                found.push(cpv);
            }
        }
        found.sort_by(|a, b| a.version().cmp(b.version()));
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
    let path = record.join(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
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
