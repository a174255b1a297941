use std::collections::VecDeque;

use memchr::memmem;

use crate::Nonce;

/// How much of the beginning and of the end of a section is kept, in bytes each.
const KEEP: usize = 32 << 10;

/// The output of one ebuild.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSection {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: usize,
}

impl LogSection {
    /// Bytes written, kept or not.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The output; when more was written than is kept, its beginning, a line that says how much is missing, and its
    /// end.
    pub fn text(&self) -> Vec<u8> {
        let mut text = self.head.clone();
        let left_out = self.total - self.head.len() - self.tail.len();
        if left_out > 0 {
            text.extend_from_slice(format!("\n[{left_out} bytes of output left out]\n").as_bytes());
        }
        text.extend(&self.tail);
        text
    }

    fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len();
        let (head, tail) = bytes.split_at(bytes.len().min(KEEP - self.head.len()));
        self.head.extend_from_slice(head);
        let tail = tail
            .get(tail.len().saturating_sub(KEEP)..)
            .unwrap_or_default();
        self.tail.extend(tail);
        let excess = self.tail.len().saturating_sub(KEEP);
        self.tail.drain(..excess);
    }
}

/// Gives each request its part of the log channel.
///
/// A child announces itself by printing its nonce and a newline before any ebuild code runs; what follows, up to the
/// nonce of the next request, is its output.
#[derive(Debug)]
pub struct LogSplitter {
    /// Requests sent whose nonce has not come yet, in order.
    expected: VecDeque<Nonce>,
    /// The end of what arrived, when it may be the beginning of the next nonce.
    carry: Vec<u8>,
    /// Sections not taken yet; the last one is being written.
    sections: VecDeque<(Option<Nonce>, LogSection)>,
    /// Whether nothing has come since the last nonce.
    after_nonce: bool,
}

impl Default for LogSplitter {
    fn default() -> Self {
        Self {
            expected: VecDeque::new(),
            carry: Vec::new(),
            sections: VecDeque::from([(None, LogSection::default())]),
            after_nonce: false,
        }
    }
}

impl LogSplitter {
    /// A splitter that expects no request yet; what arrives belongs to the processor itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Announces a request that was sent to the processor.
    pub fn expect(&mut self, nonce: Nonce) {
        self.expected.push_back(nonce);
    }

    /// Forgets a request that the processor did not begin.
    pub fn forget(&mut self, nonce: &Nonce) {
        self.expected.retain(|n| n != nonce);
    }

    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.carry.extend_from_slice(bytes);
        while let Some((at, index, nonce)) = self.next_nonce() {
            self.append(at);
            self.carry.drain(..Nonce::LENGTH);
            // A child that was ended before it could announce itself has no section.
            self.expected.drain(..=index);
            self.sections
                .push_back((Some(nonce), LogSection::default()));
            self.after_nonce = true;
        }
        let begins = |nonce: &Nonce| {
            let prefix = |n: &usize| {
                let prefix = nonce.as_bytes().get(..*n);
                prefix.is_some_and(|prefix| self.carry.ends_with(prefix))
            };
            (1..Nonce::LENGTH).rev().find(prefix).unwrap_or(0)
        };
        let hold = self.expected.iter().map(begins).max().unwrap_or(0);
        self.append(self.carry.len() - hold);
    }

    /// The first of the expected nonces that has arrived: where it begins, and which it is.
    fn next_nonce(&self) -> Option<(usize, usize, Nonce)> {
        let found = self
            .expected
            .iter()
            .enumerate()
            .filter_map(|(index, nonce)| {
                Some((memmem::find(&self.carry, nonce.as_bytes())?, index, *nonce))
            });
        found.min_by_key(|(at, ..)| *at)
    }

    /// Bytes that the section being written has so far. A caller ends an ebuild that lets this grow beyond reason.
    pub fn current_total(&self) -> usize {
        self.sections.back().map_or(0, |(_, section)| section.total)
    }

    /// The output of a request that is done; sections before it are dropped.
    pub fn take(&mut self, nonce: &Nonce) -> LogSection {
        let Some(at) = self
            .sections
            .iter()
            .position(|(n, _)| n.as_ref() == Some(nonce))
        else {
            return LogSection::default();
        };
        self.sections.drain(..at);
        if self.sections.len() > 1 {
            return self
                .sections
                .pop_front()
                .map(|(_, section)| section)
                .unwrap_or_default();
        }
        self.sections
            .front_mut()
            .map(|(_, section)| std::mem::take(section))
            .unwrap_or_default()
    }

    /// What came before the first request, or since the last one was taken: the processor's own output.
    pub fn take_rest(&mut self) -> LogSection {
        self.append(self.carry.len());
        self.sections
            .back_mut()
            .map(|(_, section)| std::mem::take(section))
            .unwrap_or_default()
    }

    fn append(&mut self, length: usize) {
        let mut bytes: Vec<u8> = self.carry.drain(..length).collect();
        if bytes.is_empty() {
            return;
        }
        // The nonce is printed as a line; its newline is not the ebuild's.
        if std::mem::take(&mut self.after_nonce) && bytes.first() == Some(&b'\n') {
            bytes.remove(0);
        }
        if let Some((_, section)) = self.sections.back_mut() {
            section.push(&bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(stream: &[u8], nonces: &[Nonce], cuts: &[usize]) -> Vec<Vec<u8>> {
        let mut splitter = LogSplitter::new();
        for nonce in nonces {
            splitter.expect(*nonce);
        }
        let mut rest = stream;
        for cut in cuts {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            splitter.push(now);
            rest = later;
        }
        splitter.push(rest);
        nonces
            .iter()
            .map(|nonce| splitter.take(nonce).text())
            .collect()
    }

    proptest! {
        #[test]
        fn sections_do_not_depend_on_how_bytes_arrive(
            outputs in prop::collection::vec("[0-9a-f\n ]{0,80}", 1..5),
            cuts in prop::collection::vec(1usize..50, 0..20),
        ) {
            let nonces: Vec<Nonce> = (0..outputs.len()).map(|i| Nonce::from_random(0xfeed_0000 + i as u128)).collect();
            let mut stream = b"from the processor".to_vec();
            for (nonce, output) in nonces.iter().zip(&outputs) {
                stream.extend_from_slice(nonce.as_bytes());
                stream.push(b'\n');
                stream.extend_from_slice(output.as_bytes());
            }
            let expected: Vec<Vec<u8>> = outputs.iter().map(|o| o.clone().into_bytes()).collect();
            prop_assert_eq!(split(&stream, &nonces, &cuts), expected);
        }
    }

    #[test]
    fn a_child_that_never_announced_itself_hides_no_other() {
        let nonces = [Nonce::from_random(1), Nonce::from_random(2)];
        let mut stream = nonces[1].as_bytes().to_vec();
        stream.extend_from_slice(b"\nfrom the second");
        assert_eq!(
            split(&stream, &nonces, &[]),
            [b"".to_vec(), b"from the second".to_vec()]
        );
    }

    #[test]
    fn a_flood_keeps_both_ends() {
        let mut section = LogSection::default();
        section.push(b"first");
        for _ in 0..100 {
            section.push(&[b'x'; 4096]);
        }
        section.push(b"last");
        let text = section.text();
        assert!(text.starts_with(b"first") && text.ends_with(b"last"));
        assert!(text.len() < 2 * KEEP + 100);
        assert_eq!(section.total(), 9 + 100 * 4096);
    }
}
