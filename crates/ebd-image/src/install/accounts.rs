//! Names of users and groups.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::unistd::{Group, User};

use crate::error::ImageError;
use crate::state::HelperState;

/// Knows users and groups: those of this system or those below another root folder.
pub(crate) struct Accounts<'a> {
    folder: Option<&'a Path>,
}

/// A user and the group it is a member of by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UserIds {
    pub(crate) id: u32,
    pub(crate) group: Option<u32>,
}

impl<'a> Accounts<'a> {
    pub(crate) fn new(state: &'a HelperState) -> Self {
        Self {
            folder: state.accounts.as_deref(),
        }
    }

    /// Those of this system.
    pub(crate) const fn of_system() -> Self {
        Self { folder: None }
    }

    /// A user by name or number; names come first, as with chown(1).
    pub(crate) fn user(&self, name: &OsStr) -> Result<UserIds, ImageError> {
        let found = match self.folder {
            Some(folder) => lookup(&folder.join("etc/passwd"), name).and_then(|line| {
                Some(UserIds {
                    id: number(line.get(2)?)?,
                    group: line.get(3).and_then(|field| number(field)),
                })
            }),
            None => text(name).and_then(|name| {
                let user = User::from_name(name).ok().flatten()?;
                Some(UserIds {
                    id: user.uid.as_raw(),
                    group: Some(user.gid.as_raw()),
                })
            }),
        };
        found
            .or_else(|| number(name.as_bytes()).map(|id| UserIds { id, group: None }))
            .ok_or_else(|| unknown("user", name))
    }

    /// A group by name or number.
    pub(crate) fn group(&self, name: &OsStr) -> Result<u32, ImageError> {
        let found = match self.folder {
            Some(folder) => {
                lookup(&folder.join("etc/group"), name).and_then(|line| number(line.get(2)?))
            }
            None => text(name)
                .and_then(|name| Some(Group::from_name(name).ok().flatten()?.gid.as_raw())),
        };
        found
            .or_else(|| number(name.as_bytes()))
            .ok_or_else(|| unknown("group", name))
    }
}

fn unknown(kind: &'static str, name: &OsStr) -> ImageError {
    ImageError::UnknownAccount {
        kind,
        name: name.to_string_lossy().into_owned(),
    }
}

/// A name that can be handed to the C library.
fn text(name: &OsStr) -> Option<&str> {
    name.to_str().filter(|name| !name.is_empty())
}

/// The fields of the line that begins with a name.
fn lookup(file: &Path, name: &OsStr) -> Option<Vec<Vec<u8>>> {
    let content = fs::read(file).ok()?;
    content
        .split(|byte| *byte == b'\n')
        .map(|line| {
            line.split(|byte| *byte == b':')
                .map(<[u8]>::to_vec)
                .collect()
        })
        .find(|fields: &Vec<Vec<u8>>| fields.first().is_some_and(|first| first == name.as_bytes()))
}

fn number(text: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(text).ok()?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|id| *id != u32::MAX)
}
