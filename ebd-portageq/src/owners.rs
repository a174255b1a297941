//! Which package has a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ebd_vdb::Contents;

use super::{Portageq, Printed};

impl Portageq<'_> {
    /// Files are named by a path below EROOT or by their last part alone.
    pub(super) fn owners(&self, words: &[&str]) -> Printed {
        if words.is_empty() {
            return Printed::wrong(2, "ERROR: insufficient parameters!");
        }
        let (mut paths, mut names) = (BTreeSet::<PathBuf>::new(), BTreeSet::<String>::new());
        let mut orphans = BTreeSet::new();
        for word in words {
            if word.contains('/') {
                match self.inside(word) {
                    Ok(path) => {
                        orphans.insert(self.shown(&path));
                        paths.insert(path);
                    }
                    Err(error) => return Printed::wrong(2, error),
                }
            } else {
                orphans.insert(PathBuf::from(word));
                names.insert((*word).to_owned());
            }
        }
        let all = match self.all() {
            Ok(all) => all,
            Err(error) => return Printed::wrong(3, error),
        };
        let mut owned: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
        for cpv in all {
            let record = self.installed().record(&cpv);
            let contents = match Contents::read(&record.join("CONTENTS")) {
                Ok(contents) => contents,
                Err(error) => return Printed::wrong(3, error),
            };
            for (path, _) in contents.iter() {
                let path = Path::new(path);
                let name = path.file_name().map(|name| name.to_string_lossy());
                let is_named = name.is_some_and(|name| names.contains(name.as_ref()));
                if is_named || paths.contains(path) {
                    let found = owned.entry(cpv.to_string()).or_default();
                    found.insert(self.shown(path));
                }
            }
        }
        let mut printed = Printed {
            status: u8::from(owned.is_empty()),
            ..Printed::default()
        };
        for (cpv, files) in &owned {
            printed.output.push_str(&format!("{cpv}\n"));
            for file in files {
                printed.output.push_str(&format!("\t{}\n", file.display()));
                orphans.remove(file);
                orphans.remove(Path::new(file.file_name().unwrap_or_default()));
            }
        }
        if !orphans.is_empty() {
            printed
                .error
                .push_str("None of the installed packages claim these files:\n");
        }
        for file in &orphans {
            printed.error.push_str(&format!("\t{}\n", file.display()));
        }
        printed
    }
}
