//! Where the values of an ebuild's metadata come from.

use std::ops::Range;

use crate::code::Script;
use crate::error::{Abort, SourcePlace};
use crate::metadata::{Ebuild, Engine};
use crate::name::Name;
use crate::origin::{Trace, Traced};
use crate::pms::{self, Eclasses};

/// A metadata variable and what its value consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The variable, `DEFINED_PHASES`, `INHERIT` or `INHERITED`.
    pub key: &'static str,
    /// The parts of its value, in order.
    pub items: Vec<ExplainedItem>,
    /// The lines that gave the variable a value, in the order in which they ran first.
    pub assignments: Vec<Vec<SourcePlace>>,
}

/// A part of a value: an atom, a flag, a URI, or what opens or closes a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedItem {
    /// What it is.
    pub kind: ItemKind,
    /// Its text; a URI with the name that follows it, a group with its parenthesis.
    pub text: Vec<u8>,
    /// The parts of the text that come from one place each.
    pub parts: Vec<Part>,
}

/// What a part of a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// An atom, a flag, a URI, a whole description.
    Leaf,
    /// `flag? (`, `|| (`, `(`: what follows up to [`Close`](Self::Close) is in it.
    Open,
    /// `)`
    Close,
}

/// A part of an item that comes from one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which bytes of the item.
    pub range: Range<usize>,
    /// From where.
    pub origin: Origin,
}

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file, with the lines that called the function or inherited the file, innermost first.
    ///
    /// A text that stands in a file comes from the line where it stands, however it got into the value. What is computed, such as
    /// the value of an expression, comes from the line of the command that computes it.
    Lines(Vec<SourcePlace>),
    /// The category, name or version of the ebuild.
    EbuildName,
    /// The library.
    Library,
}

impl ExplainedItem {
    /// Where the item comes from, if there can be one answer: the part with the first slash, which is in the name of a package or
    /// the beginning of a path, else what most of it comes from.
    #[must_use]
    pub fn main_part(&self) -> Option<&Part> {
        if let Some(slash) = memchr::memchr(b'/', &self.text)
            && let Some(part) = self.parts.iter().find(|part| part.range.contains(&slash))
        {
            return Some(part);
        }
        let mut best: Option<(&Part, usize)> = None;
        for part in &self.parts {
            let same = self
                .parts
                .iter()
                .filter(|other| other.origin == part.origin);
            let length = same.map(|other| other.range.len()).sum();
            if best.is_none_or(|(_, most)| length > most) {
                best = Some((part, length));
            }
        }
        best.map(|(part, _)| part)
    }
}

impl Engine {
    /// Evaluates an ebuild and says where each part of its metadata comes from.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), with a quarter of its [`Limits::bytes`](crate::Limits::bytes).
    pub fn explain(
        &self,
        ebuild: &Ebuild<'_>,
        script: &Script,
        eclasses: &dyn Eclasses,
    ) -> Result<Vec<Explained>, Box<Abort>> {
        let commands = pms::commands::<Traced>();
        // Texts with origins take five times the memory.
        let mut limits = self.limits();
        limits.bytes /= 4;
        self.with_shell(&commands, limits, ebuild, eclasses, |shell| {
            pms::run_file(shell, script)?;
            let values = self.finish(shell)?;
            let trace = &shell.recorder;
            let explained = values.iter().filter(|(_, value)| !value.is_empty());
            Ok(explained
                .map(|(key, value)| Explained {
                    key,
                    items: items(key, value, trace),
                    assignments: trace
                        .assignments(&Name::new(key.as_bytes()))
                        .iter()
                        .map(|mark| trace.chain(*mark))
                        .collect(),
                })
                .collect())
        })
    }
}

/// What a value consists of.
fn items(key: &str, value: &Traced, trace: &Trace) -> Vec<ExplainedItem> {
    let mut words = words(value);
    if matches!(key, "DESCRIPTION" | "SLOT" | "EAPI") {
        let whole =
            words.first().map_or(0, |first| first.start)..words.last().map_or(0, |last| last.end);
        return vec![item(ItemKind::Leaf, whole, value, trace)];
    }
    words.reverse();
    let mut items = Vec::new();
    while let Some(word) = words.pop() {
        let text = value.get(word.clone()).unwrap_or_default();
        let next = words.last().and_then(|next| value.get(next.clone()));
        let (kind, range) = match (text, next) {
            (b"(", _) => (ItemKind::Open, word),
            (b")", _) => (ItemKind::Close, word),
            (_, Some(b"(")) => {
                let end = words.pop().map_or(word.end, |next| next.end);
                (ItemKind::Open, word.start..end)
            }
            (_, Some(b"->")) => {
                words.pop();
                let end = words.pop().map_or(word.end, |name| name.end);
                (ItemKind::Leaf, word.start..end)
            }
            _ => (ItemKind::Leaf, word),
        };
        items.push(item(kind, range, value, trace));
    }
    items
}

fn words(value: &[u8]) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b' ', value).chain([value.len()]) {
        if start < end {
            words.push(start..end);
        }
        start = end + 1;
    }
    words
}

fn item(kind: ItemKind, range: Range<usize>, value: &Traced, trace: &Trace) -> ExplainedItem {
    let mut parts: Vec<Part> = Vec::new();
    for (run, mark) in value.runs(range.clone()) {
        // A blank between words belongs to the part before it.
        let blank = value
            .get(run.clone())
            .unwrap_or_default()
            .iter()
            .all(|&byte| byte == b' ');
        let chain = trace.chain(mark);
        let origin = if Trace::is_ebuild_name(mark) {
            Origin::EbuildName
        } else if chain.is_empty() {
            Origin::Library
        } else {
            Origin::Lines(chain)
        };
        let here = run.start - range.start..run.end - range.start;
        match parts.last_mut() {
            Some(last) if blank || last.origin == origin => last.range.end = here.end,
            _ => parts.push(Part {
                range: here,
                origin,
            }),
        }
    }
    ExplainedItem {
        kind,
        text: value.get(range).unwrap_or_default().to_vec(),
        parts,
    }
}
