//! Extended regular expressions as `[[ =~ ]]` has them: the longest of the leftmost matches, on bytes.

use ebd_syntax::glob::named_class;

use crate::error::{Fallback, Run};
use crate::meter;

const MAX_TRIES: u32 = 1_000_000;

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Regex {
    program: Vec<Op>,
    groups: usize,
    /// Whether it can match only at the beginning of a text.
    anchored: bool,
}

/// A step of a match.
#[derive(Debug)]
enum Op {
    Byte(u8),
    Any,
    Class(Box<[bool; 256]>),
    Begin,
    End,
    /// Goes on at the first place, and then at the second.
    Split(usize, usize),
    Jump(usize),
    /// Notes a beginning (even) or an end (odd) of a group.
    Save(usize),
    Match,
}

#[derive(Debug)]
enum Node {
    Empty,
    Byte(u8),
    Any,
    Class(Box<[bool; 256]>),
    Begin,
    End,
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat(Box<Node>, u32, u32),
    Group(usize, Box<Node>),
}

/// Where the groups of a match begin and end; the whole match is group 0.
pub(crate) type Captures = Vec<Option<(usize, usize)>>;

/// An expression that is not understood.
#[derive(Debug)]
pub(crate) struct Unclear;

/// How long a program may be: `{n,m}` copies what it repeats.
const MAX_PROGRAM: usize = 4000;

impl Regex {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Unclear> {
        let mut parser = Parser {
            text,
            at: 0,
            groups: 0,
            depth: 0,
        };
        let root = parser.alternatives()?;
        if parser.at < text.len() {
            return Err(Unclear);
        }
        // What a group remembers that matched several times, or in one of several ways, is a matter of its own.
        if parser.groups > 0 && is_ambiguous(&root) {
            return Err(Unclear);
        }
        let mut program = Vec::new();
        emit(&root, &mut program)?;
        program.push(Op::Match);
        let anchored = matches!(program.first(), Some(Op::Begin));
        Ok(Self {
            program,
            groups: parser.groups,
            anchored,
        })
    }

    /// Returns an upper bound of the memory that parsing needs.
    pub(crate) fn cost(text: &[u8]) -> usize {
        let classes = memchr::memchr_iter(b'[', text).count();
        // A vector that grows has up to twice the room that it needs, and is there twice while it does.
        (text.len() + 1)
            .saturating_mul(3 * size_of::<Node>())
            .saturating_add(classes.saturating_mul(size_of::<[bool; 256]>()))
    }

    /// Returns how much memory the program takes.
    pub(crate) fn size(&self) -> usize {
        let classes = self.program.iter().filter(|op| matches!(op, Op::Class(_)));
        self.program.capacity() * size_of::<Op>() + classes.count() * size_of::<[bool; 256]>()
    }

    /// The leftmost match, of those the longest, of those the one whose first group is longest, and so on.
    pub(crate) fn find(&self, text: &[u8]) -> Run<Option<Captures>> {
        let last = if self.anchored { 0 } else { text.len() };
        let mut tries = 0;
        for start in 0..=last {
            if let Some(slots) = self.longest(text, start, &mut tries)? {
                return Ok(Some(
                    slots
                        .chunks(2)
                        .map(|pair| match pair {
                            [Some(from), Some(to)] => Some((*from, *to)),
                            _ => None,
                        })
                        .collect(),
                ));
            }
        }
        Ok(None)
    }

    fn longest(
        &self,
        text: &[u8],
        start: usize,
        tries: &mut u32,
    ) -> Run<Option<Vec<Option<usize>>>> {
        enum Job {
            Try(usize, usize),
            Restore(usize, Option<usize>),
        }
        let mut slots: Vec<Option<usize>> = vec![None; 2 * (self.groups + 1)];
        let mut best: Option<Vec<Option<usize>>> = None;
        // Without groups it does not matter how a place was reached.
        let mut seen = std::collections::HashSet::new();
        let mut jobs = vec![Job::Try(0, start)];
        while let Some(job) = jobs.pop() {
            let (mut pc, mut at) = match job {
                Job::Try(pc, at) => (pc, at),
                Job::Restore(slot, value) => {
                    if let Some(slot) = slots.get_mut(slot) {
                        *slot = value;
                    }
                    continue;
                }
            };
            if self.groups == 0 && !seen.insert((pc, at)) {
                continue;
            }
            loop {
                meter::work(1)?;
                *tries += 1;
                if *tries > MAX_TRIES {
                    return Err(Fallback::Limit {
                        most: u64::from(MAX_TRIES),
                        what: "tries of a regular expression",
                    }
                    .into());
                }
                let byte = text.get(at).copied();
                let matched = match self.program.get(pc) {
                    Some(Op::Byte(expected)) => byte == Some(*expected),
                    Some(Op::Any) => byte.is_some(),
                    Some(Op::Class(set)) => byte
                        .is_some_and(|byte| set.get(usize::from(byte)).copied().unwrap_or(false)),
                    Some(Op::Begin) => {
                        if at > 0 {
                            break;
                        }
                        pc += 1;
                        continue;
                    }
                    Some(Op::End) => {
                        if at < text.len() {
                            break;
                        }
                        pc += 1;
                        continue;
                    }
                    Some(Op::Split(first, second)) => {
                        jobs.push(Job::Try(*second, at));
                        pc = *first;
                        continue;
                    }
                    Some(Op::Jump(to)) => {
                        pc = *to;
                        continue;
                    }
                    Some(Op::Save(slot)) => {
                        if let Some(value) = slots.get_mut(*slot) {
                            jobs.push(Job::Restore(*slot, *value));
                            *value = Some(at);
                        }
                        pc += 1;
                        continue;
                    }
                    Some(Op::Match) | None => {
                        if let Some(whole) = slots.get_mut(..2) {
                            whole.copy_from_slice(&[Some(start), Some(at)]);
                        }
                        if best.as_ref().is_none_or(|best| is_better(&slots, best)) {
                            best = Some(slots.clone());
                        }
                        break;
                    }
                };
                if !matched {
                    break;
                }
                at += 1;
                pc += 1;
            }
        }
        Ok(best)
    }
}

/// Whether a match ends later, or its groups do.
fn is_better(new: &[Option<usize>], old: &[Option<usize>]) -> bool {
    let ends = |slots: &[Option<usize>]| -> Vec<Option<usize>> {
        slots.iter().skip(1).step_by(2).copied().collect()
    };
    ends(new) > ends(old)
}

fn emit(node: &Node, program: &mut Vec<Op>) -> Result<(), Unclear> {
    if program.len() > MAX_PROGRAM {
        return Err(Unclear);
    }
    match node {
        Node::Empty => {}
        Node::Byte(byte) => program.push(Op::Byte(*byte)),
        Node::Any => program.push(Op::Any),
        Node::Class(set) => program.push(Op::Class(set.clone())),
        Node::Begin => program.push(Op::Begin),
        Node::End => program.push(Op::End),
        Node::Sequence(nodes) => {
            for node in nodes {
                emit(node, program)?;
            }
        }
        Node::Alternatives(nodes) => {
            let mut jumps = Vec::new();
            for (index, node) in nodes.iter().enumerate() {
                let split = program.len();
                if index + 1 < nodes.len() {
                    program.push(Op::Split(split + 1, 0));
                }
                emit(node, program)?;
                if index + 1 < nodes.len() {
                    jumps.push(program.len());
                    program.push(Op::Jump(0));
                    patch(program, split);
                }
            }
            for jump in jumps {
                patch(program, jump);
            }
        }
        Node::Group(group, inner) => {
            program.push(Op::Save(2 * group));
            emit(inner, program)?;
            program.push(Op::Save(2 * group + 1));
        }
        Node::Repeat(inner, least, most) => {
            if matches_empty(inner) {
                return Err(Unclear);
            }
            for _ in 0..*least {
                emit(inner, program)?;
            }
            if *most == u32::MAX {
                let split = program.len();
                program.push(Op::Split(split + 1, 0));
                emit(inner, program)?;
                program.push(Op::Jump(split));
                patch(program, split);
            } else {
                let mut splits = Vec::new();
                for _ in *least..*most {
                    splits.push(program.len());
                    program.push(Op::Split(program.len() + 1, 0));
                    emit(inner, program)?;
                }
                for split in splits {
                    patch(program, split);
                }
            }
        }
    }
    Ok(())
}

/// Makes the second way of a split, or a jump, lead to the end of the program.
fn patch(program: &mut [Op], index: usize) {
    let end = program.len();
    match program.get_mut(index) {
        Some(Op::Split(_, second)) => *second = end,
        Some(Op::Jump(to)) => *to = end,
        _ => {}
    }
}

fn matches_empty(node: &Node) -> bool {
    match node {
        Node::Empty | Node::Begin | Node::End => true,
        Node::Byte(_) | Node::Any | Node::Class(_) => false,
        Node::Sequence(nodes) => nodes.iter().all(matches_empty),
        Node::Alternatives(nodes) => nodes.iter().any(matches_empty),
        Node::Repeat(inner, least, _) => *least == 0 || matches_empty(inner),
        Node::Group(_, inner) => matches_empty(inner),
    }
}

/// Whether groups may be matched in more than one way by the same text: a repeated group, or alternatives that are not told apart by
/// their first byte.
fn is_ambiguous(node: &Node) -> bool {
    match node {
        Node::Repeat(inner, _, most) => (*most > 1 && has_group(inner)) || is_ambiguous(inner),
        Node::Alternatives(nodes) => nodes.iter().any(has_group) || nodes.iter().any(is_ambiguous),
        Node::Sequence(nodes) => nodes.iter().any(is_ambiguous),
        Node::Group(_, inner) => is_ambiguous(inner),
        _ => false,
    }
}

fn has_group(node: &Node) -> bool {
    match node {
        Node::Group(..) => true,
        Node::Repeat(inner, ..) => has_group(inner),
        Node::Alternatives(nodes) | Node::Sequence(nodes) => nodes.iter().any(has_group),
        _ => false,
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    groups: usize,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn alternatives(&mut self) -> Result<Node, Unclear> {
        self.depth += 1;
        if self.depth > 16 {
            return Err(Unclear);
        }
        let mut nodes = vec![self.sequence()?];
        while self.peek() == Some(b'|') {
            self.at += 1;
            nodes.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if nodes.len() == 1 {
            nodes.swap_remove(0)
        } else {
            Node::Alternatives(nodes)
        })
    }

    fn sequence(&mut self) -> Result<Node, Unclear> {
        let mut nodes = Vec::new();
        while let Some(byte) = self.peek() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            self.at += 1;
            let node = match byte {
                b'^' => Node::Begin,
                b'$' => Node::End,
                b'.' => Node::Any,
                b'(' => {
                    self.groups += 1;
                    let group = self.groups;
                    let inner = self.alternatives()?;
                    if self.peek() != Some(b')') {
                        return Err(Unclear);
                    }
                    self.at += 1;
                    Node::Group(group, Box::new(inner))
                }
                b'[' => self.class()?,
                b'\\' => {
                    let escaped = self.peek().ok_or(Unclear)?;
                    if escaped.is_ascii_alphanumeric()
                        || matches!(escaped, b'<' | b'>' | b'`' | b'\'')
                    {
                        return Err(Unclear);
                    }
                    self.at += 1;
                    Node::Byte(escaped)
                }
                b'*' | b'+' | b'?' | b'{' => return Err(Unclear),
                byte => Node::Byte(byte),
            };
            nodes.push(self.repeated(node)?);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.swap_remove(0),
            _ => Node::Sequence(nodes),
        })
    }

    fn repeated(&mut self, node: Node) -> Result<Node, Unclear> {
        let (least, most) = match self.peek() {
            Some(b'*') => (0, u32::MAX),
            Some(b'+') => (1, u32::MAX),
            Some(b'?') => (0, 1),
            Some(b'{') => {
                let rest = self.text.get(self.at + 1..).unwrap_or_default();
                let close = memchr::memchr(b'}', rest).ok_or(Unclear)?;
                let inside = std::str::from_utf8(rest.get(..close).unwrap_or_default())
                    .map_err(|_| Unclear)?;
                let number = |digits: &str| digits.parse::<u32>().map_err(|_| Unclear);
                let bounds = match inside.split_once(',') {
                    None => (number(inside)?, number(inside)?),
                    Some((least, "")) => (number(least)?, u32::MAX),
                    Some((least, most)) => (number(least)?, number(most)?),
                };
                self.at += close + 1;
                bounds
            }
            _ => return Ok(node),
        };
        self.at += 1;
        if matches!(node, Node::Begin | Node::End)
            || matches!(self.peek(), Some(b'*' | b'+' | b'?' | b'{'))
        {
            return Err(Unclear);
        }
        Ok(Node::Repeat(Box::new(node), least, most))
    }

    fn class(&mut self) -> Result<Node, Unclear> {
        let mut set = Box::new([false; 256]);
        let negated = self.peek() == Some(b'^');
        if negated {
            self.at += 1;
        }
        let mut first = true;
        loop {
            let low = self.peek().ok_or(Unclear)?;
            self.at += 1;
            match low {
                b']' if !first => break,
                b'[' if matches!(self.peek(), Some(b'.' | b'=')) => return Err(Unclear),
                b'[' if self.peek() == Some(b':') => {
                    let rest = self.text.get(self.at + 1..).unwrap_or_default();
                    let length = memchr::memmem::find(rest, b":]").ok_or(Unclear)?;
                    let test =
                        named_class(rest.get(..length).unwrap_or_default()).ok_or(Unclear)?;
                    for (value, member) in (0..=255_u8).zip(set.iter_mut()) {
                        *member |= test(value);
                    }
                    self.at += length + 3;
                }
                low => {
                    let mut high = low;
                    let next = self.text.get(self.at + 1).copied();
                    if self.peek() == Some(b'-') && !matches!(next, None | Some(b']')) {
                        high = next.ok_or(Unclear)?;
                        if high == b'[' || high < low {
                            return Err(Unclear);
                        }
                        self.at += 2;
                    }
                    for (value, member) in (0..=255_u8).zip(set.iter_mut()) {
                        *member |= (low..=high).contains(&value);
                    }
                }
            }
            first = false;
        }
        if negated {
            for member in set.iter_mut() {
                *member = !*member;
            }
        }
        Ok(Node::Class(set))
    }
}
