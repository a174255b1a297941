//! The parts of a packed file.

/// The version of the format.
pub(super) const VERSION: u32 = 1;
/// A row of the index: offset of the name in the heap, its length, offset of the record, its length.
pub(super) const INDEX_ROW: usize = 16;
/// A row of the eclasses: offset of the name in the heap, its length, MD5.
pub(super) const ECLASS_ROW: usize = 24;

/// The parts of a file, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// One row for each entry, sorted by name.
    Index,
    /// One row for each pair of eclass and MD5.
    Eclasses,
    /// One record for each entry.
    Records,
    /// All texts.
    Heap,
}

impl Section {
    /// Every section.
    pub const ALL: [Section; 4] = [
        Section::Index,
        Section::Eclasses,
        Section::Records,
        Section::Heap,
    ];

    /// The name in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Section::Index => "index",
            Section::Eclasses => "eclasses",
            Section::Records => "records",
            Section::Heap => "heap",
        }
    }

    /// Bytes of one row.
    pub(super) const fn row(self) -> usize {
        match self {
            Section::Index => INDEX_ROW,
            Section::Eclasses => ECLASS_ROW,
            Section::Records | Section::Heap => 1,
        }
    }
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
