//! The floor of a process: what it can write and reach, whatever is allowed above.

use std::ffi::CString;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use libc::{c_int, c_uint};

use crate::error::Step;
use crate::landlock::Domain;
use crate::sys::{self, Errno, check};
use crate::writes::{is_below, normal};

/// What keeps a process from writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ground {
    /// A private mount namespace in which everything else is read-only.
    Mounts,
    /// Landlock, which does not know `chmod`, `chown`, extended attributes and time stamps.
    Landlock,
    /// Nothing.
    None,
}

impl std::fmt::Display for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mounts => "mounts",
            Self::Landlock => "landlock",
            Self::None => "none",
        })
    }
}

/// The folders and files that a process can write, and the namespaces that it has. It is fixed when the process starts.
///
/// Files are written beneath the writable paths only, and devices by who has the right to. A process that runs as root can neither mount
/// nor enter namespaces; one that does not can make containers, of which every mount that it did not make itself is as read-only as
/// before. Whatever its user, it cannot use io_uring, load into the kernel, or make input for terminals, and gains no privileges from
/// set-user-ID programs.
#[derive(Debug, Clone)]
pub struct Floor {
    pub(crate) ground: Ground,
    pub(crate) entries: Vec<(PathBuf, bool)>,
    pub(crate) everything: bool,
    pub(crate) network: bool,
    pub(crate) ipc: bool,
    pub(crate) tracing: bool,
}

impl Floor {
    /// A floor without a writable path, with the network and the IPC objects of this process.
    #[must_use]
    pub fn new(ground: Ground) -> Self {
        Self {
            ground,
            entries: Vec::new(),
            everything: false,
            network: false,
            ipc: false,
            tracing: false,
        }
    }

    /// Makes a path and everything below it writable. One that is not there is left out.
    #[must_use]
    pub fn writable(mut self, path: impl Into<PathBuf>) -> Self {
        self.entries.push((path.into(), true));
        self
    }

    /// Makes every path writable that its user can write, for a process of which only network or IPC are confined.
    #[must_use]
    pub fn everything_writable(mut self) -> Self {
        self.everything = true;
        self
    }

    /// Keeps a path below a writable one read-only. Landlock cannot do that; there only the watch does.
    #[must_use]
    pub fn read_only(mut self, path: impl Into<PathBuf>) -> Self {
        self.entries.push((path.into(), false));
        self
    }

    /// Gives the process a network of its own, with nothing but a loopback. Where there are no namespaces, it can make no sockets but
    /// those of files.
    #[must_use]
    pub fn private_network(mut self) -> Self {
        self.network = true;
        self
    }

    /// Gives the process IPC objects of its own, where there are namespaces.
    #[must_use]
    pub fn private_ipc(mut self) -> Self {
        self.ipc = true;
        self
    }

    /// Lets the process trace others of its user, which is for processes that see no others than their own.
    #[must_use]
    pub fn allow_tracing(mut self) -> Self {
        self.tracing = true;
        self
    }
}

/// What can be written as the kernel sees it.
#[derive(Debug, Clone)]
pub(crate) struct Extent {
    pub(crate) ground: Ground,
    everything: bool,
    entries: Vec<(Vec<u8>, bool)>,
}

impl Extent {
    /// Whether a path without symbolic links is beneath a writable path or one that is kept read-only; `None` when neither.
    pub(crate) fn covers(&self, path: &[u8]) -> Option<bool> {
        let found = self
            .entries
            .iter()
            .filter(|(root, _)| is_below(path, root))
            .max_by_key(|(root, _)| root.len());
        match found {
            Some((_, writable)) => Some(*writable),
            None => self.everything.then_some(true),
        }
    }
}

/// Everything a child needs to stand on its floor, made before the fork.
#[derive(Debug)]
pub(crate) struct FloorPlan {
    flags: c_int,
    id_maps: Option<(Vec<u8>, Vec<u8>)>,
    mounts: Vec<(CString, bool)>,
    read_only: bool,
    loopback: bool,
    domain: Option<(Domain, Vec<CString>)>,
    drop_capabilities: bool,
    pub(crate) extent: Extent,
}

/// More writable paths than a floor has.
const MOST_MOUNTS: usize = 128;

/// Device files that everyone may write, for Landlock.
const DEVICES: [&str; 6] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
];

impl FloorPlan {
    /// Finds out what is there. `owner` is the user and group of the process.
    pub(crate) fn new(
        floor: &Floor,
        am_root: bool,
        owner: (u32, u32),
        runs_as_root: bool,
    ) -> Result<Self, String> {
        let mut entries: Vec<(PathBuf, bool)> = Vec::new();
        for (path, writable) in &floor.entries {
            if let Ok(path) = path.canonicalize()
                && !entries.iter().any(|(known, _)| *known == path)
            {
                entries.push((path, *writable));
            }
        }
        entries.sort_by_key(|(path, _)| path.as_os_str().len());
        if entries.len() > MOST_MOUNTS {
            return Err(format!(
                "{} paths are to be writable, at most {MOST_MOUNTS} can be",
                entries.len()
            ));
        }
        let is_mounts = floor.ground == Ground::Mounts;
        let extent = Extent {
            ground: floor.ground,
            everything: floor.everything,
            entries: entries
                .iter()
                .filter_map(|(path, writable)| {
                    Some((normal(path.as_os_str().as_bytes())?, *writable))
                })
                .collect(),
        };
        let text = |path: &Path| {
            CString::new(path.as_os_str().as_bytes())
                .map_err(|_| "a path contains a NUL byte".to_owned())
        };
        let domain = if !floor.everything
            && (floor.ground == Ground::Landlock || (is_mounts && runs_as_root))
        {
            Domain::of_this_kernel().ok()
        } else {
            None
        };
        if domain.is_none() && floor.ground == Ground::Landlock && !floor.everything {
            return Err("the kernel has no Landlock".to_owned());
        }
        let beneath = entries
            .iter()
            .filter(|(_, writable)| *writable)
            .map(|(path, _)| path.as_path())
            .chain(DEVICES.iter().map(Path::new))
            .map(text)
            .collect::<Result<Vec<_>, _>>()?;
        let mut flags = 0;
        if is_mounts {
            flags |= libc::CLONE_NEWNS;
            if floor.network {
                flags |= libc::CLONE_NEWNET;
            }
            if floor.ipc {
                flags |= libc::CLONE_NEWIPC;
            }
            if !am_root {
                flags |= libc::CLONE_NEWUSER;
            }
        }
        let (uid, gid) = owner;
        let domain = domain.map(|domain| {
            let domain = domain.for_floor(!is_mounts && floor.network, !is_mounts);
            (domain, beneath)
        });
        Ok(Self {
            flags,
            id_maps: (flags & libc::CLONE_NEWUSER != 0).then(|| {
                (
                    format!("{uid} {uid} 1").into_bytes(),
                    format!("{gid} {gid} 1").into_bytes(),
                )
            }),
            mounts: if is_mounts && !floor.everything {
                entries
                    .iter()
                    .map(|(path, writable)| Ok((text(path)?, *writable)))
                    .collect::<Result<_, String>>()?
            } else {
                Vec::new()
            },
            read_only: is_mounts && !floor.everything,
            loopback: flags & libc::CLONE_NEWNET != 0,
            domain,
            drop_capabilities: runs_as_root,
            extent,
        })
    }

    pub(crate) fn has_namespaces(&self) -> bool {
        self.flags != 0
    }

    pub(crate) fn landlock_abi(&self) -> Option<i32> {
        self.domain.as_ref().map(|(domain, _)| domain.abi)
    }

    /// Enters the namespaces and makes the mounts. Async-signal-safe.
    pub(crate) fn enter_namespaces(&self) -> Result<(), (Step, Errno)> {
        if self.flags == 0 {
            return Ok(());
        }
        let at = |step| move |errno| (step, errno);
        sys::unshare(self.flags).map_err(at(Step::Namespaces))?;
        if let Some((uid_map, gid_map)) = &self.id_maps {
            sys::write_file(c"/proc/self/setgroups", b"deny").map_err(at(Step::IdMaps))?;
            sys::write_file(c"/proc/self/uid_map", uid_map).map_err(at(Step::IdMaps))?;
            sys::write_file(c"/proc/self/gid_map", gid_map).map_err(at(Step::IdMaps))?;
        }
        sys::mount(c"none", c"/", c"", libc::MS_REC | libc::MS_PRIVATE, c"")
            .map_err(at(Step::PrivateMounts))?;
        if self.read_only {
            self.lay().map_err(at(Step::ReadOnlyMounts))?;
        }
        if self.loopback {
            // A machine without it has no loopback to bring up.
            let _ = bring_loopback_up();
        }
        Ok(())
    }

    /// Copies the mounts of all paths while they are as they were, makes everything read-only, and puts the copies over it.
    fn lay(&self) -> Result<(), Errno> {
        let mut copies = [-1; MOST_MOUNTS];
        for (copy, (path, writable)) in copies.iter_mut().zip(&self.mounts) {
            *copy = copy_mount(path)?;
            if !writable {
                set_attributes(*copy, libc::MOUNT_ATTR_RDONLY)?;
            } else if !path.to_bytes().starts_with(b"/dev") {
                // Root could make a device of its own, and write to a disk through it.
                set_attributes(*copy, libc::MOUNT_ATTR_NODEV)?;
            }
        }
        sys::make_mounts_read_only()?;
        for (copy, (path, _)) in copies.iter().zip(&self.mounts) {
            put_mount(*copy, path)?;
            sys::close(*copy);
        }
        Ok(())
    }

    /// Enters the Landlock domain, after everything that needs what it forbids. Async-signal-safe.
    pub(crate) fn enter_domain(&self) -> Result<(), (Step, Errno)> {
        if let Some((domain, beneath)) = &self.domain {
            domain
                .enter_floor(beneath)
                .map_err(|errno| (Step::Landlock, errno))?;
        }
        if self.drop_capabilities {
            drop_capabilities().map_err(|errno| (Step::NoNewPrivs, errno))?;
        }
        Ok(())
    }
}

const OPEN_TREE_CLONE: c_uint = 1;
const MOVE_MOUNT_F_EMPTY_PATH: c_uint = 4;

fn copy_mount(path: &std::ffi::CStr) -> Result<RawFd, Errno> {
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC as c_uint | libc::AT_RECURSIVE as c_uint;
    // SAFETY: the path is NUL-terminated.
    check(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) })
        .map(|fd| fd as RawFd)
}

fn set_attributes(mount: RawFd, attributes: u64) -> Result<(), Errno> {
    let attributes = libc::mount_attr {
        attr_set: attributes,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path is NUL-terminated, the attributes are a live local of the size given.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount,
            c"".as_ptr(),
            (libc::AT_RECURSIVE | libc::AT_EMPTY_PATH) as c_uint,
            std::ptr::addr_of!(attributes),
            size_of_val(&attributes),
        )
    })
    .map(drop)
}

fn put_mount(mount: RawFd, path: &std::ffi::CStr) -> Result<(), Errno> {
    // SAFETY: the paths are NUL-terminated.
    check(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount,
            c"".as_ptr(),
            libc::AT_FDCWD,
            path.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    })
    .map(drop)
}

/// What root may do to the system rather than to files: immutable files, network, modules, devices' ports, tracing, accounting,
/// administration, reboot, clock, terminals, audit, security modules, kernel log, wake-ups, performance events, BPF, checkpoints; and
/// opening by handle.
const OF_THE_SYSTEM: [u32; 21] = [
    2, 9, 12, 16, 17, 19, 20, 21, 22, 25, 26, 30, 32, 33, 34, 35, 36, 37, 38, 39, 40,
];

/// Gives up the capabilities that are not about files and processes. A program that is executed later cannot get them back.
fn drop_capabilities() -> Result<(), Errno> {
    const VERSION_3: u32 = 0x2008_0522;
    let header = [VERSION_3, 0];
    // Effective, permitted and inheritable, for the first 32 and for the others.
    let mut sets = [0u32; 6];
    // SAFETY: header and sets are live locals with the kernel's layout of version 3.
    unsafe {
        check(libc::syscall(
            libc::SYS_capget,
            header.as_ptr(),
            sets.as_mut_ptr(),
        ))?;
        for capability in OF_THE_SYSTEM {
            let first = if capability < 32 { 0 } else { 3 };
            for set in sets.iter_mut().skip(first).take(3) {
                *set &= !(1 << (capability % 32));
            }
        }
        check(libc::syscall(
            libc::SYS_capset,
            header.as_ptr(),
            sets.as_ptr(),
        ))
        .map(drop)
    }
}

fn bring_loopback_up() -> Result<(), Errno> {
    // SAFETY: `ifreq` is made of integers, for which zero is valid; the pointers are to live locals, the socket is closed once.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if socket < 0 {
            return Err(sys::errno());
        }
        let mut request: libc::ifreq = std::mem::zeroed();
        for (slot, byte) in request.ifr_name.iter_mut().zip(b"lo") {
            *slot = *byte as libc::c_char;
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
        let result = libc::ioctl(socket, libc::SIOCSIFFLAGS as _, std::ptr::addr_of!(request));
        libc::close(socket);
        check(result.into()).map(drop)
    }
}
