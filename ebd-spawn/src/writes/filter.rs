//! The seccomp filter of a process whose changes of files are watched.

use libc::{c_long, sock_filter};

use super::calls::{CALLS, Shape, WRITING};
use crate::seccomp::{
    ALLOW, ARCH, ARCH_AT, JUMP_ANY_BIT, JUMP_EQUAL, JUMP_GREATER_OR_EQUAL, NAMESPACE_FLAGS,
    NUMBER_AT, RETURN, TERMINAL_INPUT, UnknownMachine, X32_BIT, instruction, load, refuse,
};

/// The i386 convention, which an x86_64 kernel offers as well.
const I386: u32 = 0x4000_0003;
const JUMP: u16 = 0x05;
/// `bind` for i386 programs that call it through `socketcall`, the way before it had a number.
const I386_SOCKETCALL: u32 = 102;

/// What is refused besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusals {
    /// Mounts and namespaces: with root's rights they would undo the floor.
    pub(crate) mounts: bool,
    /// Looking into processes outside.
    pub(crate) tracing: bool,
    /// Sockets of the network, where there is no namespace for it.
    pub(crate) network: bool,
}

/// A number in both conventions; i386 0 stands for none.
type Both = (c_long, u32);

/// Ways around the filter or into the kernel; builds do without.
const ALWAYS: &[Both] = &[
    (libc::SYS_io_uring_setup, 425),
    (libc::SYS_io_uring_enter, 426),
    (libc::SYS_io_uring_register, 427),
    (libc::SYS_open_by_handle_at, 342),
    (libc::SYS_bpf, 357),
    (libc::SYS_fanotify_init, 338),
    (libc::SYS_kexec_load, 283),
    (libc::SYS_kexec_file_load, 0),
    (libc::SYS_reboot, 88),
    (libc::SYS_swapon, 87),
    (libc::SYS_swapoff, 115),
    (libc::SYS_init_module, 128),
    (libc::SYS_finit_module, 350),
    (libc::SYS_delete_module, 129),
    (libc::SYS_acct, 51),
    (libc::SYS_quotactl, 131),
    (libc::SYS_settimeofday, 79),
    (libc::SYS_clock_settime, 264),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_iopl, 110),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_ioperm, 101),
];

const MOUNTS: &[Both] = &[
    (libc::SYS_mount, 21),
    (libc::SYS_umount2, 52),
    (libc::SYS_pivot_root, 217),
    (libc::SYS_chroot, 61),
    (libc::SYS_move_mount, 429),
    (libc::SYS_open_tree, 428),
    (libc::SYS_fsopen, 430),
    (libc::SYS_fsconfig, 431),
    (libc::SYS_fsmount, 432),
    (libc::SYS_fspick, 433),
    (libc::SYS_mount_setattr, 442),
    (libc::SYS_setns, 346),
    (libc::SYS_unshare, 310),
];

const TRACING: &[Both] = &[
    (libc::SYS_process_vm_readv, 347),
    (libc::SYS_process_vm_writev, 348),
    (libc::SYS_pidfd_getfd, 438),
];

/// Requests of `ptrace` that make another process one's own.
const ATTACH: [u32; 2] = [16, 0x4206];

/// Where an argument is in `struct seccomp_data`, low half first.
const fn argument_at(index: usize) -> u32 {
    16 + 8 * index as u32
}

/// The program that has the host asked about changes of files.
pub(crate) fn program(refusals: Refusals) -> Result<Vec<sock_filter>, UnknownMachine> {
    let arch = ARCH.ok_or(UnknownMachine)?;
    let mut native = vec![
        load(NUMBER_AT),
        instruction(JUMP_GREATER_OR_EQUAL, X32_BIT, 0, 1),
        refuse(libc::ENOSYS),
    ];
    for call in CALLS {
        if let Some(number) = call.native {
            ask(&mut native, number as u32, call.shape, true);
        }
    }
    refuse_all(&mut native, refusals, |both| Some(both.0 as u32));
    native.push(instruction(RETURN, ALLOW, 0, 0));
    let mut foreign = vec![load(NUMBER_AT)];
    for call in CALLS {
        if let Some(number) = call.i386 {
            ask(&mut foreign, number, call.shape, false);
        }
    }
    refuse_all(&mut foreign, refusals, |both| {
        Some(both.1).filter(|number| *number != 0)
    });
    if refusals.mounts {
        // The `umount` with one argument.
        foreign.extend(on(22, refuse(libc::EPERM)));
    }
    if refusals.network {
        foreign.extend(on(I386_SOCKETCALL, refuse(libc::ENOSYS)));
    }
    foreign.push(instruction(RETURN, ALLOW, 0, 0));
    let mut program = vec![
        load(ARCH_AT),
        instruction(JUMP_EQUAL, arch, 0, 1),
        instruction(JUMP, 3, 0, 0),
        instruction(JUMP_EQUAL, I386, 0, 1),
        instruction(JUMP, native.len() as u32 + 1, 0, 0),
        refuse(libc::ENOSYS),
    ];
    program.extend(native);
    program.extend(foreign);
    Ok(program)
}

fn on(number: u32, action: sock_filter) -> [sock_filter; 2] {
    [instruction(JUMP_EQUAL, number, 0, 1), action]
}

fn notify() -> sock_filter {
    instruction(RETURN, libc::SECCOMP_RET_USER_NOTIF, 0, 0)
}

fn allow() -> sock_filter {
    instruction(RETURN, ALLOW, 0, 0)
}

fn ask(program: &mut Vec<sock_filter>, number: u32, shape: Shape, wide: bool) {
    match shape {
        Shape::Open {
            flags: Some(flags), ..
        } => program.extend([
            instruction(JUMP_EQUAL, number, 0, 4),
            load(argument_at(flags)),
            instruction(JUMP_ANY_BIT, WRITING, 0, 1),
            notify(),
            allow(),
        ]),
        // Without a path it is about an open file.
        Shape::Times {
            dir: Some(_), path, ..
        } if wide => program.extend([
            instruction(JUMP_EQUAL, number, 0, 6),
            load(argument_at(path)),
            instruction(JUMP_EQUAL, 0, 0, 2),
            load(argument_at(path) + 4),
            instruction(JUMP_EQUAL, 0, 1, 0),
            notify(),
            allow(),
        ]),
        Shape::Times {
            dir: Some(_), path, ..
        } => program.extend([
            instruction(JUMP_EQUAL, number, 0, 4),
            load(argument_at(path)),
            instruction(JUMP_EQUAL, 0, 1, 0),
            notify(),
            allow(),
        ]),
        _ => program.extend(on(number, notify())),
    }
}

fn refuse_all(
    program: &mut Vec<sock_filter>,
    refusals: Refusals,
    number: impl Fn(&Both) -> Option<u32>,
) {
    let mut refuse_each = |calls: &[Both]| {
        for number in calls.iter().filter_map(&number) {
            program.extend(on(number, refuse(libc::EPERM)));
        }
    };
    refuse_each(ALWAYS);
    if refusals.mounts {
        refuse_each(MOUNTS);
    }
    if refusals.tracing {
        refuse_each(TRACING);
        if let Some(ptrace) = number(&(libc::SYS_ptrace, 26)) {
            program.extend([
                instruction(JUMP_EQUAL, ptrace, 0, 5),
                load(argument_at(0)),
                instruction(JUMP_EQUAL, ATTACH[0], 1, 0),
                instruction(JUMP_EQUAL, ATTACH[1], 0, 1),
                refuse(libc::EPERM),
                allow(),
            ]);
        }
    }
    if refusals.mounts {
        // libc falls back to `clone`, whose flags a filter can see.
        if let Some(clone3) = number(&(libc::SYS_clone3, 435)) {
            program.extend(on(clone3, refuse(libc::ENOSYS)));
        }
        if let Some(clone) = number(&(libc::SYS_clone, 120)) {
            program.extend([
                instruction(JUMP_EQUAL, clone, 0, 4),
                load(argument_at(0)),
                instruction(JUMP_ANY_BIT, NAMESPACE_FLAGS, 0, 1),
                refuse(libc::EPERM),
                allow(),
            ]);
        }
    }
    if refusals.network
        && let Some(socket) = number(&(libc::SYS_socket, 359))
    {
        program.extend([
            instruction(JUMP_EQUAL, socket, 0, 5),
            load(argument_at(0)),
            instruction(JUMP_EQUAL, libc::AF_UNIX as u32, 2, 0),
            instruction(JUMP_EQUAL, libc::AF_NETLINK as u32, 1, 0),
            refuse(libc::EACCES),
            allow(),
        ]);
    }
    if let Some(ioctl) = number(&(libc::SYS_ioctl, 54)) {
        program.extend([
            instruction(JUMP_EQUAL, ioctl, 0, 5),
            load(argument_at(1)),
            instruction(JUMP_EQUAL, TERMINAL_INPUT[0], 1, 0),
            instruction(JUMP_EQUAL, TERMINAL_INPUT[1], 0, 1),
            refuse(libc::EPERM),
            allow(),
        ]);
    }
}
