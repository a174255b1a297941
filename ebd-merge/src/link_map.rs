//! Which installed program needs which library.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use ebd_fs::{Root, Stat, normal_path};
use ebd_image::copy::through;
use ebd_image::{Elf, needed_elf_2};

use crate::changes::MergeError;

/// A program or library that is installed.
#[derive(Debug, Clone)]
struct Object {
    path: PathBuf,
    category: String,
    soname: String,
    folders: Vec<PathBuf>,
    needed: Vec<String>,
}

/// Who needs which library.
#[derive(Debug, Default)]
pub struct LinkMap {
    objects: Vec<Object>,
    /// Objects that are known already: what was added first counts.
    known: HashSet<PathBuf>,
    /// Libraries by category and soname.
    libraries: HashMap<(String, String), Vec<usize>>,
    /// Where libraries are found without being told.
    default: HashSet<PathBuf>,
}

impl LinkMap {
    /// A map for a ROOT, with the folders of its `ld.so.conf`.
    ///
    /// # Errors
    /// When folders cannot be looked at.
    pub fn new(root: &Root, eprefix: &str) -> Result<Self, MergeError> {
        let eroot = Path::new("/").join(eprefix.trim_start_matches('/'));
        let conf = root.text(&eroot.join("etc/ld.so.conf"));
        let mut default = HashSet::new();
        let listed = conf
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim())
            .filter(|line| line.starts_with('/'));
        for folder in listed.chain(["/usr/lib", "/lib", "/usr/lib64", "/lib64"]) {
            default.insert(root.real_dir(Path::new(folder))?);
        }
        Ok(Self {
            default,
            ..Self::default()
        })
    }

    /// Adds the objects of a package: the lines of its NEEDED.ELF.2.
    ///
    /// # Errors
    /// When folders cannot be looked at.
    pub fn add(&mut self, root: &Root, needed_elf_2: &str) -> Result<(), MergeError> {
        let first = self.objects.len();
        for line in needed_elf_2.lines() {
            let fields: Vec<&str> = line.split(';').collect();
            let [machine, path, soname, folders, needed, rest @ ..] = fields.as_slice() else {
                continue;
            };
            let path = root.real(&normal_path(Path::new(path)))?;
            if !self.known.insert(path.clone()) {
                continue;
            }
            let origin = path.parent().unwrap_or(Path::new("/")).to_owned();
            let mut places = Vec::new();
            for folder in folders.split(':').filter(|folder| folder.trim().len() > 1) {
                let origin = origin.to_string_lossy();
                let folder = folder
                    .replace("${ORIGIN}", &origin)
                    .replace("$ORIGIN", &origin);
                places.push(root.real_dir(&normal_path(Path::new(&folder)))?);
            }
            let category = match rest.first() {
                Some(category) if !category.is_empty() => (*category).to_owned(),
                _ => (*machine).to_owned(),
            };
            if !soname.is_empty() {
                let key = (category.clone(), (*soname).to_owned());
                let place = self.objects.len();
                self.libraries.entry(key).or_default().push(place);
            }
            self.objects.push(Object {
                path,
                category,
                soname: (*soname).to_owned(),
                folders: places,
                needed: needed
                    .split(',')
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
            });
        }
        // Packages find their own libraries, whatever way they have.
        let mut own: HashMap<(String, String), PathBuf> = HashMap::new();
        let added = self.objects.get(first..).unwrap_or_default();
        for object in added.iter().filter(|object| !object.soname.is_empty()) {
            let folder = object.path.parent().unwrap_or(Path::new("/"));
            own.insert(
                (object.category.clone(), object.soname.clone()),
                folder.to_owned(),
            );
        }
        for object in self.objects.get_mut(first..).unwrap_or_default() {
            for name in &object.needed {
                if let Some(folder) = own.get(&(object.category.clone(), name.clone()))
                    && !object.folders.contains(folder)
                {
                    object.folders.push(folder.clone());
                }
            }
        }
        Ok(())
    }

    /// Adds libraries that no package names, by looking into them.
    ///
    /// # Errors
    /// When folders cannot be looked at.
    pub fn add_files<'a>(
        &mut self,
        root: &Root,
        paths: impl IntoIterator<Item = &'a Path>,
    ) -> Result<(), MergeError> {
        let mut elf = Vec::new();
        for path in paths {
            let real = root.real(path)?;
            let is_file = root.look(&real)?.as_ref().is_some_and(Stat::is_file);
            if is_file
                && let Some((dir, name)) = root.entry(&real)?
                && let Ok(Some(file)) = Elf::read(&through(&dir, name), path)
            {
                elf.push(file);
            }
        }
        self.add(root, &needed_elf_2(&elf))
    }

    fn finds(&self, consumer: &Object, folder: &Path) -> bool {
        self.default.contains(folder) || consumer.folders.iter().any(|own| own == folder)
    }

    /// Which of these files, which are about to go, have to stay: libraries that others need which stay, and find no other that does, with the
    /// links by whose names they are found. All paths are real ones.
    #[must_use]
    pub fn needed_of(&self, root: &Root, going: &HashSet<PathBuf>) -> BTreeSet<PathBuf> {
        let goes = |object: &Object| going.contains(&object.path);
        let mut stay: BTreeSet<PathBuf> = BTreeSet::new();
        let mut pending: Vec<&Object> =
            self.objects.iter().filter(|object| !goes(object)).collect();
        while let Some(consumer) = pending.pop() {
            for name in &consumer.needed {
                let key = (consumer.category.clone(), name.clone());
                let places = self.libraries.get(&key).map_or(&[][..], Vec::as_slice);
                let found = |object: &&Object| {
                    let folder = object.path.parent();
                    folder.is_some_and(|folder| self.finds(consumer, folder))
                };
                let mut providers = places
                    .iter()
                    .filter_map(|place| self.objects.get(*place))
                    .filter(found);
                if providers.clone().any(|provider| !goes(provider)) {
                    continue;
                }
                // What is shadowed by another of the same name is not what is used.
                let used = providers.find(|provider| is_used(root, provider));
                if let Some(provider) = used
                    && stay.insert(provider.path.clone())
                {
                    let link = provider.path.with_file_name(&provider.soname);
                    if link != provider.path && going.contains(&link) {
                        stay.insert(link);
                    }
                    // What it needs itself stays too.
                    pending.push(provider);
                }
            }
        }
        stay
    }
}

/// Whether the name by which a library is found leads to it.
fn is_used(root: &Root, library: &Object) -> bool {
    let link = library.path.with_file_name(&library.soname);
    match root.real_dir(&link) {
        Ok(real) => real == library.path || root.look(&link).is_ok_and(|stat| stat.is_none()),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn libraries_stay_that_others_need() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::open(folder.path()).unwrap();
        fs::create_dir_all(folder.path().join("usr/lib64")).unwrap();
        for name in ["libx.so.1.0", "liby.so.1", "libz.so.1"] {
            fs::write(folder.path().join("usr/lib64").join(name), "").unwrap();
        }
        symlink("libx.so.1.0", folder.path().join("usr/lib64/libx.so.1")).unwrap();
        let map = |others: &str| {
            let mut map = LinkMap::new(&root, "").unwrap();
            map.add(
                &root,
                "X86_64;/usr/lib64/libx.so.1.0;libx.so.1;;liby.so.1;x86_64\nX86_64;/usr/lib64/liby.so.1;liby.so.1;;;x86_64\n\
                 X86_64;/usr/lib64/libz.so.1;libz.so.1;;;x86_64\nX86_64;/usr/bin/own;;;libz.so.1;x86_64\n",
            )
            .unwrap();
            map.add(&root, others).unwrap();
            map
        };
        let going: HashSet<PathBuf> = ["libx.so.1.0", "libx.so.1", "liby.so.1", "libz.so.1"]
            .iter()
            .map(|name| Path::new("/usr/lib64").join(name))
            .chain([PathBuf::from("/usr/bin/own")])
            .collect();
        let stays = |others: &str| -> Vec<String> {
            map(others)
                .needed_of(&root, &going)
                .iter()
                .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
                .collect()
        };
        // Needed by another, and what it needs itself; not what only the package's own program needs.
        assert_eq!(
            stays("X86_64;/usr/bin/other;;;libx.so.1,libc.so.6;x86_64\n"),
            ["libx.so.1", "libx.so.1.0", "liby.so.1"]
        );
        // Another one of that name does.
        assert_eq!(
            stays(
                "X86_64;/usr/bin/other;;;libx.so.1;x86_64\nX86_64;/usr/lib/libx.so.1;libx.so.1;;;x86_64\n"
            ),
            [""; 0]
        );
        // Another architecture does not count.
        assert_eq!(stays("386;/usr/bin/other;;;libx.so.1;x86_32\n"), [""; 0]);
    }
}
