//! What a path of another process means.

use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use libc::c_int;

use crate::sys::{Errno, errno};

/// More symbolic links than the kernel follows.
const MOST_LINKS: usize = 40;

/// A path as a process gave it.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) dir: Option<c_int>,
    pub(crate) path: Vec<u8>,
    /// Whether a symbolic link at the end is followed.
    pub(crate) follow: bool,
}

/// Where a path leads.
#[derive(Debug)]
pub(crate) struct Place {
    /// Without symbolic links, as the host's file system has it.
    pub(crate) path: Vec<u8>,
    pub(crate) at: At,
}

/// What is there.
#[derive(Debug)]
pub(crate) enum At {
    /// Something, opened for nothing but its name.
    Found(OwnedFd),
    /// An entry of a folder, which may be there or not.
    Entry { folder: OwnedFd, name: CString },
}

impl Given {
    /// The path that the host has to look at for it.
    fn seen_from_outside(&self, pid: i32) -> Vec<u8> {
        if let Some(rest) = self.path.strip_prefix(b"/proc/self/") {
            return [format!("/proc/{pid}/").as_bytes(), rest].concat();
        }
        if self.path.first() == Some(&b'/') {
            return self.path.clone();
        }
        let base = match self.dir {
            Some(dir) if dir != libc::AT_FDCWD => format!("/proc/{pid}/fd/{dir}/"),
            _ => format!("/proc/{pid}/cwd/"),
        };
        [base.as_bytes(), &self.path].concat()
    }

    /// As an absolute path, without looking whether anything of it is there.
    pub(crate) fn absolute(&self, pid: i32) -> PathBuf {
        let text = if self.path.first() == Some(&b'/') {
            self.path.clone()
        } else {
            let base = match self.dir {
                Some(dir) if dir != libc::AT_FDCWD => format!("/proc/{pid}/fd/{dir}"),
                _ => format!("/proc/{pid}/cwd"),
            };
            let mut text = fs::read_link(base)
                .unwrap_or_default()
                .into_os_string()
                .into_vec();
            if !self.path.is_empty() {
                text.push(b'/');
                text.extend_from_slice(&self.path);
            }
            text
        };
        PathBuf::from(OsStr::from_bytes(&text))
    }

    /// Finds out where it leads. Errors are those that the process gets when it tries.
    pub(crate) fn resolve(&self, pid: i32) -> Result<Place, Errno> {
        let mut path = self.seen_from_outside(pid);
        for _ in 0..MOST_LINKS {
            if self.follow || self.path.is_empty() {
                match open(&path, 0) {
                    Ok(found) => {
                        return Ok(Place {
                            path: name_of(&found)?,
                            at: At::Found(found),
                        });
                    }
                    Err(libc::ENOENT) => {}
                    Err(errno) => return Err(errno),
                }
            }
            let (above, name) = split(&path);
            if matches!(name, b"" | b"." | b"..") {
                let found = open(&path, 0)?;
                return Ok(Place {
                    path: name_of(&found)?,
                    at: At::Found(found),
                });
            }
            let name = CString::new(name).map_err(|_| libc::EINVAL)?;
            let folder = open(above, libc::O_DIRECTORY)?;
            let folder_path = name_of(&folder)?;
            if self.follow
                && let Some(target) = read_link(folder.as_raw_fd(), &name)
            {
                // It leads to what is not there.
                path = if target.first() == Some(&b'/') {
                    target
                } else {
                    [&folder_path, &b"/"[..], &target].concat()
                };
                continue;
            }
            let mut path = folder_path;
            path.push(b'/');
            path.extend_from_slice(name.as_bytes());
            return Ok(Place {
                path,
                at: At::Entry { folder, name },
            });
        }
        Err(libc::ELOOP)
    }
}

impl Place {
    /// The type of what is there, `None` when nothing is.
    pub(crate) fn kind(&self) -> Option<u32> {
        match &self.at {
            At::Found(found) => kind_at(found.as_raw_fd(), c""),
            At::Entry { folder, name } => kind_at(folder.as_raw_fd(), name),
        }
    }
}

impl Place {
    /// The same place in this process's own mounts, if that is what is there.
    pub(crate) fn in_own_mounts(&self) -> Result<Self, Errno> {
        let (seen, folder) = match &self.at {
            At::Found(found) => (found, self.path.as_slice()),
            At::Entry { folder, .. } => (folder, split(&self.path).0),
        };
        let folder = if folder.is_empty() { b"/" } else { folder };
        let own = open_without_links(folder)?;
        if identity(seen)? != identity(&own)? {
            return Err(libc::EROFS);
        }
        Ok(Self {
            path: self.path.clone(),
            at: match &self.at {
                At::Found(_) => At::Found(own),
                At::Entry { name, .. } => At::Entry {
                    folder: own,
                    name: name.clone(),
                },
            },
        })
    }
}

fn identity(fd: &OwnedFd) -> Result<(u64, u64), Errno> {
    // SAFETY: zero is a valid `stat`; the pointer is to a live local.
    unsafe {
        let mut found: libc::stat = std::mem::zeroed();
        if libc::fstat(fd.as_raw_fd(), &raw mut found) == 0 {
            Ok((found.st_dev, found.st_ino))
        } else {
            Err(errno())
        }
    }
}

fn open_without_links(path: &[u8]) -> Result<OwnedFd, Errno> {
    let path = CString::new(path).map_err(|_| libc::EINVAL)?;
    // SAFETY: zero is a valid `open_how`; the path is NUL-terminated, the pointer is to a live local of the size given, and the
    // descriptor is new and nobody else's.
    unsafe {
        let mut how: libc::open_how = std::mem::zeroed();
        how.flags = (libc::O_PATH | libc::O_CLOEXEC) as u64;
        how.resolve = libc::RESOLVE_NO_SYMLINKS;
        let fd = libc::syscall(
            libc::SYS_openat2,
            libc::AT_FDCWD,
            path.as_ptr(),
            &raw const how,
            size_of_val(&how),
        );
        match c_int::try_from(fd) {
            Ok(fd @ 0..) => Ok(OwnedFd::from_raw_fd(fd)),
            _ => Err(errno()),
        }
    }
}

fn kind_at(dir: RawFd, name: &std::ffi::CStr) -> Option<u32> {
    // SAFETY: zero is a valid `stat`; the name is NUL-terminated, the pointer is to a live local.
    unsafe {
        let mut found: libc::stat = std::mem::zeroed();
        let flags = libc::AT_SYMLINK_NOFOLLOW | libc::AT_EMPTY_PATH;
        (libc::fstatat(dir, name.as_ptr(), &raw mut found, flags) == 0)
            .then_some(found.st_mode & libc::S_IFMT)
    }
}

/// The folder and the last part, without slashes at the end.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let end = path
        .iter()
        .rposition(|byte| *byte != b'/')
        .map_or(0, |last| last + 1);
    let path = path.get(..end).unwrap_or_default();
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (
            path.get(..=slash).unwrap_or_default(),
            path.get(slash + 1..).unwrap_or_default(),
        ),
        None => (b".", path),
    }
}

fn open(path: &[u8], flags: c_int) -> Result<OwnedFd, Errno> {
    let path = CString::new(path).map_err(|_| libc::EINVAL)?;
    // SAFETY: the path is NUL-terminated; the descriptor is new and nobody else's.
    unsafe {
        match libc::open(path.as_ptr(), libc::O_PATH | libc::O_CLOEXEC | flags) {
            fd @ 0.. => Ok(OwnedFd::from_raw_fd(fd)),
            _ => Err(errno()),
        }
    }
}

/// The path of something that was opened; `/` is the empty text.
fn name_of(fd: &OwnedFd) -> Result<Vec<u8>, Errno> {
    let error = |error: io::Error| error.raw_os_error().unwrap_or(libc::EIO);
    let path = fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).map_err(error)?;
    let mut path = path.into_os_string().into_vec();
    if path == b"/" {
        path.clear();
    }
    Ok(path)
}

fn read_link(dir: RawFd, name: &std::ffi::CStr) -> Option<Vec<u8>> {
    let mut target = vec![0; 4096];
    // SAFETY: the name is NUL-terminated, pointer and length are those of a live buffer.
    let length =
        unsafe { libc::readlinkat(dir, name.as_ptr(), target.as_mut_ptr().cast(), target.len()) };
    target.truncate(usize::try_from(length).ok()?);
    Some(target)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn own(path: &std::path::Path, follow: bool) -> Result<Place, Errno> {
        let given = Given {
            dir: None,
            path: path.as_os_str().as_bytes().to_vec(),
            follow,
        };
        given.resolve(std::process::id().cast_signed())
    }

    #[test]
    fn links_are_followed_to_where_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        symlink("/nowhere-at-all", folder.path().join("a")).unwrap();
        symlink("a", folder.path().join("b")).unwrap();
        symlink("..", folder.path().join("up")).unwrap();
        symlink("loop", folder.path().join("loop")).unwrap();
        let path = |name: &str, follow| {
            let place = own(&folder.path().join(name), follow).unwrap();
            String::from_utf8(place.path).unwrap()
        };
        assert_eq!(path("b", true), "/nowhere-at-all");
        assert_eq!(path("b", false), real.join("b").to_str().unwrap());
        assert_eq!(path("new/", false), real.join("new").to_str().unwrap());
        assert_eq!(
            path("up/x", true),
            real.with_file_name("x").to_str().unwrap()
        );
        assert_eq!(path("up", true), real.parent().unwrap().to_str().unwrap());
        assert_eq!(
            own(&folder.path().join("loop"), true).unwrap_err(),
            libc::ELOOP
        );
        assert_eq!(
            own(&folder.path().join("no/where"), true).unwrap_err(),
            libc::ENOENT
        );
    }
}
