//! One eclass taken apart.

use std::ops::Range;

use ebd_syntax::{Script, scan};

use super::question::Question;
use super::tokens;

/// An eclass, or an ebuild, with what matters about its functions.
#[derive(Debug)]
pub(super) struct Parts {
    text: Vec<u8>,
    functions: Vec<Definition>,
    /// Where code outside of functions is.
    global: Vec<Range<usize>>,
    guard: Option<Guard>,
    /// Variables that it assigns or unsets by name.
    assigned: Vec<Vec<u8>>,
    unset: Vec<Vec<u8>>,
    questions: Vec<Question>,
    /// Where the last `inherit` begins; the end of the text if one stands in a function.
    last_inherit: Option<usize>,
}

/// One function definition.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: Vec<u8>,
    pub(super) span: Range<usize>,
    /// What to take out of the text with it, when that can be done.
    piece: Option<Range<usize>>,
}

/// `if [[ -z ${VARIABLE} ]]; then` … `fi`, around most of an eclass, so that sourcing it again does nothing.
#[derive(Debug)]
struct Guard {
    variable: Vec<u8>,
    body: Range<usize>,
    span: Range<usize>,
}

impl Parts {
    /// Takes a script apart; `None` when it cannot be scanned or changes how bash reads what comes later.
    pub(super) fn new(text: Vec<u8>) -> Option<Self> {
        let script = scan(&text).ok()?;
        if script.opaque().next().is_some() || changes_parsing(&script) {
            return None;
        }
        let functions: Vec<Definition> = script
            .functions()
            .map(|function| Definition {
                name: function.name().to_vec(),
                span: function.span().range(),
                piece: function
                    .piece()
                    .map(|piece| piece.range())
                    .filter(|_| is_plain(function.name())),
            })
            .collect();
        let mut global = Vec::new();
        let mut at = 0;
        for function in script
            .functions()
            .filter(|function| function.parent().is_none())
        {
            let span = function.span().range();
            global.push(at..span.start.max(at));
            at = span.end;
        }
        global.push(at..text.len());
        let unset = names_after(&script, b"unset");
        let guard = only_guard(&script);
        let assigned = assigned_names(&script)
            .chain(unset.iter().cloned())
            .collect();
        let last_inherit = script
            .commands()
            .filter(|command| {
                command.name().and_then(|word| word.literal()).as_deref() == Some(b"inherit")
            })
            .map(|command| match command.function() {
                Some(_) => text.len(),
                None => command.span().start(),
            })
            .max();
        Some(Self {
            functions,
            global,
            guard,
            assigned,
            unset,
            last_inherit,
            questions: Question::all(&script),
            text,
        })
    }

    /// Every definition in it, nested ones as well.
    pub(super) fn functions(&self) -> &[Definition] {
        &self.functions
    }

    /// A part of the text.
    pub(super) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Whether code of this part asks if a function exists that has one of these names.
    pub(super) fn asks(&self, range: &Range<usize>, is_one: &dyn Fn(&[u8]) -> bool) -> bool {
        let mut questions = self
            .questions
            .iter()
            .filter(|question| range.contains(&question.at));
        questions.any(|question| question.concerns(is_one))
    }

    /// Where code outside of functions is.
    pub(super) fn global_code(&self) -> &[Range<usize>] {
        &self.global
    }

    /// The variable that guards it.
    pub(super) fn guard(&self) -> Option<&[u8]> {
        self.guard.as_ref().map(|guard| guard.variable.as_slice())
    }

    /// Whether it assigns or unsets a variable.
    pub(super) fn assigns(&self, variable: &[u8]) -> bool {
        self.assigned.iter().any(|name| name == variable)
    }

    /// Names that it unsets.
    pub(super) fn unset_names(&self) -> impl Iterator<Item = &[u8]> {
        self.unset.iter().map(Vec::as_slice)
    }

    /// Whether a function is defined where an `inherit` may still come.
    pub(super) fn is_before_inherit(&self, function: &Definition) -> bool {
        self.last_inherit
            .is_some_and(|inherit| function.span.start <= inherit)
    }

    /// Whether sourcing it a second time does nothing when these functions are cut out, as long as nobody changes its guard.
    pub(super) fn is_idempotent(&self, is_cut: &dyn Fn(&[u8]) -> bool) -> bool {
        let Some(guard) = &self.guard else {
            return false;
        };
        let outside = self
            .cuts(is_cut)
            .filter(|(_, piece)| piece.end <= guard.span.start || piece.start >= guard.span.end);
        let mut pieces: Vec<&Range<usize>> = outside
            .map(|(_, piece)| piece)
            .chain([&guard.span])
            .collect();
        pieces.sort_by_key(|piece| piece.start);
        let mut at = 0;
        pieces.iter().all(|piece| {
            let between = self.text.get(at..piece.start);
            at = piece.end;
            is_without_code(between)
        }) && is_without_code(self.text.get(at..))
    }

    /// The text without the functions that are cut out. Where a definition was the last command of the file or of its guard, a
    /// command that succeeds as it did stands in its place: the status of the last command counts.
    pub(super) fn residual(&self, is_cut: &dyn Fn(&[u8]) -> bool) -> Vec<u8> {
        let whole = 0..self.text.len();
        let regions = [Some(&whole), self.guard.as_ref().map(|guard| &guard.body)];
        let mut out = Vec::with_capacity(self.text.len() / 4);
        let mut at = 0;
        for (_, piece) in self.cuts(is_cut) {
            out.extend_from_slice(self.text.get(at..piece.start).unwrap_or_default());
            if regions
                .iter()
                .flatten()
                .any(|region| self.is_last_command(piece, region))
            {
                out.extend_from_slice(b":\n");
            }
            at = piece.end;
        }
        out.extend_from_slice(self.text.get(at..).unwrap_or_default());
        without_comments(out)
    }

    fn cuts(
        &self,
        is_cut: &dyn Fn(&[u8]) -> bool,
    ) -> impl Iterator<Item = (&Definition, &Range<usize>)> {
        self.functions
            .iter()
            .filter(move |function| is_cut(&function.name))
            .filter_map(|function| Some((function, function.piece.as_ref()?)))
    }

    /// Whether only blank lines and comments follow a function in its region.
    fn is_last_command(&self, piece: &Range<usize>, region: &Range<usize>) -> bool {
        region.start <= piece.start
            && piece.end <= region.end
            && is_without_code(self.text.get(piece.end..region.end))
    }
}

impl Definition {
    /// Whether it can be taken out of the text.
    pub(super) fn is_separable(&self) -> bool {
        self.piece.is_some()
    }
}

/// The guard of a script that has one and no second.
fn only_guard(script: &Script<'_>) -> Option<Guard> {
    let mut guards = script.guards();
    let guard = guards.next()?;
    guards.next().is_none().then(|| Guard {
        variable: guard.variable().to_vec(),
        body: guard.body().range(),
        span: guard.span().range(),
    })
}

/// Whether a name can stand in a `name() …` of every mode of bash.
fn is_plain(name: &[u8]) -> bool {
    name.iter()
        .all(|&b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Whether there are nothing but blank lines and comments.
fn is_without_code(text: Option<&[u8]>) -> bool {
    text.unwrap_or_default()
        .split(|&b| b == b'\n')
        .all(tokens::is_blank)
}

/// Whether a script changes how bash reads text that comes later: outside of functions, or in a function that does not change it
/// back.
fn changes_parsing(script: &Script<'_>) -> bool {
    let mut extglob: Vec<(Option<usize>, i32)> = Vec::new();
    for command in script.commands() {
        let function = command.function().map(|id| id.index());
        match command.name().and_then(|word| word.literal()).as_deref() {
            Some(b"alias" | b"unalias" | b"enable") if function.is_none() => return true,
            Some(b"shopt") => {
                let words: Vec<_> = command
                    .arguments()
                    .filter_map(|word| word.literal())
                    .collect();
                let parsing = words.iter().any(|word| {
                    matches!(
                        word.as_ref(),
                        b"extglob" | b"expand_aliases" | b"interactive_comments"
                    )
                });
                if !parsing {
                    continue;
                }
                let step = match words.first().map(AsRef::as_ref) {
                    Some(b"-s") => 1,
                    Some(b"-u") => -1,
                    _ => return true,
                };
                match extglob.iter_mut().find(|(place, _)| *place == function) {
                    Some((_, sum)) => *sum += step,
                    None => extglob.push((function, step)),
                }
            }
            _ => {}
        }
    }
    extglob
        .iter()
        .any(|(place, sum)| place.is_none() || *sum != 0)
}

/// Variables that commands of the script assign, or that `declare` and the like name with a value.
fn assigned_names(script: &Script<'_>) -> impl Iterator<Item = Vec<u8>> {
    script.commands().flat_map(|command| {
        let before = command
            .assignments()
            .map(|assignment| assignment.name().to_vec());
        let arguments = command.arguments().filter_map(|word| {
            let raw = word.raw();
            Some(raw.get(..memchr::memchr(b'=', raw)?)?.to_vec())
        });
        before.chain(arguments).collect::<Vec<_>>()
    })
}

/// The literal arguments of every command of this name.
fn names_after(script: &Script<'_>, name: &[u8]) -> Vec<Vec<u8>> {
    script
        .commands()
        .filter(|command| command.name().and_then(|word| word.literal()).as_deref() == Some(name))
        .flat_map(|command| {
            command
                .arguments()
                .filter_map(|word| Some(word.literal()?.into_owned()))
        })
        .collect()
}

/// The text without its comment lines, when that demonstrably changes no command and no here-document.
fn without_comments(text: Vec<u8>) -> Vec<u8> {
    let mut stripped = Vec::with_capacity(text.len());
    for line in text
        .split_inclusive(|&b| b == b'\n')
        .filter(|line| !tokens::is_blank(line))
    {
        stripped.extend_from_slice(line);
    }
    if same_commands(&text, &stripped) {
        stripped
    } else {
        text
    }
}

fn same_commands(a: &[u8], b: &[u8]) -> bool {
    let (Ok(a), Ok(b)) = (scan(a), scan(b)) else {
        return false;
    };
    let bytes = |script: &Script<'_>| -> Vec<Vec<u8>> {
        let commands = script
            .commands()
            .map(|command| script.bytes(command.span()).to_vec());
        let heredocs = script
            .heredocs()
            .map(|heredoc| script.bytes(heredoc.body()).to_vec());
        commands.chain(heredocs).collect()
    };
    bytes(&a) == bytes(&b)
}
