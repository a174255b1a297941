//! A Landlock domain that lets a process write nowhere but in one folder and to `/dev/null`.
//!
//! Built with plain system calls, because the rule for the scratch folder must be about the folder as the child sees it and is
//! therefore made between fork and exec, where nothing may allocate.

use std::ffi::CString;
use std::os::fd::RawFd;
use std::ptr;

use libc::{c_int, c_uint};

use crate::sys::{self, Errno, check};

const WRITE_FILE: u64 = 1 << 1;
/// `WRITE_FILE`, then removing and making entries of every kind (bits 4 to 12).
const ABI_1: u64 = WRITE_FILE | 0x1ff0;
const REFER: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEV: u64 = 1 << 15;
/// Rights that a rule about a single file may give.
const FILE_RIGHTS: u64 = WRITE_FILE | TRUNCATE | IOCTL_DEV;
const BIND_AND_CONNECT_TCP: u64 = 0b11;
const ABSTRACT_SOCKETS_AND_SIGNALS: u64 = 0b11;
const SIGNALS: u64 = 0b10;
const VERSION_FLAG: c_uint = 1;
const RULE_PATH_BENEATH: c_int = 1;

#[repr(C)]
struct RulesetAttributes {
    handled_access_fs: u64,
    handled_access_net: u64,
    scoped: u64,
}

#[repr(C, packed)]
struct PathBeneath {
    allowed_access: u64,
    parent_fd: i32,
}

/// What a domain of this kernel can deny.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Domain {
    /// The version of the kernel's interface.
    pub(crate) abi: i32,
    fs: u64,
    net: u64,
    scoped: u64,
    attribute_bytes: usize,
}

impl Domain {
    /// The best domain that this kernel offers.
    ///
    /// # Errors
    /// `ENOSYS` or `EOPNOTSUPP` when the kernel has no Landlock or it is switched off.
    pub(crate) fn of_this_kernel() -> Result<Self, Errno> {
        // SAFETY: with this flag the kernel takes no attributes and answers with a version.
        let abi = check(unsafe {
            libc::syscall(
                libc::SYS_landlock_create_ruleset,
                ptr::null::<RulesetAttributes>(),
                0usize,
                VERSION_FLAG,
            )
        })?;
        let abi = i32::try_from(abi).unwrap_or(i32::MAX);
        let mut fs = ABI_1;
        for (since, right) in [(2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)] {
            if abi >= since {
                fs |= right;
            }
        }
        Ok(Self {
            abi,
            fs,
            net: if abi >= 4 { BIND_AND_CONNECT_TCP } else { 0 },
            scoped: if abi >= 6 {
                ABSTRACT_SOCKETS_AND_SIGNALS
            } else {
                0
            },
            attribute_bytes: match abi {
                ..4 => 8,
                4..6 => 16,
                6.. => size_of::<RulesetAttributes>(),
            },
        })
    }

    /// The same domain for a process that has other means to be confined: devices may be controlled, and TCP, abstract sockets and
    /// signals outward are denied only if it says so.
    pub(crate) fn for_floor(self, network: bool, scoped: bool) -> Self {
        Self {
            fs: self.fs & !IOCTL_DEV,
            net: if network { self.net } else { 0 },
            scoped: match (scoped, network) {
                (true, true) => self.scoped,
                (true, false) => self.scoped & SIGNALS,
                (false, _) => 0,
            },
            ..self
        }
    }

    /// Puts this process for good into the domain in which these paths can be written. Async-signal-safe.
    pub(crate) fn enter_floor(&self, writable: &[CString]) -> Result<(), Errno> {
        let ruleset = self.ruleset()?;
        for path in writable {
            if let Ok(fd) = sys::open(path, libc::O_PATH | libc::O_CLOEXEC) {
                match allow(ruleset, fd, self.fs) {
                    // It is a file.
                    Err(libc::EINVAL) => allow(ruleset, fd, self.fs & FILE_RIGHTS)?,
                    other => other?,
                }
                sys::close(fd);
            }
        }
        restrict(ruleset)
    }

    /// Puts this process into the domain for good. Async-signal-safe.
    pub(crate) fn enter(&self, scratch: Option<RawFd>) -> Result<(), Errno> {
        let ruleset = self.ruleset()?;
        if let Some(scratch) = scratch {
            allow(ruleset, scratch, self.fs)?;
        }
        if let Ok(null) = sys::open(c"/dev/null", libc::O_PATH | libc::O_CLOEXEC) {
            allow(ruleset, null, self.fs & FILE_RIGHTS)?;
            sys::close(null);
        }
        restrict(ruleset)
    }

    fn ruleset(&self) -> Result<RawFd, Errno> {
        let attributes = RulesetAttributes {
            handled_access_fs: self.fs,
            handled_access_net: self.net,
            scoped: self.scoped,
        };
        // SAFETY: the attributes are a live local of at least the size given.
        check(unsafe {
            libc::syscall(
                libc::SYS_landlock_create_ruleset,
                ptr::addr_of!(attributes),
                self.attribute_bytes,
                0 as c_uint,
            )
        })
        .map(|fd| fd as RawFd)
    }
}

fn restrict(ruleset: RawFd) -> Result<(), Errno> {
    // SAFETY: plain call on integers.
    check(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0 as c_uint) })?;
    sys::close(ruleset);
    Ok(())
}

fn allow(ruleset: RawFd, beneath: RawFd, rights: u64) -> Result<(), Errno> {
    let rule = PathBeneath {
        allowed_access: rights,
        parent_fd: beneath,
    };
    // SAFETY: the rule is a live local with the layout of this rule type.
    check(unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset,
            RULE_PATH_BENEATH,
            ptr::addr_of!(rule),
            0 as c_uint,
        )
    })
    .map(drop)
}
