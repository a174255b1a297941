//! The seccomp filter, assembled by hand.
//!
//! The program goes through its rules from top to bottom, two instructions a rule, so that no jump is longer than one rule. System
//! calls that are always allowed do not run it at all on current kernels (the kernel keeps a bitmap of them).

use std::os::fd::RawFd;
use std::ptr;

use libc::{c_long, c_uint, sock_filter};

use crate::sys::{Errno, check};

#[cfg(target_arch = "x86_64")]
pub(crate) const ARCH: Option<u32> = Some(0xc000_003e);
#[cfg(target_arch = "aarch64")]
pub(crate) const ARCH: Option<u32> = Some(0xc000_00b7);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) const ARCH: Option<u32> = None;

/// From here on the numbers belong to the x32 ABI (and to nothing on other machines).
pub(crate) const X32_BIT: u32 = 0x4000_0000;

const LOAD_WORD: u16 = 0x20;
pub(crate) const JUMP_EQUAL: u16 = 0x15;
pub(crate) const JUMP_GREATER_OR_EQUAL: u16 = 0x35;
pub(crate) const JUMP_ANY_BIT: u16 = 0x45;
pub(crate) const RETURN: u16 = 0x06;

/// Offsets in `struct seccomp_data`; the low half of an argument is first on both supported machines.
pub(crate) const NUMBER_AT: u32 = 0;
pub(crate) const ARCH_AT: u32 = 4;
const FIRST_ARGUMENT_AT: u32 = 16;
const SECOND_ARGUMENT_AT: u32 = 24;

pub(crate) const ALLOW: u32 = 0x7fff_0000;

pub(crate) const NAMESPACE_FLAGS: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u32;

/// `ioctl` requests that put input into a terminal.
pub(crate) const TERMINAL_INPUT: [u32; 2] = [0x5412, 0x541c];

/// Calls that reach into another process of the same user, such as the one that forked it, or change what it shares with that one:
/// its memory, descriptors, options of its sockets, and scheduling.
const REACHES_OTHERS: &[c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // A socket that the process inherited is that of the one that forked it.
    libc::SYS_shutdown,
    libc::SYS_setsockopt,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_setattr,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setscheduler,
];

/// Calls that change the kernel or the mounts, or look into them; nothing that handles packages needs them.
const NOT_PERMITTED: &[c_long] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_open_by_handle_at,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
];

/// Calls that send signals. The thread group or group that is meant is the first argument, but with `pidfd_send_signal`.
const SIGNAL: &[c_long] = &[
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
];

/// Whether a call sends a signal.
pub(crate) fn sends_signal(call: c_long) -> bool {
    SIGNAL.contains(&call)
}

/// Why there is no filter on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnknownMachine;

/// A filter ready to be installed.
#[derive(Debug)]
pub(crate) struct Filter {
    program: Vec<sock_filter>,
    listens: bool,
}

impl Filter {
    /// The filter that has execs and signals reported (or not), with or without the confinement.
    pub(crate) fn new(
        confined: bool,
        watch_exec: bool,
        watch_signals: bool,
    ) -> Result<Self, UnknownMachine> {
        let arch = ARCH.ok_or(UnknownMachine)?;
        let mut program = vec![
            load(ARCH_AT),
            instruction(JUMP_EQUAL, arch, 1, 0),
            refuse(libc::ENOSYS),
            load(NUMBER_AT),
            instruction(JUMP_GREATER_OR_EQUAL, X32_BIT, 0, 1),
            refuse(libc::ENOSYS),
        ];
        if watch_exec {
            for call in [libc::SYS_execve, libc::SYS_execveat] {
                program.extend(on_call(
                    call,
                    instruction(RETURN, libc::SECCOMP_RET_USER_NOTIF, 0, 0),
                ));
            }
        }
        if watch_signals {
            for &call in SIGNAL {
                program.extend(on_call(
                    call,
                    instruction(RETURN, libc::SECCOMP_RET_USER_NOTIF, 0, 0),
                ));
            }
            // What a lost host ends is the group.
            for call in [libc::SYS_setsid, libc::SYS_setpgid] {
                program.extend(on_call(call, refuse(libc::EPERM)));
            }
        }
        if confined || watch_signals {
            for &call in REACHES_OTHERS {
                program.extend(on_call(call, refuse(libc::EPERM)));
            }
            // The limits of others; its own go by the number 0.
            program.extend([
                instruction(JUMP_EQUAL, number(libc::SYS_prlimit64), 0, 4),
                load(FIRST_ARGUMENT_AT),
                instruction(JUMP_EQUAL, 0, 0, 1),
                instruction(RETURN, ALLOW, 0, 0),
                refuse(libc::EPERM),
            ]);
        }
        if confined {
            program.extend(on_call(libc::SYS_socket, refuse(libc::EACCES)));
            // libc falls back to `clone`, whose flags a filter can see.
            program.extend(on_call(libc::SYS_clone3, refuse(libc::ENOSYS)));
            for &call in NOT_PERMITTED {
                program.extend(on_call(call, refuse(libc::EPERM)));
            }
            program.extend([
                instruction(JUMP_EQUAL, number(libc::SYS_clone), 0, 4),
                load(FIRST_ARGUMENT_AT),
                instruction(JUMP_ANY_BIT, NAMESPACE_FLAGS, 0, 1),
                refuse(libc::EPERM),
                instruction(RETURN, ALLOW, 0, 0),
                instruction(JUMP_EQUAL, number(libc::SYS_ioctl), 0, 4),
                load(SECOND_ARGUMENT_AT),
                instruction(JUMP_EQUAL, TERMINAL_INPUT[0], 1, 0),
                instruction(JUMP_EQUAL, TERMINAL_INPUT[1], 0, 1),
                refuse(libc::EPERM),
            ]);
        }
        program.push(instruction(RETURN, ALLOW, 0, 0));
        Ok(Self {
            program,
            listens: watch_exec,
        })
    }

    /// A filter of a program made elsewhere that has the host asked.
    pub(crate) fn listening(program: Vec<sock_filter>) -> Self {
        Self {
            program,
            listens: true,
        }
    }

    /// The same without asking: what the host would be asked about goes on.
    pub(crate) fn silent(mut program: Vec<sock_filter>) -> Self {
        for step in &mut program {
            if step.code == RETURN && step.k == libc::SECCOMP_RET_USER_NOTIF {
                step.k = ALLOW;
            }
        }
        Self {
            program,
            listens: false,
        }
    }

    /// Installs the filter for this process for good and returns the listener when execs are watched. Async-signal-safe.
    pub(crate) fn install(&self) -> Result<Option<RawFd>, Errno> {
        let program = libc::sock_fprog {
            // A filter of this crate has some hundred instructions; the kernel takes 4,096.
            len: self.program.len() as libc::c_ushort,
            filter: self.program.as_ptr().cast_mut(),
        };
        if !self.listens {
            return set_filter(0, &program).map(|_| None);
        }
        let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
        // With it a signal handler does not interrupt, and so repeat, an exec that the host is looking at.
        match set_filter(
            flags | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
            &program,
        ) {
            Err(libc::EINVAL) => set_filter(flags, &program).map(Some),
            other => other.map(Some),
        }
    }
}

fn set_filter(flags: libc::c_ulong, program: &libc::sock_fprog) -> Result<RawFd, Errno> {
    // SAFETY: the program is live, has the length it says, and the kernel only reads it.
    check(unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER as c_uint,
            flags as c_uint,
            ptr::from_ref(program),
        )
    })
    .map(|fd| fd as RawFd)
}

pub(crate) const fn instruction(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

pub(crate) const fn load(at: u32) -> sock_filter {
    instruction(LOAD_WORD, at, 0, 0)
}

pub(crate) const fn refuse(errno: Errno) -> sock_filter {
    instruction(RETURN, libc::SECCOMP_RET_ERRNO | errno as u32, 0, 0)
}

const fn number(call: c_long) -> u32 {
    call as u32
}

const fn on_call(call: c_long, action: sock_filter) -> [sock_filter; 2] {
    [instruction(JUMP_EQUAL, number(call), 0, 1), action]
}
