//! Which bash, which user, how much confinement: found out once, said in one line.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bash_lib::Library;
use ebd_build::{Isolation as PhaseIsolation, Settings};
use ebd_spawn::{Capabilities, FloorCapabilities, Level, User};
use nix::unistd::Uid;

use crate::args::{Engine, Isolation, ProcessorArgs};
use crate::error::Error;

/// Users that processors run as when ebd runs as root, the first one that exists.
pub(crate) const USERS: [&str; 2] = ["portage", "nobody"];

/// How processors will run.
pub(crate) struct Setup {
    pub(crate) bash: PathBuf,
    pub(crate) library: Library,
    pub(crate) level: Level,
    pub(crate) user: Option<User>,
    /// Things that the user must know, a line each.
    pub(crate) notes: Vec<String>,
}

/// Finds out how processors can run; they must be able to read these folders.
pub(crate) fn setup(args: &ProcessorArgs, folders: &[&Path]) -> Result<Setup, Error> {
    if args.engine == Engine::Native {
        // There will be none.
        return Ok(Setup {
            bash: PathBuf::new(),
            library: library()?,
            level: Level::None,
            user: None,
            notes: Vec::new(),
        });
    }
    let bash = bash(args.bash.as_deref())?;
    let mut notes = Vec::new();
    let user = user(args, &bash, folders, &mut notes)?;
    let level = match args.isolation {
        Isolation::None => Level::None,
        Isolation::Auto | Isolation::Strict => {
            let capabilities = ebd_spawn::probe();
            let level = capabilities.best_level();
            if level != Level::Full {
                let why = lacking(&capabilities);
                if args.isolation == Isolation::Strict {
                    return Err(Error::Isolation { level, lack: why });
                }
                notes.push(format!("isolation level is {level}: {why}"));
            }
            level
        }
    };
    Ok(Setup {
        bash,
        library: library()?,
        level,
        user,
        notes,
    })
}

/// What phases are confined with, and what the user must know about it.
pub(crate) fn of_phases(
    isolation: Isolation,
    settings: &Settings,
) -> Result<(PhaseIsolation, Option<String>), Error> {
    let wanted = ["sandbox", "usersandbox", "network-sandbox", "ipc-sandbox"];
    if isolation == Isolation::None || !wanted.iter().any(|name| settings.has_feature(name)) {
        return Ok((PhaseIsolation::NONE, None));
    }
    let found = ebd_spawn::probe_floors();
    let offered = PhaseIsolation {
        ground: found.best_ground(),
        watches: found.write_watch.is_ok(),
        strict: isolation == Isolation::Strict,
    };
    let lack = lacking_for_phases(&found);
    match lack {
        Some(lack) if isolation == Isolation::Strict => Err(Error::PhaseIsolation { lack }),
        lack => Ok((offered, lack)),
    }
}

/// What of the confinement of phases this machine does not offer, in one line.
pub(crate) fn lacking_for_phases(found: &FloorCapabilities) -> Option<String> {
    let ground = match (&found.mounts, &found.landlock) {
        (Ok(()), _) => None,
        (Err(mounts), Ok(_)) => Some(format!(
            "phases are confined by Landlock alone, for want of namespaces ({mounts})"
        )),
        (Err(mounts), Err(landlock)) => Some(format!(
            "nothing but the watch keeps phases from writing elsewhere (namespaces: {mounts}; Landlock: {landlock})"
        )),
    };
    let watch = found.write_watch.as_ref().err().map(|reason| {
        format!("what phases are denied is not reported, and nothing can be added ({reason})")
    });
    let parts: Vec<String> = [ground, watch].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Why the highest level is out of reach.
fn lacking(capabilities: &Capabilities) -> String {
    let parts = [
        ("namespaces", capabilities.namespaces.as_ref().err()),
        ("landlock", capabilities.landlock.as_ref().err()),
        ("seccomp", capabilities.exec_watch.as_ref().err()),
    ];
    let missing = parts
        .iter()
        .filter_map(|(part, reason)| reason.map(|reason| format!("{part}: {reason}")));
    missing.collect::<Vec<_>>().join("; ")
}

/// The bash side: EBD_BASH_LIB, else the embedded one.
pub(crate) fn library() -> Result<Library, Error> {
    match std::env::var_os("EBD_BASH_LIB").filter(|dir| !dir.is_empty()) {
        None => Ok(Library::embedded()),
        Some(dir) => Library::from_dir(Path::new(&dir))
            .map_err(|(path, source)| Error::Library { path, source }),
    }
}

/// The bash to run: `--bash`, else `EBD_BASH`, else the first one on `PATH`.
pub(crate) fn bash(named: Option<&Path>) -> Result<PathBuf, Error> {
    let from_environment = std::env::var_os("EBD_BASH")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    if let Some(path) = named.map(Path::to_owned).or(from_environment) {
        return fs::canonicalize(&path).map_err(|source| Error::Bash { path, source });
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join("bash"))
        .find(|file| file.is_file())
        .ok_or(Error::NoBash)
}

/// Finds the user that `--user` names.
pub(crate) fn user_named(name: &str) -> Result<User, Error> {
    User::by_name(name)
        .map_err(Error::system("look up a user"))?
        .ok_or_else(|| Error::NoSuchUser {
            name: name.to_owned(),
        })
}

fn user(
    args: &ProcessorArgs,
    bash: &Path,
    folders: &[&Path],
    notes: &mut Vec<String>,
) -> Result<Option<User>, Error> {
    if !Uid::effective().is_root() {
        return match &args.user {
            Some(name) if *name != User::current().name => {
                Err(Error::OtherUser { name: name.clone() })
            }
            _ => Ok(None),
        };
    }
    let user = match &args.user {
        Some(name) => user_named(name)?,
        None => {
            let mut users = USERS
                .iter()
                .filter_map(|name| User::by_name(name).ok().flatten());
            match users.next() {
                Some(user) => user,
                None => {
                    notes.push(format!(
                        "processors run as root: there is no user {}",
                        USERS.join(" or ")
                    ));
                    return Ok(None);
                }
            }
        }
    };
    if user.uid == 0 {
        return Ok(None);
    }
    let unreadable = folders
        .iter()
        .copied()
        .chain([bash])
        .find(|path| !can_read(&user, path));
    match unreadable {
        None => Ok(Some(user)),
        Some(path) if args.user.is_some() || args.isolation == Isolation::Strict => {
            Err(Error::UserCannotRead {
                name: user.name,
                path: path.to_owned(),
            })
        }
        Some(path) => {
            notes.push(format!(
                "processors run as root: user {} cannot read {}",
                user.name,
                path.display()
            ));
            Ok(None)
        }
    }
}

/// Whether the mode bits let a user read a file or enter and list a folder, and pass every folder above it.
fn can_read(user: &User, path: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else {
        return false;
    };
    path.ancestors().enumerate().all(|(depth, part)| {
        let Ok(meta) = fs::metadata(part) else {
            return false;
        };
        let shift = if meta.uid() == user.uid {
            6
        } else if meta.gid() == user.gid {
            3
        } else {
            0
        };
        let wanted = match (depth, meta.is_dir()) {
            (0, true) => 0o5,
            (0, false) => 0o4,
            _ => 0o1,
        };
        (meta.mode() >> shift) & wanted == wanted
    })
}
