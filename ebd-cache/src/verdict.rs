//! What can be said of an entry.

use std::fmt;

/// Whether a cache entry can be used, or why not. `Display` gives the reason in words for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The entry is true.
    Good,
    /// There is no entry.
    Missing,
    /// There is an entry, but it cannot be understood.
    Corrupt {
        /// Why.
        reason: String,
    },
    /// The ebuild is not the one that the entry was made from.
    EbuildChanged,
    /// The ebuild is gone.
    EbuildMissing,
    /// The ebuild cannot be read.
    EbuildUnreadable {
        /// Why.
        reason: String,
    },
    /// An eclass is not the one that the entry was made from.
    EclassChanged {
        /// Name of the eclass.
        name: String,
    },
    /// An eclass is gone.
    EclassMissing {
        /// Name of the eclass.
        name: String,
    },
}

impl Verdict {
    /// Whether the entry can be used.
    pub fn is_good(&self) -> bool {
        *self == Verdict::Good
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Good => f.write_str("up to date"),
            Verdict::Missing => f.write_str("no cache entry"),
            Verdict::Corrupt { reason } => {
                write!(f, "the cache entry cannot be understood: {reason}")
            }
            Verdict::EbuildChanged => f.write_str("the ebuild has changed"),
            Verdict::EbuildMissing => f.write_str("there is no such ebuild"),
            Verdict::EbuildUnreadable { reason } => f.write_str(reason),
            Verdict::EclassChanged { name } => write!(f, "{name}.eclass has changed"),
            Verdict::EclassMissing { name } => write!(f, "{name}.eclass is missing"),
        }
    }
}
