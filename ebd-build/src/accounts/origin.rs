//! Which package had the host make which account.

#![expect(
    clippy::disallowed_methods,
    reason = "directories that root alone can write"
)]

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use super::Database;

/// The accounts below a ROOT that were made for packages: `var/lib/ebd/accounts`, a line `user|group NAME NUMBER CATEGORY/PN` each.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Origins(Vec<Origin>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    is_group: bool,
    name: String,
    id: u32,
    package: String,
}

/// Held from looking at the accounts to having changed them, so that no other build does meanwhile.
#[derive(Debug)]
pub(crate) struct OriginsLock {
    folder: PathBuf,
    _lock: Flock<File>,
}

impl OriginsLock {
    /// Waits for the lock of a ROOT.
    pub(crate) fn take(root: &str) -> io::Result<Self> {
        let folder = Path::new(if root.is_empty() { "/" } else { root }).join("var/lib/ebd");
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(&folder)?;
        let lock = Flock::lock(File::open(&folder)?, FlockArg::LockExclusive)
            .map_err(|(_, errno)| io::Error::from(errno))?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Reads what is known.
    pub(crate) fn read(&self) -> io::Result<Origins> {
        match fs::read(self.file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Origins::default()),
            other => Ok(Origins::parse(&String::from_utf8_lossy(&other?))),
        }
    }

    /// Replaces what is known.
    pub(crate) fn write(&self, origins: &Origins) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(origins.to_text().as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.file())?;
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.folder.join("accounts")
    }
}

impl Origins {
    /// Understands the file; what is no line of it is skipped.
    pub(crate) fn parse(text: &str) -> Self {
        let origin = |line: &str| {
            let mut words = line.split(' ');
            Some(Origin {
                is_group: match words.next()? {
                    "user" => false,
                    "group" => true,
                    _ => return None,
                },
                name: words.next()?.to_owned(),
                id: words.next()?.parse().ok()?,
                package: words.next()?.to_owned(),
            })
        };
        Self(text.lines().filter_map(origin).collect())
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        for origin in &self.0 {
            let kind = if origin.is_group { "group" } else { "user" };
            text.push_str(&format!(
                "{kind} {} {} {}\n",
                origin.name, origin.id, origin.package
            ));
        }
        text
    }

    /// The package for which an account was made. One that has another number now is another account.
    pub(crate) fn maker(&self, is_group: bool, name: &str, id: u32) -> Option<&str> {
        self.0
            .iter()
            .find(|origin| origin.is_group == is_group && origin.name == name && origin.id == id)
            .map(|origin| origin.package.as_str())
    }

    /// The same after the tools have run for a package.
    pub(crate) fn after(&self, package: &str, before: &Database, now: &Database) -> Self {
        let has = |database: &Database, wanted: (bool, &str, u32)| {
            database.all().any(|account| account == wanted)
        };
        let kept = self.0.iter().filter(|origin| {
            let account = (origin.is_group, origin.name.as_str(), origin.id);
            has(now, account) && has(before, account)
        });
        let new = now.all().filter(|account| !has(before, *account));
        let made = new.map(|(is_group, name, id)| Origin {
            is_group,
            name: name.to_owned(),
            id,
            package: package.to_owned(),
        });
        Self(kept.cloned().chain(made).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_the_maker_for_as_long_as_they_are_the_same() {
        let database = |users: &[(&str, u32)]| {
            let lines = users
                .iter()
                .map(|(name, id)| format!("{name}:x:{id}:1::/:/bin/sh\n"));
            Database::parse(&lines.collect::<String>(), "g:x:7:\n")
        };
        let nothing = Origins::default();
        let (none, one) = (database(&[("a", 1)]), database(&[("a", 1), ("b", 2)]));
        let made = nothing.after("cat/p", &none, &one);
        assert_eq!(made, Origins::parse(&made.to_text()));
        assert_eq!(made.maker(false, "b", 2), Some("cat/p"));
        for (is_group, name, id) in [(false, "a", 1), (true, "b", 2), (false, "b", 3)] {
            assert_eq!(made.maker(is_group, name, id), None);
        }
        assert_eq!(made.after("cat/q", &one, &one), made);
        assert_eq!(made.after("cat/q", &one, &none), nothing);
        // Somebody else has removed it and made it again.
        assert_eq!(made.after("cat/q", &none, &none), nothing);
        assert_eq!(
            made.after("cat/q", &none, &one).maker(false, "b", 2),
            Some("cat/q")
        );
    }
}
