//! `fowners` and `fperms`, for phases that run without privileges although the image is root's.
//!
//! Every path is opened below the image before anything is done to it, and what is done is done to what was opened: no link
//! leads out of it, whoever changes it meanwhile.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::sync::Arc;

use ebd_fs::Dir;
use ebd_helpers::Owner;
use ebd_pms::{Phase, PhaseSet};
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{Gid, Uid, fchownat};

use super::{Service, ServiceAnswer, ServiceCall};
use crate::folder::Place;

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImageChange {
    /// Owners.
    Fowners,
    /// Modes.
    Fperms,
}

/// One of the two programs.
pub(crate) struct ImageAttributes {
    pub(crate) change: ImageChange,
    pub(crate) place: Arc<Place>,
    /// ED without D: the offset prefix.
    pub(crate) eprefix: String,
}

impl Service for ImageAttributes {
    fn name(&self) -> &str {
        match self.change {
            ImageChange::Fowners => "fowners",
            ImageChange::Fperms => "fperms",
        }
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&[Phase::Preinst])
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        let result = call
            .arguments()
            .ok_or_else(|| "the arguments are not UTF-8".to_owned())
            .and_then(|words| self.serve(&words));
        match result {
            Ok(()) => ServiceAnswer::default(),
            Err(reason) => ServiceAnswer::refused(reason),
        }
    }
}

impl ImageAttributes {
    fn serve(&self, words: &[&str]) -> Result<(), String> {
        let mut recursive = false;
        let mut operands = Vec::new();
        for word in words {
            match *word {
                "-R" | "--recursive" => recursive = true,
                "--" | "-v" | "-c" | "-f" => {}
                option if option.starts_with('-') && !is_mode(option) => {
                    return Err(format!(
                        "the option {option} is not for phases without privileges"
                    ));
                }
                operand => operands.push(operand),
            }
        }
        let [what, paths @ ..] = operands.as_slice() else {
            return Err("an owner or mode, and files, are needed".to_owned());
        };
        if paths.is_empty() {
            return Err("no files are named".to_owned());
        }
        let ids = match self.change {
            ImageChange::Fowners => Some(
                Owner::parse(OsStr::new(what))
                    .and_then(|owner| owner.ids())
                    .map_err(|error| ebd_fs::chain(&error))?,
            ),
            ImageChange::Fperms => None,
        };
        let change = |found: &OwnedFd, is_link: bool| match &ids {
            Some(ids) => give(*ids, found),
            // A link has no mode of its own.
            None if is_link => Ok(()),
            None => change_mode(what, found),
        };
        let image = self.place.image().map_err(|error| error.to_string())?;
        for path in paths {
            let below = format!("{}/{path}", self.eprefix);
            let below = Path::new(below.trim_start_matches('/'));
            each(&image, below, recursive, &change).map_err(|error| format!("{path}: {error}"))?;
        }
        Ok(())
    }
}

/// Opens a path of the image without a right but to change its attributes, and everything below it where that is wanted. Links
/// that are named are followed inside the image, those that are met below are not.
#[expect(clippy::disallowed_methods, reason = "a descriptor of a directory")]
fn each(
    image: &Dir,
    path: &Path,
    recursive: bool,
    change: &dyn Fn(&OwnedFd, bool) -> io::Result<()>,
) -> io::Result<()> {
    let mut pending = vec![(path.to_owned(), true)];
    while let Some((path, named)) = pending.pop() {
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let how = if named {
            OpenHow::new()
                .flags(flags)
                .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS)
        } else {
            OpenHow::new()
                .flags(flags | OFlag::O_NOFOLLOW)
                .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS)
        };
        let name = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &path
        };
        let fd = openat2(image, name, how)?;
        let kind = SFlag::from_bits_truncate(fstat(&fd)?.st_mode & SFlag::S_IFMT.bits());
        if recursive && kind == SFlag::S_IFDIR {
            for entry in fs::read_dir(format!("/proc/self/fd/{}", fd.as_raw_fd()))? {
                pending.push((path.join(entry?.file_name()), false));
            }
        }
        change(&fd, kind == SFlag::S_IFLNK)?;
    }
    Ok(())
}

/// Gives an owner to what is open.
fn give((user, group): (Option<u32>, Option<u32>), to: &OwnedFd) -> io::Result<()> {
    let (user, group) = (user.map(Uid::from_raw), group.map(Gid::from_raw));
    Ok(fchownat(to, "", user, group, AtFlags::AT_EMPTY_PATH)?)
}

/// A mode, not an option.
fn is_mode(word: &str) -> bool {
    word.bytes()
        .all(|byte| b"ugoarwxXst0123456789+-=,".contains(&byte))
}

/// chmod(1) knows what modes mean.
fn change_mode(mode: &str, of: &OwnedFd) -> io::Result<()> {
    if !is_mode(mode) {
        return Err(io::Error::other(format!("{mode} is not a mode")));
    }
    let output = Command::new("/bin/chmod")
        .arg("--")
        .arg(mode)
        .arg(format!("/proc/{}/fd/{}", process::id(), of.as_raw_fd()))
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        let text = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(text.trim().to_owned()))
    }
}
