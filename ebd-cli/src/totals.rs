//! What a run over ebuilds adds up to.

/// How many ebuilds ended how.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) valid: usize,
    pub(crate) written: usize,
    pub(crate) unchanged: usize,
    pub(crate) stale: usize,
    pub(crate) failed: usize,
    pub(crate) removed: usize,
}
