//! Offsets to lines and columns.

use std::fmt;

/// A place in a text: the byte offset, and the line and column a person would count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Byte offset, from 0.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

impl Position {
    /// The position of `offset` in `text`, without an index: one pass over the text before `offset`.
    #[must_use]
    pub fn find(text: &[u8], offset: usize) -> Self {
        let offset = offset.min(text.len());
        let before = text.get(..offset).unwrap_or_default();
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        Self {
            offset,
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            column: offset - line_start + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Where the lines of a text begin: turns byte offsets into lines and columns in logarithmic time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<usize>,
    len: usize,
}

impl LineIndex {
    /// Indexes `text`. Only `\n` ends a line, as in bash.
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text).map(|newline| newline + 1);
        Self {
            starts: std::iter::once(0).chain(newlines).collect(),
            len: text.len(),
        }
    }

    /// The line of `offset`, from 1. An offset beyond the end counts as the end.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|&start| start <= offset.min(self.len))
    }

    /// The line and column of `offset`. An offset beyond the end counts as the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.len);
        let line = self.line(offset);
        let start = line
            .checked_sub(1)
            .and_then(|index| self.starts.get(index))
            .copied()
            .unwrap_or(0);
        Position {
            offset,
            line,
            column: offset - start + 1,
        }
    }

    /// Where `line` (from 1) begins, or `None` when the text has fewer lines.
    #[must_use]
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).copied()
    }

    /// The number of lines; the part after the last newline counts as one, even when it is empty.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines_and_columns() {
        let text = b"ab\n\ncd";
        let index = LineIndex::new(text);
        for offset in 0..=text.len() + 2 {
            assert_eq!(
                index.position(offset),
                Position::find(text, offset),
                "offset {offset}"
            );
        }
        assert_eq!(index.position(5).to_string(), "line 3, column 2");
        assert_eq!(index.line(2), 1);
        assert_eq!(index.line(3), 2);
        assert_eq!(index.line_start(3), Some(4));
        assert_eq!(index.line_start(4), None);
        assert_eq!(index.line_start(0), None);
        assert_eq!(index.line_count(), 3);
    }
}
