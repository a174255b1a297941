//! What a helper installs: a file that keeps its name or gets another.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::InstallError;
use crate::install::Installer;

/// One thing to install.
pub(crate) struct Item<'a> {
    pub(super) source: Source<'a>,
    /// Its new name, with the `new*` helpers.
    pub(super) name: Option<&'a OsStr>,
}

/// Where its content comes from.
pub(crate) enum Source<'a> {
    Path(&'a Path),
    Stream(File),
}

impl<'a> Item<'a> {
    /// Files that keep their names.
    pub(super) fn list(arguments: &'a [OsString]) -> Vec<Self> {
        arguments
            .iter()
            .map(|argument| Self {
                source: Source::Path(Path::new(argument)),
                name: None,
            })
            .collect()
    }

    /// What the ebuild calls it.
    pub(super) fn path(&self) -> &Path {
        match (&self.source, self.name) {
            (Source::Path(path), _) => path,
            (Source::Stream(_), name) => Path::new(name.unwrap_or_default()),
        }
    }

    /// The path that says what kind of file it is: that of the file, or its new name.
    pub(super) fn named(&self) -> &OsStr {
        self.name.unwrap_or_else(|| self.path().as_os_str())
    }

    /// Where it goes in a folder.
    pub(super) fn dest(&self, folder: &Path) -> Result<PathBuf, InstallError> {
        base_name(self.named())
            .map(|name| folder.join(name))
            .ok_or_else(|| InstallError::IsFolder(self.path().to_owned()))
    }

    /// Installs it as a file.
    pub(super) fn install(
        self,
        installer: &mut Installer<'_>,
        dest: &Path,
    ) -> Result<(), InstallError> {
        match self.source {
            Source::Path(path) => installer.file(path, dest),
            Source::Stream(stream) => installer.stream(stream, dest),
        }
    }

    /// Whether it has content. Not for a file that does not exist.
    pub(super) fn is_empty_file(&self) -> bool {
        match &self.source {
            Source::Path(path) => path.metadata().is_ok_and(|metadata| metadata.len() == 0),
            Source::Stream(_) => false,
        }
    }
}

/// The last part of a path; `None` if it ends in `.`, `..` or has none.
pub(super) fn base_name(path: &OsStr) -> Option<&OsStr> {
    let bytes = path.as_bytes();
    let end = bytes.iter().rposition(|byte| *byte != b'/')? + 1;
    let bytes = bytes.get(..end)?;
    let name = bytes.rsplit(|byte| *byte == b'/').next()?;
    (!matches!(name, b"." | b"..")).then(|| OsStr::from_bytes(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_names_are_those_of_basename() {
        for (path, name) in [
            ("a", Some("a")),
            ("a/b", Some("b")),
            ("/a/b//", Some("b")),
            ("a/.", None),
            ("..", None),
            ("a/../", None),
            ("/", None),
            ("", None),
            (".x", Some(".x")),
        ] {
            assert_eq!(base_name(OsStr::new(path)), name.map(OsStr::new), "{path}");
        }
    }
}
