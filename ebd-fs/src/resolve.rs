//! Opening by name below a directory, with `openat2` where the kernel has it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::Mode;

use crate::name;

/// How often a resolution is tried again that a concurrent rename disturbed.
const ATTEMPTS: u32 = 64;

/// Opens a file below a directory without following any symlink. `components` are those of a checked name. A symlink gives
/// `ELOOP`, or is opened itself when it is the last component and `flags` have `O_PATH`.
pub(crate) fn beneath(
    dir: BorrowedFd<'_>,
    components: &[&OsStr],
    flags: OFlag,
    mode: Mode,
    more: ResolveFlag,
) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let resolve = ResolveFlag::RESOLVE_BENEATH
        | ResolveFlag::RESOLVE_NO_SYMLINKS
        | ResolveFlag::RESOLVE_NO_MAGICLINKS
        | more;
    let path = name::join(components.iter().copied()).unwrap_or_default();
    match with_openat2(dir, &path, flags, mode, resolve) {
        Some(result) => result,
        None => stepwise(dir, components, flags, mode),
    }
}

/// Opens a path as if the directory were the root of the filesystem: symlinks are followed, and cannot lead out of it.
/// `None` when the kernel cannot do that.
pub(crate) fn in_root(
    root: BorrowedFd<'_>,
    path: &OsStr,
    flags: OFlag,
) -> Option<Result<OwnedFd, Errno>> {
    let resolve = ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    let flags = flags | OFlag::O_CLOEXEC;
    with_openat2(root, path, flags, Mode::empty(), resolve)
}

fn with_openat2(
    dir: BorrowedFd<'_>,
    path: &OsStr,
    flags: OFlag,
    mode: Mode,
    resolve: ResolveFlag,
) -> Option<Result<OwnedFd, Errno>> {
    static MISSING: AtomicBool = AtomicBool::new(false);
    if MISSING.load(Ordering::Relaxed) {
        return None;
    }
    // Unlike `openat`, `openat2` refuses a mode where nothing is created.
    let mode = if flags.contains(OFlag::O_CREAT) {
        mode
    } else {
        Mode::empty()
    };
    let how = OpenHow::new().flags(flags).mode(mode).resolve(resolve);
    for _ in 0..ATTEMPTS {
        match openat2(dir, path, how) {
            Err(Errno::ENOSYS) => {
                MISSING.store(true, Ordering::Relaxed);
                return None;
            }
            // Old seccomp filters of containers answer so to calls that they do not know. The call may be refused for other
            // reasons: then the other way is refused too.
            Err(Errno::EPERM) => return None,
            // A rename or mount while `..` was resolved, or a signal.
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            result => return Some(result),
        }
    }
    Some(Err(Errno::EAGAIN))
}

/// [`beneath`] for kernels without `openat2`: each directory is opened by itself, and no symlink is followed.
pub(crate) fn stepwise(
    dir: BorrowedFd<'_>,
    components: &[&OsStr],
    flags: OFlag,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let Some((last, directories)) = components.split_last() else {
        return Err(Errno::ENOENT);
    };
    let mut at: Option<OwnedFd> = None;
    for name in directories {
        let here = at.as_ref().map_or(dir, AsFd::as_fd);
        at = Some(directory(here, name)?);
    }
    openat(at.as_ref().map_or(dir, AsFd::as_fd), *last, flags, mode)
}

fn directory(dir: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(dir, name, flags, Mode::empty())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use nix::fcntl::open;

    use super::*;

    #[test]
    fn kernels_without_openat2_follow_no_symlink_either() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("base/dir/below")).unwrap();
        fs::write(temp.path().join("base/dir/below/file"), "").unwrap();
        fs::write(temp.path().join("secret"), "").unwrap();
        symlink("../secret", temp.path().join("base/file-link")).unwrap();
        symlink("dir", temp.path().join("base/dir-link")).unwrap();
        let base = open(
            &temp.path().join("base"),
            OFlag::O_PATH | OFlag::O_DIRECTORY,
            Mode::empty(),
        )
        .unwrap();
        let common = OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let directory = OFlag::O_PATH | OFlag::O_DIRECTORY;
        for (name, flags, opened) in [
            ("dir/below/file", OFlag::O_RDONLY, true),
            ("dir/below", directory, true),
            ("file-link", OFlag::O_PATH, true),
            ("file-link", OFlag::O_RDONLY, false),
            ("file-link", OFlag::O_WRONLY | OFlag::O_CREAT, false),
            ("dir-link", directory, false),
            ("dir-link/below", directory, false),
            ("dir-link/below/file", OFlag::O_RDONLY, false),
            ("absent/file", OFlag::O_RDONLY, false),
        ] {
            let parts = name::components(OsStr::new(name)).unwrap();
            let mode = Mode::S_IRUSR;
            let new = beneath(base.as_fd(), &parts, flags, mode, ResolveFlag::empty());
            let old = stepwise(base.as_fd(), &parts, flags | common, mode);
            assert_eq!(new.is_ok(), opened, "{name}: {new:?}");
            assert_eq!(old.is_ok(), opened, "{name}: {old:?}");
        }
    }
}
