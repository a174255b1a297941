//! dohtml.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::item::base_name;
use super::{Call, Result, below};
use crate::error::{HelperError, InstallError};
use crate::install::Installer;

/// Which files dohtml installs.
struct Filter {
    extensions: Vec<Vec<u8>>,
    names: Vec<Vec<u8>>,
    skipped_folders: Vec<Vec<u8>>,
    recursive: bool,
}

impl Call<'_> {
    /// `dohtml`.
    pub(super) fn dohtml(&mut self, arguments: &[OsString]) -> Result {
        let mut filter = Filter {
            extensions: list(OsStr::new("css,gif,htm,html,jpeg,jpg,js,png")),
            names: Vec::new(),
            skipped_folders: list(OsStr::new("CVS")),
            recursive: false,
        };
        let (mut prefix, mut files) = (OsStr::new(""), Vec::new());
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments.next().ok_or_else(|| {
                    HelperError::Usage(format!("{} needs a value", argument.display()))
                })
            };
            match argument.as_bytes() {
                b"-r" => filter.recursive = true,
                b"-V" => {}
                b"-A" => filter.extensions.extend(list(value()?)),
                b"-a" => filter.extensions = list(value()?),
                b"-f" => filter.names = list(value()?),
                b"-x" => filter.skipped_folders = list(value()?),
                b"-p" => prefix = value()?,
                _ => files.push(Path::new(argument)),
            }
        }
        let docinto = match self.state.docinto.as_os_str() {
            docinto if docinto.is_empty() => OsStr::new("html"),
            docinto => docinto,
        };
        let parts = [OsStr::new("usr/share/doc"), &self.state.pf, docinto, prefix];
        let folder = below(&self.state.ed, &parts);
        let mut installer = Installer::plain(self.state, 0o644);
        let mut any = false;
        for file in files {
            match self.html(&filter, file, &folder, &mut installer) {
                Ok(found) => any |= found,
                Err(error) => self.complain(error),
            }
        }
        // One file that is there makes up for others that are not.
        if any {
            Ok(())
        } else {
            Err(HelperError::Failed)
        }
    }

    /// Installs a file or folder; false for a folder without `-r`.
    fn html(
        &mut self,
        filter: &Filter,
        source: &Path,
        folder: &Path,
        installer: &mut Installer<'_>,
    ) -> std::result::Result<bool, InstallError> {
        if !source.exists() {
            return Err(InstallError::Missing(source.to_owned()));
        }
        if source.is_dir() && !filter.recursive {
            self.note(format!(
                "dohtml on directory '{}' without recursion option",
                source.display()
            ));
            return Ok(false);
        }
        // What is in `folder/` goes where `folder/*` would.
        let slash = source.as_os_str().as_bytes().ends_with(b"/");
        let top = match base_name(source.as_os_str()) {
            Some(name) if !slash => folder.join(name),
            _ => folder.to_owned(),
        };
        let mut pending: Vec<(PathBuf, PathBuf)> = vec![(source.to_owned(), top)];
        while let Some((from, to)) = pending.pop() {
            let name = base_name(from.as_os_str()).unwrap_or_default().as_bytes();
            if from.is_dir() {
                if filter.skipped_folders.iter().any(|skipped| skipped == name) {
                    continue;
                }
                let cannot_read = |error| InstallError::io("read", &from, error);
                for entry in fs::read_dir(&from).map_err(cannot_read)? {
                    let entry = entry.map_err(cannot_read)?;
                    pending.push((entry.path(), to.join(entry.file_name())));
                }
            } else if filter.takes(name) {
                if let Some(folder) = to.parent() {
                    installer.folder_if_missing(folder)?;
                }
                installer.file(&from, &to)?;
            }
        }
        Ok(true)
    }
}

impl Filter {
    fn takes(&self, name: &[u8]) -> bool {
        let extension = match name.iter().rposition(|byte| *byte == b'.') {
            Some(dot) if dot > 0 => name.get(dot + 1..).unwrap_or_default(),
            _ => b"",
        };
        self.extensions.iter().any(|known| known == extension)
            || self.names.iter().any(|known| known == name)
    }
}

fn list(text: &OsStr) -> Vec<Vec<u8>> {
    text.as_bytes()
        .split(|byte| *byte == b',')
        .map(<[u8]>::to_vec)
        .collect()
}
