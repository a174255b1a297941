//! What can go wrong in a build.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ebd_pms::{Eapi, Phase};
use ebd_protocol::StackFrame;
use ebd_spawn::{ExitReason, SpawnError};

/// Why a build cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhaseError {
    /// The phase failed.
    #[error(transparent)]
    Failed(Box<PhaseFailure>),
    /// The user interrupted it.
    #[error("interrupted in phase {phase}")]
    Interrupted {
        /// The phase.
        phase: Phase,
    },
    /// The EAPI has no such phase.
    #[error("EAPI {eapi} has no phase {phase}")]
    NoSuchPhase {
        /// The phase.
        phase: Phase,
        /// The EAPI of the ebuild.
        eapi: Eapi,
    },
    /// A file in DISTDIR is missing.
    #[error("{}: {file} is missing; fetch it first", distdir.display())]
    MissingDistfile {
        /// The file.
        file: String,
        /// Where it should be.
        distdir: PathBuf,
    },
    /// The ebuild or an eclass has changed since the build began.
    #[error("{} has changed since this build began; start anew with the phase clean, or go on as it was with --force", file.display())]
    Changed {
        /// The file.
        file: PathBuf,
    },
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something in the build directory is not what the host left or expects there, and is neither read nor written.
    #[error(transparent)]
    Refused(ebd_fs::Error),
    /// A directory above the build directory has been renamed.
    #[error("{} does not lead to the build directory any more: it was moved while the phase ran", path.display())]
    Moved {
        /// PORTAGE_BUILDDIR.
        path: PathBuf,
    },
    /// The processor cannot be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The processor did not begin as it should.
    #[error("the processor did not start ({reason}): {output}")]
    Start {
        /// How it ended.
        reason: String,
        /// What it printed.
        output: String,
    },
    /// The saved environment of an earlier phase is not there.
    #[error("{} is missing: run the phase setup first", path.display())]
    NoEnvironment {
        /// The file.
        path: PathBuf,
    },
    /// What a phase left cannot be saved.
    #[error("the environment of phase {phase} cannot be saved: {reason}")]
    Environment {
        /// The phase.
        phase: Phase,
        /// Why.
        reason: String,
    },
}

impl PhaseError {
    /// Returns a function that makes an error of what the system said.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

impl From<ebd_fs::Error> for PhaseError {
    fn from(error: ebd_fs::Error) -> Self {
        match error {
            ebd_fs::Error::Io {
                action,
                path,
                source,
            } => Self::Io {
                action,
                path,
                source,
            },
            other => Self::Refused(other),
        }
    }
}

/// A phase that failed.
#[derive(Debug)]
pub struct PhaseFailure {
    /// The phase.
    pub phase: Phase,
    /// What went wrong.
    pub kind: PhaseFailureKind,
    /// The call chain, innermost first, without the library.
    pub chain: Vec<StackFrame>,
    /// The last lines that the phase printed.
    pub output: Vec<String>,
    /// The log of the build.
    pub log: PathBuf,
}

/// How a phase failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhaseFailureKind {
    /// `die` was called, or a helper failed.
    #[error("{message}")]
    Died {
        /// The message.
        message: String,
    },
    /// Its shell exited before the end of the phase.
    #[error("the shell {reason} before the end of the phase")]
    Exited {
        /// How.
        reason: ShellEnd,
    },
    /// It tried to change files that it may not change; [`Event::Violation`](super::Event::Violation) told each at once.
    #[error("access violations, {count} of them: {}", .denied.join("; "))]
    Violations {
        /// How many.
        count: usize,
        /// The first of them, without repetitions: operation and path.
        denied: Vec<String>,
    },
    /// The image must not be merged: what the checks say.
    #[error("the image has faults: {}", .faults.join("; "))]
    BadImage {
        /// The faults.
        faults: Vec<String>,
    },
    /// It took longer than allowed.
    #[error("took longer than {} s", .after.as_secs())]
    TimedOut {
        /// The limit.
        after: Duration,
    },
}

/// How a shell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShellEnd(pub(crate) ExitReason);

impl fmt::Display for ShellEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PhaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "phase {} failed: {}", self.phase, self.kind)
    }
}

impl std::error::Error for PhaseFailure {}

impl From<PhaseFailure> for PhaseError {
    fn from(failure: PhaseFailure) -> Self {
        Self::Failed(Box::new(failure))
    }
}
