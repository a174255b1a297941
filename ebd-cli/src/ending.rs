//! How commands end, and the exit codes; `docs/metadata.md` has the list.

/// Something could not be done at all.
pub(crate) const ERROR: u8 = 2;

/// Standard output could not be written, although somebody would read it.
pub(crate) const OUTPUT_FAILED: u8 = 3;

/// The user interrupted it.
pub(crate) const INTERRUPTED: u8 = 130;

/// How a command ended, apart from errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All good.
    Good,
    /// Some ebuilds failed, or entries are stale.
    Failures,
    /// The user interrupted it.
    Interrupted,
}

impl Ending {
    /// Returns the exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Failures => 1,
            Self::Interrupted => INTERRUPTED,
        }
    }
}
