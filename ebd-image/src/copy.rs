//! Operations on single files: copies that keep everything, files that are there as a whole or not at all.

#![allow(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ebd_fs::{Dir, Handle, Kind, Stat};
use nix::errno::Errno;
use nix::sys::stat::{Mode, SFlag, UtimensatFlags, fchmod, fstat, futimens, mknodat, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, Uid, fchown, geteuid, symlinkat};
use rustix::fs::{SeekFrom, XattrFlags};

use crate::error::ImageError;
use crate::tree::{ImageEntry, ImageKind};

/// Extended attributes that are not taken along: PORTAGE_XATTR_EXCLUDE.
#[derive(Debug, Default)]
pub struct Attributes {
    excluded: crate::pattern::Patterns,
    wanted: bool,
}

impl Attributes {
    /// Returns the attributes that are kept: none unless they are wanted, and none of the excluded names.
    #[must_use]
    pub fn new(wanted: bool, excluded: &str) -> Self {
        Self {
            excluded: crate::pattern::Patterns::file_names(excluded.split_ascii_whitespace()),
            wanted,
        }
    }

    /// The attributes of a file that count.
    pub fn of(&self, path: &Path) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        if !self.wanted {
            return Ok(Vec::new());
        }
        let mut found = attributes(path)?;
        found.retain(|(name, _)| !self.excluded.matches(name));
        Ok(found)
    }
}

/// All extended attributes of a file, or of a link itself, sorted by name.
pub fn attributes(path: &Path) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    list_attributes(
        |names| rustix::fs::llistxattr(path, names),
        |key, value| rustix::fs::lgetxattr(path, key, value),
    )
}

fn list_attributes(
    list: impl Fn(&mut [u8]) -> rustix::io::Result<usize>,
    get: impl Fn(&OsStr, &mut [u8]) -> rustix::io::Result<usize>,
) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut names = vec![0_u8; 1024];
    let count = loop {
        match list(names.as_mut_slice()) {
            Ok(count) => break count,
            Err(rustix::io::Errno::RANGE) if names.len() < 1 << 20 => {
                names.resize(names.len() * 4, 0);
            }
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => return Ok(Vec::new()),
            Err(errno) => return Err(errno.into()),
        }
    };
    names.truncate(count);
    let mut found = Vec::new();
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        let mut value = vec![0_u8; 1 << 16];
        match get(OsStr::from_bytes(name), value.as_mut_slice()) {
            Ok(length) => {
                value.truncate(length);
                found.push((name.to_vec(), value));
            }
            // It has gone meanwhile.
            Err(rustix::io::Errno::NODATA) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    found.sort();
    Ok(found)
}

/// Copies something of an image to a name that nothing has, with mode, owner, times and extended attributes. `from` is its
/// directory in the image. Returns what the copy is; its name may stand for something else already.
///
/// # Errors
/// The system refuses.
pub fn copy(
    from: &Dir,
    to: &Dir,
    name: &OsStr,
    entry: &ImageEntry,
    attributes: &Attributes,
) -> Result<Stat, ImageError> {
    let shown = || below(to, name);
    let failed = |errno: Errno| ImageError::io("write", shown(), errno);
    let original = entry.path.file_name().unwrap_or_default();
    let kind = match &entry.kind {
        ImageKind::File { size, .. } => {
            return copy_file(from, to, name, entry, *size, attributes);
        }
        ImageKind::Link(target) => {
            symlinkat(target.as_path(), to, name).map_err(failed)?;
            None
        }
        ImageKind::Fifo => Some((SFlag::S_IFIFO, 0)),
        ImageKind::Device(number) => match from.stat(original)?.kind {
            Kind::BlockDevice => Some((SFlag::S_IFBLK, *number)),
            _ => Some((SFlag::S_IFCHR, *number)),
        },
        ImageKind::Folder | ImageKind::Socket => None,
    };
    if let Some((kind, number)) = kind {
        mknodat(to, name, kind, Mode::S_IRUSR | Mode::S_IWUSR, number).map_err(failed)?;
    }
    // Who owns the directory may have put something else there by now.
    let handle = to.hold(name)?;
    own(&handle, entry)?;
    let found = attributes
        .of(&through(from, original))
        .map_err(ImageError::at("read", below(from, original)))?;
    for (key, value) in found {
        rustix::fs::lsetxattr(
            through(to, name),
            OsStr::from_bytes(&key),
            &value,
            XattrFlags::empty(),
        )
        .map_err(|errno| ImageError::io("set extended attributes of", shown(), errno))?;
    }
    set_mtime(to, name, entry.mtime)?;
    Ok(*handle.stat())
}

fn copy_file(
    from: &Dir,
    to: &Dir,
    name: &OsStr,
    entry: &ImageEntry,
    size: u64,
    attributes: &Attributes,
) -> Result<Stat, ImageError> {
    let original = entry.path.file_name().unwrap_or_default();
    let source = from.open_shared(original)?;
    let target = to.create(name, 0o600)?;
    let failed = |action| ImageError::at(action, below(to, name));
    copy_content(&source, &target, size).map_err(failed("write"))?;
    if geteuid().is_root() {
        let (user, group) = (Uid::from_raw(entry.uid), Gid::from_raw(entry.gid));
        fchown(&target, Some(user), Some(group))
            .map_err(|errno| failed("change the owner of")(errno.into()))?;
    }
    fchmod(&target, Mode::from_bits_truncate(entry.mode))
        .map_err(|errno| failed("change the mode of")(errno.into()))?;
    if attributes.wanted {
        let mut found = list_attributes(
            |names| rustix::fs::flistxattr(&source, names),
            |key, value| rustix::fs::fgetxattr(&source, key, value),
        )
        .map_err(ImageError::at("read", below(from, original)))?;
        found.retain(|(key, _)| !attributes.excluded.matches(key));
        for (key, value) in found {
            let key = OsStr::from_bytes(&key);
            rustix::fs::fsetxattr(&target, key, &value, XattrFlags::empty())
                .map_err(|errno| failed("set extended attributes of")(errno.into()))?;
        }
    }
    let time = time(entry.mtime);
    futimens(&target, &time, &time).map_err(|errno| failed("set the time of")(errno.into()))?;
    let stat = fstat(&target).map_err(|errno| failed("look at")(errno.into()))?;
    Ok(Stat::from(&stat))
}

/// Returns a path of something in a directory that leads there wherever the directory is by now: for system calls that take no
/// descriptor of a directory, and do not follow a last symlink.
#[must_use]
pub fn through(dir: &Dir, name: &OsStr) -> PathBuf {
    Path::new("/proc/self/fd")
        .join(dir.as_fd().as_raw_fd().to_string())
        .join(name)
}

fn below(dir: &Dir, name: &OsStr) -> PathBuf {
    Path::new(&dir.display().to_string()).join(name)
}

/// Gives something the owner and permissions of an entry. Only root can give files away; others keep what they copy.
///
/// # Errors
/// The system refuses.
pub fn own(handle: &Handle, entry: &ImageEntry) -> Result<(), ImageError> {
    if geteuid().is_root() {
        handle.chown(Some(entry.uid), Some(entry.gid))?;
    }
    // A new owner takes the set-id bits away.
    let differs = handle.stat().mode != entry.mode || entry.mode & 0o6000 != 0;
    if differs && !matches!(entry.kind, ImageKind::Link(_)) {
        handle.chmod(entry.mode)?;
    }
    Ok(())
}

/// Sets when a file, or a symlink itself, was changed.
///
/// # Errors
/// The system refuses.
pub fn set_mtime(dir: &Dir, name: &OsStr, mtime: (i64, i64)) -> Result<(), ImageError> {
    let time = time(mtime);
    utimensat(dir, name, &time, &time, UtimensatFlags::NoFollowSymlink)
        .map_err(|errno| ImageError::io("set the time of", below(dir, name), errno))
}

fn time((seconds, nanoseconds): (i64, i64)) -> TimeSpec {
    TimeSpec::new(seconds as _, nanoseconds as _)
}

/// Files up to this size are read and written: nothing is gained by sharing them.
const SMALL: u64 = 1 << 16;

/// Copies the content: shared with the original where the filesystem can, else in the kernel; holes stay holes.
fn copy_content(source: &File, target: &File, size: u64) -> io::Result<()> {
    if size <= SMALL {
        return copy_by_hand(source, target, 0, size);
    }
    if rustix::fs::ioctl_ficlone(target.as_fd(), source.as_fd()).is_ok() {
        return Ok(());
    }
    target.set_len(size)?;
    let mut position = 0;
    while position < size {
        let (start, end) = match rustix::fs::seek(source, SeekFrom::Data(position)) {
            Ok(start) => {
                let end = rustix::fs::seek(source, SeekFrom::Hole(start)).unwrap_or(size);
                (start, end.min(size))
            }
            // Nothing but a hole follows.
            Err(rustix::io::Errno::NXIO) => break,
            Err(_) => (position, size),
        };
        copy_range(source, target, start, end)?;
        position = end.max(position.saturating_add(1));
    }
    Ok(())
}

fn copy_range(source: &File, target: &File, start: u64, end: u64) -> io::Result<()> {
    let (mut from, mut to) = (start, start);
    while from < end {
        let length = usize::try_from(end - from)
            .unwrap_or(usize::MAX)
            .min(1 << 30);
        match rustix::fs::copy_file_range(source, Some(&mut from), target, Some(&mut to), length) {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => {}
            // Between filesystems that cannot do it, and on those without it.
            Err(_) => return copy_by_hand(source, target, from, end),
        }
    }
    Ok(())
}

fn copy_by_hand(source: &File, target: &File, start: u64, end: u64) -> io::Result<()> {
    let most = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
    let mut buffer = vec![0; most.min(1 << 17)];
    let mut at = start;
    while at < end {
        let want = usize::try_from(end - at)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let part = buffer.get_mut(..want).unwrap_or_default();
        match source.read_at(part, at) {
            Ok(0) => break,
            Ok(count) => {
                target.write_all_at(part.get(..count).unwrap_or_default(), at)?;
                at += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
