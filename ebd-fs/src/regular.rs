//! Regular files that are what they seem.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, fstat};

use crate::dir::Dir;
use crate::error::Error;
use crate::name::{AsName, components};
use crate::stat::{Kind, Stat};

/// How often a file is opened again that was replaced between opening and looking at it.
const ATTEMPTS: u32 = 64;

impl Dir {
    /// Opens a regular file with exactly one hard link for reading.
    ///
    /// # Errors
    /// [`Error::Symlink`], [`Error::NotAFile`], [`Error::HardLinks`], [`Error::BadName`], [`Error::Io`]. A FIFO is refused
    /// without waiting for its writer.
    pub fn open_file(&self, name: impl AsName) -> Result<File, Error> {
        self.open_regular(name.as_name(), OFlag::O_RDONLY, 0, &[])
    }

    /// Opens a file as [`open_file`](Self::open_file) does that belongs to one of these user ids.
    ///
    /// # Errors
    /// [`Error::Owner`], and as there.
    pub fn open_file_of(&self, name: impl AsName, owners: &[u32]) -> Result<File, Error> {
        self.open_regular(name.as_name(), OFlag::O_RDONLY, 0, owners)
    }

    /// Reads a regular file of at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`], and as [`open_file`](Self::open_file).
    pub fn read_to_limit(&self, name: impl AsName, limit: u64) -> Result<Vec<u8>, Error> {
        let name = name.as_name();
        self.read(name, &self.open_file(name)?, limit)
    }

    /// Reads a file as [`read_to_limit`](Self::read_to_limit) does that belongs to one of these user ids.
    ///
    /// # Errors
    /// [`Error::Owner`], and as there.
    pub fn read_to_limit_of(
        &self,
        name: impl AsName,
        limit: u64,
        owners: &[u32],
    ) -> Result<Vec<u8>, Error> {
        let name = name.as_name();
        self.read(name, &self.open_file_of(name, owners)?, limit)
    }

    /// Opens a regular file with exactly one hard link for appending; it is created with `mode` (less the umask) when it is missing.
    ///
    /// # Errors
    /// As [`open_file`](Self::open_file).
    pub fn open_append(&self, name: impl AsName, mode: u32) -> Result<File, Error> {
        let flags = OFlag::O_WRONLY | OFlag::O_APPEND | OFlag::O_CREAT;
        self.open_regular(name.as_name(), flags, mode, &[])
    }

    /// Opens a regular file for reading, however many hard links it has: where their owner may have the content read.
    ///
    /// # Errors
    /// [`Error::Symlink`], [`Error::NotAFile`], [`Error::BadName`], [`Error::Io`].
    pub fn open_shared(&self, name: impl AsName) -> Result<File, Error> {
        let name = name.as_name();
        let parts = components(name)?;
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let file = self
            .beneath(&parts, flags, Mode::empty())
            .map_err(|errno| self.explain_file(&parts, errno))?;
        self.checked(name, &file)?;
        Ok(File::from(file))
    }

    /// Computes the MD5 of a regular file, however many hard links it has.
    ///
    /// # Errors
    /// As [`open_shared`](Self::open_shared).
    pub fn md5(&self, name: impl AsName) -> Result<String, Error> {
        let name = name.as_name();
        let mut file = self.open_shared(name)?;
        crate::digest::md5_of_file(&mut file).map_err(Error::at("read", self.shown(name)))
    }

    fn open_regular(
        &self,
        name: &OsStr,
        flags: OFlag,
        mode: u32,
        owners: &[u32],
    ) -> Result<File, Error> {
        let parts = components(name)?;
        // Without waiting: opening a FIFO would wait for its other side. `O_NOCTTY`: a terminal must not become ours.
        let flags = flags | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let mode = Mode::from_bits_truncate(mode);
        for _ in 0..ATTEMPTS {
            let file = match self.beneath(&parts, flags, mode) {
                Ok(file) => file,
                Err(errno) => return Err(self.explain_file(&parts, errno)),
            };
            let stat = self.checked(name, &file)?;
            if stat.links > 1 {
                return Err(Error::HardLinks {
                    path: self.shown(name),
                    links: stat.links,
                });
            }
            if !owners.is_empty() && !owners.contains(&stat.uid) {
                return Err(Error::Owner {
                    path: self.shown(name),
                    owner: stat.uid,
                    expected: owners.to_vec(),
                });
            }
            // Without a link the file was just replaced by an atomic write: the new one has the name now.
            if stat.links == 1 {
                return Ok(File::from(file));
            }
        }
        Err(Error::io("open", self.shown(name))(Errno::EAGAIN))
    }

    fn checked(&self, name: &OsStr, file: &OwnedFd) -> Result<Stat, Error> {
        let stat = fstat(file).map_err(Error::io("look at", self.shown(name)))?;
        let stat = Stat::from(&stat);
        if stat.kind == Kind::File {
            Ok(stat)
        } else {
            Err(Error::NotAFile {
                path: self.shown(name),
                kind: stat.kind,
            })
        }
    }

    /// What is wrong with a file that could not be opened: some files that are not regular cannot be opened at all.
    fn explain_file(&self, parts: &[&OsStr], errno: Errno) -> Error {
        if matches!(errno, Errno::ENXIO | Errno::EISDIR | Errno::ENODEV)
            && let Ok(stat) = self.stat_parts(parts)
            && !matches!(stat.kind, Kind::File | Kind::Symlink)
        {
            return Error::NotAFile {
                path: self.shown_parts(parts),
                kind: stat.kind,
            };
        }
        self.explain("open", parts, errno)
    }

    fn read(&self, name: &OsStr, file: &File, limit: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        // One byte more than allowed: the file may grow while it is read.
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| Error::Io {
                action: "read",
                path: self.shown(name),
                source,
            })?;
        if u64::try_from(bytes.len()).is_ok_and(|size| size <= limit) {
            Ok(bytes)
        } else {
            Err(Error::TooLarge {
                path: self.shown(name),
                limit,
            })
        }
    }
}
