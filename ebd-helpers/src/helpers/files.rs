//! dobin and its kin: files that go into one folder.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use ebd_pms::Feature;

use super::item::{Item, Source};
use super::{Call, Result, below, need_some};
use crate::error::{HelperError, InstallError};
use crate::install::{Attributes, Installer, Options};

impl Call<'_> {
    /// `dobin` and `dosbin`.
    pub(super) fn bin(&mut self, folder: &str, items: Vec<Item<'_>>) -> Result {
        need_some(&items)?;
        let folder = below(&self.state.ed, &[&self.state.into, OsStr::new(folder)]);
        let mut installer = Installer::plain(self.state, 0o755);
        installer.folder_if_missing(&folder)?;
        self.each(items, |_, item| {
            let dest = item.dest(&folder)?;
            item.install(&mut installer, &dest)
        })
    }

    /// `doexe`.
    pub(super) fn doexe(&mut self, items: Vec<Item<'_>>) -> Result {
        let folder = below(&self.state.ed, &[&self.state.exeinto]);
        let options = Options::parse(&self.state.exeoptions)?;
        self.executables(&folder, options, items)
    }

    /// `doinitd`.
    pub(super) fn doinitd(&mut self, items: Vec<Item<'_>>) -> Result {
        let folder = self.state.below_ed(OsStr::new("/etc/init.d"));
        let options = if self.has(Feature::ExeoptsWide) {
            Options::parse(&self.state.exeoptions)?
        } else {
            Options::mode(0o755)
        };
        self.executables(&folder, options, items)
    }

    fn executables(&mut self, folder: &Path, options: Options, items: Vec<Item<'_>>) -> Result {
        need_some(&items)?;
        let mut installer = Installer::new(self.state, options, Options::mode(0o755));
        installer.folder_if_missing(folder)?;
        self.each(items, |_, item| {
            // Folders are passed over, as patterns match them.
            if item.name.is_none() && item.path().is_dir() && !item.path().is_symlink() {
                return Ok(());
            }
            let dest = item.dest(folder)?;
            item.install(&mut installer, &dest)
        })
    }

    /// `dolib`, which has no mode of its own, `dolib.a` and `dolib.so`.
    pub(super) fn dolib(&mut self, mode: Option<u32>, items: Vec<Item<'_>>) -> Result {
        need_some(&items)?;
        let options = match mode {
            Some(mode) => Options::mode(mode),
            None => Options::parse(&self.state.liboptions)?,
        };
        let folder = below(&self.state.ed, &[&self.state.into, &self.state.libdir]);
        let mut installer = Installer::new(self.state, options, Options::mode(0o755));
        installer.folder_if_missing(&folder)?;
        self.each(items, |_, item| {
            let dest = item.dest(&folder)?;
            match item.source {
                Source::Path(link) if item.name.is_none() && link.is_symlink() => {
                    same_link(link, &dest)
                }
                _ => item.install(&mut installer, &dest),
            }
        })
    }

    /// `doinfo`.
    pub(super) fn doinfo(&mut self, items: Vec<Item<'_>>) -> Result {
        need_some(&items)?;
        let folder = self.state.below_ed(OsStr::new("/usr/share/info"));
        let mut installer = Installer::plain(self.state, 0o644);
        installer.folder_if_missing(&folder)?;
        self.each(items, |_, item| {
            let dest = item.dest(&folder)?;
            item.install(&mut installer, &dest)
        })
    }

    /// `dodir`.
    pub(super) fn dodir(&mut self, arguments: &[OsString]) -> Result {
        need_some(arguments)?;
        let options = Options::parse(&self.state.diroptions)?;
        let mut installer =
            Installer::new(self.state, Options::Native(Attributes::default()), options);
        self.each(arguments, |call, folder| {
            installer.folder(&call.state.below_ed(folder))
        })
    }

    /// `keepdir`.
    pub(super) fn keepdir(&mut self, arguments: &[OsString]) -> Result {
        match self.dodir(arguments) {
            Ok(()) | Err(HelperError::Failed) => {}
            Err(error) => return Err(error),
        }
        let state = self.state;
        let mut name = OsString::from(".keep_");
        for part in [
            state.category.as_os_str(),
            OsStr::new("_"),
            &state.pn,
            OsStr::new("-"),
            &state.slot,
        ] {
            name.push(part);
        }
        self.each(arguments, |_, folder| {
            let path = state.below_ed(folder).join(&name);
            fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(&path)
                .map(drop)
                .map_err(|error| InstallError::io("create", path, error))
        })
    }
}

/// Makes a link with the text that another has.
fn same_link(link: &Path, dest: &Path) -> std::result::Result<(), InstallError> {
    if !link.exists() {
        return Err(InstallError::Missing(link.to_owned()));
    }
    let target =
        fs::read_link(link).map_err(|error| InstallError::io("read the link", link, error))?;
    symlink(target, dest).map_err(|error| InstallError::io("create", dest, error))
}
