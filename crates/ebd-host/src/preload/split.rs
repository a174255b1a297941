//! One eclass taken apart.

use std::collections::HashMap;
use std::ops::Range;

use ebd_syntax::{Script, scan};

/// An eclass whose functions can be cut out.
#[derive(Debug)]
pub(super) struct Eclass {
    text: Vec<u8>,
    /// The parts that are lists of commands of their own: the file, and the body of its guard.
    regions: Vec<Range<usize>>,
    /// Functions that can be cut out, in the order of the file.
    cuts: Vec<Cut>,
    by_name: HashMap<Vec<u8>, usize>,
    /// Names of all functions that are defined anywhere in the file.
    defined: Vec<Vec<u8>>,
    unset: Vec<Vec<u8>>,
    guard: Option<Vec<u8>>,
    /// Whether nothing but blank lines, comments and functions is outside of the guard, and the guard is set in it.
    idempotent: bool,
    /// Variables that it assigns or unsets by name.
    assigned: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Cut {
    name: Vec<u8>,
    /// The definition.
    definition: Range<usize>,
    /// What to take out, with what terminates the definition.
    piece: Range<usize>,
}

/// `if [[ -z ${VARIABLE} ]]; then` … `fi`, around most of an eclass, so that sourcing it again does nothing.
struct Guard {
    variable: Vec<u8>,
    body: Range<usize>,
    /// From the `if` to the end of the line with the `fi`.
    whole: Range<usize>,
}

impl Eclass {
    /// Takes an eclass apart; `None` when it cannot be scanned or does something that makes cutting unsafe.
    pub(super) fn scan(text: Vec<u8>) -> Option<Self> {
        let script = scan(&text).ok()?;
        if script.opaque().next().is_some() || changes_parsing(&script) {
            return None;
        }
        let defined = script
            .functions()
            .map(|function| function.name().to_vec())
            .collect();
        let unset = names_after(&script, b"unset");
        let guard = find_guard(&text);
        let cuts = cuts(&script, guard.as_ref().map(|guard| &guard.body));
        let body = guard.as_ref().map(|guard| guard.body.clone());
        let regions = std::iter::once(0..text.len()).chain(body).collect();
        let by_name = cuts
            .iter()
            .enumerate()
            .map(|(index, cut)| (cut.name.clone(), index))
            .collect();
        let mut assigned: Vec<Vec<u8>> = unset.clone();
        for command in script.commands() {
            assigned.extend(
                command
                    .assignments()
                    .map(|assignment| assignment.name().to_vec()),
            );
            // `declare`, `export` and the like name variables in their arguments.
            assigned.extend(command.arguments().filter_map(|word| {
                let raw = word.raw();
                Some(raw.get(..memchr::memchr(b'=', raw)?)?.to_vec())
            }));
        }
        let idempotent = guard.as_ref().is_some_and(|guard| {
            assigned.contains(&guard.variable) && only_comments(&text, &guard.whole, &cuts)
        });
        let guard = guard.map(|guard| guard.variable);
        Some(Self {
            idempotent,
            assigned,
            regions,
            cuts,
            by_name,
            defined,
            unset,
            guard,
            text,
        })
    }

    /// The variable that guards it.
    pub(super) fn guard(&self) -> Option<&[u8]> {
        self.guard.as_deref()
    }

    /// Whether sourcing it a second time does nothing, as long as nobody changes its guard.
    pub(super) fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Whether it assigns or unsets a variable.
    pub(super) fn mentions_as_target(&self, variable: &[u8]) -> bool {
        self.assigned.iter().any(|name| name == variable)
    }

    /// Names of functions that could be cut out.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &[u8]> {
        self.cuts.iter().map(|cut| cut.name.as_slice())
    }

    /// Names of all functions that it defines, one name for each definition.
    pub(super) fn defined_names(&self) -> impl Iterator<Item = &[u8]> {
        self.defined.iter().map(Vec::as_slice)
    }

    /// Names that it unsets.
    pub(super) fn unset_names(&self) -> impl Iterator<Item = &[u8]> {
        self.unset.iter().map(Vec::as_slice)
    }

    /// The text that defines a function.
    pub(super) fn definition(&self, name: &[u8]) -> Option<&[u8]> {
        let cut = self.cuts.get(*self.by_name.get(name)?)?;
        self.text.get(cut.definition.clone())
    }

    /// The file without the functions that are cut out. Where a definition was the last command of the file or of the guard's
    /// body, a command that succeeds as it did stands in its place: the status of the last command counts.
    pub(super) fn residual(&self, is_cut: &dyn Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() / 4);
        let mut at = 0;
        for cut in self.cuts.iter().filter(|cut| is_cut(&cut.name)) {
            out.extend_from_slice(self.text.get(at..cut.piece.start).unwrap_or_default());
            if self
                .regions
                .iter()
                .any(|region| self.is_last_command(cut, region))
            {
                out.extend_from_slice(b":\n");
            }
            at = cut.piece.end;
        }
        out.extend_from_slice(self.text.get(at..).unwrap_or_default());
        without_comments(&out)
    }

    /// Whether only blank lines and comments follow a function in its region.
    fn is_last_command(&self, cut: &Cut, region: &Range<usize>) -> bool {
        if !(region.start <= cut.piece.start && cut.piece.end <= region.end) {
            return false;
        }
        let rest = self.text.get(cut.piece.end..region.end);
        rest.unwrap_or_default()
            .split(|&b| b == b'\n')
            .all(is_blank)
    }
}

/// Whether a line has no code: it is empty, or a comment and nothing else.
fn is_blank(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || line.starts_with(b"#")
}

/// Whether there is nothing but blank lines, comments and functions outside of a range.
fn only_comments(text: &[u8], range: &Range<usize>, cuts: &[Cut]) -> bool {
    let mut at = 0;
    let outside = cuts
        .iter()
        .map(|cut| &cut.piece)
        .filter(|piece| piece.end <= range.start || piece.start >= range.end);
    let mut pieces: Vec<&Range<usize>> = outside.chain([range]).collect();
    pieces.sort_by_key(|piece| piece.start);
    let mut blank = true;
    let mut check = |part: Option<&[u8]>| {
        let mut lines = part.unwrap_or_default().split(|&b| b == b'\n');
        blank &= lines.all(is_blank);
    };
    for piece in pieces {
        check(text.get(at..piece.start));
        at = piece.end;
    }
    check(text.get(at..));
    blank
}

/// The functions of a script that stand alone at the beginning of a line, in the file or in the body of its guard.
fn cuts(script: &Script<'_>, guard: Option<&Range<usize>>) -> Vec<Cut> {
    let functions = script.functions().filter_map(|function| {
        let plain = function
            .name()
            .iter()
            .all(|&b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let piece = function.piece().filter(|_| plain)?.range();
        let guarded = guard.is_some_and(|body| body.start <= piece.start && piece.end <= body.end);
        (function.is_guarded() == guarded).then(|| Cut {
            name: function.name().to_vec(),
            definition: function.span().range(),
            piece,
        })
    });
    functions.collect()
}

/// Whether a script changes how bash reads text that comes later.
fn changes_parsing(script: &Script<'_>) -> bool {
    script.commands().any(|command| {
        let name = command.name().and_then(|word| word.literal());
        match name.as_deref() {
            Some(b"alias" | b"unalias" | b"enable") => true,
            Some(b"shopt") => command.arguments().any(|word| {
                matches!(
                    word.literal().as_deref(),
                    Some(b"extglob" | b"expand_aliases" | b"interactive_comments")
                )
            }),
            _ => false,
        }
    })
}

/// The literal arguments of every command of this name.
fn names_after(script: &Script<'_>, command: &[u8]) -> Vec<Vec<u8>> {
    let named = script
        .commands()
        .filter(|found| found.name().and_then(|word| word.literal()).as_deref() == Some(command));
    named
        .flat_map(|found| {
            found
                .arguments()
                .filter_map(|word| Some(word.literal()?.into_owned()))
        })
        .collect()
}

/// Finds the guard: its condition asks for one variable, and its body is a list of commands without `else`.
fn find_guard(text: &[u8]) -> Option<Guard> {
    let mut start = 0;
    let lines = text.split_inclusive(|&b| b == b'\n').map(|line| {
        let at = start;
        start += line.len();
        (at, line)
    });
    let lines: Vec<(usize, &[u8])> = lines.collect();
    let (index, variable) = lines
        .iter()
        .enumerate()
        .find_map(|(index, (_, line))| Some((index, guard_variable(line)?)))?;
    let (first, line) = lines.get(index)?;
    let begin = first + line.len();
    lines
        .iter()
        .skip(index + 1)
        .filter(|(_, line)| line.trim_ascii_end() == b"fi")
        .find_map(|&(end, fi)| {
            // A body that is complete by itself, with this `fi` as the one that ends the guard.
            scan(text.get(begin..end)?).ok()?;
            Some(Guard {
                variable: variable.clone(),
                body: begin..end,
                whole: *first..end + fi.len(),
            })
        })
}

/// The variable of a line `if [[ -z ${VARIABLE} ]]; then` or `if [[ ! ${VARIABLE} ]]; then`.
fn guard_variable(line: &[u8]) -> Option<Vec<u8>> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let condition = line.strip_prefix("if [[ ")?;
    let condition = condition
        .strip_suffix("then")?
        .trim_end()
        .strip_suffix(';')?
        .trim_end()
        .strip_suffix("]]")?;
    let word = condition
        .strip_prefix("-z ")
        .or_else(|| condition.strip_prefix("! "))?
        .trim();
    let name = word
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| word.strip_prefix('$'))?;
    let is_name = !name.is_empty()
        && name.starts_with('_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| name.as_bytes().to_vec())
}

/// The text without its comment lines, when that demonstrably changes no command and no here-document.
pub(super) fn without_comments(text: &[u8]) -> Vec<u8> {
    let mut stripped = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&b| b == b'\n') {
        if !is_blank(line) {
            stripped.extend_from_slice(line);
        }
    }
    if same_commands(text, &stripped) {
        stripped
    } else {
        text.to_vec()
    }
}

fn same_commands(a: &[u8], b: &[u8]) -> bool {
    let (Ok(a), Ok(b)) = (scan(a), scan(b)) else {
        return false;
    };
    let commands = |script: &Script<'_>| -> Vec<Vec<u8>> {
        let commands = script
            .commands()
            .map(|command| script.bytes(command.span()).to_vec());
        commands
            .chain(
                script
                    .heredocs()
                    .map(|heredoc| script.bytes(heredoc.body()).to_vec()),
            )
            .collect()
    };
    commands(&a) == commands(&b)
}
