//! dosym and dohard.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::symlink;
use std::path::Path;

use ebd_pms::Feature;
use nix::errno::Errno;

use super::{Call, Result};
use crate::error::{HelperError, InstallError};
use crate::install::{Attributes, Installer, Options};

impl Call<'_> {
    /// `dosym`.
    pub(super) fn dosym(&mut self, arguments: &[OsString]) -> Result {
        let (relative, arguments) = match arguments.split_first() {
            Some((first, rest)) if self.has(Feature::DosymRelative) && first == "-r" => {
                (true, rest)
            }
            _ => (false, arguments),
        };
        let [target, link] = arguments else {
            return Err(two_arguments());
        };
        let path = self.state.below_ed(link);
        if link.as_bytes().ends_with(b"/") || (path.is_dir() && !path.is_symlink()) {
            return Err(HelperError::Usage(format!(
                "the link lacks its file name: {:?}",
                link.display()
            )));
        }
        let target = if !relative {
            target.to_owned()
        } else if target.as_bytes().starts_with(b"/") {
            relative_target(target, link)
        } else {
            return Err(HelperError::Usage(format!(
                "-r needs an absolute target: {:?}",
                target.display()
            )));
        };
        self.folder_of(&path)?;
        replace(&path, |path| symlink(&target, path))?;
        Ok(())
    }

    /// `dohard`.
    pub(super) fn dohard(&mut self, arguments: &[OsString]) -> Result {
        let [file, link] = arguments else {
            return Err(two_arguments());
        };
        let (file, path) = (self.state.below_ed(file), self.state.below_ed(link));
        if !file.exists() {
            return Err(InstallError::Missing(file).into());
        }
        self.folder_of(&path)?;
        replace(&path, |path| fs::hard_link(&file, path))?;
        Ok(())
    }

    /// Makes the folder that a link goes into, as dodir does.
    fn folder_of(&self, path: &Path) -> Result {
        let Some(folder) = path.parent() else {
            return Ok(());
        };
        let options = Options::parse(&self.state.diroptions)?;
        Installer::new(self.state, Options::Native(Attributes::default()), options)
            .folder_if_missing(folder)?;
        Ok(())
    }
}

fn two_arguments() -> HelperError {
    HelperError::Usage("two arguments needed".into())
}

/// Makes a link where another file or link may stand.
fn replace(
    path: &Path,
    make: impl Fn(&Path) -> std::io::Result<()>,
) -> std::result::Result<(), InstallError> {
    for _ in 0..16 {
        match make(path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(InstallError::io("create", path, error)),
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(InstallError::io("replace", path, error));
            }
            _ => {}
        }
    }
    Err(InstallError::io("create", path, Errno::EBUSY))
}

/// What a link has to say so that it leads to an absolute path: a matter of text, links on the way are not looked at.
fn relative_target(target: &OsStr, link: &OsStr) -> OsString {
    let target = components(target.as_bytes());
    let mut folder = components(link.as_bytes());
    folder.pop();
    let common = target
        .iter()
        .zip(&folder)
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder.iter().skip(common).map(|_| b"..".as_slice());
    let down = target.iter().skip(common).copied();
    let parts: Vec<&[u8]> = up.chain(down).collect();
    if parts.is_empty() {
        ".".into()
    } else {
        OsString::from_vec(parts.join(&b'/'))
    }
}

/// The parts of an absolute path without `.`, `..` and doubled slashes.
fn components(path: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn relative_targets_are_those_of_realpath() {
        for (target, link, text) in [
            ("/usr/lib/../lib64/x", "/usr/./bin//y", "../lib64/x"),
            ("/usr/bin", "/usr/bin/z", "."),
            ("/usr/bin", "usr/bin/z", "."),
            ("/", "/a/b/c", "../.."),
            ("/../../x", "/y", "x"),
            ("/a/b", "/a/b", "b"),
            ("/a", "/a/b/c", ".."),
            ("/opt/x/", "/usr/../../etc/y", "../opt/x"),
        ] {
            let found = relative_target(OsStr::new(target), OsStr::new(link));
            assert_eq!(found, text, "{target} {link}");
        }
    }

    proptest! {
        #[test]
        fn a_relative_target_leads_to_the_absolute_one(target in "(/[abc.]{1,2}){1,5}/?", link in "(/[abc.]{1,2}){1,5}") {
            let found = relative_target(OsStr::new(&target), OsStr::new(&link));
            let mut folder = components(link.as_bytes());
            folder.pop();
            let folder: Vec<String> = folder.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect();
            let joined = format!("/{}/{}", folder.join("/"), found.to_string_lossy());
            prop_assert_eq!(components(joined.as_bytes()), components(target.as_bytes()));
            prop_assert!(!found.as_bytes().starts_with(b"/"));
        }
    }
}
