//! What install(1) does, as functions.

mod copy;
mod folder;
mod options;
mod program;

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;

use nix::fcntl::AtFlags;
use nix::sys::stat::{FchmodatFlags, Mode, fchmod, fchmodat};
use nix::unistd::{Gid, Uid, fchown, fchownat};

use crate::accounts::Owner;
use crate::error::InstallError;
use crate::ownership::{self, Request};
use crate::state::HelperState;

pub(crate) use copy::Copier;
pub use folder::make_folders;
pub(crate) use options::{Attributes, Options};
pub(crate) use program::run_program;

/// Installs files and folders with given options.
pub(crate) struct Installer<'a> {
    state: &'a HelperState,
    files: Options,
    folders: Options,
    copier: Copier,
    root: bool,
}

/// Something whose owner and mode can be set.
enum Target<'a> {
    File(&'a File, &'a Path),
    Folder(&'a Path),
}

impl<'a> Installer<'a> {
    pub(crate) fn new(state: &'a HelperState, files: Options, folders: Options) -> Self {
        Self {
            state,
            files,
            folders,
            copier: Copier::default(),
            root: Uid::effective().is_root(),
        }
    }

    /// An installer for files and folders with the usual modes, whatever options an ebuild has set.
    pub(crate) fn plain(state: &'a HelperState, mode: u32) -> Self {
        Self::new(state, Options::mode(mode), Options::mode(0o755))
    }

    /// An installer with options that an ebuild has set.
    pub(crate) fn with_options(
        state: &'a HelperState,
        files: &OsStr,
        folders: &OsStr,
    ) -> Result<Self, InstallError> {
        Ok(Self::new(
            state,
            Options::parse(files)?,
            Options::parse(folders)?,
        ))
    }

    /// Installs one file; links to it are followed.
    pub(crate) fn file(&mut self, source: &Path, dest: &Path) -> Result<(), InstallError> {
        match &self.files {
            Options::Native(attributes) => {
                let (state, root) = (self.state, self.root);
                self.copier.copy(source, dest, |file, times| {
                    apply(state, root, attributes, &Target::File(file, dest))?;
                    if attributes.preserve_timestamps {
                        times.set(file, dest)?;
                    }
                    Ok(())
                })
            }
            Options::Program(words) => {
                let mut arguments = words.clone();
                arguments.extend(["-T".into(), "--".into(), source.into(), dest.into()]);
                run_program("install", &arguments)
            }
        }
    }

    /// Writes what is read from a descriptor to a new file.
    pub(crate) fn stream(&mut self, input: File, dest: &Path) -> Result<(), InstallError> {
        match &self.files {
            Options::Native(attributes) => {
                let (state, root) = (self.state, self.root);
                self.copier.copy_stream(input, dest, |file| {
                    apply(state, root, attributes, &Target::File(file, dest))
                })
            }
            Options::Program(words) => {
                // install(1) wants a file: the name under which it may open the stream itself would be of another process.
                self.copier.copy_stream(input, dest, |_| Ok(()))?;
                let mut arguments = words.clone();
                let mut temporary = dest.as_os_str().to_owned();
                temporary.push(format!(".{}", std::process::id()));
                std::fs::rename(dest, &temporary)
                    .map_err(|error| InstallError::io("rename", dest, error))?;
                arguments.extend(["-T".into(), "--".into(), temporary.clone(), dest.into()]);
                let result = run_program("install", &arguments);
                std::fs::remove_file(&temporary)
                    .map_err(|error| InstallError::io("remove", &temporary, error))?;
                result
            }
        }
    }

    /// Makes a folder and the ones above it, and gives it the attributes even if it was there.
    pub(crate) fn folder(&mut self, dest: &Path) -> Result<(), InstallError> {
        match &self.folders {
            Options::Native(attributes) => {
                make_folders(dest)?;
                apply(self.state, self.root, attributes, &Target::Folder(dest))
            }
            Options::Program(words) => {
                let mut arguments = words.clone();
                arguments.extend(["-d".into(), "--".into(), dest.into()]);
                run_program("install", &arguments)
            }
        }
    }

    /// As [`Self::folder`], but a folder that is there stays as it is.
    pub(crate) fn folder_if_missing(&mut self, dest: &Path) -> Result<(), InstallError> {
        if dest.is_dir() {
            Ok(())
        } else {
            self.folder(dest)
        }
    }
}

fn apply(
    state: &HelperState,
    root: bool,
    attributes: &Attributes,
    target: &Target<'_>,
) -> Result<(), InstallError> {
    let path = match target {
        Target::File(_, path) | Target::Folder(path) => *path,
    };
    if attributes.user.is_some() || attributes.group.is_some() {
        let owner = Owner {
            user: attributes.user.clone(),
            group: attributes.group.clone(),
        };
        if root {
            let (user, group) = owner.ids()?;
            let (user, group) = (user.map(Uid::from_raw), group.map(Gid::from_raw));
            match target {
                Target::File(file, _) => fchown(file, user, group),
                Target::Folder(path) => {
                    fchownat(nix::fcntl::AT_FDCWD, *path, user, group, AtFlags::empty())
                }
            }
            .map_err(|error| InstallError::io("set the owner of", path, error))?;
        } else if let Some(t) = &state.t {
            let request = Request {
                owner,
                path: state.shown(path).to_owned(),
            };
            ownership::record(t, &[request])?;
        }
    }
    let mode = Mode::from_bits_truncate(attributes.mode);
    match target {
        Target::File(file, _) => fchmod(file, mode),
        Target::Folder(path) => fchmodat(
            nix::fcntl::AT_FDCWD,
            *path,
            mode,
            FchmodatFlags::FollowSymlink,
        ),
    }
    .map_err(|error| InstallError::io("set the mode of", path, error))
}
