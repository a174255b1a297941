//! Texts that know where each of their bytes comes from.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::{Deref, DerefMut, Range};
use std::rc::Rc;
use std::sync::Arc;

use ebd_pms::Key;

use crate::code::Source;
use crate::error::SourcePlace;
use crate::meter;
use crate::name::Name;
use crate::shell::Frame;
use crate::text::{Recorder, Text};

/// A place, as an index of [`Trace`].
type Mark = u32;

/// Nowhere: separators that the library puts between values, and the like.
const NOWHERE: Mark = 0;
/// The name of the ebuild: `PV` and its kin.
const EBUILD_NAME: Mark = 1;

/// Bytes, and for each of them where it comes from.
#[derive(Default)]
pub(crate) struct Traced {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
}

/// Where bytes come from that are appended together.
#[derive(Clone)]
pub(crate) enum Marks {
    All(Mark),
    Each(Rc<[Mark]>),
}

impl Default for Marks {
    fn default() -> Self {
        Self::All(NOWHERE)
    }
}

impl Deref for Traced {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Traced {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

/// Texts are equal when their bytes are.
impl PartialEq for Traced {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Clone for Traced {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.append(self);
        copy
    }
}

impl Traced {
    /// Pays for bytes and their marks before they are added; false if that cannot be afforded.
    fn pays(&self, bytes: usize) -> bool {
        let first = if self.bytes.is_empty() {
            meter::OVERHEAD
        } else {
            0
        };
        meter::take(bytes * (1 + size_of::<Mark>()) + first)
    }

    /// Parts that come from one place each.
    pub(crate) fn runs(&self, part: Range<usize>) -> Vec<(Range<usize>, Mark)> {
        let mut runs: Vec<(Range<usize>, Mark)> = Vec::new();
        for at in part {
            let mark = self.marks.get(at).copied().unwrap_or(NOWHERE);
            match runs.last_mut() {
                Some((range, last)) if *last == mark => range.end = at + 1,
                _ => runs.push((at..at + 1, mark)),
            }
        }
        runs
    }
}

impl Text for Traced {
    type Marks = Marks;
    type Recorder = Trace;

    fn append(&mut self, other: &Self) {
        if !self.pays(other.bytes.len()) {
            return;
        }
        self.bytes.extend_from_slice(&other.bytes);
        self.marks.extend_from_slice(&other.marks);
    }

    fn append_part(&mut self, other: &Self, part: Range<usize>) {
        if !self.pays(part.len()) {
            return;
        }
        self.bytes
            .extend_from_slice(other.bytes.get(part.clone()).unwrap_or_default());
        self.marks
            .extend_from_slice(other.marks.get(part).unwrap_or_default());
    }

    fn append_bytes(&mut self, bytes: &[u8], marks: &Marks) {
        if !self.pays(bytes.len()) {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        match marks {
            Marks::All(mark) => self.marks.resize(self.bytes.len(), *mark),
            Marks::Each(each) => {
                let last = each.last().copied().unwrap_or(NOWHERE);
                self.marks.extend(each.iter().take(bytes.len()));
                self.marks.resize(self.bytes.len(), last);
            }
        }
    }

    fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
        self.marks.truncate(length);
    }

    fn drop_front(&mut self, length: usize) {
        let length = length.min(self.bytes.len());
        self.bytes.drain(..length);
        self.marks.drain(..length);
    }

    fn of(bytes: Vec<u8>, marks: &Marks) -> Self {
        let mut text = Self::default();
        text.append_bytes(&bytes, marks);
        text
    }
}

/// A line, and the way on which it was reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Node {
    /// An index of the files.
    file: usize,
    line: u32,
    function: Name,
    /// The place that called the function or inherited the file.
    caller: Mark,
}

/// A script whose text was made while running.
struct Made {
    /// So that no other one comes to stand where it stands.
    source: Arc<Source>,
    marks: Rc<[Mark]>,
}

/// A made script that runs, and how many functions ran when it began.
struct Entered {
    source: Arc<Source>,
    frames: usize,
}

/// All places that texts come from.
pub(crate) struct Trace {
    nodes: Vec<Node>,
    known: HashMap<Node, Mark>,
    files: Vec<Arc<Source>>,
    made: HashMap<*const Source, Made>,
    entered: Vec<Entered>,
    definitions: HashMap<Name, Mark>,
    /// For each metadata variable where it got a value.
    assignments: HashMap<Name, Vec<Mark>>,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            known: HashMap::new(),
            files: Vec::new(),
            made: HashMap::new(),
            entered: Vec::new(),
            definitions: HashMap::new(),
            assignments: Key::ALL
                .iter()
                .map(|key| key.as_str())
                .chain(["INHERITED"])
                .map(|name| (Name::new(name.as_bytes()), Vec::new()))
                .collect(),
        }
    }
}

/// What the marks are that have no node.
const SPECIAL: u32 = 2;

impl Trace {
    fn file(&mut self, source: &Arc<Source>) -> usize {
        match self.files.iter().position(|file| Arc::ptr_eq(file, source)) {
            Some(index) => index,
            None => {
                self.files.push(Arc::clone(source));
                self.files.len() - 1
            }
        }
    }

    fn intern(&mut self, node: Node) -> Mark {
        if let Some(mark) = self.known.get(&node) {
            return *mark;
        }
        let mark = u32::try_from(self.nodes.len())
            .unwrap_or(u32::MAX - SPECIAL)
            .saturating_add(SPECIAL);
        self.nodes.push(node.clone());
        self.known.insert(node, mark);
        mark
    }

    fn get(&self, mark: Mark) -> Option<&Node> {
        self.nodes.get(mark.checked_sub(SPECIAL)? as usize)
    }

    /// The line in the code that the innermost function runs.
    fn place(&mut self, frames: &[Frame], line: u32) -> Mark {
        let Some((frame, outer)) = frames.split_last() else {
            return NOWHERE;
        };
        let Some(source) = &frame.source else {
            // The library is not shown: it stands for the line that called it.
            return self.caller(frame, outer);
        };
        let entered = self
            .entered
            .iter()
            .rev()
            .find(|entered| entered.frames == frames.len());
        let source = Arc::clone(entered.map_or(source, |entered| &entered.source));
        let caller = self.caller(frame, outer);
        let (file, line) = self.origin_of_line(&source, line);
        self.intern(Node {
            file,
            line,
            function: frame.name.clone(),
            caller,
        })
    }

    /// The line of a mark in the function that runs.
    fn called(&mut self, mark: Mark, frames: &[Frame]) -> Mark {
        let (Some(node), Some((frame, outer))) = (self.get(mark), frames.split_last()) else {
            return mark;
        };
        let (file, line) = (node.file, node.line);
        let caller = self.caller(frame, outer);
        self.intern(Node {
            file,
            line,
            function: frame.name.clone(),
            caller,
        })
    }

    /// The place from which a function was called, which stays what it is while it runs.
    fn caller(&mut self, frame: &Frame, outer: &[Frame]) -> Mark {
        if let Some(known) = frame.caller.get() {
            return known.get();
        }
        let caller = self.place(outer, frame.call_line);
        frame.caller.set(NonZeroU32::new(caller));
        caller
    }

    /// File and line; for a made script of what its text comes from.
    fn origin_of_line(&mut self, source: &Arc<Source>, line: u32) -> (usize, u32) {
        if let Some(made) = self.made.get(&Arc::as_ptr(source)) {
            let own = line.saturating_sub(source.line_offset) as usize;
            let start = source.lines.line_start(own).unwrap_or(0);
            let marks = made.marks.get(start..).unwrap_or_default();
            let node = marks.iter().find_map(|&mark| self.get(mark));
            if let Some(node) = node {
                return (node.file, node.line);
            }
        }
        (self.file(source), line)
    }

    /// The places from which a mark was reached, innermost first; empty if it is not in a file.
    pub(crate) fn chain(&self, mark: Mark) -> Vec<SourcePlace> {
        let mut places = Vec::new();
        let mut next = mark;
        while let Some(node) = self.get(next) {
            let file = self.files.get(node.file);
            places.push(SourcePlace {
                file: file.map(|file| file.path.clone()).unwrap_or_default(),
                line: node.line,
                function: node.function.to_string(),
            });
            // A caller is always older than what it called.
            if node.caller >= next {
                break;
            }
            next = node.caller;
        }
        places
    }

    pub(crate) fn is_ebuild_name(mark: Mark) -> bool {
        mark == EBUILD_NAME
    }

    /// Where a metadata variable got values.
    pub(crate) fn assignments(&self, name: &Name) -> &[Mark] {
        self.assignments
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

impl Recorder<Traced> for Trace {
    fn here(&mut self, frames: &[Frame], line: u32) -> Marks {
        Marks::All(self.place(frames, line))
    }

    fn literal(&mut self, frames: &[Frame], text: &[u8], at: u32) -> Marks {
        let at = at as usize;
        let entered = self
            .entered
            .iter()
            .rev()
            .find(|entered| entered.frames == frames.len());
        let source = match entered {
            Some(entered) => Some(&entered.source),
            None => frames.last().and_then(|frame| frame.source.as_ref()),
        };
        let Some(source) = source.map(Arc::clone) else {
            return Marks::default();
        };
        if let Some(made) = self.made.get(&Arc::as_ptr(&source)) {
            let end = at.saturating_add(text.len().max(1));
            let marks = made.marks.get(at..end.min(made.marks.len()));
            let marks = marks.unwrap_or_default().to_vec();
            if entered.is_some() {
                return Marks::Each(marks.into());
            }
            // A function that was made: its text is where it was written, and runs where it is called.
            return Marks::Each(
                marks
                    .iter()
                    .map(|mark| self.called(*mark, frames))
                    .collect(),
            );
        }
        let mut line = u32::try_from(source.lines.line(at)).unwrap_or(u32::MAX);
        let mut mark = self.place(frames, line);
        if memchr::memchr(b'\n', text).is_none() {
            return Marks::All(mark);
        }
        let mut marks = Vec::with_capacity(text.len());
        for byte in text {
            marks.push(mark);
            if *byte == b'\n' {
                line = line.saturating_add(1);
                mark = self.place(frames, line);
            }
        }
        Marks::Each(marks.into())
    }

    fn enter(&mut self, source: &Arc<Source>, text: &Traced, frames: &[Frame]) {
        self.made.insert(
            Arc::as_ptr(source),
            Made {
                source: Arc::clone(source),
                marks: text.marks.as_slice().into(),
            },
        );
        self.entered.push(Entered {
            source: Arc::clone(source),
            frames: frames.len(),
        });
    }

    fn leave(&mut self) {
        if let Some(entered) = self.entered.pop()
            && Arc::strong_count(&entered.source) <= 3
        {
            // It has defined no function, so nobody asks for it again.
            let source = Arc::as_ptr(&entered.source);
            if let Some(made) = self.made.remove(&source) {
                debug_assert!(Arc::ptr_eq(&made.source, &entered.source));
            }
        }
    }

    fn assigned(&mut self, name: &Name, frames: &[Frame], line: u32) {
        // `inherit` sets values aside and puts them back.
        let by_library = frames.last().is_none_or(|frame| frame.source.is_none());
        if !by_library && self.assignments.contains_key(name) {
            let mark = self.place(frames, line);
            if let Some(marks) = self.assignments.get_mut(name)
                && !marks.contains(&mark)
            {
                marks.push(mark);
            }
        }
    }

    fn defined(&mut self, name: &Name, frames: &[Frame], line: u32) {
        let mark = self.place(frames, line);
        self.definitions.insert(name.clone(), mark);
    }

    fn definition(&mut self, name: &Name) -> Marks {
        Marks::All(self.definitions.get(name).copied().unwrap_or(NOWHERE))
    }

    fn ebuild_name(&mut self) -> Marks {
        Marks::All(EBUILD_NAME)
    }
}
