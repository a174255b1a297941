//! Names of users and groups, and owners as chown(1) takes them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use nix::unistd::{Group, User};

use crate::error::InstallError;

/// An owner as chown(1) takes it: `user`, `user:group`, `user:` or `:group`, by name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The user; `None` leaves it as it is.
    pub user: Option<OsString>,
    /// The group; `None` leaves it as it is.
    pub group: Option<OsString>,
}

impl Owner {
    /// Understands an owner. The group of `user:` is the user's login group.
    ///
    /// # Errors
    /// When there is no such user, or its login group is not known.
    pub fn parse(text: &OsStr) -> Result<Self, InstallError> {
        let bytes = text.as_bytes();
        let some = |name: &[u8]| (!name.is_empty()).then(|| OsString::from_vec(name.to_vec()));
        let Some(colon) = bytes.iter().position(|byte| *byte == b':') else {
            return Ok(Self {
                user: some(bytes),
                group: None,
            });
        };
        let (user, group) = bytes.split_at(colon);
        let (user, mut group) = (some(user), some(group.get(1..).unwrap_or_default()));
        if let (Some(user), None) = (&user, &group) {
            let login = match by_name(user) {
                Some(login) => login,
                None if number(user).is_none() => return Err(unknown("user", user)),
                None => {
                    let user = user.to_string_lossy().into_owned();
                    return Err(InstallError::LoginGroup { user });
                }
            };
            group = Some(login.gid.to_string().into());
        }
        Ok(Self { user, group })
    }

    /// The numbers of user and group.
    ///
    /// # Errors
    /// When there is no such user or group.
    pub fn ids(&self) -> Result<(Option<u32>, Option<u32>), InstallError> {
        let user = self.user.as_deref().map(user_id).transpose()?;
        Ok((user, self.group.as_deref().map(group_id).transpose()?))
    }

    /// The owner as chown(1) takes it.
    pub(crate) fn to_text(&self) -> OsString {
        let mut text = self.user.clone().unwrap_or_default();
        if let Some(group) = &self.group {
            text.push(":");
            text.push(group);
        }
        text
    }
}

/// The number of a user by name or number; names come first, as with chown(1).
pub(crate) fn user_id(name: &OsStr) -> Result<u32, InstallError> {
    by_name(name)
        .map(|user| user.uid.as_raw())
        .or_else(|| number(name))
        .ok_or_else(|| unknown("user", name))
}

/// The number of a group by name or number.
pub(crate) fn group_id(name: &OsStr) -> Result<u32, InstallError> {
    text(name)
        .and_then(|name| Group::from_name(name).ok().flatten())
        .map(|group| group.gid.as_raw())
        .or_else(|| number(name))
        .ok_or_else(|| unknown("group", name))
}

fn by_name(name: &OsStr) -> Option<User> {
    User::from_name(text(name)?).ok().flatten()
}

fn unknown(kind: &'static str, name: &OsStr) -> InstallError {
    InstallError::UnknownAccount {
        kind,
        name: name.to_string_lossy().into_owned(),
    }
}

/// A name that can be handed to the C library.
fn text(name: &OsStr) -> Option<&str> {
    name.to_str().filter(|name| !name.is_empty())
}

fn number(text: &OsStr) -> Option<u32> {
    let digits = text.to_str()?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|id| *id != u32::MAX)
}
