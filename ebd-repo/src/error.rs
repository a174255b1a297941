//! What can go wrong with repositories.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::ini::IniError;

/// A failed operation on repositories.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused an operation on a file or folder.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: "read", "list", …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder is no repository that can be named.
    #[error(
        "the repository {} has no name: write one into profiles/repo_name, or set repo-name in metadata/layout.conf",
        path.display()
    )]
    NoName {
        /// The folder.
        path: PathBuf,
    },
    /// The path is in no repository.
    #[error("{} is not in an ebuild repository", path.display())]
    NoRepository {
        /// The path.
        path: PathBuf,
    },
    /// The path does not lead to a folder.
    #[error("{} is not a folder, so it cannot be an ebuild repository", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A file that should be a regular one.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A configuration file that cannot be understood.
    #[error("{}", path.display())]
    ReposConf {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: IniError,
    },
    /// A master that is nowhere to be found.
    #[error(
        "the repository {repository} has {master} in its masters, but there is no such repository\n{searched}\
         name its folder with --repo-path {master}=DIR"
    )]
    MasterNotFound {
        /// The repository that wants it.
        repository: String,
        /// The name that is wanted.
        master: String,
        /// Where it was looked for.
        searched: Searched,
    },
    /// A repository named by the user that is nowhere to be found.
    #[error(
        "there is no repository {name}\n{searched}name its folder with --repo-path {name}=DIR, or give the folder itself"
    )]
    RepositoryNotFound {
        /// The name.
        name: String,
        /// Where it was looked for.
        searched: Searched,
    },
    /// A folder given for a name holds a repository of another name.
    #[error("{} was given as the repository {wanted}, but its own name is {found}", path.display())]
    OtherName {
        /// The folder.
        path: PathBuf,
        /// The name it was given for.
        wanted: String,
        /// The name it has.
        found: String,
    },
    /// A target that is neither a package nor a path of the repository.
    #[error(
        "{target:?} names nothing in the repository {repository}{}",
        hint(matches)
    )]
    UnknownTarget {
        /// What the user wrote.
        target: String,
        /// In which repository it was looked for.
        repository: String,
        /// What it may have been meant to be, best first.
        matches: Vec<String>,
    },
    /// A path target outside the repository.
    #[error(
        "{} is not within the repository {repository} at {}; choose another one with --repo",
        path.display(),
        root.display()
    )]
    OutsideRepository {
        /// The path.
        path: PathBuf,
        /// Name of the repository.
        repository: String,
        /// Its folder.
        root: PathBuf,
    },
    /// A category that no `profiles/categories` lists; package managers do not see what is in it.
    #[error(
        "the category {category} is not listed in {} nor by a master, so package managers ignore it; add it there",
        file.display()
    )]
    UnlistedCategory {
        /// The category.
        category: String,
        /// The file that should list it.
        file: PathBuf,
    },
    /// The target is an ebuild or folder that exists, but something is wrong with its name.
    #[error("{}: {reason}", path.display())]
    Misnamed {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file that was written to each time it was read.
    #[error("{} keeps changing while it is read; try again when nothing writes to it", path.display())]
    KeepsChanging {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    /// Makes an [`Error::Io`].
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Io {
            action,
            path: path.into(),
            source,
        }
    }
}

impl From<ebd_fs::Error> for Error {
    fn from(error: ebd_fs::Error) -> Error {
        match error {
            ebd_fs::Error::Io {
                action,
                path,
                source,
            } => Error::io(action, path, source),
            ebd_fs::Error::NotAFile { path, .. } => Error::NotAFile { path },
            ebd_fs::Error::KeepsChanging { path } => Error::KeepsChanging { path },
            other => Error::io("use", other.path().to_owned(), other.into()),
        }
    }
}

/// The places where a repository was looked for, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Searched {
    places: Vec<(&'static str, PathBuf)>,
}

impl Searched {
    pub(crate) fn add(&mut self, what: &'static str, path: &Path) {
        self.places.push((what, path.to_owned()));
    }

    /// Kind of place and path.
    pub fn places(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.places
            .iter()
            .map(|(what, path)| (*what, path.as_path()))
    }
}

/// One line, ended by a newline, or nothing.
impl fmt::Display for Searched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (what, path)) in self.places.iter().enumerate() {
            write!(
                f,
                "{}{what} {}",
                if i == 0 { "searched: " } else { ", " },
                path.display()
            )?;
        }
        if self.places.is_empty() {
            f.write_str("no place to search was given\n")
        } else {
            f.write_str("\n")
        }
    }
}

fn hint(matches: &[String]) -> String {
    match matches {
        [] => String::new(),
        [one] => format!("; did you mean {one}?"),
        [first @ .., last] => format!("; did you mean {} or {last}?", first.join(", ")),
    }
}
