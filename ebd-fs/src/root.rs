//! The root of an installed system.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::{Mode, fstat};
use nix::unistd::geteuid;

use crate::dir::Dir;
use crate::error::Error;
use crate::name::{RelName, join};
use crate::resolve;
use crate::stat::{Kind, Stat};

/// How many symlinks one path may have, as in the kernel.
const MAX_LINKS: u32 = 40;

/// A directory in which an installed system is: its symlinks are followed as if it were the root of the filesystem, and lead
/// nowhere else.
#[derive(Debug)]
pub struct Root {
    dir: Dir,
}

/// Where a path of an installed system really is.
#[derive(Debug)]
pub struct Located {
    /// The directory in which it is.
    pub dir: Dir,
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
        Dir::open(path).map(|dir| Self { dir })
    }

    /// Returns the directory itself.
    #[must_use]
    pub fn dir(&self) -> &Dir {
        &self.dir
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
            None => self.walk(path, Trust::Everyone)?.into_dir(),
        }
    }

    /// Opens a directory of the installed system as [`chase`](Self::chase) resolves the directory of a file.
    ///
    /// # Errors
    /// As there.
    pub fn chase_dir(&self, path: impl AsRef<Path>) -> Result<Dir, Error> {
        self.walk(path.as_ref(), Trust::Privileged)?.into_dir()
    }

    /// Resolves a path of the installed system for changing what is there: directory by directory, following symlinks but not a
    /// last one.
    ///
    /// What belongs to an unprivileged user leads nowhere but to what belongs to the same user: neither a directory nor a
    /// symlink on the way. So no user can redirect what another one writes. Root and the user that runs this process are trusted.
    ///
    /// # Errors
    /// [`Error::UnsafeTransition`], [`Error::TooManyLinks`], [`Error::NotADirectory`], [`Error::BadName`] for a path that names no file
    /// (`/`, or with `..` at its end), [`Error::Io`].
    pub fn chase(&self, path: impl AsRef<Path>) -> Result<Located, Error> {
        let path = path.as_ref();
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Error::BadName {
                name: path.to_owned(),
            });
        };
        let walk = self.walk(parent, Trust::Privileged)?;
        let names = walk.steps.iter().map(|step| step.name.as_os_str());
        let real = join(names.chain([name])).unwrap_or_default();
        let real = RelName::new(&real)?;
        let name = RelName::new(name)?;
        let dir = walk.into_dir()?;
        Ok(Located { dir, name, real })
    }

    fn walk(&self, path: &Path, trust: Trust) -> Result<Walk<'_>, Error> {
        let stat = self.dir.stat_self()?;
        let mut walk = Walk {
            root: &self.dir,
            root_owner: stat.uid,
            steps: Vec::new(),
            leader: Leader {
                owner: stat.uid,
                path: self.dir.shown_self().to_owned(),
            },
            trust,
        };
        let mut links = 0;
        let mut ahead: VecDeque<Next> = VecDeque::new();
        push(&mut ahead, path);
        while let Some(next) = ahead.pop_front() {
            let Next::Name(name) = next else {
                walk.jump(&next)?;
                continue;
            };
            if let Some(target) = walk.step(&name)? {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Error::TooManyLinks {
                        path: self.shown(path),
                    });
                }
                push(&mut ahead, Path::new(&target));
            }
        }
        Ok(walk)
    }

    fn shown(&self, path: &Path) -> PathBuf {
        self.dir
            .shown_self()
            .join(path.strip_prefix("/").unwrap_or(path))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Everyone,
    Privileged,
}

/// What comes next on a path.
enum Next {
    Name(OsString),
    Up,
    Root,
}

/// Puts a path in front of what is ahead.
fn push(ahead: &mut VecDeque<Next>, path: &Path) {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => ahead.push_front(Next::Name(name.to_owned())),
            Component::ParentDir => ahead.push_front(Next::Up),
            Component::RootDir => ahead.push_front(Next::Root),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
}

/// A directory on the way from the root. Their descriptors are kept: `..` is the one before, wherever somebody has moved it.
struct Step {
    descriptor: OwnedFd,
    name: OsString,
    owner: u32,
}

/// What leads to the next thing: the directory it is in, or a symlink.
struct Leader {
    owner: u32,
    path: PathBuf,
}

struct Walk<'a> {
    root: &'a Dir,
    root_owner: u32,
    steps: Vec<Step>,
    leader: Leader,
    trust: Trust,
}

impl Walk<'_> {
    /// Goes up or to the root.
    fn jump(&mut self, next: &Next) -> Result<(), Error> {
        match next {
            Next::Up => drop(self.steps.pop()),
            _ => self.steps.clear(),
        }
        let owner = self.steps.last().map_or(self.root_owner, |step| step.owner);
        self.arrive(owner, self.path())
    }

    /// Goes into a directory, or returns what a symlink leads to.
    fn step(&mut self, name: &OsStr) -> Result<Option<OsString>, Error> {
        let path = self.path().join(name);
        let here = self
            .steps
            .last()
            .map_or(self.root.as_fd(), |step| step.descriptor.as_fd());
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let descriptor = openat(here, name, flags, Mode::empty())
            .map_err(Error::io("open the directory", &path))?;
        let stat = Stat::from(&fstat(&descriptor).map_err(Error::io("look at", &path))?);
        match stat.kind {
            Kind::Directory => {
                self.arrive(stat.uid, path)?;
                self.steps.push(Step {
                    descriptor,
                    name: name.to_owned(),
                    owner: stat.uid,
                });
                Ok(None)
            }
            Kind::Symlink => {
                // Of the descriptor: the name may stand for another one by now.
                let target =
                    readlinkat(&descriptor, "").map_err(Error::io("read the symlink", &path))?;
                if target.as_bytes().is_empty() {
                    return Err(Error::io("follow the symlink", &path)(Errno::ENOENT));
                }
                self.arrive(stat.uid, path)?;
                Ok(Some(target))
            }
            kind => Err(Error::NotADirectory { path, kind }),
        }
    }

    /// Checks what has been reached against what led there.
    fn arrive(&mut self, owner: u32, path: PathBuf) -> Result<(), Error> {
        let from = self.leader.owner;
        let safe = self.trust == Trust::Everyone
            || from == 0
            || from == geteuid().as_raw()
            || from == owner;
        if !safe {
            return Err(Error::UnsafeTransition {
                path: self.leader.path.clone(),
                from,
                target: path,
                to: owner,
            });
        }
        self.leader = Leader { owner, path };
        Ok(())
    }

    fn path(&self) -> PathBuf {
        let mut path = self.root.shown_self().to_owned();
        path.extend(self.steps.iter().map(|step| &step.name));
        path
    }

    fn into_dir(mut self) -> Result<Dir, Error> {
        let path = self.path();
        match self.steps.pop() {
            Some(step) => Ok(Dir::of(step.descriptor, path)),
            None => self.root.try_clone(),
        }
    }
}
