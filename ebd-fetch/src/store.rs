//! Files in DISTDIR.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use ebd_repo::manifest::{ManifestFile, Mismatch, VerifyError};
use nix::unistd::Group;

use super::error::FetchError;

/// What is the matter with a file.
pub(super) enum State {
    /// It is not there.
    Missing,
    /// It is the right one.
    Good,
    /// It is another one.
    Wrong(Mismatch),
}

/// Looks at a file. Without a Manifest's line, any file that is not empty is right.
pub(super) fn check(path: &Path, wanted: Option<&ManifestFile>) -> Result<State, FetchError> {
    match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(e) => return Err(FetchError::io("examine", path, e)),
        Ok(metadata) if !metadata.is_file() => {
            let e = io::Error::other("it is no regular file");
            return Err(FetchError::io("use", path, e));
        }
        Ok(metadata) if wanted.is_none() => {
            return Ok(if metadata.len() > 0 {
                State::Good
            } else {
                State::Missing
            });
        }
        Ok(_) => {}
    }
    match wanted.map_or(Ok(()), |wanted| wanted.verify(path)) {
        Ok(()) => Ok(State::Good),
        Err(VerifyError::Mismatch { mismatch, .. }) => Ok(State::Wrong(mismatch)),
        Err(other) => Err(FetchError::Verify(other)),
    }
}

/// Gives a file that failed verification a name that says so, as Portage does, and returns the new path.
pub(super) fn set_aside(path: &Path, distdir: &Path, name: &str) -> Result<PathBuf, FetchError> {
    let fail = |e| FetchError::io("rename", path, e);
    let taken = tempfile::Builder::new()
        .prefix(&format!("{name}._checksum_failure_."))
        .rand_bytes(8)
        .tempfile_in(distdir)
        .map_err(fail)?;
    fs::rename(path, taken.path()).map_err(fail)?;
    let (_, kept) = taken.keep().map_err(|e| fail(e.error))?;
    Ok(kept)
}

/// Gives a finished download its name.
pub(super) fn finish(partial: &Path, path: &Path) -> Result<(), FetchError> {
    // Shared with Portage; both fail without harm where the file belongs to somebody else.
    let _ = fs::set_permissions(partial, fs::Permissions::from_mode(0o664));
    if let Ok(Some(group)) = Group::from_name("portage") {
        let _ = chown(partial, None, Some(group.gid.as_raw()));
    }
    fs::rename(partial, path).map_err(|e| FetchError::io("rename", partial, e))
}

/// Links to a file of another folder.
pub(super) fn link(target: &Path, path: &Path) -> Result<(), FetchError> {
    symlink(target, path).map_err(|e| FetchError::io("make the link", path, e))
}

/// Removes a file that need not exist.
pub(super) fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(FetchError::io("remove", path, e)),
        _ => Ok(()),
    }
}
