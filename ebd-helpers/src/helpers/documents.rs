//! dodoc, doman and domo.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use ebd_pms::Feature;

use super::item::{Item, base_name};
use super::{Call, Result, below, need_some};
use crate::error::{HelperError, InstallError};
use crate::install::Installer;

impl Call<'_> {
    /// `dodoc`.
    pub(super) fn dodoc(&mut self, recursive: bool, items: Vec<Item<'_>>) -> Result {
        let folder = self.doc_folder();
        if self.has(Feature::DodocRecursive) {
            if items.is_empty() && !recursive {
                // An ebuild with an empty DOCS comes here.
                self.note("dodoc called with no arguments");
                return Ok(());
            }
            let installer = Installer::plain(self.state, 0o644);
            return self.tree(installer, &folder, recursive, items);
        }
        if recursive {
            return Err(HelperError::Usage(format!(
                "-r is not supported in EAPI {}",
                self.state.eapi
            )));
        }
        need_some(&items)?;
        let mut installer = Installer::plain(self.state, 0o644);
        installer.folder_if_missing(&folder)?;
        self.each(items, |call, item| {
            if item.path().is_dir() {
                call.note(format!(
                    "dodoc argument '{}' is a directory",
                    item.path().display()
                ));
                return Ok(());
            }
            if item.is_empty_file() {
                return Ok(());
            }
            let dest = item.dest(&folder)?;
            item.install(&mut installer, &dest)
        })
    }

    fn doc_folder(&self) -> PathBuf {
        let parts = [
            OsStr::new("usr/share/doc"),
            &self.state.pf,
            &self.state.docinto,
        ];
        below(&self.state.ed, &parts)
    }

    /// `domo`.
    pub(super) fn domo(&mut self, items: Vec<Item<'_>>) -> Result {
        need_some(&items)?;
        let state = self.state;
        let into = if self.has(Feature::DomoInto) {
            state.into.as_os_str()
        } else {
            OsStr::new("usr")
        };
        let folder = below(&state.ed, &[into, OsStr::new("share/locale")]);
        let mut installer = Installer::plain(state, 0o644);
        let mut file_name = state.pn.clone();
        file_name.push(".mo");
        self.each(items, |_, item| {
            let name = base_name(item.named())
                .ok_or_else(|| InstallError::IsFolder(item.path().to_owned()))?
                .as_bytes();
            let language = match name.iter().rposition(|byte| *byte == b'.') {
                Some(dot) => name.get(..dot).unwrap_or_default(),
                None => name,
            };
            if !item.path().exists() {
                return Err(InstallError::Missing(item.path().to_owned()));
            }
            let folder = folder.join(OsStr::from_bytes(language)).join("LC_MESSAGES");
            installer.folder_if_missing(&folder)?;
            item.install(&mut installer, &folder.join(&file_name))
        })
    }

    /// `doman`, whose options stand among the files.
    pub(super) fn doman_arguments(&mut self, arguments: &[OsString]) -> Result {
        need_some(arguments)?;
        let mut language: Option<&[u8]> = None;
        let mut failed = false;
        for (argument, item) in arguments.iter().zip(Item::list(arguments)) {
            if let Some(value) = argument.as_bytes().strip_prefix(b"-i18n=") {
                language = Some(value);
            } else if let Err(error) = self.doman(language, vec![item]) {
                match error {
                    HelperError::Failed => failed = true,
                    other => return Err(other),
                }
            }
        }
        if failed {
            Err(HelperError::Failed)
        } else {
            Ok(())
        }
    }

    /// Installs manual pages.
    pub(super) fn doman(&mut self, language: Option<&[u8]>, items: Vec<Item<'_>>) -> Result {
        let mut installer = Installer::plain(self.state, 0o644);
        self.each(items, |call, item| {
            let path = item.named().as_bytes();
            // The files that keepdir makes are matched by patterns.
            if path.starts_with(b".keep_") {
                return Ok(());
            }
            if without_compression(path).is_some() {
                call.note(format!(
                    "doman argument '{}' is compressed, this is not portable",
                    String::from_utf8_lossy(path)
                ));
            }
            let Some(page) = call.page(path, language) else {
                call.complain(format!(
                    "'{}' is probably not a man page; skipping",
                    String::from_utf8_lossy(path)
                ));
                return Ok(());
            };
            if item.is_empty_file() {
                return Ok(());
            }
            if !item.path().exists() && item.name.is_none() {
                return Err(InstallError::Missing(item.path().to_owned()));
            }
            let man = call.state.below_ed(OsStr::new("/usr/share/man"));
            let folder = below(&man, &[&page.folder]);
            installer.folder_if_missing(&folder)?;
            item.install(&mut installer, &folder.join(&page.name))
        })
    }

    /// Where a manual page goes; `None` if the name says no section.
    fn page(&self, path: &[u8], language: Option<&[u8]>) -> Option<Page> {
        let plain = without_compression(path).unwrap_or(path);
        let suffix = match plain.iter().rposition(|byte| *byte == b'.') {
            Some(dot) => plain.get(dot + 1..)?,
            None => plain,
        };
        let section = *suffix.first()?;
        if !section.is_ascii_digit() && section != b'n' {
            return None;
        }
        let option = language.filter(|language| !language.is_empty());
        let by_name = self.has(Feature::DomanLanguage)
            && (language.is_none() || !self.has(Feature::DomanI18nWins));
        let named = if by_name {
            language_in_name(path)
        } else {
            None
        };
        let (mut folder, name) = match named {
            Some((stem, language, rest)) => {
                let stem = base_name(OsStr::from_bytes(stem))?.as_bytes();
                (language.to_vec(), [stem, b".", rest].concat())
            }
            None => {
                let name = base_name(OsStr::from_bytes(path))?.as_bytes();
                (option.unwrap_or_default().to_vec(), name.to_vec())
            }
        };
        if !folder.is_empty() {
            folder.push(b'/');
        }
        folder.extend_from_slice(b"man");
        folder.push(section);
        Some(Page {
            folder: OsString::from_vec(folder),
            name: OsString::from_vec(name),
        })
    }
}

/// A place below `/usr/share/man`.
struct Page {
    folder: OsString,
    name: OsString,
}

/// The name without the extension of a compressor.
fn without_compression(path: &[u8]) -> Option<&[u8]> {
    [".Z", ".gz", ".bz2"]
        .iter()
        .find_map(|suffix| path.strip_suffix(suffix.as_bytes()))
}

/// Splits `foo.de_DE.1` into `foo`, `de_DE` and `1`. With more than one language in a name, the last one counts.
fn language_in_name(path: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let dots: Vec<usize> = (0..path.len())
        .filter(|at| path.get(*at) == Some(&b'.'))
        .collect();
    dots.windows(2).rev().find_map(|pair| {
        let &[first, second] = pair else { return None };
        let language = path.get(first + 1..second)?;
        let is_language = match language {
            [a, b] => a.is_ascii_lowercase() && b.is_ascii_lowercase(),
            [a, b, b'_', c, d] => {
                [a, b].iter().all(|letter| letter.is_ascii_lowercase())
                    && [c, d].iter().all(|letter| letter.is_ascii_uppercase())
            }
            _ => false,
        };
        is_language.then_some((path.get(..first)?, language, path.get(second + 1..)?))
    })
}
