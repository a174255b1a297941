//! Words become fields, texts or patterns.

use crate::code::{Piece, Word};
use crate::error::{Deopt, Run, bash_error, unsupported};
use crate::shell::{Output, Shell};
use crate::vars::Attributes;

/// What a word is expanded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Any number of fields, split, and matched against files.
    Fields,
    /// One text.
    Text,
    /// One text in which a backslash stands before quoted bytes.
    Pattern,
    /// The same for regular expressions.
    Regex,
}

/// Collects what a word expands to.
pub(crate) struct Sink {
    mode: Mode,
    /// What the current field has so far.
    out: Vec<u8>,
    /// Whether there is a current field, though it may be empty.
    started: bool,
    /// Whether white space has just ended a field; a separator after it belongs to it.
    after_blank: bool,
    /// Unquoted bytes that are special in patterns: `*` or `?`, `[`, a backslash.
    magic: bool,
    bracket: bool,
    backslash: bool,
    fields: Vec<Field>,
    separators: Separators,
}

struct Field {
    text: Vec<u8>,
    pattern: bool,
    backslash: bool,
}

/// The bytes of IFS.
#[derive(Clone)]
pub(crate) enum Separators {
    /// Space, tab, newline.
    Default,
    Custom(Vec<u8>),
}

impl Separators {
    #[inline]
    fn kind(&self, byte: u8) -> (bool, bool) {
        let blank = matches!(byte, b' ' | b'\t' | b'\n');
        match self {
            Self::Default => (blank, blank),
            Self::Custom(bytes) => {
                let separates = bytes.contains(&byte);
                (separates, separates && blank)
            }
        }
    }

    /// What stands between the words of `"$*"`.
    pub(crate) fn joiner(&self) -> &[u8] {
        match self {
            Self::Default => b" ",
            Self::Custom(bytes) => bytes.get(..1).unwrap_or_default(),
        }
    }
}

impl Sink {
    fn new(mode: Mode, separators: Separators) -> Self {
        Self {
            mode,
            out: Vec::new(),
            started: false,
            after_blank: false,
            magic: false,
            bracket: false,
            backslash: false,
            fields: Vec::new(),
            separators,
        }
    }

    pub(crate) fn splits(&self) -> bool {
        self.mode == Mode::Fields
    }

    /// Unquoted text of the script.
    fn text(&mut self, text: &[u8]) {
        if self.mode == Mode::Fields {
            self.note_magic(text);
            self.started = true;
            self.after_blank = false;
        }
        self.out.extend_from_slice(text);
    }

    fn note_magic(&mut self, text: &[u8]) {
        for byte in text {
            match byte {
                b'*' | b'?' => self.magic = true,
                b'[' => self.bracket = true,
                b']' if self.bracket => self.magic = true,
                b'(' => self.magic = true,
                b'\\' => self.backslash = true,
                _ => {}
            }
        }
    }

    /// Quoted text, also of quoted expansions.
    pub(crate) fn quoted(&mut self, text: &[u8]) -> Run {
        self.started = true;
        self.after_blank = false;
        match self.mode {
            Mode::Fields | Mode::Text => self.out.extend_from_slice(text),
            Mode::Pattern => quote_pattern(text, &mut self.out),
            Mode::Regex => {
                if text.iter().any(|byte| !byte.is_ascii_alphanumeric()) && in_bracket(&self.out) {
                    return Err(unsupported("quotes in a bracket of a regular expression"));
                }
                quote_pattern(text, &mut self.out);
            }
        }
        Ok(())
    }

    /// What an unquoted expansion yields.
    pub(crate) fn expanded(&mut self, text: &[u8]) {
        if self.mode != Mode::Fields {
            self.out.extend_from_slice(text);
            return;
        }
        let mut rest = text;
        while let Some(length) = rest.iter().position(|&byte| self.separators.kind(byte).0) {
            let (word, after) = rest.split_at(length);
            self.append(word);
            let Some((&separator, after)) = after.split_first() else {
                break;
            };
            rest = after;
            if self.separators.kind(separator).1 {
                if self.started {
                    self.end_field();
                    self.after_blank = true;
                }
            } else if self.after_blank {
                self.after_blank = false;
            } else {
                self.started = true;
                self.end_field();
            }
        }
        self.append(rest);
    }

    fn append(&mut self, text: &[u8]) {
        if !text.is_empty() {
            self.note_magic(text);
            self.started = true;
            self.after_blank = false;
            self.out.extend_from_slice(text);
        }
    }

    /// One value.
    pub(crate) fn value(&mut self, text: &[u8], quoted: bool) -> Run {
        if quoted {
            self.quoted(text)
        } else {
            self.expanded(text);
            Ok(())
        }
    }

    /// Several values: `$@`, `${a[*]}` and their kin.
    pub(crate) fn values(&mut self, items: &[Vec<u8>], quoted: bool, joined: bool) -> Run {
        let joiner = match joined && (quoted || self.mode != Mode::Fields) {
            true => Some(self.separators.joiner().to_vec()),
            false if self.mode == Mode::Fields => None,
            false => Some(vec![b' ']),
        };
        match joiner {
            Some(joiner) => {
                if quoted {
                    self.quoted(&items.join(&joiner[..]))
                } else {
                    self.expanded(&items.join(&joiner[..]));
                    Ok(())
                }
            }
            None => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 && (self.started || quoted) {
                        self.end_field();
                    }
                    self.value(item, quoted)?;
                }
                Ok(())
            }
        }
    }

    fn end_field(&mut self) {
        let pattern = std::mem::take(&mut self.magic);
        self.bracket = false;
        self.fields.push(Field {
            text: std::mem::take(&mut self.out),
            pattern,
            backslash: std::mem::take(&mut self.backslash),
        });
        self.started = false;
        self.after_blank = false;
    }
}

/// Whether a regular expression so far ends inside of brackets.
fn in_bracket(text: &[u8]) -> bool {
    match memchr::memrchr(b'[', text) {
        None => false,
        Some(open) => !text.get(open + 1..).unwrap_or_default().contains(&b']'),
    }
}

/// Appends `text` with a backslash before each byte that may be special in a pattern.
pub(crate) fn quote_pattern(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        if !(byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'/' | b' ' | b':' | b',' | b'=')
            || byte >= 0x80)
        {
            out.push(b'\\');
        }
        out.push(byte);
    }
}

impl Shell<'_> {
    pub(crate) fn separators(&self) -> Separators {
        match self.vars.scalar(&self.names.ifs) {
            None | Some(b" \t\n") => Separators::Default,
            Some(bytes) => Separators::Custom(bytes.to_vec()),
        }
    }

    /// The fields of a word, appended to `fields`.
    pub(crate) fn fields(&mut self, word: &Word, fields: &mut Vec<Vec<u8>>) -> Run {
        match word {
            Word::Literal(text) => {
                fields.push(text.to_vec());
                Ok(())
            }
            Word::Pieces(pieces) => {
                let mut sink = Sink::new(Mode::Fields, self.separators());
                for piece in pieces {
                    self.piece(piece, &mut sink)?;
                }
                if sink.started {
                    sink.end_field();
                }
                for field in sink.fields {
                    self.spend(field.text.len() + 24)?;
                    self.match_files(field, fields)?;
                }
                Ok(())
            }
        }
    }

    /// A value with its white space folded: `echo ${VALUE}` without file names.
    pub(crate) fn folded(&mut self, value: &[u8]) -> Run<Vec<u8>> {
        let mut sink = Sink::new(Mode::Fields, self.separators());
        sink.expanded(value);
        if sink.started {
            sink.end_field();
        }
        let fields: Vec<Vec<u8>> = sink.fields.into_iter().map(|field| field.text).collect();
        Ok(fields.join(&b' '))
    }

    /// A field that is a pattern is matched against the files of the current folder, which has none.
    fn match_files(&self, field: Field, fields: &mut Vec<Vec<u8>>) -> Run {
        if self.options.noglob || !(field.pattern || field.backslash) {
            fields.push(field.text);
            return Ok(());
        }
        if field.backslash {
            return Err(unsupported("an unquoted backslash in an expansion"));
        }
        if field.text.contains(&b'/') || field.text.first() == Some(&b'.') {
            return Err(Deopt::File(format!("pattern {}", field.text.escape_ascii())).into());
        }
        // A parenthesis, and what may or may not be a bracket, can only be told apart with more rules.
        let certain = field.text.iter().any(|byte| matches!(byte, b'*' | b'?'));
        let bracket = field.text.contains(&b'[') && field.text.contains(&b']');
        let uncertain = !(certain || bracket);
        if uncertain {
            if field.text.contains(&b'(') && self.options.extglob {
                return Err(unsupported("an extended pattern of files"));
            }
            fields.push(field.text);
            return Ok(());
        }
        if self.options.dotglob || self.options.extglob {
            return Err(unsupported("a pattern of files with dotglob or extglob"));
        }
        if self.options.failglob {
            return Err(bash_error(format!(
                "no match: {}",
                field.text.escape_ascii()
            )));
        }
        if !self.options.nullglob {
            fields.push(field.text);
        }
        Ok(())
    }

    /// A word as one text: what is assigned.
    pub(crate) fn text(&mut self, word: &Word) -> Run<Vec<u8>> {
        match word {
            Word::Literal(text) => Ok(text.to_vec()),
            Word::Pieces(pieces) => self.collect(pieces, Mode::Text),
        }
    }

    /// A word as a pattern.
    pub(crate) fn pattern_text(&mut self, word: &Word) -> Run<Vec<u8>> {
        match word {
            Word::Literal(text) => {
                let mut pattern = Vec::with_capacity(text.len() + 8);
                quote_pattern(text, &mut pattern);
                Ok(pattern)
            }
            Word::Pieces(pieces) => self.collect(pieces, Mode::Pattern),
        }
    }

    /// A word as a regular expression.
    pub(crate) fn regex_text(&mut self, word: &Word) -> Run<Vec<u8>> {
        match word {
            Word::Literal(text) => Ok(text.to_vec()),
            Word::Pieces(pieces) => self.collect(pieces, Mode::Regex),
        }
    }

    fn collect(&mut self, pieces: &[Piece], mode: Mode) -> Run<Vec<u8>> {
        let mut sink = Sink::new(mode, self.separators());
        for piece in pieces {
            self.piece(piece, &mut sink)?;
        }
        self.spend(sink.out.len())?;
        Ok(sink.out)
    }

    fn piece(&mut self, piece: &Piece, sink: &mut Sink) -> Run {
        match piece {
            Piece::Text(text) => sink.text(text),
            Piece::Quoted(text) => sink.quoted(text)?,
            Piece::Variable(name, quoted) => {
                if let Some(variable) = self.vars.get(name)
                    && !variable.attributes.has(Attributes::NAMEREF)
                    && name.special() == crate::name::Special::No
                {
                    let text = variable.value.scalar().unwrap_or_default();
                    return sink.value(text, *quoted);
                }
                let value = self.variable(name)?.unwrap_or_default();
                sink.value(&value, *quoted)?;
            }
            Piece::Parameter(parameter, quoted) => self.parameter(parameter, *quoted, sink)?,
            Piece::Command(block, quoted) => {
                let mut output = self.substitute(block)?;
                while output.last() == Some(&b'\n') {
                    output.pop();
                }
                sink.value(&output, *quoted)?;
            }
            Piece::Arithmetic(word, quoted) => {
                let text = self.text(word)?;
                let value = self.arithmetic(&text)?;
                sink.value(value.to_string().as_bytes(), *quoted)?;
            }
            Piece::Unsupported(reason) => return Err(unsupported(reason)),
        }
        Ok(())
    }

    /// The word of `${x:-word}`, of which unquoted text is split as well.
    pub(crate) fn operand(&mut self, word: &Word, quoted: bool, sink: &mut Sink) -> Run {
        match word {
            Word::Literal(text) => sink.value(text, quoted),
            Word::Pieces(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Text(text) if sink.splits() => {
                            if text.contains(&b'\\') {
                                return Err(unsupported("a backslash in an operand"));
                            }
                            sink.expanded(text);
                        }
                        piece => self.piece(piece, sink)?,
                    }
                }
                Ok(())
            }
        }
    }

    /// The output of commands.
    pub(crate) fn substitute(&mut self, block: &crate::code::Block) -> Run<Vec<u8>> {
        self.step()?;
        let descriptors = self.descriptors.clone();
        let index = self.sinks.len();
        self.sinks.push(Vec::new());
        self.descriptors.output = Output::Sink(index);
        let result = self.subshell(|shell| shell.block(block));
        self.descriptors = descriptors;
        let output = self.sinks.pop().unwrap_or_default();
        let status = result?;
        self.status = status;
        self.substitution = Some(status);
        self.spend(output.len())?;
        Ok(output)
    }
}
