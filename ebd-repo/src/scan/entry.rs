//! What entries of folders are.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use super::ebuild::is_ebuild_name;

/// Whether it is what it is by itself: no symbolic link, whose target may change.
pub(super) fn is_plain(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| !kind.is_symlink())
}

pub(super) fn is_ignored(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || name == "CVS"
}

/// Whether it is a folder or leads to one. A regular entry costs no system call.
pub(super) fn is_dir(entry: &fs::DirEntry) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if kind.is_symlink() {
        fs::metadata(entry.path()).map(|metadata| metadata.is_dir())
    } else {
        Ok(kind.is_dir())
    }
}

/// Why an ebuild cannot be read, as far as its directory entry tells.
pub(super) fn file_problem(entry: &fs::DirEntry) -> Option<String> {
    let kind = match entry.file_type() {
        Ok(kind) if kind.is_symlink() => match fs::metadata(entry.path()) {
            Ok(metadata) => metadata.file_type(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Some("the symbolic link leads nowhere".to_owned());
            }
            Err(e) => return Some(describe(&e)),
        },
        Ok(kind) => kind,
        Err(e) => return Some(describe(&e)),
    };
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => None,
        (_, true) => Some("it is a folder".to_owned()),
        _ => Some("it is not a regular file".to_owned()),
    }
}

/// What the system said, without its number.
pub(super) fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error")
        .map_or(text.as_str(), |(text, _)| text)
        .to_owned()
}

pub(super) fn holds_ebuilds(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| is_ebuild_name(&entry.file_name()) && !is_ignored(&entry.file_name()))
    })
}

pub(super) fn holds_packages(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            !is_ignored(&entry.file_name())
                && is_dir(&entry).unwrap_or(false)
                && holds_ebuilds(&entry.path())
        })
    })
}
