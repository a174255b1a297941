//! Operations on single files: copies that keep everything, files that are there as a whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, SeekFrom, Timespec, Timestamps, Uid, XattrFlags,
};

use super::MergeError;
use super::tree::{ImageEntry, ImageKind};

/// Extended attributes that are not taken along: PORTAGE_XATTR_EXCLUDE.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    excluded: crate::finish::pattern::Patterns,
    wanted: bool,
}

impl Attributes {
    pub(crate) fn new(wanted: bool, excluded: &str) -> Self {
        Self {
            excluded: crate::finish::pattern::Patterns::file_names(
                excluded.split_ascii_whitespace(),
            ),
            wanted,
        }
    }

    /// The attributes of a file that count.
    pub(crate) fn of(&self, path: &Path) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        if !self.wanted {
            return Ok(Vec::new());
        }
        let mut found = attributes(path)?;
        found.retain(|(name, _)| !self.excluded.matches(name));
        Ok(found)
    }
}

/// All extended attributes of a file, or of a link itself, sorted by name.
pub(crate) fn attributes(path: &Path) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
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
pub(crate) fn copy(
    from: &Path,
    to: &Path,
    entry: &ImageEntry,
    attributes: &Attributes,
) -> Result<(), MergeError> {
    let failed = || MergeError::io("write", to);
    match &entry.kind {
        ImageKind::File { size, .. } => {
            let source = File::open(from).map_err(MergeError::io("read", from))?;
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
            let meta = fs::symlink_metadata(from).map_err(MergeError::io("look at", from))?;
            let kind = if std::os::unix::fs::FileTypeExt::is_block_device(&meta.file_type()) {
                FileType::BlockDevice
            } else {
                FileType::CharacterDevice
            };
            make_node(to, kind, *number).map_err(failed())?;
        }
        ImageKind::Folder | ImageKind::Socket => {}
    }
    own(to, entry).map_err(MergeError::io("change the owner of", to))?;
    for (name, value) in attributes.of(from).map_err(MergeError::io("read", from))? {
        let name: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(name.as_slice());
        rustix::fs::lsetxattr(to, name, &value, XattrFlags::empty()).map_err(|errno| {
            MergeError::io("set extended attributes of", to)(io::Error::from(errno))
        })?;
    }
    set_mtime(to, entry.mtime).map_err(MergeError::io("set the time of", to))
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
pub(crate) fn own(path: &Path, entry: &ImageEntry) -> io::Result<()> {
    own_as(path, entry.uid, entry.gid)?;
    if !matches!(entry.kind, ImageKind::Link(_)) {
        rustix::fs::chmod(path, Mode::from(entry.mode))?;
    }
    Ok(())
}

pub(crate) fn own_as(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
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
pub(crate) fn set_mtime(path: &Path, (seconds, nanoseconds): (i64, i64)) -> io::Result<()> {
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

/// Writes a file so that readers see the old or the new content; with `sync` the content is on the disk before it has its name.
pub(crate) fn write_atomic(path: &Path, content: &[u8], sync: bool) -> Result<(), MergeError> {
    let replace = if sync {
        ebd_fs::replace_durably
    } else {
        ebd_fs::replace
    };
    replace(path, content).map_err(|error| MergeError::io("write", path)(error.into()))
}

/// Brings the names in a folder to the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), MergeError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(MergeError::io("write", folder))
}

/// Brings everything of the filesystems that hold these folders to the disk.
pub(crate) fn sync_filesystems<'a>(
    folders: impl IntoIterator<Item = &'a Path>,
) -> Result<(), MergeError> {
    let mut seen = Vec::new();
    for folder in folders {
        let file = File::open(folder).map_err(MergeError::io("read", folder))?;
        let device = file
            .metadata()
            .map(|meta| std::os::unix::fs::MetadataExt::dev(&meta))
            .map_err(MergeError::io("look at", folder))?;
        if !seen.contains(&device) {
            seen.push(device);
            rustix::fs::syncfs(&file)
                .map_err(|errno| MergeError::io("write", folder)(errno.into()))?;
        }
    }
    Ok(())
}

/// Removes a file or a folder with everything in it; that there is none is no error.
pub(crate) fn remove_all(path: &Path) -> Result<(), MergeError> {
    let result = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(MergeError::io("remove", path)),
    }
}
