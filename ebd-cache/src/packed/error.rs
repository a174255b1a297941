//! What is wrong with packed files.

use super::section::{Section, VERSION};

/// What is wrong with a packed file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackedError {
    /// It begins with something else.
    #[error("this is not a packed cache")]
    NotPacked,
    /// A version that this program does not know.
    #[error(
        "this is a packed cache of version {found}, of which this program knows {VERSION}; make it again with this program"
    )]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// The file is shorter or longer than its header says.
    #[error("the packed cache has {found} bytes, its header says {expected}; make it again")]
    Truncated {
        /// Bytes that should be there.
        expected: u64,
        /// Bytes that are.
        found: u64,
    },
    /// The sum of the header is wrong.
    #[error("the header of the packed cache is damaged; make it again")]
    Header,
    /// A section lies outside the file or ends within a row.
    #[error("the section {section} of the packed cache has impossible bounds; make it again")]
    Bounds {
        /// Which.
        section: Section,
    },
    /// The sum of a section is wrong.
    #[error(
        "the section {section} of the packed cache is damaged: its checksum is wrong; make it again"
    )]
    Checksum {
        /// Which.
        section: Section,
    },
    /// A row of the index leads nowhere, or the names are not in order.
    #[error("row {row} of the index of the packed cache {problem}; make it again")]
    Row {
        /// Number of the row, from 0.
        row: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// One entry cannot be understood.
    #[error("the packed entry of {cpv} is damaged: {problem}")]
    Entry {
        /// Its name.
        cpv: String,
        /// What is wrong.
        problem: String,
    },
    /// More than 4 GiB.
    #[error("there is too much for one packed cache")]
    TooLarge,
}
