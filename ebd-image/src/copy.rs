//! Operations on single files: copies that keep everything, files that are there as a whole or not at all.

#![allow(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, SeekFrom, Timespec, Timestamps, Uid, XattrFlags,
};

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
    let mut names = vec![0_u8; 1024];
    let count = loop {
        match rustix::fs::llistxattr(path, names.as_mut_slice()) {
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
        let key = std::os::unix::ffi::OsStrExt::from_bytes(name);
        let key: &OsStr = key;
        match rustix::fs::lgetxattr(path, key, value.as_mut_slice()) {
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

/// Copies something of an image to a path where nothing is, with mode, owner, times and extended attributes.
pub fn copy(
    from: &Path,
    to: &Path,
    entry: &ImageEntry,
    attributes: &Attributes,
) -> Result<(), ImageError> {
    let failed = || ImageError::at("write", to);
    match &entry.kind {
        ImageKind::File { size, .. } => {
            let source = File::open(from).map_err(ImageError::at("read", from))?;
            let target = File::options()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(to)
                .map_err(failed())?;
            copy_content(&source, &target, *size).map_err(failed())?;
        }
        ImageKind::Link(target) => {
            rustix::fs::symlink(target.as_path(), to).map_err(|errno| failed()(errno.into()))?;
        }
        ImageKind::Fifo => make_node(to, FileType::Fifo, 0).map_err(failed())?,
        ImageKind::Device(number) => {
            let meta = fs::symlink_metadata(from).map_err(ImageError::at("look at", from))?;
            let kind = if std::os::unix::fs::FileTypeExt::is_block_device(&meta.file_type()) {
                FileType::BlockDevice
            } else {
                FileType::CharacterDevice
            };
            make_node(to, kind, *number).map_err(failed())?;
        }
        ImageKind::Folder | ImageKind::Socket => {}
    }
    own(to, entry).map_err(ImageError::at("change the owner of", to))?;
    for (name, value) in attributes.of(from).map_err(ImageError::at("read", from))? {
        let name: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(name.as_slice());
        rustix::fs::lsetxattr(to, name, &value, XattrFlags::empty()).map_err(|errno| {
            ImageError::at("set extended attributes of", to)(io::Error::from(errno))
        })?;
    }
    set_mtime(to, entry.mtime).map_err(ImageError::at("set the time of", to))
}

fn make_node(to: &Path, kind: FileType, number: u64) -> io::Result<()> {
    Ok(rustix::fs::mknodat(
        CWD,
        to,
        kind,
        Mode::from(0o600),
        number,
    )?)
}

/// Gives a new file the owner and permissions of an entry. Only root can give files away; others keep what they copy.
pub fn own(path: &Path, entry: &ImageEntry) -> io::Result<()> {
    own_as(path, entry.uid, entry.gid)?;
    if !matches!(entry.kind, ImageKind::Link(_)) {
        rustix::fs::chmod(path, Mode::from(entry.mode))?;
    }
    Ok(())
}

/// Gives something the owner, if the process is root; symlinks themselves, not where they lead.
///
/// # Errors
/// The system refuses.
pub fn own_as(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    if nix::unistd::Uid::effective().is_root() {
        rustix::fs::chownat(
            CWD,
            path,
            Some(Uid::from_raw(uid)),
            Some(Gid::from_raw(gid)),
            AtFlags::SYMLINK_NOFOLLOW,
        )?;
    }
    Ok(())
}

/// Sets when a file, or a link itself, was changed.
pub fn set_mtime(path: &Path, (seconds, nanoseconds): (i64, i64)) -> io::Result<()> {
    let time = Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds as _,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    Ok(rustix::fs::utimensat(
        CWD,
        path,
        &times,
        AtFlags::SYMLINK_NOFOLLOW,
    )?)
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
