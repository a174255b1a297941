//! Why a run, or a worker, cannot go on.

use crate::failure::{Failure, FailureKind};
use crate::processor::ProcessorError;

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A worker failed in a way that has nothing to do with an ebuild.
    #[error(transparent)]
    Worker(#[from] ProcessorError),
    /// The private directory of the run cannot be made.
    #[error("cannot make a folder for temporary files: {0}")]
    PrivateDir(#[source] std::io::Error),
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

impl From<ProcessorError> for EvaluateError {
    fn from(error: ProcessorError) -> Self {
        RunError::from(error).into()
    }
}
