//! Finding out by doing what this machine offers.

use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io};

use nix::unistd::Uid;

use crate::error::SpawnError;
use crate::floor::{Floor, Ground};
use crate::landlock::Domain;
use crate::plan::Plan;
use crate::spawn::{Progress, launch};
use crate::spec::{Level, Scratch, Spec, User};

/// What this process can do for the processes it starts. A reason says what was tried and what the kernel answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether [`Level::Full`] works: namespaces, private mounts, a tmpfs as scratch folder, and what [`Level::Landlocked`] needs.
    pub namespaces: Result<(), String>,
    /// Whether the mounts of a private mount namespace can be made read-only.
    pub read_only_mounts: Result<(), String>,
    /// Whether [`Level::Landlocked`] works, and the version of Landlock's interface.
    pub landlock: Result<i32, String>,
    /// Whether execs can be watched.
    pub exec_watch: Result<(), String>,
    /// Whether a process can be started as another user.
    pub user_switch: Result<(), String>,
}

impl Capabilities {
    /// The highest level that works.
    #[must_use]
    pub fn best_level(&self) -> Level {
        if self.namespaces.is_ok() {
            Level::Full
        } else if self.landlock.is_ok() {
            Level::Landlocked
        } else {
            Level::None
        }
    }
}

/// Tries everything in throw-away children. Takes some milliseconds.
#[must_use]
pub fn probe() -> Capabilities {
    let nobody = User {
        uid: 65534,
        gid: 65534,
        name: "nobody".to_owned(),
    };
    let full = attempt(Level::Full, |spec| spec);
    Capabilities {
        read_only_mounts: match &full {
            Ok(progress) if progress.read_only_mounts => Ok(()),
            Ok(_) => Err("the kernel refuses to make all mounts read-only".to_owned()),
            Err(reason) => Err(reason.clone()),
        },
        namespaces: full.map(drop),
        landlock: attempt(Level::Landlocked, |spec| spec).and_then(|_| landlock_version()),
        exec_watch: attempt(Level::None, Spec::watch_exec).and_then(|progress| {
            if progress.listens {
                Ok(())
            } else {
                Err("the kernel gave no listener".to_owned())
            }
        }),
        user_switch: if Uid::effective().is_root() {
            attempt(Level::None, |spec| spec.user(nobody)).map(drop)
        } else {
            Err("only root can start processes as another user".to_owned())
        },
    }
}

/// What this process can do for a process on a [`Floor`]. A reason says what was tried and what the kernel answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloorCapabilities {
    /// Whether [`Ground::Mounts`] works, with private networks and IPC objects.
    pub mounts: Result<(), String>,
    /// Whether [`Ground::Landlock`] works, and the version of Landlock's interface.
    pub landlock: Result<i32, String>,
    /// Whether changes of files can be watched. They cannot inside a process whose own are.
    pub write_watch: Result<(), String>,
}

impl FloorCapabilities {
    /// The best ground that works.
    #[must_use]
    pub fn best_ground(&self) -> Ground {
        if self.mounts.is_ok() {
            Ground::Mounts
        } else if self.landlock.is_ok() {
            Ground::Landlock
        } else {
            Ground::None
        }
    }
}

/// Tries floors in throw-away children. Takes some milliseconds.
#[must_use]
pub fn probe_floors() -> FloorCapabilities {
    let on = |ground| {
        move |spec: Spec| {
            let floor = Floor::new(ground).writable(parent_of_temporary_folders());
            spec.floor(floor.private_network().private_ipc())
        }
    };
    FloorCapabilities {
        mounts: attempt(Level::None, on(Ground::Mounts)).map(drop),
        landlock: attempt(Level::None, on(Ground::Landlock)).and_then(|_| landlock_version()),
        write_watch: attempt(Level::None, |spec| on(Ground::None)(spec).watch_writes()).and_then(
            |progress| {
                if progress.listens {
                    Ok(())
                } else {
                    Err("the kernel gave no listener".to_owned())
                }
            },
        ),
    }
}

fn landlock_version() -> Result<i32, String> {
    Domain::of_this_kernel()
        .map(|domain| domain.abi)
        .map_err(|errno| io::Error::from_raw_os_error(errno).to_string())
}

/// Starts a program that is not there: when that is the only thing that fails, everything else works.
fn attempt(level: Level, change: impl FnOnce(Spec) -> Spec) -> Result<Progress, String> {
    let nothing = "/dev/null/no-program";
    let mut spec = change(Spec::new(nothing, level));
    let folder =
        TemporaryFolder::new().map_err(|error| format!("making a temporary folder: {error}"))?;
    if let Some(user) = &spec.user {
        chown(&folder.0, Some(user.uid), Some(user.gid))
            .map_err(|error| format!("giving a folder to another user: {error}"))?;
    }
    spec = spec.scratch(Scratch::new(&folder.0));
    let plan = Plan::new(spec).map_err(|error| reason(&error))?;
    match launch(plan) {
        (Err(SpawnError::Exec { .. }), progress) => Ok(progress),
        (Err(error), _) => Err(reason(&error)),
        (Ok(_), progress) => Ok(progress),
    }
}

/// The error without the name of the program that is not there.
fn reason(error: &SpawnError) -> String {
    match error {
        SpawnError::Step { step, reason, .. } => format!("cannot {step}: {reason}"),
        other => other.to_string(),
    }
}

struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> io::Result<Self> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let mut result = Err(io::Error::from(io::ErrorKind::AlreadyExists));
        for _ in 0..100 {
            let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
            let path = parent_of_temporary_folders()
                .join(format!("ebd-probe-{}-{serial}", std::process::id()));
            result = fs::DirBuilder::new()
                .mode(0o700)
                .create(&path)
                .map(|()| Self(path));
            if !matches!(&result, Err(error) if error.kind() == io::ErrorKind::AlreadyExists) {
                break;
            }
        }
        result
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// A folder that any user reaches: `TMPDIR` of root is often not.
fn parent_of_temporary_folders() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if nix::unistd::access(shared, nix::unistd::AccessFlags::W_OK).is_ok() {
        shared.to_owned()
    } else {
        env::temp_dir()
    }
}
