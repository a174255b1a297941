//! Where directories of an installed system really are.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::{Mode, fstat};
use nix::unistd::geteuid;

use crate::dir::Dir;
use crate::error::Error;
use crate::root::Root;
use crate::stat::{Kind, Stat};

/// How many symlinks one path may have, as in the kernel.
const MAX_LINKS: u32 = 40;

/// How many directories are held open: a process may often have no more than 1024 files.
const MAX_HELD: usize = 128;

/// What is remembered of the directories of a root.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) places: HashMap<PathBuf, Place>,
    dirs: HashMap<PathBuf, Arc<Dir>>,
}

impl Known {
    pub(crate) fn held(&self, real: &Path) -> Option<Arc<Dir>> {
        self.dirs.get(real).cloned()
    }

    pub(crate) fn hold(&mut self, real: &Path, dir: &Arc<Dir>) {
        if self.dirs.len() >= MAX_HELD {
            self.dirs.clear();
        }
        self.dirs.insert(real.to_owned(), Arc::clone(dir));
    }
}

/// Something of an unprivileged user that leads to another owner's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The directory or symlink that leads there, as a real path.
    pub path: PathBuf,
    /// Its owner.
    pub from: u32,
    /// Whether it is a symlink.
    pub by_link: bool,
    /// Where it leads.
    pub target: PathBuf,
    /// The owner there.
    pub to: u32,
}

/// Where a path really is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) real: PathBuf,
    /// The owner of what leads on from here.
    owner: u32,
    /// The symlink that leads on, if it is not the directory.
    link: Option<Arc<Path>>,
    /// In the order in which they are on the way; almost always none.
    transitions: Option<Arc<Vec<Transition>>>,
}

impl Place {
    pub(crate) fn new(real: PathBuf, owner: u32) -> Self {
        Self {
            real,
            owner,
            link: None,
            transitions: None,
        }
    }

    pub(crate) fn transitions(&self) -> &[Transition] {
        self.transitions.as_ref().map_or(&[], |found| found)
    }

    /// Notes what has been reached, and compares it with what led there.
    fn arrive(&mut self, owner: u32, target: &Path, leader: &Path) {
        let from = self.owner;
        let safe = from == 0 || from == owner || from == geteuid().as_raw();
        if !safe {
            let mut found = self.transitions().to_vec();
            found.push(Transition {
                path: self.link.as_deref().unwrap_or(leader).to_owned(),
                from,
                by_link: self.link.is_some(),
                target: target.to_owned(),
                to: owner,
            });
            self.transitions = Some(Arc::new(found));
        }
        self.owner = owner;
        self.link = None;
    }
}

impl Root {
    /// Where a directory really is, with all symlinks followed and what is to be said of them. What does not exist is taken as it is written.
    pub(crate) fn place(&self, path: &Path) -> Result<Place, Error> {
        let mut links = 0;
        self.place_of(path, &mut links)
            .map_err(|error| match error {
                Error::TooManyLinks { .. } => Error::TooManyLinks {
                    path: self.shown(path),
                },
                error => error,
            })
    }

    fn place_of(&self, path: &Path, links: &mut u32) -> Result<Place, Error> {
        if let Some(known) = self.known().places.get(path) {
            return Ok(known.clone());
        }
        let (Some(parent), Some(last)) = (path.parent(), path.components().next_back()) else {
            return self.top();
        };
        let above = self.place_of(parent, links)?;
        let place = self.enter(above, last, links)?;
        self.known().places.insert(path.to_owned(), place.clone());
        Ok(place)
    }

    fn top(&self) -> Result<Place, Error> {
        let owner = self.dir().stat_self()?.uid;
        Ok(Place::new(PathBuf::from("/"), owner))
    }

    /// Goes one component on. Both the directory and a symlink in it are looked at by descriptors: names may stand for others by
    /// the time that they are used.
    fn enter(&self, mut at: Place, next: Component<'_>, links: &mut u32) -> Result<Place, Error> {
        let before = at.real.clone();
        match next {
            Component::CurDir | Component::Prefix(_) => {}
            Component::RootDir => {
                at.real = PathBuf::from("/");
                let owner = self.dir().stat_self()?.uid;
                at.arrive(owner, Path::new("/"), &before);
            }
            Component::ParentDir => {
                at.real.pop();
                let owner = self.look(&at.real)?.map_or(at.owner, |stat| stat.uid);
                let target = at.real.clone();
                at.arrive(owner, &target, &before);
            }
            Component::Normal(name) => {
                let Some((stat, link)) = self.step(&at.real, name)? else {
                    at.real.push(name);
                    return Ok(at);
                };
                let here = at.real.join(name);
                at.arrive(stat.uid, &here, &before);
                let Some(target) = link else {
                    at.real = here;
                    return Ok(at);
                };
                *links += 1;
                if *links > MAX_LINKS {
                    return Err(Error::TooManyLinks { path: here });
                }
                at.link = Some(here.into());
                for component in Path::new(&target).components() {
                    at = self.enter(at, component, links)?;
                }
            }
        }
        Ok(at)
    }

    /// What is at a name, and where it leads if it is a symlink.
    fn step(&self, above: &Path, name: &OsStr) -> Result<Option<(Stat, Option<OsString>)>, Error> {
        let dir = match self.held(above) {
            Ok(dir) => dir,
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error),
        };
        let stat = match dir.stat_parts(&[name]) {
            Ok(stat) => stat,
            Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(None),
            Err(errno) => return Err(Error::io("look at", dir.shown(name))(errno)),
        };
        if stat.kind != Kind::Symlink {
            return Ok(Some((stat, None)));
        }
        let failed = |errno| Error::io("read the symlink", dir.shown(name))(errno);
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let handle = openat(&*dir, name, flags, Mode::empty()).map_err(failed)?;
        let stat = Stat::from(&fstat(&handle).map_err(failed)?);
        if stat.kind != Kind::Symlink {
            return Ok(Some((stat, None)));
        }
        let target = readlinkat(&handle, "").map_err(failed)?;
        if target.as_bytes().is_empty() {
            return Err(failed(Errno::ENOENT));
        }
        Ok(Some((stat, Some(target))))
    }
}
