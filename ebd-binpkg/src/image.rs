//! Unpacking the image of a binary package.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use ebd_fs::{Dir, Handle, Kind};
use ebd_image::copy::{set_mtime, through};
use nix::sys::stat::{Mode, SFlag, mknodat};
use rustix::fs::XattrFlags;
use tar::EntryType;

use super::{GpkgError, Refusal};
use crate::members::{Budget, Member, each_member};
use crate::read::refused;

/// Unpacks an image into an empty directory. Nothing of the archive is followed: each directory is opened as one, by its name.
pub(crate) fn unpack_image(
    file: &Path,
    reader: Box<dyn Read + '_>,
    budget: &Budget,
    image: &Dir,
) -> Result<(), GpkgError> {
    let mut unpacking = Unpacking {
        file,
        image,
        seen: HashSet::new(),
        last: None,
        directories: Vec::new(),
    };
    each_member(file, reader, budget, |member, content| {
        unpacking.member(member, content, budget)
    })?;
    unpacking.finish()
}

struct Unpacking<'a> {
    file: &'a Path,
    image: &'a Dir,
    seen: HashSet<PathBuf>,
    /// The directory in which the last member is: the next is often there too.
    last: Option<(PathBuf, Dir)>,
    /// Directories with mode, owner, group and time. They get these last: what is put in them changes their times, and may not be
    /// permitted.
    directories: Vec<(PathBuf, u32, u32, u32, i64)>,
}

impl Unpacking<'_> {
    fn member(
        &mut self,
        member: &Member,
        content: &mut dyn Read,
        budget: &Budget,
    ) -> Result<(), GpkgError> {
        let refuse = |refusal| Err(refused(self.file, refusal));
        let Some(path) = inside(&member.path) else {
            return refuse(Refusal::Outside(member.path.clone()));
        };
        if !self.seen.insert(path.clone()) {
            return refuse(Refusal::Twice(member.path.clone()));
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            // The image itself.
            return match member.kind {
                EntryType::Directory => Ok(()),
                _ => refuse(Refusal::Kind(member.path.clone())),
            };
        };
        let name = name.to_owned();
        self.enter(parent, member)?;
        let Some((_, dir)) = &self.last else {
            return Ok(());
        };
        match member.kind {
            EntryType::Directory => {
                let made = match dir.make_dir(&name, 0o700) {
                    Err(error) if is_taken(&error) => dir.open_dir(&name),
                    made => made,
                };
                made.map_err(|error| self.wrong(member, error))?;
                self.directories
                    .push((path, member.mode, member.uid, member.gid, member.mtime));
                let held = dir.hold(&name)?;
                return set_attributes(dir, &name, &held, member);
            }
            EntryType::Regular => {
                let mut target = dir
                    .create(&name, 0o600)
                    .map_err(|error| self.wrong(member, error))?;
                let written = copy(content, &mut target, budget, self.file)?;
                if written != member.size {
                    let reason = format!("{} in it is cut short", member.path.display());
                    return Err(GpkgError::damaged(self.file, reason));
                }
            }
            EntryType::Link => {
                let first = inside(&member.target).filter(|path| !path.as_os_str().is_empty());
                let Some(first) = first else {
                    return refuse(Refusal::LinkOutside(member.path.clone()));
                };
                let held = self
                    .image
                    .hold(&first)
                    .map_err(|error| self.wrong(member, error))?;
                if held.stat().kind == Kind::Directory {
                    return refuse(Refusal::LinkOutside(member.path.clone()));
                }
                return held
                    .link(dir, &name)
                    .map_err(|error| self.wrong(member, error));
            }
            EntryType::Symlink => dir
                .symlink(&member.target, &name)
                .map_err(|error| self.wrong(member, error))?,
            EntryType::Fifo => {
                mknodat(dir, name.as_os_str(), SFlag::S_IFIFO, Mode::S_IRUSR, 0).map_err(
                    |errno| GpkgError::io("write", self.image_path(&path))(errno.into()),
                )?;
            }
            _ => return refuse(Refusal::Kind(member.path.clone())),
        }
        let held = dir.hold(&name)?;
        own(&held, member.uid, member.gid)?;
        if member.kind != EntryType::Symlink {
            held.chmod(member.mode)?;
        }
        set_attributes(dir, &name, &held, member)?;
        Ok(set_mtime(dir, &name, (member.mtime, 0))?)
    }

    /// Opens the directory of a member; those that the archive does not name are made.
    fn enter(&mut self, parent: &Path, member: &Member) -> Result<(), GpkgError> {
        if self.last.as_ref().is_some_and(|(path, _)| path == parent) {
            return Ok(());
        }
        let dir = if parent.as_os_str().is_empty() {
            self.image.try_clone()
        } else {
            self.image.make_dirs(parent, 0o755)
        };
        let dir = dir.map_err(|error| self.wrong(member, error))?;
        self.last = Some((parent.to_owned(), dir));
        Ok(())
    }

    /// What stands in the way is another member of the archive, as the directory was empty.
    fn wrong(&self, member: &Member, error: ebd_fs::Error) -> GpkgError {
        match error {
            ebd_fs::Error::Symlink { .. } | ebd_fs::Error::NotADirectory { .. } => {
                refused(self.file, Refusal::NoDirectory(member.path.clone()))
            }
            error => error.into(),
        }
    }

    fn image_path(&self, path: &Path) -> PathBuf {
        Path::new(&self.image.display().to_string()).join(path)
    }

    fn finish(self) -> Result<(), GpkgError> {
        for (path, mode, uid, gid, mtime) in self.directories.iter().rev() {
            let held = self.image.hold(path)?;
            own(&held, *uid, *gid)?;
            held.chmod(*mode)?;
            let (above, name) = match (path.parent(), path.file_name()) {
                (Some(above), Some(name)) if !above.as_os_str().is_empty() => {
                    (self.image.open_dir(above)?, name)
                }
                (_, name) => (self.image.try_clone()?, name.unwrap_or_default()),
            };
            set_mtime(&above, name, (*mtime, 0))?;
        }
        Ok(())
    }
}

fn is_taken(error: &ebd_fs::Error) -> bool {
    matches!(error, ebd_fs::Error::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
}

fn own(held: &Handle, uid: u32, gid: u32) -> Result<(), GpkgError> {
    if nix::unistd::geteuid().is_root() {
        held.chown(Some(uid), Some(gid))?;
    }
    Ok(())
}

fn set_attributes(
    dir: &Dir,
    name: &OsString,
    held: &Handle,
    member: &Member,
) -> Result<(), GpkgError> {
    for (key, value) in &member.attributes {
        use std::os::unix::ffi::OsStrExt;
        let path = through(dir, name);
        rustix::fs::lsetxattr(path, OsStr::from_bytes(key), value, XattrFlags::empty()).map_err(
            |errno| {
                let shown = held.display().to_string();
                GpkgError::io("set extended attributes of", shown)(errno.into())
            },
        )?;
    }
    Ok(())
}

/// Copies the content; says which side an error is on.
fn copy(
    content: &mut dyn Read,
    target: &mut std::fs::File,
    budget: &Budget,
    file: &Path,
) -> Result<u64, GpkgError> {
    let mut buffer = vec![0; 1 << 16];
    let mut written = 0_u64;
    loop {
        match content.read(&mut buffer) {
            Ok(0) => return Ok(written),
            Ok(count) => {
                let read = buffer.get(..count).unwrap_or_default();
                io::Write::write_all(target, read)
                    .map_err(GpkgError::io("write files of", file))?;
                written = written.saturating_add(u64::try_from(count).unwrap_or(0));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(budget.explain(file, error)),
        }
    }
}

/// The path of a member in the image, empty for the image itself; `None` for one that is not in it.
fn inside(name: &Path) -> Option<PathBuf> {
    let mut parts = name.components().filter(|part| *part != Component::CurDir);
    if parts.next()? != Component::Normal(OsStr::new("image")) {
        return None;
    }
    let mut path = PathBuf::new();
    for part in parts {
        match part {
            Component::Normal(part) => path.push(part),
            _ => return None,
        }
    }
    Some(path)
}
