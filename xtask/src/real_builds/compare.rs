//! Comparing two image folders.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is different at one path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// Only one side has it.
    Only { side: &'static str, path: PathBuf },
    /// Type, mode or owner, as text, or the target of a link.
    Attributes {
        path: PathBuf,
        portage: String,
        ebd: String,
    },
    /// The bytes of a file.
    Content { path: PathBuf },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only { side, path } => write!(f, "only {side}: {}", path.display()),
            Self::Attributes { path, portage, ebd } => {
                write!(
                    f,
                    "{}: {portage} with Portage, {ebd} with ebd",
                    path.display()
                )
            }
            Self::Content { path } => write!(f, "other contents: {}", path.display()),
        }
    }
}

/// Compares the image of Portage with that of ebd.
pub(super) fn compare(portage: &Path, ebd: &Path) -> Result<Vec<Difference>, Box<dyn Error>> {
    let (ours, theirs) = (read(ebd)?, read(portage)?);
    let mut differences = Vec::new();
    for (path, wanted) in &theirs {
        match ours.get(path) {
            None => differences.push(Difference::Only {
                side: "Portage",
                path: path.clone(),
            }),
            Some(found) if found != wanted => differences.push(Difference::Attributes {
                path: path.clone(),
                portage: wanted.clone(),
                ebd: found.clone(),
            }),
            Some(found)
                if found.starts_with("file")
                    && !same_content(&portage.join(path), &ebd.join(path))? =>
            {
                differences.push(Difference::Content { path: path.clone() });
            }
            Some(_) => {}
        }
    }
    let extra = ours.keys().filter(|path| !theirs.contains_key(*path));
    differences.extend(extra.map(|path| Difference::Only {
        side: "ebd",
        path: path.clone(),
    }));
    Ok(differences)
}

/// Type, mode and owner, and the target of links, by path.
fn read(root: &Path) -> Result<BTreeMap<PathBuf, String>, Box<dyn Error>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let meta = fs::symlink_metadata(&path)?;
            let text = if meta.is_symlink() {
                format!("link to {}", fs::read_link(&path)?.display())
            } else {
                let kind = if meta.is_dir() { "folder" } else { "file" };
                format!(
                    "{kind} {:04o} {}:{}",
                    meta.mode() & 0o7777,
                    meta.uid(),
                    meta.gid()
                )
            };
            if meta.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path.strip_prefix(root)?.to_owned(), text);
        }
    }
    Ok(found)
}

/// Whether two files have the same bytes, after decompression where the name says that they are compressed.
fn same_content(a: &Path, b: &Path) -> Result<bool, Box<dyn Error>> {
    if fs::read(a)? == fs::read(b)? {
        return Ok(true);
    }
    let program = match a.extension().and_then(|suffix| suffix.to_str()) {
        Some("bz2") => "bzip2",
        Some("gz") => "gzip",
        Some("xz") => "xz",
        _ => return Ok(false),
    };
    let unpack = |path: &Path| Command::new(program).arg("-dc").arg(path).output();
    Ok(unpack(a)?.stdout == unpack(b)?.stdout)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn every_kind_of_difference_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        for (root, text, target, mode) in [(&a, "x", "1", 0o644), (&b, "y", "2", 0o600)] {
            fs::create_dir(root).unwrap();
            fs::write(root.join("text"), text).unwrap();
            fs::write(root.join("same"), "").unwrap();
            symlink(target, root.join("link")).unwrap();
            fs::write(root.join("mode"), "").unwrap();
            fs::set_permissions(root.join("mode"), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(a.join("portage")).unwrap();
        fs::create_dir(b.join("ebd")).unwrap();
        let found = compare(&a, &b).unwrap();
        let text: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(text.len(), 5, "{text:?}");
        assert_eq!(text[0], "link: link to 1 with Portage, link to 2 with ebd");
        assert!(text[1].starts_with("mode: file 0644 "), "{}", text[1]);
        assert_eq!(text[2], "only Portage: portage");
        assert_eq!(text[3], "other contents: text");
        assert_eq!(text[4], "only ebd: ebd");
        assert!(compare(&a, &a).unwrap().is_empty());
    }
}
