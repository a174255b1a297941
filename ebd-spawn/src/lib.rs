//! Processes with pidfds, private namespaces, Landlock and seccomp exec watching.
//!
//! For a host that keeps processes for long and must contain what runs in them. Describe a process with [`Spec`], start it with
//! [`spawn`], hold it as [`Child`]. Which [`Level`] of confinement works here is found out by [`probe`], which tries everything in
//! throw-away children. A level that was asked for is in force with everything it promises, or [`spawn`] fails and names the step:
//! nothing is left out silently. [`Child::applied`] lists what is in force.
//!
//! # At every level
//! * The process has exactly the environment, file descriptors, limits and user of its description, default signal handling, umask
//!   022 and a session of its own. It and its descendants can gain no privileges (`no_new_privs`).
//! * The kernel kills the process when the host ends, however it ends. Not its descendants: with the host killed they live on,
//!   confined as they are, and notice closed pipes.
//! * Orphans come back to the process, which is their reaper, so [`Child::kill_children`] and [`Child::kill_tree`] find them.
//! * With [`Spec::watch_exec`], no `execve` or `execveat` of the process or a descendant happens before the host answers, in any
//!   system call convention. Refusing is safe. Allowing is not a security decision, see [`ExecWatch::allow`].
//! * With [`Spec::watch_signals`], descendants send signals to nothing but themselves and each other; what they try is told.
//! * File descriptors that the description hands over work as they were opened; no level takes them back.
//! * Reading is not confined: the process reads what its user reads.
//!
//! # [`Level::Full`]
//! * Private mount, network and IPC namespaces; an unprivileged host gets them through a user namespace in which only its own user
//!   and group exist. There is no network interface but a loopback that is down.
//! * All mounts are read-only; the scratch folder is a tmpfs limited in bytes and files, visible to this process and, through
//!   [`Child::scratch_dir`], to the host. It vanishes with the [`Child`]. Where the kernel refuses to make the mounts read-only,
//!   Landlock must be there, else [`spawn`] fails.
//! * Landlock where the kernel has it, as below. Without it, device files remain writable to users with the right to write them.
//! * The seccomp filter, as below.
//! * [`Child::kill_tree`] finds everything that ever belonged to the process, by its mount namespace.
//! * The process numbers are the host's: `/proc` shows all processes. Without Landlock's signal scope (ABI 6) and without
//!   [`Spec::watch_signals`], the process can send signals to others of its user.
//!
//! # [`Level::Landlocked`]
//! * Landlock: files are written, made, renamed and removed beneath the scratch folder only, and `/dev/null` can be written. TCP
//!   from ABI 4, and abstract sockets and signals to processes outside from ABI 6, are denied. Landlock does not know `chmod`,
//!   `chown`, extended attributes and time stamps: those of the user's own files can be changed. Truncating files is denied from
//!   ABI 3.
//! * seccomp: no sockets of any family but pairs, no namespaces, mounts, tracing, key rings, BPF, performance events, io_uring,
//!   kernel modules or clock changes, no input into terminals, and no other system call convention (i386, x32).
//! * The scratch folder is the plain folder: no limit but the file system's, and it is the caller's to remove.
//! * When the process is killed by itself, descendants that had started a session of their own are not found.
//!
//! # [`Level::None`]
//! * Nothing is confined. With [`Spec::watch_exec`] a seccomp filter holds execs and refuses foreign system call conventions.
//!
//! # Floors
//! A process at [`Level::None`] can be put on a [`Floor`], which is for programs that write to many places and execute others, such as
//! builds. [`probe_floors`] says which [`Ground`] works here.
//! * [`Ground::Mounts`]: private mounts, read-only but for the writable paths, in which devices do not work; with
//!   [`Floor::private_network`] and [`Floor::private_ipc`] namespaces of those. As root Landlock as below where the kernel has it.
//! * [`Ground::Landlock`]: files are written beneath the writable paths and to harmless devices; what Landlock does not know is above.
//!   A private network means no sockets but those of files and netlink.
//! * [`Ground::None`]: nothing but what follows.
//! * On every ground: no io_uring, no opening by handle, no BPF, nothing that changes kernel, clock or swap, no input into terminals,
//!   no other convention for calls than native and i386; no tracing of others but with [`Floor::allow_tracing`]; as root neither mounts nor
//!   namespaces, and none of the capabilities that are about the system rather than about files and processes.
//! * With [`Spec::watch_writes`], every change of files by path waits for the host, in the native and the i386 convention; see
//!   [`WriteWatch`]. It tells what is denied and widens the floor by doing what a process may; it is no boundary itself, since paths can be
//!   changed while it looks.
//!
//! # Root
//! A process that runs as root keeps root's capabilities at every level; the filter takes the sharpest of their uses. Give it a
//! [`User`] where it needs none.

mod channel;
mod child;
mod error;
mod exec_watch;
mod floor;
mod inside;
mod landlock;
mod listener;
mod owner;
mod peer;
mod plan;
mod poll;
mod private;
mod probe;
mod process;
mod scratch;
mod seccomp;
mod signals;
mod spawn;
mod spec;
mod sys;
mod tree;
mod writes;

pub use channel::OneWay;
pub use child::{Applied, Child, ExitReason, Usage};
pub use error::{SpawnError, Step, TreeError};
pub use exec_watch::{ExecAttempt, ExecWatch};
pub use floor::{Floor, Ground};
pub use peer::Peer;
pub use private::{PrivateDir, WorkerDirs};
pub use probe::{Capabilities, FloorCapabilities, probe, probe_floors};
pub use scratch::{Contents, clear_dir, contents, is_empty};
pub use signals::RefusedSignal;
pub use spawn::spawn;
pub use spec::{Level, Limit, Resource, Scratch, Spec, User};
pub use writes::{Rule, Rules, Violation, WritePolicy, WriteWatch};
