//! The description of a process to start.

use std::ffi::OsString;
use std::os::fd::{OwnedFd, RawFd};
use std::path::PathBuf;

use nix::unistd::{Gid, Uid};

use crate::floor::Floor;

/// How much a process is confined. What each level guarantees is in the [crate's documentation](crate).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// No confinement.
    None,
    /// Landlock and seccomp.
    Landlocked,
    /// Private mount, network and IPC namespaces, Landlock where the kernel has it, and seccomp.
    Full,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Landlocked => "landlocked",
            Self::None => "none",
        })
    }
}

/// A user to run a process as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The user's main group; supplementary groups are dropped.
    pub gid: u32,
    /// The name, for messages.
    pub name: String,
}

impl User {
    /// The user with this name in the machine's user database, or `None`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn by_name(name: &str) -> std::io::Result<Option<Self>> {
        let found = nix::unistd::User::from_name(name)?;
        Ok(found.map(|user| Self {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            name: user.name,
        }))
    }

    /// The user this process runs as; its name is the number when the user database does not know it.
    #[must_use]
    pub fn current() -> Self {
        let (uid, gid) = (Uid::effective(), Gid::effective());
        let name = match nix::unistd::User::from_uid(uid) {
            Ok(Some(user)) => user.name,
            _ => uid.to_string(),
        };
        Self {
            uid: uid.as_raw(),
            gid: gid.as_raw(),
            name,
        }
    }
}

/// A resource that can be limited, see `setrlimit(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// Bytes of address space.
    AddressSpace,
    /// Bytes of a core file.
    Core,
    /// Seconds of CPU time.
    CpuTime,
    /// Bytes of data segment.
    Data,
    /// Bytes of a written file.
    FileSize,
    /// The highest file descriptor and one.
    OpenFiles,
    /// Processes of the user.
    Processes,
    /// Bytes of stack.
    Stack,
}

/// A limit; [`Limit::UNLIMITED`] stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub resource: Resource,
    /// The limit in force.
    pub soft: u64,
    /// What the process may raise the soft limit to.
    pub hard: u64,
}

impl Limit {
    /// No limit.
    pub const UNLIMITED: u64 = libc::RLIM_INFINITY;
}

/// The one folder a confined process may write in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scratch {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) inodes: u64,
}

impl Scratch {
    /// A folder that the caller made, with mode 0700 and owned by the process's user. At [`Level::Full`] a tmpfs of at most
    /// 64 MiB and 8,192 files is mounted over it for this process alone; at the other levels the folder itself is used and has no
    /// limit of its own.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            bytes: 64 << 20,
            inodes: 8192,
        }
    }

    /// The size of the tmpfs in bytes and in files.
    #[must_use]
    pub fn limited_to(mut self, bytes: u64, inodes: u64) -> Self {
        (self.bytes, self.inodes) = (bytes, inodes);
        self
    }
}

/// The description of a process. It starts with nothing of the host's: no environment, no file descriptors (0, 1 and 2 are
/// `/dev/null` unless given), default signal handling, umask 022, working folder `/`.
#[derive(Debug)]
pub struct Spec {
    pub(crate) program: PathBuf,
    pub(crate) level: Level,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) cwd: PathBuf,
    pub(crate) fds: Vec<(OwnedFd, RawFd)>,
    pub(crate) user: Option<User>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) scratch: Option<Scratch>,
    pub(crate) watch_exec: bool,
    pub(crate) watch_signals: bool,
    pub(crate) more_processes: Option<u64>,
    pub(crate) terminal: bool,
    pub(crate) seems_root: bool,
    pub(crate) floor: Option<Floor>,
    pub(crate) watch_writes: bool,
}

impl Spec {
    /// A process that executes the program at this absolute path, confined this much.
    pub fn new(program: impl Into<PathBuf>, level: Level) -> Self {
        Self {
            program: program.into(),
            level,
            args: Vec::new(),
            env: Vec::new(),
            cwd: PathBuf::from("/"),
            fds: Vec::new(),
            user: None,
            limits: Vec::new(),
            scratch: None,
            watch_exec: false,
            watch_signals: false,
            more_processes: None,
            terminal: false,
            seems_root: false,
            floor: None,
            watch_writes: false,
        }
    }

    /// Adds an argument; the zeroth is the program's path.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable; of two with the same name the later counts.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let name = name.into();
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.into()));
        self
    }

    /// Sets the working folder, as the process sees it (inside the private mounts).
    #[must_use]
    pub fn cwd(mut self, path: impl Into<PathBuf>) -> Self {
        self.cwd = path.into();
        self
    }

    /// Gives the process this file descriptor under this number. The host's copy is closed by [`spawn`](crate::spawn).
    #[must_use]
    pub fn fd(mut self, fd: impl Into<OwnedFd>, number: RawFd) -> Self {
        self.fds.push((fd.into(), number));
        self
    }

    /// Runs the process as this user, without supplementary groups.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }

    /// Adds a resource limit.
    #[must_use]
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }

    /// Sets the folder the process may write in.
    #[must_use]
    pub fn scratch(mut self, scratch: Scratch) -> Self {
        self.scratch = Some(scratch);
        self
    }

    /// Has every later `execve` of the process and its descendants wait for the host's answer, see [`ExecWatch`](crate::ExecWatch).
    #[must_use]
    pub fn watch_exec(mut self) -> Self {
        self.watch_exec = true;
        self
    }

    /// Has the process and its descendants believe that their user is root, in a user namespace of their own: `geteuid` says 0, files of
    /// the user seem to be root's, those of all others to be nobody's. They have no right more than the user and no capability,
    /// also not inside the namespace. For programs that look at the user before they try. Not for root itself, and not at
    /// [`Level::Full`].
    #[must_use]
    pub fn seems_root(mut self) -> Self {
        self.seems_root = true;
        self
    }

    /// Has descendants of the process send signals to nothing but themselves and each other, and keeps them in the process's group
    /// and session. Others are refused and told by [`ExecWatch::refused_signals`](crate::ExecWatch::refused_signals). The process
    /// itself may send what it likes. Implies [`Spec::watch_exec`].
    #[must_use]
    pub fn watch_signals(mut self) -> Self {
        self.watch_exec = true;
        self.watch_signals = true;
        self
    }

    /// Has the kernel refuse new processes when the process's user has so many more than when it is started. The kernel counts all
    /// processes of a user and does not count for root, so this is for what would run away; [`Child::usage`](crate::Child::usage)
    /// tells how many the process itself has.
    #[must_use]
    pub fn more_processes(mut self, most: u64) -> Self {
        self.more_processes = Some(most);
        self
    }

    /// Puts the process on a floor, which is for [`Level::None`]: the other levels have theirs.
    #[must_use]
    pub fn floor(mut self, floor: Floor) -> Self {
        self.floor = Some(floor);
        self
    }

    /// Has every change of files by path wait for the host's answer, see [`WriteWatch`](crate::WriteWatch). For processes with a floor
    /// whose execs are not watched.
    #[must_use]
    pub fn watch_writes(mut self) -> Self {
        self.watch_writes = true;
        self
    }

    /// Makes the terminal that the process is given as descriptor 0, which no other session has, the controlling one of its
    /// session, so that keys that send signals work.
    #[must_use]
    pub fn controlling_terminal(mut self) -> Self {
        self.terminal = true;
        self
    }
}
