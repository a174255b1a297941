//! What can be wrong with configuration and profiles.

use std::fmt;
use std::io;
use std::path::PathBuf;

use ebd_pms::{AtomProblem, Eapi, EapiError};

use super::origin::Place;

/// Configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The system refused an operation.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of assignments has a line that is none.
    #[error("{place}: {problem}")]
    Syntax {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: SyntaxProblem,
    },
    /// A profile that is among its own parents.
    #[error("{place}: the profile {} is a parent of itself: {}", profile.display(), chain(profiles))]
    ParentCycle {
        /// The line that closes the circle.
        place: Place,
        /// The profile.
        profile: PathBuf,
        /// The way from it back to it.
        profiles: Vec<PathBuf>,
    },
    /// Profiles inherit from each other endlessly, or nearly so.
    #[error("{place}: more than {limit} profiles are parents of each other; the last one is {}", profile.display())]
    TooManyParents {
        /// The line.
        place: Place,
        /// The profile.
        profile: PathBuf,
        /// How many are allowed.
        limit: usize,
    },
    /// A parent that does not exist.
    #[error("{place}: there is no profile {} (from {text:?})", path.display())]
    ParentNotFound {
        /// The line.
        place: Place,
        /// What it says.
        text: String,
        /// Where that leads.
        path: PathBuf,
    },
    /// A parent in a repository that cannot be found.
    #[error("{place}: {text:?}: {reason}")]
    ParentRepository {
        /// The line.
        place: Place,
        /// What it says.
        text: String,
        /// Why the repository is not to be had.
        reason: String,
    },
    /// A `parent` file that names none.
    #[error("{} names no profile; remove the file or write the path of one into it", path.display())]
    EmptyParent {
        /// The file.
        path: PathBuf,
    },
    /// The profile is not a folder.
    #[error("the profile {} is not a folder; choose one with --profile or link {} to one", path.display(), link.display())]
    NoSuchProfile {
        /// The path.
        path: PathBuf,
        /// Where Portage looks.
        link: PathBuf,
    },
    /// The EAPI of a profile is not usable.
    #[error("{}", path.display())]
    Eapi {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: EapiError,
    },
    /// A folder in the place of a file.
    #[error(
        "{} is a folder, which EAPI {eapi} does not allow there; raise the profile's EAPI to 7 or write \
         \"profile-formats = portage-2\" into metadata/layout.conf", path.display()
    )]
    FolderNotAllowed {
        /// The folder.
        path: PathBuf,
        /// The EAPI of the profile.
        eapi: Eapi,
    },
    /// A repository that has a profile or belongs to it cannot be used.
    #[error(transparent)]
    Repository(#[from] ebd_repo::Error),
}

/// Why a file of assignments cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxProblem {
    /// A quote that is never closed.
    #[error("the quote {0} is never closed")]
    UnclosedQuote(char),
    /// A backslash at the end of the file.
    #[error("a backslash at the end of the file")]
    BackslashAtEnd,
    /// Something that is not `=`.
    #[error("expected = after {name:?}, found {found:?}; values with spaces need quotes")]
    NoEquals {
        /// What should be a variable.
        name: String,
        /// What follows it.
        found: String,
    },
    /// The file ends after a name or after `=`.
    #[error("the file ends after {0:?}")]
    UnexpectedEnd(String),
    /// What stands before `=` is no name.
    #[error("{0:?} is not the name of a variable")]
    Name(String),
    /// A file that `source` names does not exist or cannot be read.
    #[error("cannot source {}: {reason}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// `source` within `source` without end.
    #[error("files source each other more than {0} levels deep")]
    SourceDepth(usize),
}

/// Something in configuration that has no effect, or perhaps not the wanted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigWarning {
    /// Where.
    pub place: Option<Place>,
    /// What.
    pub kind: ConfigProblem,
}

/// What is wrong with a part of configuration that is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// Not a package.
    #[error("{text:?} names no package: {problem}; the line is ignored")]
    Atom {
        /// The word.
        text: String,
        /// What is wrong with it.
        problem: AtomProblem,
    },
    /// A package with USE requirements where they mean nothing.
    #[error("{text:?} has USE requirements, which are not allowed here; the line is ignored")]
    UseInAtom {
        /// The word.
        text: String,
    },
    /// Not a USE flag.
    #[error("{text:?} is no USE flag; it is ignored")]
    Flag {
        /// The word.
        text: String,
    },
    /// A file that the EAPI of the profile does not have.
    #[error("EAPI {eapi} has no {name}; the file is ignored")]
    NotInEapi {
        /// Name of the file.
        name: String,
        /// EAPI of the profile.
        eapi: Eapi,
    },
    /// `${…` without an end, `$(`, …
    #[error("{name}: cannot expand {text:?}: {reason}; the value is empty")]
    Substitution {
        /// The variable.
        name: String,
        /// Its text.
        text: String,
        /// Why.
        reason: &'static str,
    },
    /// A file with line ends of DOS.
    #[error(
        "the file has carriage returns, with which bash cannot source it; convert it with dos2unix"
    )]
    CarriageReturns,
    /// `etc/make.conf` and `etc/portage/make.conf`.
    #[error("there is also {}, and both are used", other.display())]
    TwoMakeConf {
        /// The other one.
        other: PathBuf,
    },
    /// `package.env` names a file that does not exist.
    #[error("there is no file {}", path.display())]
    NoEnvFile {
        /// The file.
        path: PathBuf,
    },
    /// A variable that must not be set there.
    #[error("{name} cannot be set here; the line is ignored")]
    NotSettable {
        /// The variable.
        name: String,
    },
    /// `+flag`.
    #[error("{name}: write {text:?} without the +")]
    Plus {
        /// The variable.
        name: String,
        /// The word.
        text: String,
    },
    /// `-x` in a USE_EXPAND variable that replaces earlier values.
    #[error("{name}: {text:?} has no effect, because {name} does not accumulate")]
    NotIncremental {
        /// The variable.
        name: String,
        /// The word.
        text: String,
    },
    /// No profile at all.
    #[error("there is no profile at {}; no USE flags, ARCH or keywords come from one", path.display())]
    NoProfile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A word in `USE_ORDER` that names nothing.
    #[error("USE_ORDER: {0:?} names no source of USE flags")]
    UseOrder(String),
    /// An entry of `package.provided` that is no package with version.
    #[error("{0:?} is no category/package-version; it is ignored")]
    Provided(String),
    /// An unknown `@GROUP` of licences.
    #[error("there is no group of licences {0:?}")]
    LicenseGroup(String),
    /// A group of licences that is in itself.
    #[error("the group of licences {0:?} is in itself")]
    LicenseCycle(String),
}

impl ConfigError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.into(),
            source,
        }
    }
}

impl ConfigWarning {
    pub(crate) const fn at(place: Place, kind: ConfigProblem) -> Self {
        Self {
            place: Some(place),
            kind,
        }
    }

    pub(crate) const fn general(kind: ConfigProblem) -> Self {
        Self { place: None, kind }
    }
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

fn chain(profiles: &[PathBuf]) -> String {
    let names: Vec<_> = profiles
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(" -> ")
}
