//! How merges and removals end that are no errors.

/// How a merge or a removal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum MergeOutcome {
    /// It is done, and no phase failed.
    Complete,
    /// It is done, but a phase failed: of this package, of one that it replaces, or of what the session finished first.
    /// [`InstalledEvent::PhaseFailed`](crate::InstalledEvent::PhaseFailed) told which.
    PhaseFailed,
    /// Nothing was changed, because `pkg_setup` or `pkg_preinst` failed, which was told as well.
    NotMerged,
}
