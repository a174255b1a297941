//! doins and what is built on it: files, folders and links.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use ebd_pms::{Command, Feature};
use nix::errno::Errno;

use super::item::{Item, Source, base_name};
use super::{Call, Result, below, need_some};
use crate::error::{HelperError, InstallError};
use crate::install::Installer;
use crate::state::HelperState;

/// Installs files, and folders with all that is in them.
pub(super) struct TreeInstaller<'a> {
    state: &'a HelperState,
    installer: Installer<'a>,
    keep_links: bool,
}

impl Call<'_> {
    /// `doins`.
    pub(super) fn doins(&mut self, recursive: bool, items: Vec<Item<'_>>) -> Result {
        let state = self.state;
        for (name, prefix) in [
            ("D or ED", state.d.as_os_str()),
            ("EPREFIX", state.eprefix()),
        ] {
            if !prefix.is_empty() && state.insinto.as_bytes().starts_with(prefix.as_bytes()) {
                return Err(HelperError::Usage(format!(
                    "insinto {}: {name} must not be given to helpers; paths are taken to be below it",
                    state.insinto.display(),
                )));
            }
        }
        let installer = Installer::with_options(state, &state.insoptions, &state.diroptions)?;
        self.tree(
            installer,
            &below(&state.ed, &[&state.insinto]),
            recursive,
            items,
        )
    }

    /// `doconfd`, `doenvd` and `doheader`.
    pub(super) fn doconf(&mut self, folder: &str, recursive: bool, items: Vec<Item<'_>>) -> Result {
        let state = self.state;
        let installer = if self.has(Feature::InsoptsWide) {
            Installer::with_options(state, &state.insoptions, &state.diroptions)?
        } else {
            Installer::plain(state, 0o644)
        };
        let folder = state.below_ed(OsStr::new(folder));
        self.tree(installer, &folder, recursive, items)
    }

    /// What all of them do.
    pub(super) fn tree(
        &mut self,
        installer: Installer<'_>,
        folder: &Path,
        recursive: bool,
        items: Vec<Item<'_>>,
    ) -> Result {
        need_some(&items)?;
        let mut tree = TreeInstaller {
            state: self.state,
            installer,
            keep_links: self.has(Feature::DoinsSymlinks),
        };
        tree.installer.folder_if_missing(folder)?;
        let (mut installed, mut skipped) = (false, None);
        for item in items {
            let path = item.path().to_owned();
            let result = match item.source {
                // The other new* helpers work on a copy, which is no link.
                Source::Path(path) if item.name.is_none() || self.helper == Command::Newins => {
                    if !path.is_dir() || (tree.keep_links && path.is_symlink()) {
                        item.dest(folder).and_then(|dest| tree.entry(path, &dest))
                    } else if item.name.is_some() {
                        Err(InstallError::IsFolder(path.to_owned()))
                    } else if recursive {
                        let before = self.errors.len();
                        tree.folder(path, folder, &mut self.errors);
                        installed |= self.errors.len() == before;
                        continue;
                    } else if self.helper == Command::Dodoc {
                        Err(InstallError::IsFolder(path.to_owned()))
                    } else {
                        skipped = Some(path.to_owned());
                        continue;
                    }
                }
                _ => item
                    .dest(folder)
                    .and_then(|dest| item.install(&mut tree.installer, &dest)),
            };
            match result {
                Ok(()) => installed = true,
                Err(InstallError::IsFolder(_)) if path.is_dir() => {
                    self.complain(format!("{} is a directory; use -r", path.display()));
                }
                Err(error) => self.complain(error),
            }
        }
        match skipped {
            // Folders that a pattern matched beside files do no harm, but an ebuild that names nothing else has it wrong.
            Some(path) if !installed && self.errors.is_empty() => Err(HelperError::Usage(format!(
                "{} is a directory; use -r",
                path.display()
            ))),
            _ => self.ended(),
        }
    }
}

impl TreeInstaller<'_> {
    /// Installs a folder with all that is in it into another.
    fn folder(&mut self, source: &Path, folder: &Path, errors: &mut Vec<String>) {
        let top = match base_name(source.as_os_str()) {
            Some(name) => folder.join(name),
            // `.` means what is in it.
            None => folder.to_owned(),
        };
        let mut pending = vec![(source.to_owned(), top)];
        while let Some((from, to)) = pending.pop() {
            if let Err(error) = self.contents(&from, &to, &mut pending, errors) {
                errors.push(ebd_fs::chain(&error));
            }
        }
    }

    /// Makes one folder and fills it, but for the folders in it.
    fn contents(
        &mut self,
        from: &Path,
        to: &Path,
        pending: &mut Vec<(PathBuf, PathBuf)>,
        errors: &mut Vec<String>,
    ) -> std::result::Result<(), InstallError> {
        let cannot_read = |error| InstallError::io("read", from, error);
        self.installer.folder(to)?;
        let (mut source, mut dest) = (from.to_owned(), to.to_owned());
        for entry in fs::read_dir(from).map_err(cannot_read)? {
            let entry = entry.map_err(cannot_read)?;
            let kind = entry.file_type().map_err(cannot_read)?;
            let name = entry.file_name();
            source.push(&name);
            dest.push(&name);
            if kind.is_dir() {
                pending.push((source.clone(), dest.clone()));
            } else {
                let result = if kind.is_symlink() {
                    self.entry(&source, &dest)
                } else {
                    self.installer.file(&source, &dest)
                };
                if let Err(error) = result {
                    errors.push(ebd_fs::chain(&error));
                }
            }
            source.pop();
            dest.pop();
        }
        Ok(())
    }

    /// Installs a file, or a link as the EAPI wants it.
    fn entry(&mut self, source: &Path, dest: &Path) -> std::result::Result<(), InstallError> {
        if self.keep_links
            && let Ok(target) = fs::read_link(source)
            && !self.leads_to_distfiles(source, &target)
        {
            return replace_by_link(&target, dest);
        }
        self.installer.file(source, dest)
    }

    /// The links in DISTDIR are an implementation detail; what they lead to is what the ebuild means.
    fn leads_to_distfiles(&self, link: &Path, target: &Path) -> bool {
        let Some(distdir) = self.state.distdir.as_deref() else {
            return false;
        };
        target.starts_with(distdir)
            || std::path::absolute(link).is_ok_and(|link| link.parent() == Some(distdir))
    }
}

/// Puts a link where something else may stand, be it a folder.
fn replace_by_link(target: &Path, dest: &Path) -> std::result::Result<(), InstallError> {
    for _ in 0..16 {
        match symlink(target, dest) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(InstallError::io("create", dest, error)),
        }
        let removed = if dest.is_dir() && !dest.is_symlink() {
            fs::remove_dir_all(dest)
        } else {
            fs::remove_file(dest)
        };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(InstallError::io("replace", dest, error));
            }
            _ => {}
        }
    }
    Err(InstallError::io("create", dest, Errno::EBUSY))
}
