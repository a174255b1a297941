//! Everything a child needs between fork and exec, made before the fork.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use libc::{c_char, c_int};
use nix::unistd::{Gid, Uid};

use crate::error::{SpawnError, Step};
use crate::floor::{FloorPlan, Ground};
use crate::landlock::Domain;
use crate::seccomp::Filter;
use crate::spec::{Level, Resource, Scratch, Spec};
use crate::tree;
use crate::writes::{self, Refusals};

/// More file descriptors than any process of this crate is given.
pub(crate) const MOST_FDS: usize = 64;
/// The highest number a file descriptor may be mapped to.
const HIGHEST_FD: RawFd = 900;

/// A null-terminated array of C strings, as `execve` wants it.
pub(crate) struct Strings {
    pointers: Vec<*const c_char>,
    _owners: Vec<CString>,
}

// SAFETY: the pointers are to the heap memory of the owners beside them, which is never changed.
unsafe impl Send for Strings {}
// SAFETY: as above; shared use only reads.
unsafe impl Sync for Strings {}

impl Strings {
    fn new(owners: Vec<CString>) -> Self {
        let pointers = owners
            .iter()
            .map(|owner| owner.as_ptr())
            .chain([std::ptr::null()])
            .collect();
        Self {
            pointers,
            _owners: owners,
        }
    }

    pub(crate) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

/// The private namespaces of a child.
pub(crate) struct Namespaces {
    pub(crate) flags: c_int,
    /// The texts for `uid_map` and `gid_map` when there is a user namespace.
    pub(crate) id_maps: Option<(Vec<u8>, Vec<u8>)>,
    /// The options of the tmpfs over the scratch folder.
    pub(crate) tmpfs: Option<CString>,
}

/// A child to be, see [`crate::inside`].
pub(crate) struct Plan {
    pub(crate) name: PathBuf,
    pub(crate) program: CString,
    pub(crate) argv: Strings,
    pub(crate) env: Strings,
    pub(crate) cwd: CString,
    /// At most [`MOST_FDS`]; no two with the same target.
    pub(crate) fds: Vec<(OwnedFd, RawFd)>,
    /// Lower than this are the targets; the channel to the host gets exactly this number.
    pub(crate) channel_number: RawFd,
    /// Ranges of numbers below the channel that are nobody's target.
    pub(crate) gaps: Vec<(u32, u32)>,
    pub(crate) limits: Vec<(c_int, libc::rlimit)>,
    pub(crate) user: Option<(u32, u32)>,
    pub(crate) scratch: Option<CString>,
    pub(crate) namespaces: Option<Namespaces>,
    pub(crate) domain: Option<Domain>,
    pub(crate) filter: Option<Filter>,
    pub(crate) floor: Option<FloorPlan>,
    /// Whether descriptor 0 becomes the session's terminal.
    pub(crate) terminal: bool,
    /// The texts for `uid_map` and `gid_map` with which the user seems to be root.
    pub(crate) root_maps: Option<(Vec<u8>, Vec<u8>)>,
    pub(crate) host: libc::pid_t,
    pub(crate) level: Level,
    details: Details,
}

/// Values for messages.
struct Details {
    cwd: PathBuf,
    user: Option<String>,
    scratch: Option<PathBuf>,
}

impl Plan {
    pub(crate) fn new(spec: Spec) -> Result<Self, SpawnError> {
        let Spec {
            program: name,
            level,
            args,
            env,
            cwd,
            fds,
            user,
            limits,
            scratch,
            watch_exec,
            watch_signals,
            more_processes,
            terminal,
            seems_root,
            floor,
            watch_writes,
        } = spec;
        let invalid = |problem: String| SpawnError::Invalid {
            program: name.clone(),
            problem,
        };
        if !name.is_absolute() {
            return Err(invalid("its path is not absolute".to_owned()));
        }
        let program = c_string(name.as_os_str(), "program").map_err(invalid)?;
        let mut argv = vec![program.clone()];
        for arg in &args {
            argv.push(c_string(arg, "argument").map_err(invalid)?);
        }
        let env = env
            .iter()
            .map(|(name, value)| variable(name, value))
            .collect::<Result<_, _>>()
            .map_err(invalid)?;
        let fds = complete(fds, &name)?;
        let channel_number = fds.iter().map(|(_, target)| *target).max().unwrap_or(2) + 1;
        let gaps = gaps(fds.iter().map(|(_, target)| *target), channel_number);

        let am_root = Uid::effective().is_root();
        let (own_uid, own_gid) = (Uid::effective().as_raw(), Gid::effective().as_raw());
        let (uid, gid) = user
            .as_ref()
            .map_or((own_uid, own_gid), |user| (user.uid, user.gid));
        if !am_root && (uid, gid) != (own_uid, own_gid) {
            let user = user.as_ref().map_or("?", |user| user.name.as_str());
            return Err(invalid(format!(
                "only root can run it as user {user} ({uid}:{gid}), and this is user {own_uid}"
            )));
        }
        if seems_root && uid == 0 {
            return Err(invalid(
                "it is to seem root and would be root; give it another user".to_owned(),
            ));
        }
        if seems_root && level == Level::Full {
            return Err(invalid(
                "it cannot seem root at level full, where /proc is read-only".to_owned(),
            ));
        }
        let scratch_path = scratch
            .as_ref()
            .map(|scratch| check_scratch(scratch, uid))
            .transpose()?;

        let namespaces = (level == Level::Full).then(|| Namespaces {
            flags: libc::CLONE_NEWNS
                | libc::CLONE_NEWNET
                | libc::CLONE_NEWIPC
                | if am_root { 0 } else { libc::CLONE_NEWUSER },
            id_maps: (!am_root).then(|| {
                (
                    format!("{uid} {uid} 1").into_bytes(),
                    format!("{gid} {gid} 1").into_bytes(),
                )
            }),
            tmpfs: scratch.as_ref().and_then(|Scratch { bytes, inodes, .. }| {
                CString::new(format!(
                    "size={bytes},nr_inodes={inodes},mode=0700,uid={uid},gid={gid}"
                ))
                .ok()
            }),
        });
        let domain = match (level, Domain::of_this_kernel()) {
            (Level::None, _) => None,
            (_, Ok(domain)) => Some(domain),
            (Level::Full, Err(_)) => None,
            (Level::Landlocked, Err(errno)) => {
                return Err(step_error(&name, Step::Landlock, errno));
            }
        };
        let misuse = if floor.is_some() && (level != Level::None || watch_exec) {
            Some("a floor is for level none and processes whose execs are not watched")
        } else if watch_writes && floor.is_none() {
            Some("changes of files are watched with a floor only")
        } else {
            None
        };
        if let Some(problem) = misuse {
            return Err(invalid(problem.to_owned()));
        }
        let runs_as_root = am_root && uid == 0;
        let refusals = floor.as_ref().map(|floor| Refusals {
            mounts: runs_as_root,
            tracing: !floor.tracing,
            network: floor.network && floor.ground != Ground::Mounts,
        });
        let floor = floor
            .map(|floor| FloorPlan::new(&floor, am_root, (uid, gid), runs_as_root))
            .transpose()
            .map_err(invalid)?;
        let filter = if let Some(refusals) = refusals {
            let program = writes::program(refusals)
                .map_err(|_| step_error(&name, Step::Seccomp, libc::ENOSYS))?;
            Some(if watch_writes {
                Filter::listening(program)
            } else {
                Filter::silent(program)
            })
        } else if level != Level::None || watch_exec {
            Some(
                Filter::new(level != Level::None, watch_exec, watch_signals)
                    .map_err(|_| step_error(&name, Step::Seccomp, libc::ENOSYS))?,
            )
        } else {
            None
        };
        let mut limits: Vec<_> = limits
            .iter()
            .map(|limit| {
                (
                    number_of(limit.resource),
                    libc::rlimit {
                        rlim_cur: limit.soft,
                        rlim_max: limit.hard,
                    },
                )
            })
            .collect();
        if let Some(more) = more_processes {
            let counted_alone = level == Level::Full && !am_root && counts_by_namespace();
            let others = if counted_alone {
                0
            } else {
                tree::threads_of(uid)
            };
            limits.push(processes(others.saturating_add(more)));
        }
        Ok(Self {
            program,
            argv: Strings::new(argv),
            env: Strings::new(env),
            cwd: c_string(cwd.as_os_str(), "working folder").map_err(invalid)?,
            fds,
            channel_number,
            gaps,
            limits,
            user: am_root
                .then(|| user.as_ref().map(|user| (user.uid, user.gid)))
                .flatten(),
            scratch: match &scratch_path {
                Some(path) => Some(c_string(path.as_os_str(), "scratch folder").map_err(invalid)?),
                None => None,
            },
            namespaces,
            domain,
            filter,
            floor,
            terminal,
            root_maps: seems_root.then(|| {
                (
                    format!("0 {uid} 1").into_bytes(),
                    format!("0 {gid} 1").into_bytes(),
                )
            }),
            host: std::process::id().cast_signed(),
            level,
            details: Details {
                cwd,
                user: user.map(|user| user.name),
                scratch: scratch_path,
            },
            name,
        })
    }

    /// The error for a step that the child reports as failed.
    pub(crate) fn failure(&self, step: Step, errno: c_int) -> SpawnError {
        let reason = io::Error::from_raw_os_error(errno);
        if step == Step::Exec {
            return SpawnError::Exec {
                program: self.name.clone(),
                reason,
            };
        }
        let about = |path: &Path| format!(" {}", path.display());
        let detail = match step {
            Step::Cwd => Some(about(&self.details.cwd)),
            Step::UserSwitch => self.details.user.as_ref().map(|name| format!(" to {name}")),
            Step::MountScratch | Step::OpenScratch => self.details.scratch.as_deref().map(about),
            _ => None,
        };
        SpawnError::Step {
            program: self.name.clone(),
            step,
            detail: detail.unwrap_or_default(),
            reason,
        }
    }
}

fn step_error(program: &Path, step: Step, errno: c_int) -> SpawnError {
    SpawnError::Step {
        program: program.to_owned(),
        step,
        detail: String::new(),
        reason: io::Error::from_raw_os_error(errno),
    }
}

fn c_string(text: &OsStr, what: &str) -> Result<CString, String> {
    CString::new(text.as_bytes()).map_err(|_| format!("the {what} {text:?} contains a NUL byte"))
}

fn variable(name: &OsString, value: &OsString) -> Result<CString, String> {
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        return Err(format!(
            "{name:?} cannot be the name of an environment variable"
        ));
    }
    let mut text = name.clone();
    text.push("=");
    text.push(value);
    c_string(&text, "environment variable")
}

/// Checks the mapping and adds `/dev/null` for 0, 1 and 2.
fn complete(
    mut fds: Vec<(OwnedFd, RawFd)>,
    program: &Path,
) -> Result<Vec<(OwnedFd, RawFd)>, SpawnError> {
    let invalid = |problem: String| SpawnError::Invalid {
        program: program.to_owned(),
        problem,
    };
    for standard in 0..3 {
        if fds.iter().all(|(_, target)| *target != standard) {
            let null = File::options()
                .read(true)
                .write(true)
                .open("/dev/null")
                .map_err(|source| SpawnError::Host {
                    program: program.to_owned(),
                    what: "opening /dev/null",
                    source,
                })?;
            fds.push((null.into(), standard));
        }
    }
    fds.sort_by_key(|(_, target)| *target);
    if fds.len() > MOST_FDS {
        return Err(invalid(format!(
            "{} file descriptors are given, at most {MOST_FDS} can be",
            fds.len()
        )));
    }
    if let Some((_, target)) = fds
        .iter()
        .find(|(_, target)| !(0..=HIGHEST_FD).contains(target))
    {
        return Err(invalid(format!(
            "file descriptor number {target} is not between 0 and {HIGHEST_FD}"
        )));
    }
    let twice = fds.windows(2).find_map(|pair| match pair {
        [(_, one), (_, next)] if one == next => Some(one),
        _ => None,
    });
    if let Some(target) = twice {
        return Err(invalid(format!(
            "file descriptor number {target} is given twice"
        )));
    }
    Ok(fds)
}

fn gaps(targets: impl Iterator<Item = RawFd>, end: RawFd) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    let mut next = 0;
    for target in targets.chain([end]) {
        if target > next {
            found.push((next.cast_unsigned(), (target - 1).cast_unsigned()));
        }
        next = target + 1;
    }
    found
}

/// The folder's path without symbolic links.
fn check_scratch(scratch: &Scratch, uid: u32) -> Result<PathBuf, SpawnError> {
    let problem = |problem: String| SpawnError::Scratch {
        path: scratch.path.clone(),
        problem,
    };
    let path = scratch
        .path
        .canonicalize()
        .map_err(|error| problem(error.to_string()))?;
    let found = path
        .symlink_metadata()
        .map_err(|error| problem(error.to_string()))?;
    if !found.is_dir() {
        return Err(problem("it is not a folder".to_owned()));
    }
    if found.uid() != uid {
        return Err(problem(format!(
            "user {} owns it, and the process runs as user {uid}",
            found.uid()
        )));
    }
    if found.mode() & 0o077 != 0 {
        return Err(problem(format!(
            "others have access to it (mode {:04o})",
            found.mode() & 0o7777
        )));
    }
    Ok(path)
}

/// Whether the kernel counts the processes of a user in each user namespace alone, as it does since 5.14.
fn counts_by_namespace() -> bool {
    let Ok(release) = std::fs::read_to_string("/proc/sys/kernel/osrelease") else {
        return false;
    };
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(5), Some(14))
}

/// The limit of so many processes, or of fewer when this process may not have as many.
fn processes(most: u64) -> (c_int, libc::rlimit) {
    let number = number_of(Resource::Processes);
    let mut own = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the pointer is to a live local. When it fails the local stays as it is.
    unsafe { libc::getrlimit(number as _, &raw mut own) };
    let most = most.min(own.rlim_max);
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    (number, limit)
}

fn number_of(resource: Resource) -> c_int {
    let number = match resource {
        Resource::AddressSpace => libc::RLIMIT_AS,
        Resource::Core => libc::RLIMIT_CORE,
        Resource::CpuTime => libc::RLIMIT_CPU,
        Resource::Data => libc::RLIMIT_DATA,
        Resource::FileSize => libc::RLIMIT_FSIZE,
        Resource::OpenFiles => libc::RLIMIT_NOFILE,
        Resource::Processes => libc::RLIMIT_NPROC,
        Resource::Stack => libc::RLIMIT_STACK,
    };
    number.cast_signed()
}

/// The source descriptors, for the child.
impl Plan {
    pub(crate) fn sources(&self) -> impl Iterator<Item = (RawFd, RawFd)> + '_ {
        self.fds
            .iter()
            .map(|(fd, target)| (fd.as_raw_fd(), *target))
    }
}
