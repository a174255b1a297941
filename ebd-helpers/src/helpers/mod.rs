//! The install helpers, by subject.

mod attributes;
mod documents;
mod files;
mod html;
mod item;
mod links;
mod renamed;
mod tree;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use ebd_pms::{Command, Feature};

use crate::error::{HelperError, InstallError};
use crate::state::HelperState;
use item::Item;

/// One call of a helper: what it knows and what it has to say.
pub(crate) struct Call<'a> {
    state: &'a HelperState,
    helper: Command,
    stdin: Option<Box<dyn FnOnce() -> io::Result<File> + 'a>>,
    errors: Vec<String>,
    notices: Vec<String>,
}

/// What all helpers return.
type Result<T = ()> = std::result::Result<T, HelperError>;

impl<'a> Call<'a> {
    pub(crate) fn new(
        state: &'a HelperState,
        helper: Command,
        stdin: impl FnOnce() -> io::Result<File> + 'a,
    ) -> Self {
        Self {
            state,
            helper,
            stdin: Some(Box::new(stdin)),
            errors: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Errors about single files, and notices.
    pub(crate) fn into_messages(self) -> (Vec<String>, Vec<String>) {
        (self.errors, self.notices)
    }

    /// Does what the helper does.
    pub(crate) fn run(&mut self, arguments: &[OsString]) -> Result {
        match self.helper {
            Command::Dodir => self.dodir(arguments),
            Command::Keepdir => self.keepdir(arguments),
            Command::Dosym => self.dosym(arguments),
            Command::Dohard => self.dohard(arguments),
            Command::Fowners => self.fowners(arguments),
            Command::Fperms => self.fperms(arguments),
            Command::Dosed => self.dosed(arguments),
            Command::Dohtml => self.dohtml(arguments),
            Command::Doman => self.doman_arguments(arguments),
            Command::Doins
            | Command::Doconfd
            | Command::Doenvd
            | Command::Doheader
            | Command::Dodoc => {
                let (recursive, files) = match arguments.split_first() {
                    Some((first, rest)) if first == "-r" => (true, rest),
                    _ => (false, arguments),
                };
                self.install(recursive, Item::list(files))
            }
            Command::Dobin
            | Command::Dosbin
            | Command::Doexe
            | Command::Doinitd
            | Command::Dolib
            | Command::DolibA
            | Command::DolibSo
            | Command::Doinfo
            | Command::Domo => self.install(false, Item::list(arguments)),
            _ => self.renamed(arguments),
        }
    }

    /// Installs files as the helper, or the one that it is the `new` form of, does.
    fn install(&mut self, recursive: bool, items: Vec<Item<'_>>) -> Result {
        match self.helper {
            Command::Dobin | Command::Newbin => self.bin("bin", items),
            Command::Dosbin | Command::Newsbin => self.bin("sbin", items),
            Command::Doexe | Command::Newexe => self.doexe(items),
            Command::Doinitd | Command::Newinitd => self.doinitd(items),
            Command::Doins | Command::Newins => self.doins(recursive, items),
            Command::Doconfd | Command::Newconfd => self.doconf("/etc/conf.d", recursive, items),
            Command::Doenvd | Command::Newenvd => self.doconf("/etc/env.d", recursive, items),
            Command::Doheader | Command::Newheader => self.doconf("/usr/include", recursive, items),
            Command::Dodoc | Command::Newdoc => self.dodoc(recursive, items),
            Command::Doman | Command::Newman => self.doman(None, items),
            Command::Doinfo => self.doinfo(items),
            Command::Domo => self.domo(items),
            _ => self.dolib(items),
        }
    }

    fn has(&self, feature: Feature) -> bool {
        self.state.eapi.has(feature)
    }

    /// Notes what is wrong with one file and lets the helper go on with the others.
    fn complain(&mut self, error: impl ToString) {
        self.errors.push(error.to_string());
    }

    fn note(&mut self, notice: impl Into<String>) {
        self.notices.push(notice.into());
    }

    /// Does something with every file and fails at the end if it did with any.
    fn each<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut install: impl FnMut(&mut Self, T) -> std::result::Result<(), InstallError>,
    ) -> Result {
        for item in items {
            if let Err(error) = install(self, item) {
                self.complain(error);
            }
        }
        self.ended()
    }

    /// Fails if anything was wrong with a file.
    fn ended(&self) -> Result {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(HelperError::Failed)
        }
    }
}

/// A helper that wants files got none.
fn need_some<T>(items: &[T]) -> Result {
    if items.is_empty() {
        Err(HelperError::Usage("at least one argument needed".into()))
    } else {
        Ok(())
    }
}

/// A folder below another, whether or not the parts begin with a slash.
fn below(folder: &Path, parts: &[&OsStr]) -> PathBuf {
    let mut path = folder.to_owned();
    for part in parts {
        let part = Path::new(part);
        path.extend(
            part.components()
                .filter(|part| !matches!(part, std::path::Component::RootDir)),
        );
    }
    path
}
