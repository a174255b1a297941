//! Users and groups below a ROOT.

use std::fs;
use std::io;
use std::path::Path;

/// The names and numbers in `etc/passwd` and `etc/group` of a ROOT.
#[derive(Debug, Default)]
pub(crate) struct Database {
    users: Vec<(String, u32)>,
    groups: Vec<(String, u32)>,
}

impl Database {
    /// Reads both files; one that is not there has nobody in it.
    pub(crate) fn read(root: &str) -> io::Result<Self> {
        let etc = Path::new(if root.is_empty() { "/" } else { root }).join("etc");
        Ok(Self {
            users: entries(&etc.join("passwd"))?,
            groups: entries(&etc.join("group"))?,
        })
    }

    pub(crate) fn user(&self, name: &str) -> Option<u32> {
        find(&self.users, name)
    }

    /// The number of a group that is given by name or number; names come first.
    pub(crate) fn group(&self, name: &str) -> Option<u32> {
        find(&self.groups, name).or_else(|| name.parse().ok())
    }

    #[cfg(test)]
    pub(crate) fn new(users: &[(&str, u32)], groups: &[(&str, u32)]) -> Self {
        let owned = |list: &[(&str, u32)]| -> Vec<(String, u32)> {
            list.iter()
                .map(|(name, id)| ((*name).to_owned(), *id))
                .collect()
        };
        Self {
            users: owned(users),
            groups: owned(groups),
        }
    }
}

fn find(list: &[(String, u32)], name: &str) -> Option<u32> {
    list.iter()
        .find(|(known, _)| known == name)
        .map(|(_, id)| *id)
}

/// `name:password:number:…` of each line; what is no such line is skipped.
#[expect(clippy::disallowed_methods, reason = "the databases of the system")]
fn entries(path: &Path) -> io::Result<Vec<(String, u32)>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let id = fields.nth(1)?.parse().ok()?;
            Some((name.to_owned(), id))
        })
        .collect())
}
