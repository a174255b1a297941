//! Doing for a process what it may do and its floor refuses.
//!
//! The host works on the very folder and file that it has looked at, so nothing can be put in their place meanwhile.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use libc::c_int;

use super::memory;
use super::resolve::{At, Place};
use super::task::Change;
use crate::sys::{Errno, errno};

/// What a process gets.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Success.
    Nothing,
    /// An open file.
    File(OwnedFd, c_int),
}

/// Does it, with the rights of this thread.
pub(crate) fn perform(pid: i32, change: &Change, places: &[Place]) -> Result<Answer, Errno> {
    let place = places.first().ok_or(libc::EINVAL)?;
    let masked = |mode: u32| (mode & 0o7777) & !memory::umask(pid);
    if let Change::Open { flags, mode } = change {
        return open(place, *flags, masked(*mode));
    }
    let (dir, name) = address(place)?;
    let is_file_itself = matches!(place.at, At::Found(_));
    let empty = if is_file_itself {
        libc::AT_EMPTY_PATH
    } else {
        0
    };
    let other = || places.get(1).ok_or(libc::EINVAL).and_then(address);
    // SAFETY: all names are NUL-terminated, all descriptors open, all other pointers to live values.
    let result = unsafe {
        match change {
            Change::Folder { mode } => libc::mkdirat(dir, name.as_ptr(), masked(*mode)),
            Change::Node { mode, device } => {
                let kind = mode & libc::S_IFMT;
                libc::mknodat(dir, name.as_ptr(), kind | masked(*mode), *device)
            }
            Change::Symlink { target } => {
                let target = CString::new(target.as_slice()).map_err(|_| libc::EINVAL)?;
                libc::symlinkat(target.as_ptr(), dir, name.as_ptr())
            }
            Change::Remove { folder } => {
                let flags = if *folder { libc::AT_REMOVEDIR } else { 0 };
                libc::unlinkat(dir, name.as_ptr(), flags)
            }
            Change::Rename { flags } => {
                let (to, new) = other()?;
                libc::syscall(
                    libc::SYS_renameat2,
                    dir,
                    name.as_ptr(),
                    to,
                    new.as_ptr(),
                    *flags,
                ) as c_int
            }
            Change::Link => {
                let (to, new) = other()?;
                let (own, flags);
                let (dir, name) = if is_file_itself {
                    // Without a capability an open file is only linked by this name.
                    own = CString::new(format!("/proc/self/fd/{dir}")).unwrap_or_default();
                    flags = libc::AT_SYMLINK_FOLLOW;
                    (libc::AT_FDCWD, own.as_c_str())
                } else {
                    flags = 0;
                    (dir, name)
                };
                libc::linkat(dir, name.as_ptr(), to, new.as_ptr(), flags)
            }
            Change::Mode { mode } => {
                // The kernel changes no mode through a descriptor that is open for its name alone.
                let path = by_descriptor(place)?;
                libc::chmod(path.as_ptr(), mode & 0o7777)
            }
            Change::Owner { user, group } => libc::fchownat(
                dir,
                name.as_ptr(),
                *user,
                *group,
                empty | libc::AT_SYMLINK_NOFOLLOW,
            ),
            Change::Times { times } => {
                let times = times.as_ref().map_or(ptr::null(), |times| times.as_ptr());
                if is_file_itself {
                    let path = by_descriptor(place)?;
                    libc::utimensat(libc::AT_FDCWD, path.as_ptr(), times, 0)
                } else {
                    libc::utimensat(dir, name.as_ptr(), times, libc::AT_SYMLINK_NOFOLLOW)
                }
            }
            Change::Truncate { length } => {
                let path = by_descriptor(place)?;
                libc::truncate(path.as_ptr(), *length)
            }
            Change::Open { .. } | Change::Socket | Change::Other => return Err(libc::EROFS),
        }
    };
    if result < 0 {
        Err(errno())
    } else {
        Ok(Answer::Nothing)
    }
}

/// The folder's descriptor and the name in it; the file's own and the empty name for one that was found.
fn address(place: &Place) -> Result<(RawFd, &CStr), Errno> {
    Ok(match &place.at {
        At::Found(found) => (found.as_raw_fd(), c""),
        At::Entry { folder, name } => (folder.as_raw_fd(), name),
    })
}

fn by_descriptor(place: &Place) -> Result<CString, Errno> {
    match &place.at {
        At::Found(found) => {
            CString::new(format!("/proc/self/fd/{}", found.as_raw_fd())).map_err(|_| libc::EINVAL)
        }
        At::Entry { .. } => Err(libc::EOPNOTSUPP),
    }
}

fn open(place: &Place, flags: c_int, mode: u32) -> Result<Answer, Errno> {
    let cloexec = flags & libc::O_CLOEXEC;
    // A pipe without a reader must not hold up the host, and no terminal become its own.
    let added = libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY;
    let path;
    let (dir, name, flags_now) = match &place.at {
        At::Found(_) => {
            path = by_descriptor(place)?;
            let dropped = libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW;
            (libc::AT_FDCWD, path.as_c_str(), flags & !dropped)
        }
        At::Entry { folder, name } => (
            folder.as_raw_fd(),
            name.as_c_str(),
            flags | libc::O_NOFOLLOW,
        ),
    };
    // SAFETY: the name is NUL-terminated; the descriptor is new and nobody else's.
    let file = unsafe {
        match libc::openat(dir, name.as_ptr(), flags_now | added, mode) {
            fd @ 0.. => OwnedFd::from_raw_fd(fd),
            _ => return Err(errno()),
        }
    };
    if flags & libc::O_NONBLOCK == 0 {
        // SAFETY: plain calls on an open descriptor.
        unsafe {
            let now = libc::fcntl(file.as_raw_fd(), libc::F_GETFL);
            libc::fcntl(file.as_raw_fd(), libc::F_SETFL, now & !libc::O_NONBLOCK);
        }
    }
    Ok(Answer::File(file, cloexec))
}
