//! What can go wrong while a process is started or ended.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::child::ExitReason;

/// A process could not be started. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The description of the process makes no sense; nothing was started.
    #[error("cannot start {}: {problem}", program.display())]
    Invalid {
        /// The program of the description.
        program: PathBuf,
        /// What is wrong with it and which value it is.
        problem: String,
    },
    /// The scratch folder cannot be used; nothing was started.
    #[error("cannot use {} as scratch folder: {problem}; make it a folder with mode 0700 that the process's user owns", path.display())]
    Scratch {
        /// The folder of the description.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The host's side of starting the process failed.
    #[error("cannot start {}: {what}", program.display())]
    Host {
        /// The program of the description.
        program: PathBuf,
        /// What the host tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A step between fork and exec failed.
    #[error("cannot start {}: cannot {step}{detail}: {reason}{}", program.display(), step.hint())]
    Step {
        /// The program of the description.
        program: PathBuf,
        /// The step that failed.
        step: Step,
        /// The value the step was about, as text to append, or empty.
        detail: String,
        /// Why it failed.
        reason: io::Error,
    },
    /// Everything was set up and the kernel refused to execute the program.
    #[error("cannot execute {}: {reason}{}", program.display(), exec_hint(reason))]
    Exec {
        /// The program of the description.
        program: PathBuf,
        /// Why it failed.
        reason: io::Error,
    },
    /// The child ended between fork and exec without saying why.
    #[error("cannot start {}: the child {reason} before it could execute the program; look at the kernel log and the memory limits", program.display())]
    Died {
        /// The program of the description.
        program: PathBuf,
        /// How it ended.
        reason: ExitReason,
    },
    /// The child did not get from fork to exec in time; it was killed.
    #[error("cannot start {}: not executed within {after:?}", program.display())]
    TimedOut {
        /// The program of the description.
        program: PathBuf,
        /// How long the host waited.
        after: Duration,
    },
}

/// Some processes of a tree could not be ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// Processes were still there, although killed, when the time was over.
    #[error(
        "{} process(es) below {root} still alive {after:?} after SIGKILL (first: {}); they hang in the kernel or multiply faster than they are killed",
        pids.len(),
        pids.first().copied().unwrap_or_default()
    )]
    StillAlive {
        /// The process at the top of the tree.
        root: i32,
        /// The processes that are left.
        pids: Vec<i32>,
        /// How long it was tried.
        after: Duration,
    },
    /// The kernel refused something that must work on an own child.
    #[error("cannot end the process tree of {root}: {what}")]
    Os {
        /// The process at the top of the tree.
        root: i32,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// The steps of a child between fork and exec, in the order they are taken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum Step {
            $($(#[$doc])* $name = $number,)*
        }

        impl Step {
            /// The step with this number on the wire between child and host.
            pub(crate) fn from_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for Step {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

steps! {
    /// Put the mapped file descriptors in their places.
    MapFds = 1, "map the file descriptors";
    /// Close every other file descriptor.
    CloseFds = 2, "close the other file descriptors";
    /// `setsid`.
    Session = 3, "start a session";
    /// `PR_SET_PDEATHSIG`.
    ParentDeath = 4, "tie the process's life to the host's";
    /// `PR_SET_CHILD_SUBREAPER`.
    Subreaper = 5, "become the reaper of orphans";
    /// `unshare`.
    Namespaces = 6, "enter private namespaces";
    /// `uid_map` and `gid_map` of the user namespace.
    IdMaps = 7, "map user and group into the user namespace";
    /// Cutting mount propagation.
    PrivateMounts = 8, "make the mounts private";
    /// `mount_setattr(AT_RECURSIVE, MOUNT_ATTR_RDONLY)`.
    ReadOnlyMounts = 9, "make the mounts read-only";
    /// The tmpfs over the scratch folder.
    MountScratch = 10, "mount a private tmpfs on the scratch folder";
    /// Resource limits.
    Limits = 11, "set the resource limits";
    /// Groups, group and user.
    UserSwitch = 12, "switch the user";
    /// Opening the scratch folder as the process's user.
    OpenScratch = 13, "open the scratch folder as the process's user";
    /// The working folder.
    Cwd = 14, "enter the working folder";
    /// `PR_SET_NO_NEW_PRIVS`.
    NoNewPrivs = 15, "give up new privileges";
    /// The Landlock domain.
    Landlock = 16, "restrict itself with Landlock";
    /// The seccomp filter.
    Seccomp = 17, "install the seccomp filter";
    /// Handing a file descriptor to the host.
    Report = 18, "report to the host";
    /// `execve`.
    Exec = 19, "execute the program";
    /// `TIOCSCTTY`.
    Terminal = 20, "take the terminal";
}

impl Step {
    /// What to do when this step fails, as text to append to a message.
    fn hint(self) -> &'static str {
        match self {
            Self::Namespaces
            | Self::IdMaps
            | Self::PrivateMounts
            | Self::ReadOnlyMounts
            | Self::MountScratch => {
                "; this machine or container does not allow it, use a lower level (see `probe`)"
            }
            Self::Landlock | Self::Seccomp => {
                "; the kernel or container does not allow it, use a lower level (see `probe`)"
            }
            Self::UserSwitch => "; only a host with the right to switch users can do that",
            Self::OpenScratch => {
                "; the process's user must own the folder and reach it through its parents"
            }
            Self::Limits => "; a hard limit can only be raised by root",
            _ => "",
        }
    }
}

fn exec_hint(source: &io::Error) -> &'static str {
    match source.raw_os_error() {
        Some(libc::ENOENT) => "; the file or the interpreter it names is missing",
        Some(libc::EACCES) => {
            "; it is no executable file for the process's user, or lies on a mount without exec"
        }
        Some(libc::ENOEXEC) => "; it is no program of this machine and has no #! line",
        _ => "",
    }
}
