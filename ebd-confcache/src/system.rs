//! What the results depend on besides the compiler: the kernel, the file system, limits, and what is installed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::utsname::uname;
use nix::unistd::Uid;

use super::digest::Facts;
use super::environment::Environment;

/// Adds what does not change by installing packages.
pub(super) fn add_machine(facts: &mut Facts, build: &Path) {
    if let Ok(names) = uname() {
        for name in [names.sysname(), names.release(), names.machine()] {
            facts.add("uname", name.to_string_lossy().as_bytes());
        }
    }
    facts.add("euid", Uid::effective().to_string().as_bytes());
    // Limits that checks measure: the length of commands, and open files.
    for resource in [Resource::RLIMIT_STACK, Resource::RLIMIT_NOFILE] {
        facts.add(
            "limit",
            format!("{:?}", getrlimit(resource).ok()).as_bytes(),
        );
    }
    let kind = nix::sys::statfs::statfs(build).map(|fs| fs.filesystem_type());
    facts.add("file system", format!("{kind:?}").as_bytes());
}

/// Variables that list folders in which something is looked for.
const LISTS: &[&str] = &[
    "ACLOCAL_PATH",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "C_INCLUDE_PATH",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "PKG_CONFIG_LIBDIR",
    "PKG_CONFIG_PATH",
];

/// Variables with flags that name folders.
const FLAGS: &[&str] = &["CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS", "LIBS"];

/// A digest of what is installed: the times of the folders that an installed package changes.
pub(super) fn installed(environment: &Environment) -> String {
    let mut folders: BTreeSet<PathBuf> = environment.path().into_iter().collect();
    let root = |name: &str| PathBuf::from("/").join(environment.get(name).unwrap_or_default());
    let roots: BTreeSet<PathBuf> = ["SYSROOT", "ESYSROOT", "ROOT", "BROOT"]
        .iter()
        .map(|name| root(name))
        .chain([PathBuf::from("/")])
        .collect();
    for root in &roots {
        let records = root.join("var/db/pkg");
        folders.extend(subfolders(&records));
        folders.insert(records);
        for name in ["etc/ld.so.cache", "etc/ld.so.conf"] {
            folders.insert(root.join(name));
        }
        for prefix in ["", "usr", "usr/local"] {
            let prefix = root.join(prefix);
            for name in ["lib", "lib32", "lib64", "libx32"] {
                let libraries = prefix.join(name);
                folders.extend(
                    subfolders(&libraries)
                        .filter(|folder| is_multiarch(folder))
                        .flat_map(|folder| [folder.join("pkgconfig"), folder]),
                );
                folders.extend([libraries.join("pkgconfig"), libraries]);
            }
            folders.extend([prefix.join("share/pkgconfig"), prefix.join("share/aclocal")]);
            let headers = prefix.join("include");
            for folder in subfolders(&headers) {
                if is_multiarch(&folder) {
                    folders.extend(subfolders(&folder));
                }
                folders.insert(folder);
            }
            folders.insert(headers);
        }
    }
    for name in LISTS {
        folders.extend(std::env::split_paths(
            environment.get(name).unwrap_or_default(),
        ));
    }
    for word in FLAGS.iter().flat_map(|name| environment.words(name)) {
        let folder = word.strip_prefix("-I").or_else(|| word.strip_prefix("-L"));
        folders.extend(folder.map(PathBuf::from));
    }
    let mut facts = Facts::new();
    for folder in folders {
        // An empty word of a list is no folder.
        if let Ok(meta) = fs::metadata(&folder) {
            facts.add(
                &folder.to_string_lossy(),
                format!("{}.{}", meta.mtime(), meta.mtime_nsec()).as_bytes(),
            );
        }
    }
    facts.hex()
}

/// Whether a folder is named like a machine.
fn is_multiarch(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.contains("-linux-")
}

fn subfolders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
}
