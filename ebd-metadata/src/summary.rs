//! What a run has to report apart from the outcomes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// An ebuild that fell back to bash.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fallback {
    /// Its index among the ebuilds of the run.
    pub index: usize,
    /// Why, and where.
    pub reason: String,
}

/// What a run has to report apart from the outcomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many ebuilds were evaluated without bash.
    pub native: usize,
    /// Which ebuilds fell back to bash, in their order; none if only bash was to be used.
    pub fallbacks: Vec<Fallback>,
}

/// Counts what the threads of a run do.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    native: AtomicUsize,
    fallbacks: Mutex<Vec<Fallback>>,
}

impl Counter {
    pub(crate) fn count_native(&self) {
        self.native.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_fallback(&self, index: usize, reason: String) {
        let fallbacks = self.fallbacks.lock();
        let mut fallbacks = fallbacks.unwrap_or_else(PoisonError::into_inner);
        fallbacks.push(Fallback { index, reason });
    }

    pub(crate) fn into_summary(self) -> Summary {
        let fallbacks = self.fallbacks.into_inner();
        let mut fallbacks = fallbacks.unwrap_or_else(PoisonError::into_inner);
        fallbacks.sort_by_key(|fallback| fallback.index);
        Summary {
            native: self.native.into_inner(),
            fallbacks,
        }
    }
}
