//! Finding and ending the descendants of a process.
//!
//! A process is killed through a pidfd that was opened before it was checked to belong to the tree, so a number that passes to a
//! stranger in between is harmless.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use libc::pid_t;

use crate::error::TreeError;
use crate::poll::poll_one;
use crate::process::send_signal;
use crate::sys::check;

/// How long the members of a tree get to vanish after SIGKILL.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What `/proc/PID/stat` says.
#[derive(Debug, Clone, Copy)]
struct Status {
    state: u8,
    parent: pid_t,
    session: pid_t,
}

/// The processes that belong to a tree although they are not below its root any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Belonging {
    /// The session that the root leads.
    pub(crate) session: pid_t,
    /// Device and inode of the root's private mount namespace.
    pub(crate) mount_namespace: Option<(u64, u64)>,
}

/// Processes that were sent SIGKILL, for reaping those that turn out to be children of this process.
pub(crate) type Killed = HashMap<pid_t, OwnedFd>;

/// Kills everything below the root, but not the root, and returns when nothing of it runs any more.
pub(crate) fn kill_below(root: pid_t, killed: &mut Killed) -> Result<(), TreeError> {
    until_none(root, killed, |killed| {
        let mut round = Round::default();
        let mut parents = vec![root];
        while let Some(parent) = parents.pop() {
            for pid in children(parent) {
                parents.push(pid);
                round.kill(pid, killed, |status| status.parent == parent);
            }
        }
        Ok(round)
    })
}

/// Kills what belongs to the tree wherever it is. The root must have ended and not been reaped.
pub(crate) fn kill_belonging(
    root: pid_t,
    belonging: Belonging,
    killed: &mut Killed,
) -> Result<(), TreeError> {
    until_none(root, killed, |killed| {
        let mut round = Round::default();
        for pid in all_processes()? {
            let belongs = |status: Status| {
                status.session == belonging.session
                    || belonging
                        .mount_namespace
                        .is_some_and(|namespace| mount_namespace_of(pid) == Some(namespace))
            };
            if pid != root && status(pid).is_some_and(belongs) {
                round.kill(pid, killed, belongs);
            }
        }
        Ok(round)
    })
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
    zombies: usize,
    /// Processes that ended or got another parent while they were looked at: their children may have been missed.
    vanished: usize,
}

impl Round {
    fn kill(&mut self, pid: pid_t, killed: &mut Killed, belongs: impl Fn(Status) -> bool) {
        let Some(pidfd) = open_pidfd(pid) else {
            self.vanished += 1;
            return;
        };
        let Some(status) = status(pid).filter(|status| belongs(*status)) else {
            self.vanished += 1;
            return;
        };
        // Also to a zombie: it may be the first thread of a process whose others run.
        let _ = send_signal(pidfd.as_fd(), libc::SIGKILL);
        if matches!(status.state, b'Z' | b'X') && thread_count(pid) < 2 {
            self.zombies += 1;
        } else {
            self.running.push(pid);
        }
        killed.insert(pid, pidfd);
    }
}

fn until_none(
    root: pid_t,
    killed: &mut Killed,
    mut round: impl FnMut(&mut Killed) -> io::Result<Round>,
) -> Result<(), TreeError> {
    let start = Instant::now();
    // The kernel's list of children can leave one out when the one listed before is reaped while it is read; that one was a zombie.
    let mut confirmed = false;
    loop {
        let met = round(killed).map_err(|source| TreeError::Os {
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
        for pid in &met.running {
            let left = PATIENCE.saturating_sub(start.elapsed());
            if let Some(pidfd) = killed.get(pid) {
                wait_end(pidfd.as_fd(), left);
            }
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

fn wait_end(pidfd: BorrowedFd<'_>, timeout: Duration) {
    let _ = poll_one(pidfd, Some(timeout));
}

fn open_pidfd(pid: pid_t) -> Option<OwnedFd> {
    // SAFETY: plain call on integers.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0u32) }).ok()?;
    // SAFETY: the kernel just made this descriptor for the caller.
    i32::try_from(fd)
        .ok()
        .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
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
        session: fields.nth(1)?.parse().ok()?,
    })
}

fn thread_count(pid: pid_t) -> usize {
    fs::read_dir(format!("/proc/{pid}/task"))
        .map(Iterator::count)
        .unwrap_or(0)
}

fn mount_namespace_of(pid: pid_t) -> Option<(u64, u64)> {
    let found = fs::metadata(format!("/proc/{pid}/ns/mnt")).ok()?;
    Some((found.dev(), found.ino()))
}
