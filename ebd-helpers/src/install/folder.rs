//! Making folders.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use crate::error::InstallError;

/// Makes a folder and those above it that are missing, with mode 0755 whatever the umask is. Any number of processes may make the same ones.
pub fn make_folders(path: &Path) -> Result<(), InstallError> {
    let mut missing = Vec::new();
    let mut current = path;
    loop {
        match make_one(current) {
            Ok(()) => break,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                missing.push(current);
                match current.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => current = parent,
                    _ => return Err(InstallError::io("create", current, error)),
                }
            }
            Err(error) => return Err(InstallError::io("create", current, error)),
        }
    }
    for folder in missing.into_iter().rev() {
        make_one(folder).map_err(|error| InstallError::io("create", folder, error))?;
    }
    Ok(())
}

fn make_one(path: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o755).create(path) {
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(0o755)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if path.is_dir() {
                Ok(())
            } else {
                Err(error)
            }
        }
        Err(error) => Err(error),
    }
}
