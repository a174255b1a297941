//! What each level keeps in.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod common;

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::fd::AsFd;

use common::{
    bash, capabilities, cases, confined_cases, own_program, playing, program, role_arguments,
};
use ebd_spawn::{ExitReason, Level, Scratch, clear_dir, is_empty};

#[test]
fn all_of_this_holds_for_an_unprivileged_user() {
    common::again_as_nobody();
}

#[test]
fn all_of_this_holds_for_the_root_of_a_container() {
    common::again_as_root_of_a_container();
}

#[test]
fn nothing_but_the_scratch_folder_is_writable() {
    let elsewhere = common::folder(None);
    fs::set_permissions(
        elsewhere.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o777),
    )
    .unwrap();
    let existing = elsewhere.path().join("existing");
    fs::write(&existing, "unharmed").unwrap();
    fs::set_permissions(
        &existing,
        std::os::unix::fs::PermissionsExt::from_mode(0o666),
    )
    .unwrap();
    for (level, user) in confined_cases() {
        let script = "{ > $ELSEWHERE/new; } || echo new refused; { echo x > $ELSEWHERE/existing; } || echo over refused
            { echo x >> $ELSEWHERE/existing; } || echo append refused; rm -f $ELSEWHERE/existing || echo remove refused
            mkdir $ELSEWHERE/d || echo mkdir refused; { > /dev/shm/ebd-x; } || echo shm refused
            mv $ELSEWHERE/existing $TMPDIR/stolen || echo move refused
            > $TMPDIR/in && mkdir $TMPDIR/d && mv $TMPDIR/in $TMPDIR/d/in && ln -s / $TMPDIR/l && echo inside works
            echo x > /dev/null && echo null works; read -r line < $ELSEWHERE/existing; echo $line";
        let outcome = bash(level, user.as_ref(), script)
            .change(|spec| spec.env("ELSEWHERE", elsewhere.path()))
            .run();
        let wanted = ["new", "over", "append", "remove", "mkdir", "shm", "move"]
            .map(|what| format!("{what} refused"))
            .into_iter()
            .chain(["inside works", "null works", "unharmed"].map(str::to_owned));
        for line in wanted {
            assert!(
                outcome.output.lines().any(|found| found == line),
                "{level} {user:?}: no {line:?} in\n{}",
                outcome.output
            );
        }
        assert_eq!(fs::read_to_string(&existing).unwrap(), "unharmed");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }
}

#[test]
fn heredocs_that_need_a_file_work() {
    for (level, user) in cases() {
        let script = "BASH_COMPAT=5.0; read -r line <<EOF\nfrom a file\nEOF\necho $line; for f in $TMPDIR/*; do echo left $f; done";
        let outcome = bash(level, user.as_ref(), script).run();
        assert!(
            outcome.output.starts_with("from a file\n"),
            "{level} {user:?}: {}",
            outcome.output
        );
        assert_eq!(outcome.reason, ExitReason::Exited(0));
    }
}

#[test]
fn the_network_is_out_of_reach() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    for (level, user) in cases() {
        let outcome = bash(
            level,
            user.as_ref(),
            &format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected"),
        )
        .run();
        assert_eq!(
            outcome.output.contains("connected"),
            level == Level::None,
            "{level} {user:?}: {}",
            outcome.output
        );
    }
}

#[test]
fn the_host_sees_and_clears_the_scratch_folder_of_the_process() {
    for (level, user) in cases() {
        let script = "> $TMPDIR/file; mkdir -p $TMPDIR/a/b/c; > $TMPDIR/a/b/c/deep; ln -s /etc $TMPDIR/link; mkdir $TMPDIR/shut/
            > $TMPDIR/shut/in; chmod 000 $TMPDIR/shut; echo made; read -r x; for f in $TMPDIR/*; do echo $f; done";
        let (input, to_input) = std::io::pipe().unwrap();
        let (child, mut output, scratch) = bash(level, user.as_ref(), script)
            .change(|spec| spec.fd(input, 0))
            .start();
        let mut made = [0; 5];
        output.read_exact(&mut made).unwrap();
        assert_eq!(&made, b"made\n", "{level} {user:?}");
        let dir = child.scratch_dir().unwrap();
        assert!(!is_empty(dir).unwrap());
        assert_eq!(clear_dir(dir).unwrap(), 8, "{level} {user:?}");
        assert!(is_empty(dir).unwrap());
        assert!(fs::read_dir("/etc").unwrap().count() > 1);
        drop(to_input);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("{}/*\n", scratch.path().display()));
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
        assert_eq!(child.applied().private_scratch, level == Level::Full);
    }
}

#[test]
fn a_private_scratch_folder_is_limited_and_vanishes() {
    for (level, user) in cases()
        .into_iter()
        .filter(|(level, _)| *level == Level::Full)
    {
        let setup = bash(
            level,
            user.as_ref(),
            "head -c 2000000 /dev/zero > $TMPDIR/big || echo full; > $TMPDIR/y; wc -c < $TMPDIR/big",
        );
        let path = setup.scratch.path().to_owned();
        let outcome = setup
            .change(|spec| spec.scratch(Scratch::new(path).limited_to(1 << 20, 10)))
            .run();
        assert!(
            outcome.output.contains("full") && outcome.output.contains("1048576"),
            "{}",
            outcome.output
        );
        assert_eq!(fs::read_dir(outcome.scratch.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_deep_tree_is_cleared_with_few_descriptors() {
    let folder = common::folder(None);
    let mut dir = std::os::fd::OwnedFd::from(fs::File::open(folder.path()).unwrap());
    for _ in 0..3000 {
        nix::sys::stat::mkdirat(&dir, "d", nix::sys::stat::Mode::S_IRWXU).unwrap();
        dir = nix::fcntl::openat(
            &dir,
            "d",
            nix::fcntl::OFlag::O_DIRECTORY,
            nix::sys::stat::Mode::empty(),
        )
        .unwrap();
    }
    let top = fs::File::open(folder.path()).unwrap();
    assert_eq!(clear_dir(top.as_fd()).unwrap(), 3000);
    assert!(is_empty(top.as_fd()).unwrap());
}

#[test]
fn the_probe_says_what_is_so() {
    let found = capabilities();
    for (level, user) in cases() {
        let outcome = bash(level, user.as_ref(), "readlink /proc/self/ns/mnt").run();
        let own = fs::read_link("/proc/self/ns/mnt").unwrap();
        let same = outcome.output.trim() == own.to_str().unwrap();
        assert_eq!(
            same,
            level != Level::Full,
            "{level} {user:?}: {}",
            outcome.output
        );
        let applied = outcome.child.applied();
        assert_eq!(applied.namespaces, level == Level::Full);
        assert_eq!(
            applied.landlock_abi,
            found
                .landlock
                .as_ref()
                .ok()
                .copied()
                .filter(|_| level != Level::None)
        );
        assert_eq!(
            applied.read_only_mounts,
            level == Level::Full && found.read_only_mounts.is_ok()
        );
    }
    let best = found.best_level();
    assert!(cases().iter().all(|(level, _)| *level <= best));
}

#[test]
fn dangerous_system_calls_are_refused() {
    let (_folder, path) = own_program();
    for (level, user) in confined_cases() {
        let setup = program(&path, level, user.as_ref());
        let outcome = setup
            .change(|spec| {
                spec.args(role_arguments("role_system_calls"))
                    .env("EBD_SPAWN_ROLE", "system calls")
            })
            .run();
        let found = |call: &str| {
            let prefix = format!("{call}=");
            let line = outcome
                .output
                .lines()
                .find_map(|line| line.split_once(&prefix));
            line.unwrap_or_else(|| panic!("no {call} in\n{}", outcome.output))
                .1
                .parse::<i32>()
                .unwrap()
        };
        for call in [
            "unshare",
            "mount",
            "ptrace",
            "bpf",
            "keyctl",
            "io_uring_setup",
            "clone namespace",
            "perf",
            "reboot",
        ] {
            assert_eq!(found(call), libc::EPERM, "{call} at {level} {user:?}");
        }
        assert_eq!(found("socket"), libc::EACCES);
        assert_eq!(found("clone3"), libc::ENOSYS);
        if cfg!(target_arch = "x86_64") {
            assert_eq!(found("x32"), libc::ENOSYS);
            assert_eq!(found("i386"), libc::ENOSYS);
        }
    }
}

#[test]
fn role_system_calls() {
    if !playing("system calls") {
        return;
    }
    let show = |call: &str, result: i64| {
        println!(
            "\n{call}={}",
            if result < 0 {
                std::io::Error::last_os_error().raw_os_error().unwrap()
            } else {
                0
            }
        );
    };
    // SAFETY: all of them are refused by the filter; with null pointers none of them could do anything if they were not.
    unsafe {
        show(
            "unshare",
            libc::syscall(libc::SYS_unshare, libc::CLONE_NEWUSER),
        );
        show("mount", libc::syscall(libc::SYS_mount, 0, 0, 0, 0, 0));
        show(
            "ptrace",
            libc::syscall(libc::SYS_ptrace, libc::PTRACE_TRACEME, 0, 0, 0),
        );
        show("bpf", libc::syscall(libc::SYS_bpf, 0, 0, 0));
        show("keyctl", libc::syscall(libc::SYS_keyctl, 0, 0, 0));
        show(
            "io_uring_setup",
            libc::syscall(libc::SYS_io_uring_setup, 1, 0),
        );
        show(
            "clone namespace",
            libc::syscall(
                libc::SYS_clone,
                libc::CLONE_NEWUSER | libc::CLONE_FS,
                0,
                0,
                0,
                0,
            ),
        );
        show(
            "perf",
            libc::syscall(libc::SYS_perf_event_open, 0, 0, 0, 0, 0),
        );
        show("reboot", libc::syscall(libc::SYS_reboot, 0, 0, 0, 0));
        show(
            "socket",
            libc::syscall(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0),
        );
        show("clone3", libc::syscall(libc::SYS_clone3, 0, 0));
        #[cfg(target_arch = "x86_64")]
        {
            show("x32", libc::syscall(0x4000_0000 + libc::SYS_getpid));
            let mut result: i64 = 20;
            std::arch::asm!("int 0x80", inlateout("rax") result);
            println!("\ni386={}", -(result as i32));
        }
    }
}

#[test]
fn a_child_reaches_nothing_of_the_process_that_forked_it() {
    let (_folder, own) = own_program();
    for (level, user) in cases() {
        let outcome = program(&own, level, user.as_ref())
            .change(|spec| {
                spec.args(role_arguments("role_reaching_the_parent"))
                    .env("EBD_SPAWN_ROLE", "reaching the parent")
                    .watch_signals()
            })
            .run();
        assert_eq!(
            outcome.reason,
            ExitReason::Exited(0),
            "{level} {user:?}: {}",
            outcome.output
        );
        let found: std::collections::BTreeMap<_, _> = outcome
            .output
            .lines()
            .filter_map(|line| line.strip_prefix("reach "))
            .filter_map(|line| line.split_once('='))
            .collect();
        for what in [
            "ptrace",
            "process_vm_readv",
            "process_vm_writev",
            "pidfd_getfd",
            "shutdown",
            "prlimit",
            "setpriority",
        ] {
            assert_eq!(found.get(what), Some(&"1"), "{what} at {level} {user:?}");
        }
        // ENXIO: also where it may look into the process, no socket can be opened there.
        for what in ["socket for reading", "socket for writing"] {
            let errno: i32 = found.get(what).and_then(|n| n.parse().ok()).unwrap_or(0);
            assert!(
                [libc::ENXIO, libc::EACCES, libc::EPERM, libc::EROFS].contains(&errno),
                "{what} at {level} {user:?}: {errno}"
            );
        }
        // Level none confines no writes.
        if level != Level::None {
            assert_ne!(found.get("memory"), Some(&"0"), "{level} {user:?}");
        }
        assert_eq!(found.get("untouched"), Some(&"1"), "{level} {user:?}");
    }
}

#[test]
fn role_reaching_the_parent() {
    use std::os::fd::{AsRawFd, RawFd};
    use std::sync::atomic::{AtomicU64, Ordering};

    static SECRET: AtomicU64 = AtomicU64::new(0x5ec2e7);
    if !playing("reaching the parent") {
        return;
    }
    let (kept, other) = std::os::unix::net::UnixStream::pair().unwrap();
    let parent = std::process::id().cast_signed();
    let fd: RawFd = kept.as_raw_fd();
    // SAFETY: the child makes system calls and formats text; no other thread holds anything that it needs.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // What it inherits does not count.
        drop(kept);
        let show = |what: &str, failed: bool| {
            let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
            println!("\nreach {what}={}", if failed { errno } else { 0 });
        };
        let mut copy = 0u64;
        let local = libc::iovec {
            iov_base: (&raw mut copy).cast(),
            iov_len: 8,
        };
        let remote = libc::iovec {
            iov_base: SECRET.as_ptr().cast(),
            iov_len: 8,
        };
        // SAFETY: the pointers are to live locals and to a static that both processes have at this address.
        unsafe {
            show(
                "ptrace",
                libc::ptrace(libc::PTRACE_ATTACH, parent, 0, 0) < 0,
            );
            show(
                "process_vm_readv",
                libc::process_vm_readv(parent, &raw const local, 1, &raw const remote, 1, 0) < 0,
            );
            show(
                "process_vm_writev",
                libc::process_vm_writev(parent, &raw const local, 1, &raw const remote, 1, 0) < 0,
            );
            let pidfd = libc::syscall(libc::SYS_pidfd_open, parent, 0);
            show(
                "pidfd_getfd",
                libc::syscall(libc::SYS_pidfd_getfd, pidfd, fd, 0) < 0,
            );
            show(
                "shutdown",
                libc::shutdown(other.as_raw_fd(), libc::SHUT_RDWR) < 0,
            );
            let limit = libc::rlimit {
                rlim_cur: 3,
                rlim_max: 3,
            };
            show(
                "prlimit",
                libc::prlimit(
                    parent,
                    libc::RLIMIT_NOFILE,
                    &raw const limit,
                    std::ptr::null_mut(),
                ) < 0,
            );
            show(
                "setpriority",
                libc::setpriority(libc::PRIO_PROCESS, parent.cast_unsigned(), 19) < 0,
            );
        }
        let path = format!("/proc/{parent}/fd/{fd}");
        show(
            "socket for reading",
            fs::File::options().read(true).open(&path).is_err(),
        );
        show(
            "socket for writing",
            fs::File::options().write(true).open(&path).is_err(),
        );
        show(
            "memory",
            fs::File::options()
                .write(true)
                .open(format!("/proc/{parent}/mem"))
                .is_err(),
        );
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: the pointer is to a live local.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    // Nothing was shut down, and the memory is as it was.
    let sent = std::io::Write::write_all(&mut &other, b"x").is_ok();
    let kept = sent && SECRET.load(Ordering::Relaxed) == 0x5ec2e7 && status == 0;
    println!("\nreach untouched={}", u8::from(kept));
}
