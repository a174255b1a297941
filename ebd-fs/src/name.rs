//! Names of files below a directory.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Something that can name a file below a directory. Every [`Dir`](crate::Dir) method checks it as [`RelName::new`] does.
pub trait AsName {
    /// Returns the name, unchecked.
    fn as_name(&self) -> &OsStr;
}

impl<T: AsName + ?Sized> AsName for &T {
    fn as_name(&self) -> &OsStr {
        (**self).as_name()
    }
}

macro_rules! as_name {
    ($($type:ty),*) => {
        $(impl AsName for $type {
            fn as_name(&self) -> &OsStr {
                self.as_ref()
            }
        })*
    };
}

as_name!(str, String, OsStr, OsString, Path, PathBuf);

impl AsName for RelName {
    fn as_name(&self) -> &OsStr {
        &self.0
    }
}

/// The name of a file below a [`Dir`](crate::Dir): one or more components without `.` and `..`, never absolute.
///
/// It is no `AsRef<Path>` and has no `Deref`, so that `std::fs`, which follows symlinks, does not take it:
///
/// ```compile_fail
/// let name = ebd_fs::RelName::new("temp/environment").unwrap();
/// std::fs::read(&name);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelName(OsString);

impl RelName {
    /// Checks a name. Slashes at its end and several of them between components count as one.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn new(name: impl AsName) -> Result<Self, Error> {
        let name = name.as_name();
        Ok(Self(
            join(components(name)?.iter().copied()).ok_or_else(|| bad(name))?,
        ))
    }

    /// Returns the name of something below.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn join(&self, below: impl AsName) -> Result<Self, Error> {
        let below = Self::new(below)?;
        let mut name = self.0.clone();
        name.push("/");
        name.push(&below.0);
        Ok(Self(name))
    }

    /// Returns the last component.
    #[must_use]
    pub fn last(&self) -> &OsStr {
        let bytes = self.0.as_bytes();
        OsStr::from_bytes(bytes.rsplit(|byte| *byte == b'/').next().unwrap_or(bytes))
    }

    /// Returns all but the last component; `None` when there is one only.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let bytes = self.0.as_bytes();
        let slash = bytes.iter().rposition(|byte| *byte == b'/')?;
        Some(Self(OsString::from_vec(bytes.get(..slash)?.to_vec())))
    }

    /// Returns the name as text of the system.
    #[must_use]
    pub fn as_os_str(&self) -> &OsStr {
        &self.0
    }

    /// A name that the system itself gave.
    pub(crate) fn of_entry(name: &[u8]) -> Self {
        Self(OsString::from_vec(name.to_vec()))
    }
}

impl fmt::Display for RelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// Checks a name and returns its components, at least one.
pub(crate) fn components(name: &OsStr) -> Result<Vec<&OsStr>, Error> {
    let bytes = name.as_bytes();
    if bytes.first() == Some(&b'/') || bytes.contains(&0) {
        return Err(bad(name));
    }
    let found: Vec<&OsStr> = bytes
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
        .map(OsStr::from_bytes)
        .collect();
    if found.is_empty() || found.iter().any(|part| *part == "." || *part == "..") {
        return Err(bad(name));
    }
    Ok(found)
}

/// Joins components with slashes; `None` when there are none.
pub(crate) fn join<'a>(components: impl IntoIterator<Item = &'a OsStr>) -> Option<OsString> {
    let mut components = components.into_iter();
    let mut name = components.next()?.to_owned();
    for component in components {
        name.push("/");
        name.push(component);
    }
    Some(name)
}

fn bad(name: &OsStr) -> Error {
    Error::BadName { name: name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_of_a_directory_are_refused() {
        for name in ["", "/", "/etc", ".", "..", "a/..", "a/../b", "./a", "a\0b"] {
            assert!(
                matches!(RelName::new(name), Err(Error::BadName { .. })),
                "{name:?}"
            );
        }
        let name = RelName::new("a//b..c/").unwrap();
        assert_eq!(name.as_os_str(), "a/b..c");
        assert_eq!(name.last(), "b..c");
        assert_eq!(name.parent().unwrap().to_string(), "a");
        assert_eq!(name.parent().unwrap().parent(), None);
        assert_eq!(name.join("d").unwrap().to_string(), "a/b..c/d");
        assert!(name.join("../d").is_err());
    }
}
