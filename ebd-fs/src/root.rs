//! The root of an installed system.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use crate::dir::Dir;
use crate::error::Error;
use crate::known::{Known, Place, Transition};
use crate::name::RelName;
use crate::resolve;
use crate::stat::{Kind, Stat};

/// How often a directory is resolved again that somebody exchanged for a symlink meanwhile.
const ATTEMPTS: u32 = 16;

/// A directory in which an installed system is: its symlinks are followed as if it were the root of the filesystem, and lead
/// nowhere else.
///
/// It remembers where directories really are, and holds some of them open. One that is used for long must
/// [forget](Self::forget) what changed. A real path is one that has no symlinks above its last component.
#[derive(Debug)]
pub struct Root {
    dir: Arc<Dir>,
    pub(crate) known: Mutex<Known>,
}

/// Where a path of an installed system really is.
#[derive(Debug)]
pub struct Located {
    /// The directory in which it is.
    pub dir: Arc<Dir>,
    /// Its name there; it need not exist, and a symlink with that name was not followed.
    pub name: RelName,
    /// The whole path below the root, without symlinks above the last component.
    pub real: RelName,
}

impl Root {
    /// Opens the root of an installed system; `/` for the running one.
    ///
    /// # Errors
    /// [`Error::Io`] when it is no directory or cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self {
            dir: Arc::new(Dir::open(path)?),
            known: Mutex::default(),
        })
    }

    /// Returns the directory itself.
    #[must_use]
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Returns the path by which the root was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.shown_self()
    }

    /// Returns how a path of the installed system is shown to the user.
    #[must_use]
    pub fn shown(&self, path: &Path) -> PathBuf {
        self.path().join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Drops what is remembered of directories.
    pub fn forget(&self) {
        *self.known() = Known::default();
    }

    /// Takes a path for a directory that will be made at a real path, although something else is there now.
    pub fn assume(&self, path: &Path, real: &Path) {
        let place = Place::new(real.to_owned(), geteuid().as_raw());
        let mut known = self.known();
        known.places.insert(path.to_owned(), place.clone());
        known.places.insert(real.to_owned(), place);
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a path with the symlinks of its directories followed, whoever made them: for looking only. The last component is
    /// not followed, and what does not exist is taken as it is written.
    ///
    /// # Errors
    /// [`Error::TooManyLinks`], [`Error::Io`].
    pub fn real(&self, path: &Path) -> Result<PathBuf, Error> {
        Ok(match self.place_above(path)? {
            Some((above, name)) => above.real.join(name),
            None => PathBuf::from("/"),
        })
    }

    /// Returns the [real](Self::real) path of what is to be changed. What belongs to an unprivileged user leads nowhere but to
    /// what belongs to the same user: neither a directory nor a symlink on the way. So no user can redirect what another one
    /// writes. Root and the user that runs this process are trusted, and what `trusted` says.
    ///
    /// # Errors
    /// [`Error::UnsafeTransition`], and as there.
    pub fn real_for_change(
        &self,
        path: &Path,
        trusted: &dyn Fn(&Transition) -> bool,
    ) -> Result<PathBuf, Error> {
        match self.place_above(path)? {
            Some((above, name)) => {
                self.refuse(&above, trusted)?;
                Ok(above.real.join(name))
            }
            None => Ok(PathBuf::from("/")),
        }
    }

    /// Returns where a directory really is, with all symlinks followed: for looking only. What does not exist is taken as it is
    /// written.
    ///
    /// # Errors
    /// As [`real`](Self::real).
    pub fn real_dir(&self, path: &Path) -> Result<PathBuf, Error> {
        Ok(self.place(path)?.real)
    }

    fn place_above<'a>(&self, path: &'a Path) -> Result<Option<(Place, &'a OsStr)>, Error> {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => Ok(Some((self.place(parent)?, name))),
            _ => Ok(None),
        }
    }

    fn refuse(&self, place: &Place, trusted: &dyn Fn(&Transition) -> bool) -> Result<(), Error> {
        match place.transitions().iter().find(|found| !trusted(found)) {
            Some(found) => Err(Error::UnsafeTransition {
                path: self.shown(&found.path),
                from: found.from,
                target: self.shown(&found.target),
                to: found.to,
            }),
            None => Ok(()),
        }
    }

    /// Looks at what is at a real path; `None` if nothing is. A symlink itself is looked at.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn look(&self, real: &Path) -> Result<Option<Stat>, Error> {
        let (dir, name) = match self.entry(real) {
            Ok(Some(entry)) => entry,
            Ok(None) => return self.dir.stat_self().map(Some),
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error),
        };
        match dir.stat_parts(&[name]) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(None),
            Err(errno) => Err(Error::io("look at", dir.shown(name))(errno)),
        }
    }

    /// Looks at what a path leads to, with all symlinks followed; `None` if to nothing, or in a circle.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn target(&self, path: &Path) -> Result<Option<Stat>, Error> {
        match self.place(path) {
            Ok(place) => self.look(&place.real),
            Err(Error::TooManyLinks { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads what the symlink at a real path leads to.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn read_link(&self, real: &Path) -> Result<OsString, Error> {
        self.with_entry(real, |dir, name| dir.read_link(name))
    }

    /// Opens the regular file that a path leads to, for reading, with all symlinks followed.
    ///
    /// # Errors
    /// [`Error::TooManyLinks`], [`Error::NotAFile`], [`Error::Io`].
    pub fn open_file(&self, path: &Path) -> Result<File, Error> {
        let real = self.place(path)?.real;
        self.with_entry(&real, |dir, name| dir.open_shared(name))
    }

    /// Reads the file that a path leads to, as far as it is text; empty if there is none or it cannot be read.
    #[must_use]
    pub fn text(&self, path: &Path) -> String {
        let mut text = Vec::new();
        match self
            .open_file(path)
            .map(|mut file| file.read_to_end(&mut text))
        {
            Ok(Ok(_)) => String::from_utf8(text).unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// Computes the MD5 of the file that a path leads to, with all symlinks followed.
    ///
    /// # Errors
    /// As [`open_file`](Self::open_file).
    pub fn md5(&self, path: &Path) -> Result<String, Error> {
        let mut file = self.open_file(path)?;
        crate::digest::md5_of_file(&mut file).map_err(Error::at("read", self.shown(path)))
    }

    fn with_entry<T>(
        &self,
        real: &Path,
        work: impl FnOnce(&Dir, &OsStr) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self.entry(real)? {
            Some((dir, name)) => work(&dir, name),
            None => Err(Error::NotAFile {
                path: self.path().to_owned(),
                kind: Kind::Directory,
            }),
        }
    }

    /// Returns the directory of a real path, held open, and the name there; `None` for the root itself.
    ///
    /// # Errors
    /// As [`held`](Self::held).
    pub fn entry<'a>(&self, real: &'a Path) -> Result<Option<(Arc<Dir>, &'a OsStr)>, Error> {
        match (real.parent(), real.file_name()) {
            (Some(parent), Some(name)) => Ok(Some((self.held(parent)?, name))),
            _ => Ok(None),
        }
    }

    /// Returns the directory at a real path and keeps it open: as long as it is remembered, it is the same one, wherever somebody
    /// moves it. No symlink is followed; where one has taken a directory's place meanwhile, the path is resolved again, and only
    /// symlinks are followed that lead from no unprivileged owner to another.
    ///
    /// # Errors
    /// [`Error::UnsafeTransition`], [`Error::Symlink`], [`Error::NotADirectory`], [`Error::Io`].
    pub fn held(&self, real: &Path) -> Result<Arc<Dir>, Error> {
        if let Some(dir) = self.known().held(real) {
            return Ok(dir);
        }
        let mut place = real.to_owned();
        let mut attempts = 0;
        loop {
            match self.open_real(&place) {
                Ok(dir) => {
                    self.known().hold(real, &dir);
                    return Ok(dir);
                }
                Err(Error::Symlink { .. }) if attempts < ATTEMPTS => {
                    attempts += 1;
                    self.known().places.clear();
                    let found = self.place(real)?;
                    self.refuse(&found, &|transition| !transition.by_link)?;
                    place = found.real;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn open_real(&self, real: &Path) -> Result<Arc<Dir>, Error> {
        match real.strip_prefix("/").unwrap_or(real) {
            below if below.as_os_str().is_empty() => Ok(Arc::clone(&self.dir)),
            below => self.dir.open_dir(below).map(Arc::new),
        }
    }

    /// Remembers a directory that was just made at a real path.
    pub fn hold(&self, real: &Path, dir: Dir) -> Arc<Dir> {
        let dir = Arc::new(dir);
        self.known().hold(real, &dir);
        dir
    }

    /// Opens a directory of the installed system, with all symlinks followed, whoever made them. For looking only: to write
    /// there, [`chase`](Self::chase) it.
    ///
    /// # Errors
    /// [`Error::TooManyLinks`], [`Error::NotADirectory`], [`Error::Io`].
    pub fn open_dir(&self, path: impl AsRef<Path>) -> Result<Dir, Error> {
        let path = path.as_ref();
        let shown = self.shown(path);
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        match resolve::in_root(self.dir.as_fd(), path.as_os_str(), flags) {
            Some(Ok(descriptor)) => Ok(Dir::of(descriptor, shown)),
            Some(Err(Errno::ELOOP)) => Err(Error::TooManyLinks { path: shown }),
            Some(Err(errno)) => Err(Error::io("open the directory", shown)(errno)),
            None => self.open_real(&self.place(path)?.real)?.try_clone(),
        }
    }

    /// Opens a directory of the installed system as [`chase`](Self::chase) resolves the directory of a file.
    ///
    /// # Errors
    /// As there.
    pub fn chase_dir(&self, path: impl AsRef<Path>) -> Result<Arc<Dir>, Error> {
        let place = self.place(path.as_ref())?;
        self.refuse(&place, &|_| false)?;
        self.held(&place.real)
    }

    /// Resolves a path of the installed system for changing what is there, as [`real_for_change`](Self::real_for_change) does
    /// without trusting anybody else, and holds its directory.
    ///
    /// # Errors
    /// [`Error::UnsafeTransition`], [`Error::TooManyLinks`], [`Error::NotADirectory`], [`Error::BadName`] for a path that names no file
    /// (`/`, or with `..` at its end), [`Error::Io`].
    pub fn chase(&self, path: impl AsRef<Path>) -> Result<Located, Error> {
        let path = path.as_ref();
        let Some((above, name)) = self.place_above(path)? else {
            return Err(Error::BadName {
                name: path.to_owned(),
            });
        };
        self.refuse(&above, &|_| false)?;
        let real = above.real.join(name);
        Ok(Located {
            dir: self.held(&above.real)?,
            name: RelName::new(name)?,
            real: RelName::new(real.strip_prefix("/").unwrap_or(&real))?,
        })
    }
}
