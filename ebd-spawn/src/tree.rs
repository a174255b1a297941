//! Finding and ending the descendants of a process.
//!
//! A process is killed through a pidfd that was opened before it was checked to belong to the tree, so a number that passes to a
//! stranger in between is harmless.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use libc::{c_int, pid_t};

use crate::child::Usage;
use crate::error::TreeError;
use crate::owner::{Owner, look_as, owner_of};
use crate::poll::poll_one;
use crate::process::{reap_if_own, send_signal};
use crate::sys::{Errno, check};

/// How long the members of a tree get to vanish.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// In so many rounds that kill, whatever does not start new processes has ended.
const ROUNDS_WITHOUT_FREEZING: u32 = 3;
/// Of how many processes the end is waited for at once; the others will have ended as well by then, or are waited for in the next
/// round. Few, because each costs a file descriptor.
const MOST_WAITED_FOR: usize = 32;

/// What `/proc/PID/stat` says.
#[derive(Debug, Clone, Copy)]
struct Status {
    state: u8,
    parent: pid_t,
    group: pid_t,
    session: pid_t,
}

/// The processes that belong to a tree although they are not below its root any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Belonging {
    /// The session that the root leads.
    pub(crate) session: pid_t,
    /// Device and inode of the root's private mount namespace.
    pub(crate) mount_namespace: Option<(u64, u64)>,
    /// The user and group that the root was switched to.
    pub(crate) owner: Option<Owner>,
}

/// The numbers of processes that were sent SIGKILL.
pub(crate) type Killed = HashSet<pid_t>;

/// Stops the root, which must lead its group, and all of its group at once, so that they start nothing new.
pub(crate) fn freeze(root: pid_t) {
    signal_group(root, libc::SIGSTOP);
}

/// What happens to the root while everything below it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// It was frozen and stays so.
    Frozen,
    /// It goes on running, but is frozen meanwhile when processes are started faster than they are killed.
    GoesOn,
}

/// Kills everything below the root, but not the root, and returns when nothing of it runs any more.
pub(crate) fn kill_below(root: pid_t, is: Root, killed: &mut Killed) -> Result<(), TreeError> {
    let mut thaw = false;
    let result = until_none(root, |busy| {
        if is == Root::GoesOn && busy == ROUNDS_WITHOUT_FREEZING {
            freeze(root);
            thaw = true;
        }
        let mut round = Round::default();
        let mut parents = vec![root];
        while let Some(parent) = parents.pop() {
            for pid in children(parent) {
                parents.push(pid);
                round.kill(pid, root, killed, |status| status.parent == parent);
            }
        }
        Ok(round)
    });
    if thaw {
        signal(root, libc::SIGCONT);
    }
    result
}

/// Kills what belongs to the tree wherever it is. The root must have ended and not been reaped.
pub(crate) fn kill_belonging(
    root: pid_t,
    belonging: Belonging,
    killed: &mut Killed,
) -> Result<(), TreeError> {
    if let (Some(owner), Some(_)) = (belonging.owner, belonging.mount_namespace) {
        let denied = |pid: &pid_t| {
            owner_of(*pid) == Some(owner)
                && matches!(mount_namespace_of(*pid), Err(error) if error.kind() == io::ErrorKind::PermissionDenied)
        };
        if all_processes().is_ok_and(|pids| pids.iter().any(denied)) {
            let mut found = Killed::new();
            if let Some(result) = look_as(owner, || kill_found(root, belonging, &mut found)) {
                killed.extend(found);
                return result;
            }
        }
    }
    kill_found(root, belonging, killed)
}

fn kill_found(root: pid_t, belonging: Belonging, killed: &mut Killed) -> Result<(), TreeError> {
    until_none(root, |_| {
        let mut round = Round::default();
        for pid in all_processes()? {
            let belongs = |status: Status| {
                let in_namespace =
                    |namespace| mount_namespace_of(pid).is_ok_and(|found| found == namespace);
                status.session == belonging.session
                    || belonging.mount_namespace.is_some_and(in_namespace)
            };
            if pid != root && status(pid).is_some_and(belongs) {
                round.kill(pid, 0, killed, belongs);
            }
        }
        Ok(round)
    })
}

/// Takes those out of the process table that have become children of this process. Orphans do when it is a reaper itself, as the
/// first process of a container is.
pub(crate) fn reap_own(killed: &Killed) {
    let this = std::process::id().cast_signed();
    let is_own_zombie =
        |pid| status(pid).is_some_and(|status| status.parent == this && status.state == b'Z');
    for pid in killed {
        if is_own_zombie(*pid)
            && let Ok(pidfd) = open_pidfd(*pid)
        {
            reap_if_own(pidfd.as_fd());
        }
    }
}

/// Device and inode of a namespace by its file.
pub(crate) fn identity(namespace: &OwnedFd) -> io::Result<(u64, u64)> {
    let found = fs::metadata(format!("/proc/self/fd/{}", namespace.as_raw_fd()))?;
    Ok((found.dev(), found.ino()))
}

/// What a walk through the tree met.
#[derive(Default)]
struct Round {
    running: Vec<pid_t>,
    waited_for: Vec<OwnedFd>,
    groups: HashSet<pid_t>,
    zombies: usize,
    /// Processes that ended or got another parent while they were looked at: their children may have been missed.
    vanished: usize,
}

impl Round {
    /// Kills a process if it belongs to the tree, and all of its group at once unless that is the spared one: processes that start
    /// others cannot outrun that. A group is within a session, and the tree has its own.
    fn kill(
        &mut self,
        pid: pid_t,
        spared_group: pid_t,
        killed: &mut Killed,
        belongs: impl Fn(Status) -> bool,
    ) {
        let pidfd = open_pidfd(pid);
        if matches!(pidfd, Err(libc::ESRCH)) {
            self.vanished += 1;
            return;
        }
        let Some(status) = status(pid).filter(|status| belongs(*status)) else {
            self.vanished += 1;
            return;
        };
        if status.group > 1 && status.group != spared_group && self.groups.insert(status.group) {
            signal_group(status.group, libc::SIGKILL);
        }
        // Also to a zombie: it may be the first thread of a process whose others run.
        match &pidfd {
            Ok(pidfd) => drop(send_signal(pidfd.as_fd(), libc::SIGKILL)),
            // No descriptor is left; the number was the process's a moment ago.
            Err(_) => signal(pid, libc::SIGKILL),
        }
        killed.insert(pid);
        if matches!(status.state, b'Z' | b'X') && thread_count(pid) < 2 {
            self.zombies += 1;
        } else {
            self.running.push(pid);
            if let Ok(pidfd) = pidfd
                && self.waited_for.len() < MOST_WAITED_FOR
            {
                self.waited_for.push(pidfd);
            }
        }
    }
}

/// Repeats rounds until one finds nothing that runs; each is told how many before it did.
fn until_none(
    root: pid_t,
    mut round: impl FnMut(u32) -> io::Result<Round>,
) -> Result<(), TreeError> {
    let start = Instant::now();
    // The kernel's list of children can leave one out when the one listed before is reaped while it is read; that one was a zombie.
    let mut confirmed = false;
    let mut busy = 0u32;
    loop {
        let met = round(busy).map_err(|source| TreeError::Os {
            root,
            what: "reading /proc",
            source,
        })?;
        if met.running.is_empty() && met.vanished == 0 {
            if confirmed || met.zombies == 0 {
                return Ok(());
            }
            confirmed = true;
            continue;
        }
        confirmed = false;
        busy = busy.saturating_add(1);
        for pidfd in &met.waited_for {
            let _ = poll_one(
                pidfd.as_fd(),
                Some(PATIENCE.saturating_sub(start.elapsed())),
            );
        }
        if start.elapsed() >= PATIENCE {
            return Err(TreeError::StillAlive {
                root,
                pids: met.running,
                after: PATIENCE,
            });
        }
    }
}

fn signal(pid: pid_t, signal: c_int) {
    // SAFETY: plain call; the caller has checked whose number it is.
    unsafe { libc::kill(pid, signal) };
}

fn signal_group(group: pid_t, signal: c_int) {
    // Never the groups that 0 and 1 stand for: the own one and everybody.
    if group > 1 {
        // SAFETY: plain call; the caller has checked that the group is the tree's.
        unsafe { libc::kill(-group, signal) };
    }
}

pub(crate) fn open_pidfd(pid: pid_t) -> Result<OwnedFd, Errno> {
    // SAFETY: plain call on integers.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0u32) })?;
    // SAFETY: the kernel just made this descriptor for the caller; descriptors are small.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// The children of all threads of a process; none when it has ended.
fn children(parent: pid_t) -> Vec<pid_t> {
    let Ok(threads) = fs::read_dir(format!("/proc/{parent}/task")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for thread in threads.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(list) => found.extend(
                list.split_ascii_whitespace()
                    .filter_map(|pid| pid.parse::<pid_t>().ok()),
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound && thread.path().exists() => {
                // A kernel without CONFIG_PROC_CHILDREN.
                return children_by_search(parent);
            }
            Err(_) => {}
        }
    }
    found
}

fn children_by_search(parent: pid_t) -> Vec<pid_t> {
    let Ok(all) = all_processes() else {
        return Vec::new();
    };
    all.into_iter()
        .filter(|pid| status(*pid).is_some_and(|status| status.parent == parent))
        .collect()
}

fn all_processes() -> io::Result<Vec<pid_t>> {
    Ok(fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect())
}

fn status(pid: pid_t) -> Option<Status> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may contain anything.
    let after_name = text.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(text.get(after_name + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    Some(Status {
        state: fields.next()?.bytes().next()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
        session: fields.next()?.parse().ok()?,
    })
}

fn thread_count(pid: pid_t) -> usize {
    fs::read_dir(format!("/proc/{pid}/task"))
        .map(Iterator::count)
        .unwrap_or(0)
}

/// Whether a process is a descendant of the root.
pub(crate) fn is_below(root: pid_t, mut pid: pid_t) -> bool {
    // No tree is deeper than there are numbers; one that changes meanwhile could lead in a circle.
    for _ in 0..1 << 16 {
        match status(pid) {
            Some(found) if found.parent == root => return true,
            Some(found) if found.parent > 1 => pid = found.parent,
            _ => return false,
        }
    }
    false
}

/// A parent was there and is not any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Vanished;

/// The numbers from a process up to the root; `None` when it is not below the root.
pub(crate) fn line_to(root: pid_t, pid: pid_t) -> Result<Option<Vec<pid_t>>, Vanished> {
    let mut line = vec![pid];
    let mut last = pid;
    // No tree is deeper than there are numbers; one that changes meanwhile could lead in a circle.
    while last != root && line.len() < 1 << 16 {
        match status(last).ok_or(Vanished)?.parent {
            parent @ 2.. => last = parent,
            _ => return Ok(None),
        }
        line.push(last);
    }
    Ok((last == root).then_some(line))
}

/// Whether a process of this number is there.
pub(crate) fn exists(pid: pid_t) -> bool {
    status(pid).is_some()
}

/// Has everything at and below the root that was stopped go on, and returns how many were.
pub(crate) fn resume(root: pid_t) -> usize {
    let mut resumed = 0;
    let mut found = vec![root];
    while let Some(pid) = found.pop() {
        found.extend(children(pid));
        let Ok(pidfd) = open_pidfd(pid) else {
            continue;
        };
        if status(pid).is_some_and(|status| status.state == b'T') {
            resumed += usize::from(send_signal(pidfd.as_fd(), libc::SIGCONT).is_ok());
        }
    }
    resumed
}

/// What everything below the root uses.
pub(crate) fn usage(root: pid_t) -> Usage {
    let mut usage = Usage::default();
    let mut found = children(root);
    while let Some(pid) = found.pop() {
        found.extend(children(pid));
        usage.processes += 1;
        usage.memory = usage.memory.saturating_add(own_memory(pid));
    }
    usage
}

/// Bytes of memory that a process has and that belong to no file.
fn own_memory(pid: pid_t) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let mut fields = text
        .split_ascii_whitespace()
        .skip(1)
        .map_while(|field| field.parse::<u64>().ok());
    let (resident, shared) = (fields.next().unwrap_or(0), fields.next().unwrap_or(0));
    // SAFETY: plain call on an integer.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    resident
        .saturating_sub(shared)
        .saturating_mul(u64::try_from(page).unwrap_or(4096))
}

/// How many threads this user runs.
pub(crate) fn threads_of(uid: u32) -> u64 {
    let user = format!("Uid:\t{uid}\t");
    let threads = |pid: pid_t| {
        let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        text.contains(&user).then_some(())?;
        let line = text.lines().find_map(|line| line.strip_prefix("Threads:"));
        line?.trim().parse::<u64>().ok()
    };
    let all = all_processes().unwrap_or_default();
    all.into_iter().filter_map(threads).sum()
}

fn mount_namespace_of(pid: pid_t) -> io::Result<(u64, u64)> {
    let found = fs::metadata(format!("/proc/{pid}/ns/mnt"))?;
    Ok((found.dev(), found.ino()))
}
