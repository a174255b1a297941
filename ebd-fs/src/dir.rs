//! Directories by descriptor.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::dir::{Dir as Listing, Type};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, ResolveFlag, open, readlinkat, renameat};
use nix::sys::stat::{FchmodatFlags, Mode, fchmod, fchmodat, fstat, fstatat, mkdirat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchownat, symlinkat, unlinkat};

use crate::error::Error;
use crate::name::{AsName, RelName, components, join};
use crate::resolve;
use crate::stat::{Kind, Stat};

/// A directory that is held open, for reaching what is below it.
///
/// No method follows a symlink below the directory, whichever component of a name it is, and a symlink that appears while a name
/// is resolved is not followed either: the kernel resolves with `openat2`, or each directory is opened by itself. Files that are
/// read or appended to are regular files with exactly one hard link. Modes of new files are reduced by the umask.
pub struct Dir {
    /// With `O_PATH`: nothing but searching needs to be permitted.
    descriptor: OwnedFd,
    /// For messages only. It is where the directory was when it was opened.
    path: PathBuf,
}

/// Something in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, of one component.
    pub name: RelName,
    /// Its kind.
    pub kind: Kind,
}

impl Dir {
    /// Opens a directory by a path that only trusted users can change; symlinks in it are followed.
    ///
    /// # Errors
    /// [`Error::Io`] when it is no directory or cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        match open(path, flags, Mode::empty()) {
            Ok(descriptor) => Ok(Self::of(descriptor, path.to_owned())),
            Err(errno) => Err(Error::io("open the directory", path)(errno)),
        }
    }

    pub(crate) fn of(descriptor: OwnedFd, path: PathBuf) -> Self {
        Self { descriptor, path }
    }

    /// Opens the directory once more.
    ///
    /// # Errors
    /// [`Error::Io`] when the process has too many open files.
    pub fn try_clone(&self) -> Result<Self, Error> {
        match self.descriptor.try_clone() {
            Ok(descriptor) => Ok(Self::of(descriptor, self.path.clone())),
            Err(source) => Err(Error::Io {
                action: "open the directory",
                path: self.path.clone(),
                source,
            }),
        }
    }

    /// Returns the path of the directory as it was when it was opened, for messages.
    #[must_use]
    pub fn display(&self) -> impl fmt::Display + '_ {
        self.path.display()
    }

    /// Opens a directory below.
    ///
    /// # Errors
    /// [`Error::Symlink`], [`Error::NotADirectory`], [`Error::BadName`], [`Error::Io`].
    pub fn open_dir(&self, name: impl AsName) -> Result<Self, Error> {
        self.dir_of(&components(name.as_name())?)
    }

    fn dir_of(&self, parts: &[&OsStr]) -> Result<Self, Error> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        match self.beneath(parts, flags, Mode::empty()) {
            Ok(descriptor) => Ok(Self::of(descriptor, self.shown_parts(parts))),
            Err(errno) => Err(self.explain("open the directory", parts, errno)),
        }
    }

    /// Makes a directory below and opens it.
    ///
    /// # Errors
    /// [`Error::Io`] when something with that name exists or the directory above is missing, and as [`open_dir`](Self::open_dir).
    pub fn make_dir(&self, name: impl AsName, mode: u32) -> Result<Self, Error> {
        let (above, last) = self.above(name.as_name())?;
        let above = above.get();
        mkdirat(above, last, Mode::from_bits_truncate(mode))
            .map_err(Error::io("make the directory", above.shown(last)))?;
        above.dir_of(&[last])
    }

    /// Makes a directory below with those above it, as far as they are missing, and opens it.
    ///
    /// # Errors
    /// As [`open_dir`](Self::open_dir), also when something that is no directory stands there.
    pub fn make_dirs(&self, name: impl AsName, mode: u32) -> Result<Self, Error> {
        let mut at: Option<Self> = None;
        for part in components(name.as_name())? {
            let here = at.as_ref().unwrap_or(self);
            match mkdirat(here, part, Mode::from_bits_truncate(mode)) {
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(errno) => {
                    return Err(Error::io("make the directory", here.shown(part))(errno));
                }
            }
            at = Some(here.dir_of(&[part])?);
        }
        at.map_or_else(|| self.try_clone(), Ok)
    }

    /// Creates a file that did not exist, for reading and writing.
    ///
    /// # Errors
    /// [`Error::Io`] when something with that name exists, and as [`open_dir`](Self::open_dir).
    pub fn create(&self, name: impl AsName, mode: u32) -> Result<File, Error> {
        let parts = components(name.as_name())?;
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
        match self.beneath(&parts, flags, Mode::from_bits_truncate(mode)) {
            Ok(file) => Ok(file.into()),
            Err(errno) => Err(self.explain("create", &parts, errno)),
        }
    }

    /// Makes a symlink below that leads to `target`.
    ///
    /// # Errors
    /// [`Error::Io`] when something with that name exists, and as [`open_dir`](Self::open_dir).
    pub fn symlink(&self, target: impl AsRef<OsStr>, name: impl AsName) -> Result<(), Error> {
        let (above, last) = self.above(name.as_name())?;
        let above = above.get();
        symlinkat(target.as_ref(), above, last)
            .map_err(Error::io("make the symlink", above.shown(last)))
    }

    /// Reads what a symlink below leads to.
    ///
    /// # Errors
    /// [`Error::Io`] when it is no symlink, and as [`open_dir`](Self::open_dir).
    pub fn read_link(&self, name: impl AsName) -> Result<OsString, Error> {
        let (above, last) = self.above(name.as_name())?;
        let above = above.get();
        readlinkat(above, last).map_err(Error::io("read the symlink", above.shown(last)))
    }

    /// Removes a file or symlink.
    ///
    /// # Errors
    /// [`Error::Io`] for a directory, and as [`open_dir`](Self::open_dir).
    pub fn remove_file(&self, name: impl AsName) -> Result<(), Error> {
        self.unlink(name.as_name(), UnlinkatFlags::NoRemoveDir)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// [`Error::Io`] when it is not empty or no directory, and as [`open_dir`](Self::open_dir).
    pub fn remove_dir(&self, name: impl AsName) -> Result<(), Error> {
        self.unlink(name.as_name(), UnlinkatFlags::RemoveDir)
    }

    fn unlink(&self, name: &OsStr, how: UnlinkatFlags) -> Result<(), Error> {
        let (above, last) = self.above(name)?;
        let above = above.get();
        unlinkat(above, last, how).map_err(Error::io("remove", above.shown(last)))
    }

    /// Renames a file or directory below; a file with the new name is replaced.
    ///
    /// # Errors
    /// [`Error::Io`], and as [`open_dir`](Self::open_dir).
    pub fn rename(&self, from: impl AsName, to: impl AsName) -> Result<(), Error> {
        self.rename_to(from, self, to)
    }

    /// Renames a file or directory below to a name below another directory of the same filesystem.
    ///
    /// # Errors
    /// As [`rename`](Self::rename).
    pub fn rename_to(&self, from: impl AsName, to: &Self, name: impl AsName) -> Result<(), Error> {
        let (source, old) = self.above(from.as_name())?;
        let (target, new) = to.above(name.as_name())?;
        let (source, target) = (source.get(), target.get());
        renameat(source, old, target, new).map_err(Error::io("rename", source.shown(old)))
    }

    /// Looks at a file below; a symlink itself is looked at.
    ///
    /// # Errors
    /// [`Error::Io`] when it does not exist, and as [`open_dir`](Self::open_dir).
    pub fn stat(&self, name: impl AsName) -> Result<Stat, Error> {
        let parts = components(name.as_name())?;
        self.stat_parts(&parts)
            .map_err(|errno| self.explain("look at", &parts, errno))
    }

    /// Looks at the directory itself.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn stat_self(&self) -> Result<Stat, Error> {
        let stat = fstat(self).map_err(Error::io("look at", &self.path))?;
        Ok(Stat::from(&stat))
    }

    pub(crate) fn stat_parts(&self, parts: &[&OsStr]) -> Result<Stat, Errno> {
        if let [name] = parts {
            let stat = fstatat(self, *name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
            return Ok(Stat::from(&stat));
        }
        Ok(Stat::from(&fstat(self.handle(parts)?)?))
    }

    /// A descriptor that stands for a file without opening it.
    pub(crate) fn handle(&self, parts: &[&OsStr]) -> Result<OwnedFd, Errno> {
        self.beneath(parts, OFlag::O_PATH, Mode::empty())
    }

    /// Changes the owner and group of a file, directory or symlink below; `None` leaves one as it is.
    ///
    /// # Errors
    /// [`Error::HardLinks`], [`Error::Io`], and as [`open_dir`](Self::open_dir).
    pub fn chown(
        &self,
        name: impl AsName,
        user: Option<u32>,
        group: Option<u32>,
    ) -> Result<(), Error> {
        let (handle, path, _) = self.owned_handle("change the owner of", name.as_name())?;
        chown_handle(&handle, user, group).map_err(Error::io("change the owner of", path))
    }

    /// Changes the permissions of a file or directory below.
    ///
    /// # Errors
    /// [`Error::Symlink`], [`Error::HardLinks`], [`Error::Io`] (also when `/proc` is not mounted), and as [`open_dir`](Self::open_dir).
    pub fn chmod(&self, name: impl AsName, mode: u32) -> Result<(), Error> {
        let (handle, path, stat) =
            self.owned_handle("change the permissions of", name.as_name())?;
        if stat.kind == Kind::Symlink {
            return Err(Error::Symlink { path });
        }
        chmod_handle(handle.as_fd(), mode).map_err(Error::io("change the permissions of", path))
    }

    /// A handle of something that has no other names: who can write the directory may have linked another user's file there.
    fn owned_handle(
        &self,
        action: &'static str,
        name: &OsStr,
    ) -> Result<(OwnedFd, PathBuf, Stat), Error> {
        let parts = components(name)?;
        let handle = self
            .handle(&parts)
            .map_err(|errno| self.explain(action, &parts, errno))?;
        let path = self.shown(name);
        let stat = Stat::from(&fstat(&handle).map_err(Error::io("look at", &path))?);
        if stat.kind != Kind::Directory && stat.links > 1 {
            return Err(Error::HardLinks {
                path,
                links: stat.links,
            });
        }
        Ok((handle, path, stat))
    }

    /// Changes the owner and group of the directory itself; `None` leaves one as it is.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn chown_self(&self, user: Option<u32>, group: Option<u32>) -> Result<(), Error> {
        chown_handle(&self.descriptor, user, group)
            .map_err(Error::io("change the owner of", &self.path))
    }

    /// Changes the permissions of the directory itself.
    ///
    /// # Errors
    /// [`Error::Io`], also when `/proc` is not mounted.
    pub fn chmod_self(&self, mode: u32) -> Result<(), Error> {
        // In a system without `/proc` directories can be made too.
        if let Ok(readable) = self.readable() {
            let mode = Mode::from_bits_truncate(mode);
            return fchmod(readable, mode)
                .map_err(Error::io("change the permissions of", &self.path));
        }
        chmod_handle(self.as_fd(), mode).map_err(Error::io("change the permissions of", &self.path))
    }

    /// Lists the directory, sorted by name.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut found = Vec::new();
        for (name, kind) in self.list().map_err(Error::io("list", &self.path))? {
            let kind = match kind {
                Some(kind) => kind,
                None => match self.stat_parts(&[&name]) {
                    Ok(stat) => stat.kind,
                    // It has gone meanwhile.
                    Err(Errno::ENOENT) => continue,
                    Err(errno) => return Err(Error::io("look at", self.shown(&name))(errno)),
                },
            };
            let name = RelName::of_entry(name.as_bytes());
            found.push(Entry { name, kind });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Names with kinds, as far as the filesystem has them in the directory.
    pub(crate) fn list(&self) -> Result<Vec<(OsString, Option<Kind>)>, Errno> {
        let mut found = Vec::new();
        for entry in &mut Listing::from_fd(self.readable()?)?.iter() {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = entry.file_type().map(|kind| match kind {
                Type::File => Kind::File,
                Type::Directory => Kind::Directory,
                Type::Symlink => Kind::Symlink,
                Type::Fifo => Kind::Fifo,
                Type::Socket => Kind::Socket,
                Type::CharacterDevice => Kind::CharacterDevice,
                Type::BlockDevice => Kind::BlockDevice,
            });
            found.push((name.to_owned(), kind));
        }
        Ok(found)
    }

    pub(crate) fn readable(&self) -> Result<OwnedFd, Errno> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        nix::fcntl::openat(self, ".", flags, Mode::empty())
    }

    /// Brings the names in the directory to the disk.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sync(&self) -> Result<(), Error> {
        self.readable()
            .map_err(Into::into)
            .and_then(|descriptor| File::from(descriptor).sync_all())
            .map_err(|source| Error::Io {
                action: "sync",
                path: self.path.clone(),
                source,
            })
    }

    pub(crate) fn beneath(
        &self,
        parts: &[&OsStr],
        flags: OFlag,
        mode: Mode,
    ) -> Result<OwnedFd, Errno> {
        resolve::beneath(self.as_fd(), parts, flags, mode, ResolveFlag::empty())
    }

    /// The directory in which a name's last component is, and that component: system calls that take no descriptor of the file
    /// itself do not follow it.
    pub(crate) fn above<'a>(&self, name: &'a OsStr) -> Result<(Above<'_>, &'a OsStr), Error> {
        let parts = components(name)?;
        match parts.split_last() {
            Some((last, [])) => Ok((Above::This(self), last)),
            Some((last, above)) => Ok((Above::Below(self.dir_of(above)?), last)),
            None => Err(Error::BadName { name: name.into() }),
        }
    }

    /// Says what is in the way: the system says only that something is.
    pub(crate) fn explain(&self, action: &'static str, parts: &[&OsStr], errno: Errno) -> Error {
        if matches!(errno, Errno::ELOOP | Errno::ENOTDIR) {
            for count in 1..=parts.len() {
                let part = parts.get(..count).unwrap_or_default();
                let Ok(stat) = self.stat_parts(part) else {
                    break;
                };
                let path = self.shown_parts(part);
                match stat.kind {
                    Kind::Symlink => return Error::Symlink { path },
                    Kind::Directory => {}
                    kind if errno == Errno::ENOTDIR => {
                        return Error::NotADirectory { path, kind };
                    }
                    _ => break,
                }
            }
        }
        Error::io(action, self.shown_parts(parts))(errno)
    }

    pub(crate) fn shown(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn shown_parts(&self, parts: &[&OsStr]) -> PathBuf {
        self.shown(&join(parts.iter().copied()).unwrap_or_default())
    }

    pub(crate) fn shown_self(&self) -> &Path {
        &self.path
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl fmt::Debug for Dir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dir").field(&self.path).finish()
    }
}

/// The directory above a file.
pub(crate) enum Above<'a> {
    This(&'a Dir),
    Below(Dir),
}

impl Above<'_> {
    pub(crate) fn get(&self) -> &Dir {
        match self {
            Self::This(dir) => dir,
            Self::Below(dir) => dir,
        }
    }

    pub(crate) fn into_dir(self) -> Result<Dir, Error> {
        match self {
            Self::This(dir) => dir.try_clone(),
            Self::Below(dir) => Ok(dir),
        }
    }
}

pub(crate) fn chown_handle(
    handle: &OwnedFd,
    user: Option<u32>,
    group: Option<u32>,
) -> Result<(), Errno> {
    let (user, group) = (user.map(Uid::from_raw), group.map(Gid::from_raw));
    fchownat(handle, "", user, group, AtFlags::AT_EMPTY_PATH)
}

/// `fchmod` refuses descriptors with `O_PATH`, and `fchmodat` with an empty path is newer than the kernels in use.
pub(crate) fn chmod_handle(handle: BorrowedFd<'_>, mode: u32) -> Result<(), Errno> {
    let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
    let mode = Mode::from_bits_truncate(mode);
    fchmodat(AT_FDCWD, path.as_str(), mode, FchmodatFlags::FollowSymlink)
}
