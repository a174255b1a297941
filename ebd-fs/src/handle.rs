//! Things in a directory, held without being opened.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::unistd::linkat;

use crate::dir::{Dir, chmod_handle, chown_handle};
use crate::error::Error;
use crate::name::{AsName, components};
use crate::stat::{Kind, Stat};

/// A file, directory or symlink that is held, whatever its name stands for meanwhile.
///
/// Unlike [`Dir::chown`] and [`Dir::chmod`] it does not care about further hard links: whoever changes it has seen that it is
/// the right thing.
#[derive(Debug)]
pub struct Handle {
    descriptor: OwnedFd,
    stat: Stat,
    path: PathBuf,
}

impl Dir {
    /// Holds what is below; a symlink itself is held.
    ///
    /// # Errors
    /// [`Error::Io`] when it does not exist, and as [`open_dir`](Self::open_dir).
    pub fn hold(&self, name: impl AsName) -> Result<Handle, Error> {
        let name = name.as_name();
        let parts = components(name)?;
        let descriptor = self
            .handle(&parts)
            .map_err(|errno| self.explain("look at", &parts, errno))?;
        let path = self.shown(name);
        let stat = nix::sys::stat::fstat(&descriptor).map_err(Error::io("look at", &path))?;
        Ok(Handle {
            descriptor,
            stat: Stat::from(&stat),
            path,
        })
    }
}

impl Handle {
    /// Returns what it was when it was first held.
    #[must_use]
    pub fn stat(&self) -> &Stat {
        &self.stat
    }

    /// Returns its path as it was when it was first held, for messages.
    #[must_use]
    pub fn display(&self) -> impl fmt::Display + '_ {
        self.path.display()
    }

    /// Changes owner and group; `None` leaves one as it is.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn chown(&self, user: Option<u32>, group: Option<u32>) -> Result<(), Error> {
        chown_handle(&self.descriptor, user, group)
            .map_err(Error::io("change the owner of", &self.path))
    }

    /// Changes the permissions.
    ///
    /// # Errors
    /// [`Error::Symlink`], [`Error::Io`] (also when `/proc` is not mounted).
    pub fn chmod(&self, mode: u32) -> Result<(), Error> {
        if self.stat.kind == Kind::Symlink {
            return Err(Error::Symlink {
                path: self.path.clone(),
            });
        }
        chmod_handle(self.as_fd(), mode).map_err(Error::io("change the permissions of", &self.path))
    }

    /// Gives it one more name.
    ///
    /// # Errors
    /// [`Error::Io`], also when something has that name or `/proc` is not mounted.
    pub fn link(&self, dir: &Dir, name: impl AsName) -> Result<(), Error> {
        let (above, last) = dir.above(name.as_name())?;
        let above = above.get();
        // `AT_EMPTY_PATH` needs a capability here.
        let this = format!("/proc/self/fd/{}", self.descriptor.as_raw_fd());
        linkat(
            AT_FDCWD,
            this.as_str(),
            above,
            last,
            AtFlags::AT_SYMLINK_FOLLOW,
        )
        .map_err(Error::io("write", above.shown(last)))
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}
