//! Which libraries a package has and which it needs of others: `PROVIDES` and `REQUIRES`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::elf::Elf;
use super::needed::{implicit_soname, multilib_category};
use super::pattern::Patterns;

/// For each multilib category, names of libraries.
type Names = BTreeMap<String, BTreeSet<String>>;

/// The search paths of those who need a library.
type Consumers = BTreeSet<BTreeSet<PathBuf>>;

/// The content of `PROVIDES` and `REQUIRES`; empty where there is nothing. The variables `PROVIDES_EXCLUDE` and `REQUIRES_EXCLUDE` of an ebuild
/// have file name patterns for paths and names of libraries.
#[must_use]
pub fn provides_and_requires(
    files: &[Elf],
    provides_exclude: &str,
    requires_exclude: &str,
) -> (String, String) {
    let patterns = |text: &str| {
        let words = shlex::split(text).unwrap_or_default();
        Patterns::file_names(words.iter().map(String::as_str))
    };
    let (not_provided, not_required) = (patterns(provides_exclude), patterns(requires_exclude));
    let mut provides = Names::new();
    let mut present = Names::new();
    let mut requires: BTreeMap<String, BTreeMap<String, Consumers>> = BTreeMap::new();
    for file in files {
        let Some(category) = multilib_category(file) else {
            continue;
        };
        let path = file.path.to_string_lossy();
        if !not_required.matches(path.as_bytes()) {
            let search = search_path(file);
            for name in &file.needed {
                if !not_required.matches(name.as_bytes()) {
                    let names = requires.entry(category.clone()).or_default();
                    names
                        .entry(name.clone())
                        .or_default()
                        .insert(search.clone());
                }
            }
        }
        let soname = implicit_soname(file);
        if soname.is_empty() {
            continue;
        }
        present
            .entry(category.clone())
            .or_default()
            .insert(soname.clone());
        if !not_provided.matches(path.as_bytes()) && !not_provided.matches(soname.as_bytes()) {
            provides.entry(category).or_default().insert(soname);
        }
    }
    let mut required = Names::new();
    for (category, names) in requires {
        for (name, mut consumers) in names {
            if present
                .get(&category)
                .is_some_and(|names| names.contains(&name))
            {
                continue;
            }
            // A library that no soname leads to may be found by a search path.
            for file in files {
                let is_it = file
                    .path
                    .file_name()
                    .is_some_and(|found| found == name.as_str());
                if is_it && multilib_category(file).as_ref() == Some(&category) {
                    let folder = file.path.parent().unwrap_or(Path::new("/"));
                    consumers.retain(|search| !search.contains(folder));
                }
            }
            if !consumers.is_empty() {
                required.entry(category.clone()).or_default().insert(name);
            }
        }
    }
    (text(&provides), text(&required))
}

/// The folders in the search path of a file, as paths in the installed system.
fn search_path(file: &Elf) -> BTreeSet<PathBuf> {
    let origin = file
        .path
        .parent()
        .unwrap_or(Path::new("/"))
        .to_string_lossy();
    let text = file.runpath.as_ref().map_or("", |path| &path.text);
    text.split(':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| {
            let folder = folder
                .replace("${ORIGIN}", &origin)
                .replace("$ORIGIN", &origin);
            let mut path = PathBuf::new();
            for part in Path::new(&folder).components() {
                match part {
                    Component::ParentDir => drop(path.pop()),
                    Component::CurDir => {}
                    _ => path.push(part),
                }
            }
            path
        })
        .collect()
}

fn text(names: &Names) -> String {
    let words: Vec<String> = names
        .iter()
        .flat_map(|(category, names)| {
            std::iter::once(format!("{category}:")).chain(names.iter().cloned())
        })
        .collect();
    if words.is_empty() {
        String::new()
    } else {
        words.join(" ") + "\n"
    }
}
