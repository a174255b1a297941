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

/// Installs items, with what is below directories if told so.
type Install = fn(&mut Call<'_>, bool, Vec<Item<'_>>) -> Result;

/// How a helper treats its arguments.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// In its own way.
    Run(fn(&mut Call<'_>, &[OsString]) -> Result),
    /// It installs each.
    Do(Install),
    /// It installs each; after `-r` with what is below directories.
    DoTree(Install),
    /// It installs the first under the name that is the second.
    New(Install),
}

/// The helpers, in the order of the names.
pub(crate) const HELPERS: &[(Command, Action)] = &[
    (Command::Dobin, Action::Do(bin)),
    (Command::Doconfd, Action::DoTree(confd)),
    (
        Command::Dodir,
        Action::Run(|call, arguments| call.dodir(arguments)),
    ),
    (Command::Dodoc, Action::DoTree(doc)),
    (Command::Doenvd, Action::DoTree(envd)),
    (Command::Doexe, Action::Do(exe)),
    (
        Command::Dohard,
        Action::Run(|call, arguments| call.dohard(arguments)),
    ),
    (Command::Doheader, Action::DoTree(header)),
    (
        Command::Dohtml,
        Action::Run(|call, arguments| call.dohtml(arguments)),
    ),
    (Command::Doinfo, Action::Do(info)),
    (Command::Doinitd, Action::Do(initd)),
    (Command::Doins, Action::DoTree(ins)),
    (Command::Dolib, Action::Do(lib)),
    (Command::DolibA, Action::Do(lib_a)),
    (Command::DolibSo, Action::Do(lib_so)),
    (
        Command::Doman,
        Action::Run(|call, arguments| call.doman_arguments(arguments)),
    ),
    (Command::Domo, Action::Do(mo)),
    (Command::Dosbin, Action::Do(sbin)),
    (
        Command::Dosed,
        Action::Run(|call, arguments| call.dosed(arguments)),
    ),
    (
        Command::Dosym,
        Action::Run(|call, arguments| call.dosym(arguments)),
    ),
    (
        Command::Fowners,
        Action::Run(|call, arguments| call.fowners(arguments)),
    ),
    (
        Command::Fperms,
        Action::Run(|call, arguments| call.fperms(arguments)),
    ),
    (
        Command::Keepdir,
        Action::Run(|call, arguments| call.keepdir(arguments)),
    ),
    (Command::Newbin, Action::New(bin)),
    (Command::Newconfd, Action::New(confd)),
    (Command::Newdoc, Action::New(doc)),
    (Command::Newenvd, Action::New(envd)),
    (Command::Newexe, Action::New(exe)),
    (Command::Newheader, Action::New(header)),
    (Command::Newinitd, Action::New(initd)),
    (Command::Newins, Action::New(ins)),
    (Command::NewlibA, Action::New(lib_a)),
    (Command::NewlibSo, Action::New(lib_so)),
    (Command::Newman, Action::New(man)),
    (Command::Newsbin, Action::New(sbin)),
];

fn bin(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.bin("bin", items)
}

fn sbin(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.bin("sbin", items)
}

fn exe(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.doexe(items)
}

fn initd(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.doinitd(items)
}

fn lib(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.dolib(None, items)
}

fn lib_a(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.dolib(Some(0o644), items)
}

fn lib_so(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.dolib(Some(0o755), items)
}

fn ins(call: &mut Call<'_>, recursive: bool, items: Vec<Item<'_>>) -> Result {
    call.doins(recursive, items)
}

fn doc(call: &mut Call<'_>, recursive: bool, items: Vec<Item<'_>>) -> Result {
    call.dodoc(recursive, items)
}

fn info(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.doinfo(items)
}

fn man(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.doman(None, items)
}

fn mo(call: &mut Call<'_>, _: bool, items: Vec<Item<'_>>) -> Result {
    call.domo(items)
}

fn confd(call: &mut Call<'_>, recursive: bool, items: Vec<Item<'_>>) -> Result {
    call.doconf("/etc/conf.d", recursive, items)
}

fn envd(call: &mut Call<'_>, recursive: bool, items: Vec<Item<'_>>) -> Result {
    call.doconf("/etc/env.d", recursive, items)
}

fn header(call: &mut Call<'_>, recursive: bool, items: Vec<Item<'_>>) -> Result {
    call.doconf("/usr/include", recursive, items)
}

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
    pub(crate) fn run(&mut self, action: Action, arguments: &[OsString]) -> Result {
        match action {
            Action::Run(run) => run(self, arguments),
            Action::Do(install) => install(self, false, Item::list(arguments)),
            Action::DoTree(install) => {
                let (recursive, files) = match arguments.split_first() {
                    Some((first, rest)) if first == "-r" => (true, rest),
                    _ => (false, arguments),
                };
                install(self, recursive, Item::list(files))
            }
            Action::New(install) => {
                let item = self.renamed(arguments)?;
                install(self, false, vec![item])
            }
        }
    }

    fn has(&self, feature: Feature) -> bool {
        self.state.eapi.has(feature)
    }

    /// Notes what is wrong with one file and lets the helper go on with the others.
    fn complain(&mut self, error: impl Into<Box<dyn std::error::Error>>) {
        self.errors.push(ebd_fs::chain(&*error.into()));
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
