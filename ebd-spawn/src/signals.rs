//! Deciding about the signals that a watched process and its descendants send.

use libc::pid_t;

use crate::seccomp::sends_signal;
use crate::tree;

/// A signal that was not sent, because it was meant for a process outside of the tree, or for its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedSignal {
    /// The process that wanted to send it.
    pub pid: i32,
    /// The signal's number.
    pub signal: i32,
    /// What it was meant for, as `kill(2)` has it: a process, 0 for the own group, -1 for everything, other negative numbers for a
    /// group. 0 as well for a process that was named by a descriptor.
    pub target: i32,
}

/// What becomes of a call that sends a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    GoOn,
    NoSuchProcess,
    Refuse(RefusedSignal),
}

/// Decides about a call when it is one that sends a signal. Its arguments are integers, which nobody can change any more.
pub(crate) fn decide(root: pid_t, notification: &libc::seccomp_notif) -> Option<Decision> {
    let call = i64::from(notification.data.nr);
    if !sends_signal(call) {
        return None;
    }
    let pid = notification.pid.cast_signed();
    let [first, second, third, ..] = notification.data.args.map(|argument| argument as i32);
    let (target, signal) = match call {
        libc::SYS_tgkill | libc::SYS_rt_tgsigqueueinfo => (first, third),
        libc::SYS_pidfd_send_signal => (0, second),
        _ => (first, second),
    };
    // Signal 0 only asks whether the process is there.
    if pid == root || signal == 0 {
        return Some(Decision::GoOn);
    }
    let refused = RefusedSignal {
        pid,
        signal,
        target,
    };
    Some(if target <= 0 {
        Decision::Refuse(refused)
    } else if tree::is_below(root, target) {
        Decision::GoOn
    } else if tree::exists(target) {
        Decision::Refuse(refused)
    } else {
        Decision::NoSuchProcess
    })
}
