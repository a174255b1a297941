//! The last output of a phase, for its report.

use std::collections::VecDeque;

/// Bytes that are kept.
const BYTES: usize = 4096;
/// Lines of a report.
const LINES: usize = 10;

/// The end of what was printed.
#[derive(Debug, Default)]
pub(crate) struct Tail(VecDeque<u8>);

impl Tail {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let bytes = bytes
            .get(bytes.len().saturating_sub(BYTES)..)
            .unwrap_or_default();
        let excess = (self.0.len() + bytes.len()).saturating_sub(BYTES);
        self.0.drain(..excess);
        self.0.extend(bytes);
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The last lines that say something, without what moves the cursor of a terminal or colours it.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = self.text();
        let mut lines: Vec<String> = text
            .lines()
            .map(|line| plain(line).trim_end().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        lines.drain(..lines.len().saturating_sub(LINES));
        lines
    }
}

/// A line without control sequences.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' if chars.next_if_eq(&'[').is_some() => {
                while chars.next_if(|c| !('@'..='~').contains(c)).is_some() {}
                chars.next();
            }
            '\t' => plain.push(c),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_as_text() {
        let mut tail = Tail::default();
        for number in 0..2000 {
            tail.push(format!("line {number}\n\n").as_bytes());
        }
        tail.push(b"\x1b[31mred\x1b[0m\ta\r\nlast, not ended");
        let lines = tail.lines();
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.last().unwrap(), "last, not ended");
        assert_eq!(lines[8], "red\ta");
        assert_eq!(lines[7], "line 1999");
        tail.push(&[b'x'; 3 * BYTES]);
        assert_eq!(tail.text().len(), BYTES);
    }
}
