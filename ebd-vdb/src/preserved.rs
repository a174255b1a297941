//! Libraries that stay when their package goes, because other packages need them, and the registry of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::VdbError;
use ebd_fs::{Root, Stat, normal_path, replace_durably};

/// The registry in Portage's format: for `category/name:slot` the package, its counter and the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreservedLibraries {
    entries: BTreeMap<String, (String, String, Vec<PathBuf>)>,
}

impl PreservedLibraries {
    /// Reads the registry; files that are not there any more are left out.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn read(file: &Path, root: &Root) -> Result<Self, VdbError> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(VdbError::io("read", file)(error)),
        };
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let wrong = || VdbError::damaged(file, "it is no registry of preserved libraries");
        let value: Value =
            serde_json::from_str(&text).map_err(|error| VdbError::damaged(file, error))?;
        let mut entries = BTreeMap::new();
        for (key, value) in value.as_object().ok_or_else(wrong)? {
            let parts = value.as_array().ok_or_else(wrong)?;
            let [cpv, counter, paths] = parts.as_slice() else {
                return Err(wrong());
            };
            let paths: Option<Vec<PathBuf>> = paths
                .as_array()
                .ok_or_else(wrong)?
                .iter()
                .map(|path| path.as_str().map(PathBuf::from))
                .collect();
            let text = |value: &Value| match value {
                Value::String(text) => text.trim().to_owned(),
                other => other.to_string(),
            };
            entries.insert(
                key.clone(),
                (text(cpv), text(counter), paths.ok_or_else(wrong)?),
            );
        }
        let mut registry = Self { entries };
        registry.prune(root);
        Ok(registry)
    }

    /// Drops files that are not there, and links that lead to none of the files of their folder.
    pub fn prune(&mut self, root: &Root) {
        for (_, _, paths) in self.entries.values_mut() {
            let all = std::mem::take(paths);
            let real = |path: &Path| root.real(path).ok();
            let is_file = |path: &Path| {
                let stat = real(path).and_then(|real| root.look(&real).ok().flatten());
                stat.as_ref().is_some_and(Stat::is_file)
            };
            let files: BTreeSet<&PathBuf> = all.iter().filter(|path| is_file(path)).collect();
            *paths = all
                .iter()
                .filter(|path| {
                    files.contains(path)
                        || real(path)
                            .and_then(|real| root.read_link(&real).ok())
                            .is_some_and(|target| {
                                let place = path.parent().unwrap_or(Path::new("/")).join(target);
                                files.contains(&normal_path(&place))
                            })
                })
                .cloned()
                .collect();
        }
        self.entries.retain(|_, (_, _, paths)| !paths.is_empty());
    }

    /// Whether nothing is preserved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All files.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.entries
            .values()
            .flat_map(|(_, _, paths)| paths.iter().map(PathBuf::as_path))
    }

    /// Each package with its files.
    pub fn packages(&self) -> impl Iterator<Item = (&str, &[PathBuf])> {
        self.entries
            .values()
            .map(|(cpv, _, paths)| (cpv.as_str(), paths.as_slice()))
    }

    /// Registers the files of a package, `category/name:slot`; without files an entry of the same counter is dropped.
    pub fn register(&mut self, key: &str, cpv: &str, counter: &str, mut paths: Vec<PathBuf>) {
        if paths.is_empty() {
            let own = |entry: &(String, String, Vec<PathBuf>)| entry.0 == cpv && entry.1 == counter;
            if self.entries.get(key).is_some_and(own) {
                self.entries.remove(key);
            }
        } else {
            paths.sort();
            let entry = (cpv.to_owned(), counter.to_owned(), paths);
            self.entries.insert(key.to_owned(), entry);
        }
    }

    /// Drops files; returns those of each package that were dropped.
    pub fn drop_files(&mut self, gone: &dyn Fn(&Path) -> bool) -> Vec<(String, Vec<PathBuf>)> {
        let mut dropped = Vec::new();
        for (cpv, _, paths) in self.entries.values_mut() {
            let (lost, kept): (Vec<PathBuf>, Vec<PathBuf>) = std::mem::take(paths)
                .into_iter()
                .partition(|path| gone(path));
            *paths = kept;
            if !lost.is_empty() {
                dropped.push((cpv.clone(), lost));
            }
        }
        self.entries.retain(|_, (_, _, paths)| !paths.is_empty());
        dropped
    }

    /// Writes the registry.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), VdbError> {
        let mut text = String::from("{");
        for (index, (key, (cpv, counter, paths))) in self.entries.iter().enumerate() {
            let text_of = |path: &PathBuf| path.to_string_lossy().into_owned();
            let quoted: Vec<String> = paths
                .iter()
                .map(|path| format!("\n\t\t\t{}", json!(text_of(path))))
                .collect();
            text.push_str(if index == 0 { "\n" } else { ",\n" });
            text.push_str(&format!(
                "\t{}: [\n\t\t{},\n\t\t{},\n\t\t[{}\n\t\t]\n\t]",
                json!(key),
                json!(cpv),
                json!(counter),
                quoted.join(",")
            ));
        }
        text.push_str(if self.entries.is_empty() { "}" } else { "\n}" });
        Ok(replace_durably(file, text.as_bytes())?)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_registry_is_in_portages_format() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("usr/lib")).unwrap();
        fs::write(folder.path().join("usr/lib/libx.so.1.0"), "").unwrap();
        symlink("libx.so.1.0", folder.path().join("usr/lib/libx.so.1")).unwrap();
        let root = Root::open(folder.path()).unwrap();
        let file = folder.path().join("registry");
        let text = "{\n\t\"a/x:0\": [\n\t\t\"a/x-1\",\n\t\t\"12\",\n\t\t[\n\t\t\t\"/usr/lib/libx.so.1\",\n\t\t\t\"/usr/lib/libx.so.1.0\"\n\t\t]\n\t]\n}";
        fs::write(&file, text).unwrap();
        let mut registry = PreservedLibraries::read(&file, &root).unwrap();
        registry.write(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
        registry.register("a/x:0", "a/x-1", "13", Vec::new());
        assert!(!registry.is_empty());
        fs::remove_file(folder.path().join("usr/lib/libx.so.1.0")).unwrap();
        registry.prune(&root);
        assert!(registry.is_empty());
        registry.write(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
        fs::write(&file, "[").unwrap();
        assert!(PreservedLibraries::read(&file, &root).is_err());
    }
}
