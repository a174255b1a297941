//! Files read whole, with what tells whether they changed.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use md5::{Digest, Md5 as Hasher};
use nix::fcntl::{self, AtFlags, OFlag};
use nix::sys::stat::{self, Mode};

use crate::error::Error;
use crate::hex::hex;
use crate::stat::Kind;

/// An MD5 digest.
pub type Md5 = [u8; 16];

/// Tells whether a file has changed; two equal stamps mean that it is the same file with the same contents, provided that the
/// first one [was settled](Stamp::is_settled) and nobody sets clocks back. The time of change (`ctime`) cannot be set by
/// programs, so a restored modification time is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Size in bytes.
    pub size: u64,
    /// Time of modification, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Time of the last change of contents or attributes, nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Number of the file in its file system.
    pub inode: u64,
    /// Number of the file system.
    pub device: u64,
}

impl Stamp {
    /// Returns the stamp of the file that a path leads to, symlinks followed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn of(path: &Path) -> Result<Stamp, Error> {
        fs::metadata(path)
            .map(|metadata| Stamp::from(&metadata))
            .map_err(failed("examine", path))
    }

    /// Returns whether the file had been left alone for long enough at a time (when it was read) that every later change shows in the
    /// stamp. The clock of files is coarse: a file that is written twice within one tick keeps its times. An index of earlier
    /// runs stores settled stamps only.
    pub fn is_settled(&self, now: SystemTime) -> bool {
        /// The coarsest clock of the file systems in use.
        const TICK: Duration = Duration::from_secs(2);
        let now = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .saturating_sub(TICK);
        i64::try_from(now.as_nanos())
            .is_ok_and(|limit| self.mtime_ns < limit && self.ctime_ns < limit)
    }
}

/// Nanoseconds since 1970; from the year 2262 on, times stay where they are.
fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Stamp {
        Stamp {
            size: metadata.size(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }
}

/// A directory for looking at many files below it, which is faster than with their whole paths.
#[derive(Debug)]
pub struct StampFolder {
    directory: OwnedFd,
}

impl StampFolder {
    /// Opens a directory.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened, or is none.
    pub fn open(path: &Path) -> Result<StampFolder, Error> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        match fcntl::open(path, flags, Mode::empty()) {
            Ok(directory) => Ok(StampFolder { directory }),
            Err(errno) => Err(Error::io("open", path)(errno)),
        }
    }

    /// Returns the stamp of the file that a path below the directory leads to, symlinks followed.
    ///
    /// # Errors
    /// What the system says.
    pub fn stamp(&self, below: &str) -> io::Result<Stamp> {
        let stat = stat::fstatat(&self.directory, below, AtFlags::empty())?;
        Ok(Stamp {
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            mtime_ns: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
            ctime_ns: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
            inode: stat.st_ino,
            device: stat.st_dev,
        })
    }
}

/// A file's contents, which were the same from the first to the last byte read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path that was read.
    pub path: PathBuf,
    /// The contents.
    pub bytes: Vec<u8>,
    /// MD5 of the contents.
    pub md5: Md5,
    /// The file when it was read.
    pub stamp: Stamp,
}

/// Reads a file with its MD5. The stamp is taken before and after; a file that changed meanwhile, or was
/// replaced by another, is read again a few times.
///
/// # Errors
/// [`Error::Io`], [`Error::NotAFile`] (a directory, a FIFO), [`Error::KeepsChanging`].
pub fn read_source(path: &Path) -> Result<SourceFile, Error> {
    const ATTEMPTS: usize = 5;
    for _ in 0..ATTEMPTS {
        if let Some(file) = read_once(path)? {
            return Ok(file);
        }
    }
    Err(Error::KeepsChanging {
        path: path.to_owned(),
    })
}

/// `None`: it changed while it was read.
fn read_once(path: &Path) -> Result<Option<SourceFile>, Error> {
    // Without waiting: opening a pipe would wait for somebody to write into it.
    let mut file: File = OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)
        .map_err(failed("read", path))?;
    let before = file.metadata().map_err(failed("read", path))?;
    if !before.is_file() {
        return Err(Error::NotAFile {
            path: path.to_owned(),
            kind: Kind::of_mode(before.mode()),
        });
    }
    let stamp = Stamp::from(&before);
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).unwrap_or(0).min(1 << 24));
    file.read_to_end(&mut bytes).map_err(failed("read", path))?;
    let after = Stamp::from(&file.metadata().map_err(failed("read", path))?);
    let whole = u64::try_from(bytes.len()).is_ok_and(|read| read == stamp.size);
    if after != stamp || !whole || Stamp::of(path)? != stamp {
        return Ok(None);
    }
    let md5 = md5_of(&bytes);
    Ok(Some(SourceFile {
        path: path.to_owned(),
        bytes,
        md5,
        stamp,
    }))
}

fn md5_of(bytes: &[u8]) -> Md5 {
    Hasher::digest(bytes).into()
}

/// Returns the 32 hexadecimal digits of an MD5 digest.
pub fn md5_hex(md5: &Md5) -> String {
    hex(md5)
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
