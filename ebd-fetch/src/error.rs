//! What can go wrong with downloads.

use std::fmt;
use std::io;
use std::path::PathBuf;

use ebd_repo::manifest::{Mismatch, VerifyError};

/// A file that a package needs is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
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
    /// The Manifest does not know the file.
    #[error(
        "{name} is not in the Manifest, so nothing could be said about its contents; run \"ebd manifest\" in the package's folder"
    )]
    NotInManifest {
        /// The file.
        name: String,
    },
    /// The file that is there cannot be checked.
    #[error(transparent)]
    Verify(VerifyError),
    /// `RESTRICT=fetch`.
    #[error("{name} may not be downloaded automatically (RESTRICT=fetch); get it yourself and put it into {}", distdir.display())]
    Restricted {
        /// The file.
        name: String,
        /// Where it belongs.
        distdir: PathBuf,
    },
    /// No place is known.
    #[error("{name}: no place to download it from{}", unknown(mirrors))]
    NoSource {
        /// The file.
        name: String,
        /// Names of unknown mirrors in SRC_URI.
        mirrors: Vec<String>,
    },
    /// Every place failed.
    #[error("{name} could not be downloaded:{}", list(failures))]
    AllFailed {
        /// The file.
        name: String,
        /// Each place with what was wrong.
        failures: Vec<(String, SourceError)>,
    },
    /// The caller gave up.
    #[error("downloading {name} was given up")]
    Cancelled {
        /// The file.
        name: String,
    },
}

/// Why one place did not give the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The server's answer.
    #[error("the server answers {0}")]
    Status(u16),
    /// No connection, or it broke.
    #[error("{0}")]
    Connection(String),
    /// The server announces another size.
    #[error("the server has {found} bytes, the Manifest says {expected}")]
    Size {
        /// What the server says.
        found: u64,
        /// What it should be.
        expected: u64,
    },
    /// The file came, but it is another one.
    #[error("{mismatch}; it was set aside as {}", path.display())]
    Mismatch {
        /// What differs.
        mismatch: Mismatch,
        /// Where it is now.
        path: PathBuf,
    },
    /// A program failed.
    #[error("{program}: {reason}")]
    Command {
        /// The program.
        program: String,
        /// What happened.
        reason: String,
    },
    /// There is no program for the protocol.
    #[error("nothing is configured for {0}://; set FETCHCOMMAND_{upper}", upper = .0.to_uppercase())]
    NoCommand(String),
    /// It is not there.
    #[error("there is no such file")]
    NotThere,
}

impl FetchError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.into(),
            source,
        }
    }
}

fn list(failures: &[(String, SourceError)]) -> String {
    let mut text = String::new();
    for (place, error) in failures {
        let _ = fmt::Write::write_fmt(&mut text, format_args!("\n  {place}: {error}"));
    }
    text
}

fn unknown(mirrors: &[String]) -> String {
    match mirrors {
        [] => String::new(),
        names => format!(" (no mirror is known by the name {})", names.join(", ")),
    }
}
