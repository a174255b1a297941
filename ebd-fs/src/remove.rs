//! Removing directories with everything in them.

use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd;
use std::process;

use nix::errno::Errno;
use nix::fcntl::{OFlag, ResolveFlag, renameat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use crate::dir::{Dir, chmod_handle};
use crate::error::Error;
use crate::name::AsName;
use crate::resolve;
use crate::stat::Kind;

/// Directories that are deeper are moved up before they are removed: each on the way down costs an open descriptor.
const DEPTH: usize = 64;

/// How often a directory is listed again in which others write meanwhile.
const ATTEMPTS: u32 = 16;

impl Dir {
    /// Removes a file, a symlink itself, or a directory with everything in it; that there is none is no error. Other
    /// filesystems that are mounted below are not entered.
    ///
    /// # Errors
    /// [`Error::Io`], and as [`open_dir`](Self::open_dir) for the directories above.
    pub fn remove_tree(&self, name: impl AsName) -> Result<(), Error> {
        let (above, last) = match self.above(name.as_name()) {
            Err(error) if error.is_absent() => return Ok(()),
            result => result?,
        };
        Removal {
            frames: Vec::new(),
            moved: 0,
        }
        .remove(above.get(), last, None)
    }

    /// Removes everything in the directory.
    ///
    /// # Errors
    /// As [`remove_tree`](Self::remove_tree).
    pub fn remove_content(&self) -> Result<(), Error> {
        for entry in self.entries()? {
            self.remove_tree(&entry.name)?;
        }
        Ok(())
    }
}

struct Frame {
    dir: Dir,
    name: OsString,
    pending: Vec<(OsString, Option<Kind>)>,
    attempts: u32,
}

struct Removal {
    /// The directories on the way down.
    frames: Vec<Frame>,
    moved: u64,
}

impl Removal {
    /// Removes something in `top`. The loop does not recurse: the depth is chosen by others.
    fn remove(&mut self, top: &Dir, name: &OsStr, kind: Option<Kind>) -> Result<(), Error> {
        if let Some(frame) = enter(top, name, kind)? {
            self.frames.push(frame);
        }
        while let Some(frame) = self.frames.last_mut() {
            if let Some((name, kind)) = frame.pending.pop() {
                self.step(&name, kind)?;
                continue;
            }
            let Some(done) = self.frames.pop() else { break };
            let above = self.frames.last().map_or(top, |frame| &frame.dir);
            match unlinkat(above, done.name.as_os_str(), UnlinkatFlags::RemoveDir) {
                Ok(()) | Err(Errno::ENOENT) => {}
                // Something else has the name now. The directory that had it is found under its new one, if it is still in the tree.
                Err(Errno::ENOTDIR) => {
                    let name = done.name;
                    match self.frames.last_mut() {
                        Some(frame) => frame.pending.push((name, None)),
                        None => drop(enter(top, &name, None)?.map(|frame| self.frames.push(frame))),
                    }
                }
                // Somebody wrote meanwhile.
                Err(Errno::ENOTEMPTY | Errno::EEXIST) if done.attempts < ATTEMPTS => {
                    let mut again = done;
                    again.pending = listed(&again.dir)?;
                    again.attempts += 1;
                    self.frames.push(again);
                }
                Err(errno) => return Err(Error::io("remove", above.shown(&done.name))(errno)),
            }
        }
        Ok(())
    }

    fn step(&mut self, name: &OsStr, kind: Option<Kind>) -> Result<(), Error> {
        let Some(frame) = self.frames.last() else {
            return Ok(());
        };
        if self.frames.len() < DEPTH || !may_be_directory(&frame.dir, name, kind) {
            if let Some(below) = enter(&frame.dir, name, kind)? {
                self.frames.push(below);
            }
            return Ok(());
        }
        let Some(first) = self.frames.first() else {
            return Ok(());
        };
        let moved = loop {
            let moved = OsString::from(format!(".ebd-tmp.{}.deep{}", process::id(), self.moved));
            self.moved += 1;
            match renameat(&frame.dir, name, &first.dir, moved.as_os_str()) {
                Ok(()) => break moved,
                Err(Errno::ENOENT) => return Ok(()),
                // Something has that name.
                Err(Errno::ENOTEMPTY | Errno::EEXIST | Errno::ENOTDIR) => {}
                Err(errno) => return Err(Error::io("remove", frame.dir.shown(name))(errno)),
            }
        };
        if let Some(first) = self.frames.first_mut() {
            first.pending.push((moved, None));
        }
        Ok(())
    }
}

fn may_be_directory(dir: &Dir, name: &OsStr, kind: Option<Kind>) -> bool {
    kind.or_else(|| dir.stat_parts(&[name]).ok().map(|stat| stat.kind)) == Some(Kind::Directory)
}

/// Opens a directory whose content is to be removed; `None` when it was no directory and has been removed.
fn enter(above: &Dir, name: &OsStr, kind: Option<Kind>) -> Result<Option<Frame>, Error> {
    let fail = |errno| Error::io("remove", above.shown(name))(errno);
    // Others may exchange files and directories between any two calls.
    for _ in 0..ATTEMPTS {
        if kind.is_none_or(|kind| kind != Kind::Directory) {
            match unlinkat(above, name, UnlinkatFlags::NoRemoveDir) {
                Ok(()) | Err(Errno::ENOENT) => return Ok(None),
                // `EPERM` is what POSIX has for directories.
                Err(Errno::EISDIR | Errno::EPERM) => {}
                Err(errno) => return Err(fail(errno)),
            }
        }
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let same_mount = ResolveFlag::RESOLVE_NO_XDEV;
        match resolve::beneath(above.as_fd(), &[name], flags, Mode::empty(), same_mount) {
            Ok(descriptor) => {
                let dir = Dir::of(descriptor, above.shown(name));
                make_writable(&dir)?;
                return Ok(Some(Frame {
                    pending: listed(&dir)?,
                    dir,
                    name: name.to_owned(),
                    attempts: 0,
                }));
            }
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ENOTDIR | Errno::ELOOP) => {
                match unlinkat(above, name, UnlinkatFlags::NoRemoveDir) {
                    Ok(()) | Err(Errno::ENOENT) => return Ok(None),
                    Err(Errno::EISDIR) => {}
                    Err(errno) => return Err(fail(errno)),
                }
            }
            Err(errno) => return Err(fail(errno)),
        }
    }
    Err(fail(Errno::EBUSY))
}

fn listed(dir: &Dir) -> Result<Vec<(OsString, Option<Kind>)>, Error> {
    dir.list().map_err(Error::io("list", dir.shown_self()))
}

/// Builds leave directories without permission to write, as Go's module cache has them.
fn make_writable(dir: &Dir) -> Result<(), Error> {
    let user = geteuid();
    if user.is_root() {
        return Ok(());
    }
    let stat = dir.stat_self()?;
    if stat.uid == user.as_raw() && stat.mode & 0o700 != 0o700 {
        // When it is refused, what is tried next says why it is needed.
        let _ = chmod_handle(dir.as_fd(), stat.mode | 0o700);
    }
    Ok(())
}
