//! Emptying a folder that an untrusted process wrote in.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, renameat};
use nix::sys::stat::{Mode, fchmodat};
use nix::unistd::{UnlinkatFlags, unlinkat};

/// How long a folder that something keeps filling is gone through.
const PATIENCE: Duration = Duration::from_secs(20);

/// Removes everything inside a folder and returns how many entries there were. Symbolic links are removed, never followed; folders
/// without permissions are opened up; however deep the folders are nested, two are open at a time.
///
/// # Errors
/// When something cannot be removed, or is made again faster than it is removed.
pub fn clear_dir(dir: BorrowedFd<'_>) -> io::Result<usize> {
    let mut removed = 0;
    // Unique among the folders that are moved up.
    let mut serial = 0usize;
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let entries = entries(dir)?;
        if entries.is_empty() {
            return Ok(removed);
        }
        for (name, kind) in entries {
            removed += remove(dir, &name, kind, &mut serial)?;
        }
    }
    Err(io::Error::other(format!(
        "the folder is not empty after {PATIENCE:?}: something goes on writing in it"
    )))
}

/// Whether nothing is in a folder.
///
/// # Errors
/// When it cannot be read.
pub fn is_empty(dir: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(entries(dir)?.is_empty())
}

/// What lies in a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Entries.
    pub files: u64,
    /// Bytes of memory or disk that they take.
    pub bytes: u64,
}

/// What lies in a folder, and not in folders inside it.
///
/// # Errors
/// When it cannot be read.
pub fn contents(dir: BorrowedFd<'_>) -> io::Result<Contents> {
    let mut found = Contents::default();
    for (name, _) in entries(dir)? {
        found.files += 1;
        let flags = nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW;
        // One that is gone again has no size.
        if let Ok(stat) = nix::sys::stat::fstatat(dir, name.as_c_str(), flags) {
            let blocks = u64::try_from(stat.st_blocks).unwrap_or(0);
            found.bytes = found.bytes.saturating_add(blocks.saturating_mul(512));
        }
    }
    Ok(found)
}

/// Removes one entry. The folders inside a folder are moved up into `top` for a later round.
fn remove(
    top: BorrowedFd<'_>,
    name: &CString,
    kind: Option<Type>,
    serial: &mut usize,
) -> io::Result<usize> {
    if !matches!(kind, Some(Type::Directory) | None) {
        return unlink(top, name, UnlinkatFlags::NoRemoveDir);
    }
    let inside = match open_dir(top, name) {
        Ok(inside) => inside,
        Err(Errno::ENOENT) => return Ok(0),
        // Not a folder (any more).
        Err(Errno::ENOTDIR | Errno::ELOOP) => return unlink(top, name, UnlinkatFlags::NoRemoveDir),
        Err(errno) => return Err(errno.into()),
    };
    let mut removed = 0;
    for (inner, kind) in entries(inside.as_fd())? {
        match unlink(inside.as_fd(), &inner, UnlinkatFlags::NoRemoveDir) {
            Ok(count) => removed += count,
            Err(_) if matches!(kind, Some(Type::Directory) | None) => {
                move_up(top, inside.as_fd(), &inner, serial)?
            }
            Err(error) => return Err(error),
        }
    }
    match unlink(top, name, UnlinkatFlags::RemoveDir) {
        Ok(count) => Ok(removed + count),
        // Something was put in meanwhile: the next round's.
        Err(error) if error.raw_os_error() == Some(libc::ENOTEMPTY) => Ok(removed),
        Err(error) => Err(error),
    }
}

fn move_up(
    top: BorrowedFd<'_>,
    from: BorrowedFd<'_>,
    name: &CString,
    serial: &mut usize,
) -> io::Result<()> {
    loop {
        *serial += 1;
        let to = format!(".clear-{}-{serial}", std::process::id());
        match renameat(from, name.as_c_str(), top, to.as_str()) {
            Ok(()) | Err(Errno::ENOENT) => return Ok(()),
            Err(Errno::EEXIST | Errno::ENOTEMPTY | Errno::ENOTDIR) => {}
            // A folder must be writable to get another parent.
            Err(Errno::EACCES) => {
                open_up(from, name)?;
                renameat(from, name.as_c_str(), top, to.as_str())?;
                return Ok(());
            }
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn unlink(dir: BorrowedFd<'_>, name: &CString, flags: UnlinkatFlags) -> io::Result<usize> {
    match unlinkat(dir, name.as_c_str(), flags) {
        Ok(()) => Ok(1),
        Err(Errno::ENOENT) => Ok(0),
        Err(errno) => Err(errno.into()),
    }
}

/// Opens a folder in which its owner can do everything.
fn open_dir(dir: BorrowedFd<'_>, name: &CString) -> Result<OwnedFd, Errno> {
    let open = || openat(dir, name.as_c_str(), FOLDER, Mode::empty());
    let writable =
        |fd: &OwnedFd| nix::sys::stat::fstat(fd).map(|found| found.st_mode & 0o700 == 0o700);
    match open() {
        Ok(fd) if writable(&fd)? => Ok(fd),
        Ok(_) | Err(Errno::EACCES) => {
            open_up(dir, name)?;
            open()
        }
        Err(errno) => Err(errno),
    }
}

/// Gives the owner of a folder all rights in it.
fn open_up(dir: BorrowedFd<'_>, name: &CString) -> Result<(), Errno> {
    // A descriptor without access, which symbolic links do not get, and its name in /proc: `fchmodat` itself would follow a link.
    let fd = openat(
        dir,
        name.as_c_str(),
        FOLDER.union(OFlag::O_PATH),
        Mode::empty(),
    )?;
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    fchmodat(
        nix::fcntl::AT_FDCWD,
        path.as_str(),
        Mode::S_IRWXU,
        nix::sys::stat::FchmodatFlags::FollowSymlink,
    )
}

const FOLDER: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC);

/// Names and kinds of what is in a folder.
fn entries(dir: BorrowedFd<'_>) -> io::Result<Vec<(CString, Option<Type>)>> {
    // A descriptor of its own, whose position starts at the beginning.
    let mut open = Dir::openat(
        dir,
        ".",
        OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    let mut found = Vec::new();
    for entry in open.iter() {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            found.push((name.to_owned(), entry.file_type()));
        }
    }
    Ok(found)
}
