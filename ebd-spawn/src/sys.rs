//! System calls that may be made between fork and exec: thin, no allocation, the error number as a value.
//!
//! Everything here is a plain kernel call through `libc::syscall` where glibc's own function would do more than the call: its
//! `setuid` family signals threads that a forked child does not have.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;

use libc::{c_int, c_long, c_uint, c_void};

/// An error number.
pub(crate) type Errno = c_int;

/// Where a message of the child is sent, and the file descriptor that goes with it.
pub(crate) const MESSAGE_BYTES: usize = 12;

pub(crate) fn errno() -> Errno {
    // SAFETY: the location is this thread's and always readable.
    unsafe { *libc::__errno_location() }
}

pub(crate) fn check(result: c_long) -> Result<c_long, Errno> {
    if result < 0 { Err(errno()) } else { Ok(result) }
}

fn check_int(result: c_int) -> Result<c_int, Errno> {
    if result < 0 { Err(errno()) } else { Ok(result) }
}

/// A new process: the child gets `None`, the parent the process's number and pidfd.
pub(crate) fn fork_with_pidfd() -> Result<Option<(libc::pid_t, RawFd)>, Errno> {
    let mut pidfd: c_int = -1;
    // SAFETY: `clone_args` is made of integers, for which zero is valid and means "nothing of that kind".
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = libc::CLONE_PIDFD as u64;
    args.pidfd = ptr::addr_of_mut!(pidfd) as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    // SAFETY: without CLONE_VM and with no stack given this is a fork; the pointers are to live locals of the right size. The child
    // calls nothing that is not async-signal-safe (see `inside`).
    let mut pid =
        check(unsafe { libc::syscall(libc::SYS_clone3, ptr::addr_of!(args), size_of_val(&args)) });
    if matches!(pid, Err(libc::ENOSYS | libc::EPERM)) {
        let flags = (libc::CLONE_PIDFD | libc::SIGCHLD) as libc::c_ulong;
        // SAFETY: as above; the third argument is where the pidfd is stored with CLONE_PIDFD, the others are unused.
        pid = check(unsafe {
            libc::syscall(
                libc::SYS_clone,
                flags,
                0usize,
                ptr::addr_of_mut!(pidfd),
                0usize,
                0usize,
            )
        });
    }
    match pid? {
        0 => Ok(None),
        pid => Ok(Some((pid as libc::pid_t, pidfd))),
    }
}

/// Sets every signal to its default handling and unblocks all.
pub(crate) fn reset_signals() {
    // The kernel's own `struct sigaction`: handler SIG_DFL, no flags, no restorer, empty mask. glibc's function would refuse the
    // signals it uses itself, which an ancestor may have ignored.
    let default = [0u64; 4];
    for signal in 1..=64 {
        // SAFETY: the pointer is to a live value of the structure's size; signals that cannot be set give an error that does not
        // matter. The signal set is 8 bytes.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                ptr::addr_of!(default),
                ptr::null_mut::<u64>(),
                8usize,
            )
        };
    }
    let none = 0u64;
    // SAFETY: the kernel's signal set is 8 bytes on every Linux this crate runs on.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            ptr::addr_of!(none),
            ptr::null_mut::<u64>(),
            8usize,
        )
    };
}

/// Blocks every signal in this thread.
pub(crate) fn block_signals() {
    let all = u64::MAX;
    // SAFETY: as in `reset_signals`.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            ptr::addr_of!(all),
            ptr::null_mut::<u64>(),
            8usize,
        )
    };
}

pub(crate) fn exit_now(code: c_int) -> ! {
    // SAFETY: ends the process without running anything of it.
    unsafe { libc::_exit(code) }
}

pub(crate) fn dup_from(fd: RawFd, lowest: RawFd) -> Result<RawFd, Errno> {
    // SAFETY: plain call on integers.
    check_int(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, lowest) })
}

/// Makes `to` the same as `from`; it stays open across exec unless `cloexec`.
pub(crate) fn dup_to(from: RawFd, to: RawFd, cloexec: bool) -> Result<(), Errno> {
    let flags = if cloexec { libc::O_CLOEXEC } else { 0 };
    // SAFETY: plain call on integers.
    check(unsafe { libc::syscall(libc::SYS_dup3, from, to, flags) }).map(drop)
}

pub(crate) fn close_range(first: c_uint, last: c_uint) -> Result<(), Errno> {
    // SAFETY: plain call on integers; nothing of this process uses the descriptors any more.
    match check(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) }) {
        Err(libc::ENOSYS | libc::EPERM) => {
            let mut limit = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            // SAFETY: the pointer is to a live local.
            check_int(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) })?;
            let end = limit
                .rlim_max
                .min(1 << 20)
                .min(u64::from(last).saturating_add(1)) as c_uint;
            for fd in first..end {
                // SAFETY: as above.
                unsafe { libc::close(fd as RawFd) };
            }
            Ok(())
        }
        other => other.map(drop),
    }
}

pub(crate) fn close(fd: RawFd) {
    // SAFETY: the caller owns the descriptor and does not use it again.
    unsafe { libc::close(fd) };
}

pub(crate) fn set_session() -> Result<(), Errno> {
    // SAFETY: plain call.
    check_int(unsafe { libc::setsid() }).map(drop)
}

pub(crate) fn set_controlling_terminal(fd: RawFd) -> Result<(), Errno> {
    // SAFETY: the request takes an integer.
    check_int(unsafe { libc::ioctl(fd, libc::TIOCSCTTY, 0) }).map(drop)
}

pub(crate) fn set_umask(mask: libc::mode_t) {
    // SAFETY: plain call.
    unsafe { libc::umask(mask) };
}

pub(crate) fn prctl(option: c_int, argument: libc::c_ulong) -> Result<(), Errno> {
    // SAFETY: only used with options that take one integer.
    check_int(unsafe {
        libc::prctl(
            option,
            argument,
            0 as libc::c_ulong,
            0 as libc::c_ulong,
            0 as libc::c_ulong,
        )
    })
    .map(drop)
}

pub(crate) fn parent_pid() -> libc::pid_t {
    // SAFETY: plain call.
    unsafe { libc::getppid() }
}

pub(crate) fn unshare(flags: c_int) -> Result<(), Errno> {
    // SAFETY: plain call on integers.
    check_int(unsafe { libc::unshare(flags) }).map(drop)
}

/// Writes the text in one call, as the kernel wants it for `uid_map` and kin.
pub(crate) fn write_file(path: &CStr, text: &[u8]) -> Result<(), Errno> {
    let fd = open(path, libc::O_WRONLY | libc::O_CLOEXEC)?;
    // SAFETY: pointer and length are those of a live slice.
    let written = check(unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) as c_long });
    close(fd);
    written.map(drop)
}

pub(crate) fn open(path: &CStr, flags: c_int) -> Result<RawFd, Errno> {
    // SAFETY: the path is NUL-terminated.
    check_int(unsafe { libc::open(path.as_ptr(), flags) })
}

pub(crate) fn change_dir(path: &CStr) -> Result<(), Errno> {
    // SAFETY: the path is NUL-terminated.
    check_int(unsafe { libc::chdir(path.as_ptr()) }).map(drop)
}

pub(crate) fn mount(
    source: &CStr,
    target: &CStr,
    kind: &CStr,
    flags: libc::c_ulong,
    options: &CStr,
) -> Result<(), Errno> {
    // SAFETY: all pointers are to NUL-terminated strings.
    check_int(unsafe {
        libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            kind.as_ptr(),
            flags,
            options.as_ptr().cast(),
        )
    })
    .map(drop)
}

/// Makes the mount at the root and all below it read-only.
pub(crate) fn make_mounts_read_only() -> Result<(), Errno> {
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path is NUL-terminated, the attributes are a live local of the size given.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            c"/".as_ptr(),
            libc::AT_RECURSIVE as c_uint,
            ptr::addr_of!(attributes),
            size_of_val(&attributes),
        )
    })
    .map(drop)
}

pub(crate) fn set_limit(resource: c_int, limit: &libc::rlimit) -> Result<(), Errno> {
    // SAFETY: plain prlimit on this process with a live limit; 64-bit fields on the supported machines.
    check(unsafe {
        libc::syscall(
            libc::SYS_prlimit64,
            0,
            resource,
            ptr::from_ref(limit),
            ptr::null_mut::<libc::rlimit>(),
        )
    })
    .map(drop)
}

/// Drops every supplementary group and becomes this user and group in all respects.
pub(crate) fn become_user(uid: libc::uid_t, gid: libc::gid_t) -> Result<(), Errno> {
    // SAFETY: plain calls on integers; no groups are read from the null pointer as there are none.
    unsafe {
        check(libc::syscall(
            libc::SYS_setgroups,
            0usize,
            ptr::null::<libc::gid_t>(),
        ))?;
        check(libc::syscall(libc::SYS_setresgid, gid, gid, gid))?;
        check(libc::syscall(libc::SYS_setresuid, uid, uid, uid))?;
    }
    Ok(())
}

/// Sends a message and a file descriptor with it.
pub(crate) fn send(socket: RawFd, message: [i32; 3], fd: Option<RawFd>) -> Result<(), Errno> {
    #[repr(C, align(8))]
    struct Control([u8; 64]);
    let mut control = Control([0; 64]);
    let mut part = libc::iovec {
        iov_base: message.as_ptr() as *mut c_void,
        iov_len: MESSAGE_BYTES,
    };
    // SAFETY: zero is a valid `msghdr`; the pointers set below are to live locals, the control buffer is aligned and larger than
    // CMSG_SPACE of one descriptor.
    unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_iov = &raw mut part;
        header.msg_iovlen = 1;
        if let Some(fd) = fd {
            header.msg_control = control.0.as_mut_ptr().cast();
            header.msg_controllen = libc::CMSG_SPACE(size_of::<c_int>() as c_uint) as _;
            let first = libc::CMSG_FIRSTHDR(&raw const header);
            (*first).cmsg_level = libc::SOL_SOCKET;
            (*first).cmsg_type = libc::SCM_RIGHTS;
            (*first).cmsg_len = libc::CMSG_LEN(size_of::<c_int>() as c_uint) as _;
            ptr::write_unaligned(libc::CMSG_DATA(first).cast::<c_int>(), fd);
        }
        loop {
            match check(libc::sendmsg(socket, &raw const header, libc::MSG_NOSIGNAL) as c_long) {
                Err(libc::EINTR) => {}
                other => return other.map(drop),
            }
        }
    }
}

/// What [`receive`] found.
pub(crate) enum Received {
    /// Nothing yet.
    Nothing,
    /// The other side is closed.
    End,
    /// A message, perhaps with a file descriptor that now belongs to the caller.
    Message([i32; 3], Option<RawFd>),
}

/// Takes a message that is there; does not wait.
pub(crate) fn receive(socket: RawFd) -> Result<Received, Errno> {
    #[repr(C, align(8))]
    struct Control([u8; 64]);
    let mut control = Control([0; 64]);
    let mut message = [0i32; 3];
    let mut part = libc::iovec {
        iov_base: message.as_mut_ptr().cast(),
        iov_len: MESSAGE_BYTES,
    };
    // SAFETY: as in `send`; the descriptor is read from a header the kernel filled in and checked to be SCM_RIGHTS.
    unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_iov = &raw mut part;
        header.msg_iovlen = 1;
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = control.0.len() as _;
        let count = loop {
            match check(libc::recvmsg(
                socket,
                &raw mut header,
                libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC,
            ) as c_long)
            {
                Err(libc::EINTR) => {}
                Err(libc::EAGAIN) => return Ok(Received::Nothing),
                Err(libc::ECONNRESET) => return Ok(Received::End),
                other => break other?,
            }
        };
        if count == 0 {
            return Ok(Received::End);
        }
        let first = libc::CMSG_FIRSTHDR(&raw const header);
        let fd = if !first.is_null()
            && (*first).cmsg_level == libc::SOL_SOCKET
            && (*first).cmsg_type == libc::SCM_RIGHTS
        {
            Some(ptr::read_unaligned(libc::CMSG_DATA(first).cast::<c_int>()))
        } else {
            None
        };
        Ok(Received::Message(message, fd))
    }
}

/// Has a pipe's read end signal the process group of this leader when the last write end is closed.
pub(crate) fn signal_group_on_hangup(
    read_end: BorrowedFd<'_>,
    leader: libc::pid_t,
) -> Result<(), Errno> {
    let fd = read_end.as_raw_fd();
    let set = |command: c_int, value: c_int| {
        // SAFETY: these commands take an integer, and the descriptor is open.
        check_int(unsafe { libc::fcntl(fd, command, value) })
    };
    set(libc::F_SETOWN, -leader)?;
    // Not in the libc crate for every libc; the number is the same on all architectures of Linux but the two oldest.
    const F_SETSIG: c_int = 10;
    set(F_SETSIG, libc::SIGKILL)?;
    let flags = set(libc::F_GETFL, 0)?;
    set(libc::F_SETFL, flags | libc::O_ASYNC).map(drop)
}
