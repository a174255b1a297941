//! The new* helpers: install one file under another name.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::Path;

use ebd_pms::Feature;

use super::item::{Item, Source, base_name};
use super::{Call, Result};
use crate::error::{HelperError, InstallError};

impl Call<'_> {
    /// Returns what any of them is to install.
    pub(super) fn renamed<'i>(&mut self, arguments: &'i [OsString]) -> Result<Item<'i>> {
        let [file, name, rest @ ..] = arguments else {
            return Err(need_two());
        };
        if name.is_empty() {
            return Err(need_two());
        }
        if !rest.is_empty() {
            let rest = rest.join(OsStr::new(" "));
            let notice = format!(
                "{} called with more than 2 arguments: {}",
                self.helper,
                rest.display()
            );
            self.note(notice);
        }
        if base_name(name) != Some(name) {
            return Err(HelperError::Usage(format!(
                "{} is not a file name; the folder is set by the *into commands",
                name.display()
            )));
        }
        let source = if self.has(Feature::NewStdin) && file == "-" {
            let stdin = self.stdin.take().map(|open| open()).transpose();
            match stdin.map_err(|error| InstallError::io("read", "standard input", error))? {
                Some(stdin) if !stdin.is_terminal() => Source::Stream(stdin),
                _ => return Err(HelperError::Usage("input is from a terminal".into())),
            }
        } else {
            let path = Path::new(file);
            if !path.exists() {
                return Err(InstallError::Missing(path.to_owned()).into());
            }
            Source::Path(path)
        };
        Ok(Item {
            source,
            name: Some(name),
        })
    }
}

fn need_two() -> HelperError {
    HelperError::Usage("two arguments needed: old file and new file".into())
}
