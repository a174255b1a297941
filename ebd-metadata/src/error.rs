//! Why a run, or a worker, cannot go on.

use std::io;
use std::path::PathBuf;

use ebd_protocol::{EncodeError, ProtocolError};

use crate::failure::{Failure, FailureKind};

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A worker failed in a way that has nothing to do with an ebuild.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The private directory of the run cannot be made.
    #[error("cannot make a folder for temporary files: {0}")]
    PrivateDir(#[source] io::Error),
    /// The system has no random numbers.
    #[error("cannot get random numbers: {0}")]
    Random(String),
    /// No bash was named, and none is on `PATH`.
    #[error("no bash on PATH; name one with --bash PATH")]
    NoBash,
    /// The caller has cancelled.
    #[error("interrupted")]
    Cancelled,
}

/// Why one ebuild has no metadata.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// It could not be evaluated, which is not the ebuild's fault.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Something is wrong with the ebuild.
    #[error(transparent)]
    Ebuild(Box<Failure>),
}

impl From<Failure> for EvaluateError {
    fn from(failure: Failure) -> Self {
        Self::Ebuild(Box::new(failure))
    }
}

impl From<FailureKind> for EvaluateError {
    fn from(kind: FailureKind) -> Self {
        Failure::from(kind).into()
    }
}

impl From<WorkerError> for EvaluateError {
    fn from(error: WorkerError) -> Self {
        RunError::from(error).into()
    }
}

/// Why a worker cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// It could not be started.
    #[error("cannot start a processor: {0}")]
    Spawn(#[from] ebd_spawn::SpawnError),
    /// It ended, or fell silent, before it was ready.
    #[error("the processor {bash} did not get ready: {reason}")]
    NotReady {
        /// The bash that was started.
        bash: PathBuf,
        /// What it said instead.
        reason: String,
    },
    /// It speaks another version of the protocol.
    #[error("the bash library speaks protocol version {found}, this program version {wanted}")]
    Version {
        /// The library's version.
        found: u64,
        /// This program's version.
        wanted: u32,
    },
    /// What it sent on the control channel is not the protocol.
    #[error("the processor broke the protocol: {0}")]
    Protocol(#[from] ProtocolError),
    /// A request cannot be sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A file about eclasses that the host wrote could not be loaded.
    #[error("the processor could not load {file}: {output}")]
    Load {
        /// The file.
        file: PathBuf,
        /// What bash printed.
        output: String,
    },
    /// Something of the host's own failed.
    #[error("{what}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl WorkerError {
    /// Whether another worker may do better: this one was killed, say.
    pub(crate) fn may_pass(&self) -> bool {
        !matches!(self, Self::Version { .. } | Self::Encode(_))
    }
}
