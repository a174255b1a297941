//! What a child does between fork and exec. Everything here is async-signal-safe: system calls on values made before the fork.

use std::os::fd::RawFd;

use crate::error::Step;
use crate::plan::{MOST_FDS, Namespaces, Plan};
use crate::sys::{self, Errno};

/// The kinds of messages to the host: `[kind, a, b]`.
pub(crate) mod message {
    /// The step `a` failed with error number `b`; the child ends.
    pub(crate) const FAILED: i32 = 1;
    /// Carries the mount namespace.
    pub(crate) const MOUNT_NAMESPACE: i32 = 2;
    /// Carries the scratch folder.
    pub(crate) const SCRATCH: i32 = 3;
    /// `a` is 1 when the mounts are read-only.
    pub(crate) const READ_ONLY: i32 = 4;
    /// Carries the seccomp listener.
    pub(crate) const LISTENER: i32 = 5;
    /// All is set up, the next thing is exec.
    pub(crate) const READY: i32 = 6;
}

struct Failure(Step, Errno);

/// Becomes the program of the plan, or reports why not and ends.
pub(crate) fn run(plan: &Plan, channel: RawFd) -> ! {
    let mut channel = channel;
    let Err(Failure(step, errno)) = become_program(plan, &mut channel);
    let _ = sys::send(channel, [message::FAILED, step as i32, errno], None);
    sys::exit_now(127)
}

fn become_program(plan: &Plan, channel: &mut RawFd) -> Result<std::convert::Infallible, Failure> {
    sys::reset_signals();
    sys::set_umask(0o022);
    place_fds(plan, channel)?;
    let channel = *channel;

    sys::set_session().map_err(at(Step::Session))?;
    if plan.terminal {
        sys::set_controlling_terminal(0).map_err(at(Step::Terminal))?;
    }
    stay_with_host(plan)?;
    sys::prctl(libc::PR_SET_CHILD_SUBREAPER, 1).map_err(at(Step::Subreaper))?;

    if let Some(namespaces) = &plan.namespaces {
        enter_namespaces(plan, namespaces, channel)?;
    }
    if let Some(floor) = &plan.floor {
        floor
            .enter_namespaces()
            .map_err(|(step, errno)| Failure(step, errno))?;
        if floor.has_namespaces() {
            send_mount_namespace(channel)?;
        }
    }
    for (resource, limit) in &plan.limits {
        sys::set_limit(*resource, limit).map_err(at(Step::Limits))?;
    }
    if let Some((uid, gid)) = plan.user {
        sys::become_user(uid, gid).map_err(at(Step::UserSwitch))?;
    }
    let scratch = match &plan.scratch {
        Some(path) => {
            let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
            let fd = sys::open(path, flags).map_err(at(Step::OpenScratch))?;
            sys::send(channel, [message::SCRATCH, 0, 0], Some(fd)).map_err(at(Step::Report))?;
            Some(fd)
        }
        None => None,
    };
    if let Some(maps) = &plan.root_maps {
        seem_root(maps)?;
    }
    sys::change_dir(&plan.cwd).map_err(at(Step::Cwd))?;
    sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1).map_err(at(Step::NoNewPrivs))?;
    if let Some(domain) = &plan.domain {
        domain.enter(scratch).map_err(at(Step::Landlock))?;
    }
    if let Some(floor) = &plan.floor {
        floor
            .enter_domain()
            .map_err(|(step, errno)| Failure(step, errno))?;
    }
    // The kernel forgets it at every change of user or capabilities.
    stay_with_host(plan)?;
    if let Some(filter) = &plan.filter
        && let Some(listener) = filter.install().map_err(at(Step::Seccomp))?
    {
        sys::send(channel, [message::LISTENER, 0, 0], Some(listener)).map_err(at(Step::Report))?;
    }
    sys::send(channel, [message::READY, 0, 0], None).map_err(at(Step::Report))?;
    // SAFETY: the path is NUL-terminated, the arrays end with a null pointer, and all of it was made before the fork.
    unsafe { libc::execve(plan.program.as_ptr(), plan.argv.as_ptr(), plan.env.as_ptr()) };
    Err(Failure(Step::Exec, sys::errno()))
}

fn at(step: Step) -> impl Fn(Errno) -> Failure {
    move |errno| Failure(step, errno)
}

/// Moves the sources out of the way, then to their targets, and closes everything else but the channel.
fn place_fds(plan: &Plan, channel: &mut RawFd) -> Result<(), Failure> {
    let lowest = plan.channel_number + 1;
    let mut moved = [-1; MOST_FDS];
    for (slot, (source, _)) in moved.iter_mut().zip(plan.sources()) {
        *slot = sys::dup_from(source, lowest).map_err(at(Step::MapFds))?;
    }
    *channel = sys::dup_from(*channel, lowest).map_err(at(Step::MapFds))?;
    for (slot, (_, target)) in moved.iter().zip(plan.sources()) {
        sys::dup_to(*slot, target, false).map_err(at(Step::MapFds))?;
    }
    sys::dup_to(*channel, plan.channel_number, true).map_err(at(Step::MapFds))?;
    *channel = plan.channel_number;
    for (first, last) in &plan.gaps {
        sys::close_range(*first, *last).map_err(at(Step::CloseFds))?;
    }
    sys::close_range(lowest.cast_unsigned(), u32::MAX).map_err(at(Step::CloseFds))
}

/// Has the kernel kill this process when the thread that forked it ends, which is when the host ends.
fn stay_with_host(plan: &Plan) -> Result<(), Failure> {
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong)
        .map_err(at(Step::ParentDeath))?;
    if sys::parent_pid() == plan.host {
        Ok(())
    } else {
        sys::exit_now(127)
    }
}

fn enter_namespaces(plan: &Plan, namespaces: &Namespaces, channel: RawFd) -> Result<(), Failure> {
    sys::unshare(namespaces.flags).map_err(at(Step::Namespaces))?;
    if let Some(maps) = &namespaces.id_maps {
        write_maps(maps)?;
    }
    sys::mount(c"none", c"/", c"", libc::MS_REC | libc::MS_PRIVATE, c"")
        .map_err(at(Step::PrivateMounts))?;
    let read_only = match sys::make_mounts_read_only() {
        Ok(()) => 1,
        // Landlock keeps the files; without it as well this would be no confinement.
        Err(_) if plan.domain.is_some() => 0,
        Err(errno) => return Err(Failure(Step::ReadOnlyMounts, errno)),
    };
    // After the others were made read-only, so that it is not.
    if let (Some(path), Some(options)) = (&plan.scratch, &namespaces.tmpfs) {
        let flags = libc::MS_NOSUID | libc::MS_NODEV;
        sys::mount(c"ebd-scratch", path, c"tmpfs", flags, options)
            .map_err(at(Step::MountScratch))?;
    }
    send_mount_namespace(channel)?;
    sys::send(channel, [message::READ_ONLY, read_only, 0], None).map_err(at(Step::Report))
}

fn send_mount_namespace(channel: RawFd) -> Result<(), Failure> {
    let fd = sys::open(c"/proc/self/ns/mnt", libc::O_RDONLY | libc::O_CLOEXEC)
        .map_err(at(Step::Namespaces))?;
    sys::send(channel, [message::MOUNT_NAMESPACE, 0, 0], Some(fd)).map_err(at(Step::Report))?;
    sys::close(fd);
    Ok(())
}

fn write_maps((uid_map, gid_map): &(Vec<u8>, Vec<u8>)) -> Result<(), Failure> {
    // Without this an unprivileged process may not map its group.
    sys::write_file(c"/proc/self/setgroups", b"deny").map_err(at(Step::IdMaps))?;
    sys::write_file(c"/proc/self/uid_map", uid_map).map_err(at(Step::IdMaps))?;
    sys::write_file(c"/proc/self/gid_map", gid_map).map_err(at(Step::IdMaps))
}

/// Enters a user namespace in which this user is called root, and gives up what that would be good for.
fn seem_root(maps: &(Vec<u8>, Vec<u8>)) -> Result<(), Failure> {
    // SECBIT_NOROOT and its lock: a program that root executes gets no capabilities.
    const NO_ROOT: libc::c_ulong = 0b11;
    sys::unshare(libc::CLONE_NEWUSER).map_err(at(Step::Namespaces))?;
    // After a change of user the kernel gives this process's files in /proc to root.
    sys::prctl(libc::PR_SET_DUMPABLE, 1).map_err(at(Step::IdMaps))?;
    write_maps(maps)?;
    sys::prctl(libc::PR_SET_SECUREBITS, NO_ROOT).map_err(at(Step::NoNewPrivs))
}
