//! Which installed packages own a path.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::contents::{Contents, Item, lines, path_from, path_of_line};
use crate::error::VdbError;
use ebd_fs::{Root, parallel};

/// The items of one package, found by where they really are: `/lib/x` and `/usr/lib/x` are one where `/lib` is a link.
#[derive(Debug, Default)]
pub struct OwnedPaths {
    places: HashMap<PathBuf, Item>,
}

impl OwnedPaths {
    /// Looks up where the items are.
    ///
    /// # Errors
    /// When folders cannot be looked at.
    pub fn new(root: &Root, contents: &Contents) -> Result<Self, VdbError> {
        let mut places = HashMap::new();
        for (path, item) in contents.iter() {
            places.insert(root.real(path)?, item.clone());
        }
        Ok(Self { places })
    }

    /// The item at a real path.
    #[must_use]
    pub fn get(&self, real: &Path) -> Option<&Item> {
        self.places.get(real)
    }
}

/// The folders with the records of installed packages, without those of merges that go on.
///
/// # Errors
/// When a folder cannot be listed.
pub fn records(database: &Path) -> Result<Vec<PathBuf>, VdbError> {
    let mut found = Vec::new();
    for category in list(database)? {
        for record in list(&category)? {
            found.push(record);
        }
    }
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, VdbError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(VdbError::io("list", folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(VdbError::io("list", folder))?;
        let name = entry.file_name();
        if !matches!(name.as_bytes().first(), Some(b'.' | b'-')) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// What is asked of all packages at once.
#[derive(Debug, Default)]
pub struct OwnerSearch<'a> {
    /// The records to look into, as folders.
    pub records: &'a [PathBuf],
    /// Whether folders are owned too, not only what is in them.
    pub folders: bool,
    /// How many records are read at once.
    pub jobs: usize,
}

impl OwnerSearch<'_> {
    /// For each of these real paths that packages own, the packages as `category/name-version`. Records that are damaged own what
    /// can be read of them.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn owners(
        &self,
        root: &Root,
        paths: &HashSet<PathBuf>,
    ) -> Result<HashMap<PathBuf, Vec<String>>, VdbError> {
        let names: HashSet<OsString> = paths
            .iter()
            .filter_map(|path| path.file_name().map(OsString::from))
            .collect();
        let mut owners: HashMap<PathBuf, Vec<String>> = HashMap::new();
        if names.is_empty() {
            return Ok(owners);
        }
        let found = parallel(self.jobs, self.records, |record| {
            self.owned_by(root, record, paths, &names)
        });
        for (record, owned) in self.records.iter().zip(found) {
            for path in owned? {
                owners.entry(path).or_default().push(package_of(record));
            }
        }
        Ok(owners)
    }

    fn owned_by(
        &self,
        root: &Root,
        record: &Path,
        paths: &HashSet<PathBuf>,
        names: &HashSet<OsString>,
    ) -> Result<Vec<PathBuf>, VdbError> {
        let file = record.join("CONTENTS");
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(VdbError::io("read", file)(error)),
        };
        let mut owned = Vec::new();
        for line in lines(&text) {
            let Some((path, folder)) = path_of_line(line) else {
                continue;
            };
            if folder && !self.folders {
                continue;
            }
            let path = path_from(path);
            if path.file_name().is_some_and(|name| names.contains(name)) {
                let real = root.real(&path)?;
                if paths.contains(&real) {
                    owned.push(real);
                }
            }
            if self.folders {
                // Records need not name the folders above what they name.
                for above in path.ancestors().skip(1) {
                    if above.file_name().is_some_and(|name| names.contains(name)) {
                        let real = root.real(above)?;
                        if paths.contains(&real) && !owned.contains(&real) {
                            owned.push(real);
                        }
                    }
                }
            }
        }
        Ok(owned)
    }
}

/// `category/name-version` of a record.
#[must_use]
pub fn package_of(record: &Path) -> String {
    let name = record.file_name().unwrap_or_default();
    let category = record
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default();
    format!("{}/{}", category.to_string_lossy(), name.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn owners_are_found_through_links_of_folders() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join("var/db/pkg").join(name).join("CONTENTS");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        fs::create_dir_all(folder.path().join("usr/lib")).unwrap();
        symlink("usr/lib", folder.path().join("lib")).unwrap();
        write("a/one-1", "obj /lib/x d41d8cd98f00b204e9800998ecf8427e 1\n");
        write("a/two-1", "dir /usr/lib/x\nsym /usr/lib/y -> x 1\n");
        write(
            "a/-MERGING-three-1",
            "obj /lib/x d41d8cd98f00b204e9800998ecf8427e 1\n",
        );
        let root = Root::open(folder.path()).unwrap();
        let records = records(&folder.path().join("var/db/pkg")).unwrap();
        assert_eq!(records.len(), 2);
        let paths: HashSet<PathBuf> = ["/usr/lib/x", "/usr/lib/y", "/usr/lib"]
            .map(PathBuf::from)
            .into();
        let mut search = OwnerSearch {
            records: &records,
            folders: false,
            jobs: 2,
        };
        let owners = search.owners(&root, &paths).unwrap();
        assert_eq!(owners[Path::new("/usr/lib/x")], ["a/one-1"]);
        assert_eq!(owners[Path::new("/usr/lib/y")], ["a/two-1"]);
        assert!(!owners.contains_key(Path::new("/usr/lib")));
        search.folders = true;
        let owners = search.owners(&root, &paths).unwrap();
        assert_eq!(owners[Path::new("/usr/lib")], ["a/two-1"]);
    }
}
