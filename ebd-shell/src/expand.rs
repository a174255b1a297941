//! Words become fields, texts or patterns.

use crate::code::{Piece, Word};
use crate::error::{Fallback, Run, bash_error, escaped, unsupported};
use crate::meter::{self, OVERHEAD};
use crate::shell::{Output, Shell};
use crate::text::Text;
use crate::vars::Attributes;

/// Bytes of a regular expression with quotes.
const MAX_REGEX: usize = 1 << 16;

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
pub(crate) struct Sink<T> {
    mode: Mode,
    /// What the current field has so far.
    out: T,
    /// Whether there is a current field, though it may be empty.
    started: bool,
    /// Whether white space has just ended a field; a separator after it belongs to it.
    after_blank: bool,
    /// Unquoted bytes that are special in patterns: `*` or `?`, `[`, a backslash.
    magic: bool,
    bracket: bool,
    backslash: bool,
    fields: Vec<Field<T>>,
    separators: Separators,
}

struct Field<T> {
    text: T,
    pattern: bool,
    backslash: bool,
}

/// The bytes of IFS.
#[derive(Clone)]
pub(crate) enum Separators {
    /// Space, tab, newline.
    Default,
    Custom {
        first: Option<u8>,
        bytes: Box<[bool; 256]>,
    },
}

impl Separators {
    #[inline]
    pub(crate) fn kind(&self, byte: u8) -> (bool, bool) {
        let blank = matches!(byte, b' ' | b'\t' | b'\n');
        match self {
            Self::Default => (blank, blank),
            Self::Custom { bytes, .. } => {
                let separates = bytes.get(usize::from(byte)).copied().unwrap_or(false);
                (separates, separates && blank)
            }
        }
    }

    /// What stands between the words of `"$*"`.
    pub(crate) fn joiner(&self) -> &[u8] {
        match self {
            Self::Default => b" ",
            Self::Custom { first, .. } => first.as_slice(),
        }
    }
}

impl<T: Text> Sink<T> {
    fn new(mode: Mode, separators: Separators) -> Self {
        Self {
            mode,
            out: T::default(),
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

    /// Whether several values become one, by an IFS that is not the default.
    pub(crate) fn joins_with_separator(&self) -> bool {
        self.mode != Mode::Fields && self.has_other_separators()
    }

    /// Whether IFS is not the default.
    pub(crate) fn has_other_separators(&self) -> bool {
        matches!(self.separators, Separators::Custom { .. })
    }

    /// Unquoted text of the script.
    fn text(&mut self, text: &[u8], marks: &T::Marks) {
        if self.mode == Mode::Fields {
            self.note_magic(text);
            self.started = true;
            self.after_blank = false;
        }
        self.out.append_bytes(text, marks);
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

    /// Quoted text of the script.
    pub(crate) fn quoted(&mut self, text: &[u8], marks: &T::Marks) -> Run {
        self.started = true;
        self.after_blank = false;
        match self.mode {
            Mode::Fields | Mode::Text => {
                self.out.append_bytes(text, marks);
                Ok(())
            }
            Mode::Pattern | Mode::Regex => self.quoted_in_pattern(text),
        }
    }

    fn quoted_in_pattern(&mut self, text: &[u8]) -> Run {
        if self.mode == Mode::Regex && text.iter().any(|byte| !byte.is_ascii_alphanumeric()) {
            // Each quoted part is looked for in all that stands before it.
            if self.out.len() > MAX_REGEX {
                return Err(unsupported("a long regular expression"));
            }
            if in_bracket(&self.out) {
                return Err(unsupported("quotes in a bracket of a regular expression"));
            }
        }
        if !meter::take(2 * text.len()) {
            return meter::check();
        }
        let mut pattern = Vec::with_capacity(text.len() + 8);
        quote_pattern(text, &mut pattern);
        // Nobody asks where a pattern comes from.
        self.out.append_bytes(&pattern, &T::Marks::default());
        Ok(())
    }

    /// What an unquoted expansion yields.
    pub(crate) fn expanded(&mut self, text: &T) {
        if self.mode != Mode::Fields {
            self.out.append(text);
            return;
        }
        let mut from = 0;
        while let Some((at, separator)) = text
            .get(from..)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .find(|&(_, &byte)| self.separators.kind(byte).0)
        {
            let end = from + at;
            self.append(text, from, end);
            from = end + 1;
            if self.separators.kind(*separator).1 {
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
        self.append(text, from, text.len());
    }

    fn append(&mut self, text: &T, from: usize, to: usize) {
        if from < to {
            self.note_magic(text.get(from..to).unwrap_or_default());
            self.started = true;
            self.after_blank = false;
            self.out.append_part(text, from..to);
        }
    }

    /// One value.
    pub(crate) fn value(&mut self, text: &T, quoted: bool) -> Run {
        if !quoted {
            self.expanded(text);
            return Ok(());
        }
        self.started = true;
        self.after_blank = false;
        match self.mode {
            Mode::Fields | Mode::Text => {
                self.out.append(text);
                Ok(())
            }
            Mode::Pattern | Mode::Regex => self.quoted_in_pattern(text),
        }
    }

    /// The value of what is not set, or empty.
    pub(crate) fn nothing(&mut self, quoted: bool) {
        if quoted {
            self.started = true;
            self.after_blank = false;
        }
    }

    /// Several values: `$@`, `${a[*]}` and their kin.
    pub(crate) fn values(&mut self, items: &[T], quoted: bool, joined: bool) -> Run {
        let joiner = match joined && (quoted || self.mode != Mode::Fields) {
            true => Some(self.separators.joiner().to_vec()),
            false if self.mode == Mode::Fields => None,
            false => Some(vec![b' ']),
        };
        match joiner {
            Some(joiner) => self.value(&T::join(items, &joiner, &T::Marks::default()), quoted),
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
        let field = Field {
            text: std::mem::take(&mut self.out),
            pattern,
            backslash: std::mem::take(&mut self.backslash),
        };
        if meter::take(OVERHEAD) {
            self.fields.push(field);
        }
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

impl<T: Text> Shell<'_, T> {
    pub(crate) fn separators(&self) -> Separators {
        match self.vars.scalar(&self.names.ifs).map(|text| &text[..]) {
            None | Some(b" \t\n") => Separators::Default,
            Some(separators) => {
                let mut bytes = Box::new([false; 256]);
                for &byte in separators {
                    bytes[usize::from(byte)] = true;
                }
                Separators::Custom {
                    first: separators.first().copied(),
                    bytes,
                }
            }
        }
    }

    /// The fields of a word, appended to `fields`.
    pub(crate) fn fields(&mut self, word: &Word, fields: &mut Vec<T>) -> Run {
        match word {
            Word::Literal(literal) => {
                let text = self.literal(literal);
                fields.push(text);
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
                    self.match_files(field, fields)?;
                }
                Ok(())
            }
        }
    }

    /// A value with its white space folded: `echo ${VALUE}` without file names.
    pub(crate) fn folded(&mut self, value: &T) -> T {
        let mut sink = Sink::new(Mode::Fields, self.separators());
        sink.expanded(value);
        if sink.started {
            sink.end_field();
        }
        let fields: Vec<T> = sink.fields.into_iter().map(|field| field.text).collect();
        T::join(&fields, b" ", &T::Marks::default())
    }

    /// A field that is a pattern is matched against the files of the current folder, which has none.
    fn match_files(&self, field: Field<T>, fields: &mut Vec<T>) -> Run {
        if self.options.noglob || !(field.pattern || field.backslash) {
            fields.push(field.text);
            return Ok(());
        }
        if field.backslash {
            return Err(unsupported("an unquoted backslash in an expansion"));
        }
        if field.text.contains(&b'/') || field.text.first() == Some(&b'.') {
            return Err(Fallback::File(format!("pattern {}", escaped(&field.text))).into());
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
            return Err(bash_error(format!("no match: {}", escaped(&field.text))));
        }
        if !self.options.nullglob {
            fields.push(field.text);
        }
        Ok(())
    }

    /// A word as one text: what is assigned.
    pub(crate) fn text(&mut self, word: &Word) -> Run<T> {
        match word {
            Word::Literal(literal) => Ok(self.literal(literal)),
            Word::Pieces(pieces) => self.collect(pieces, Mode::Text),
        }
    }

    /// A word as a pattern.
    pub(crate) fn pattern_text(&mut self, word: &Word) -> Run<T> {
        match word {
            Word::Literal(literal) => {
                let mut pattern = Vec::with_capacity(literal.text.len() + 8);
                quote_pattern(&literal.text, &mut pattern);
                Ok(T::of(pattern, &T::Marks::default()))
            }
            Word::Pieces(pieces) => self.collect(pieces, Mode::Pattern),
        }
    }

    /// A word as a regular expression.
    pub(crate) fn regex_text(&mut self, word: &Word) -> Run<T> {
        match word {
            Word::Literal(literal) => Ok(self.literal(literal)),
            Word::Pieces(pieces) => self.collect(pieces, Mode::Regex),
        }
    }

    fn collect(&mut self, pieces: &[Piece], mode: Mode) -> Run<T> {
        let mut sink = Sink::new(mode, self.separators());
        for piece in pieces {
            self.piece(piece, &mut sink)?;
        }
        Ok(sink.out)
    }

    fn piece(&mut self, piece: &Piece, sink: &mut Sink<T>) -> Run {
        match piece {
            Piece::Text(literal) => {
                let marks = self.marks(literal);
                sink.text(&literal.text, &marks);
            }
            Piece::Quoted(literal) => {
                let marks = self.marks(literal);
                sink.quoted(&literal.text, &marks)?;
            }
            Piece::Variable(name, quoted) => {
                if let Some(variable) = self.vars.get(name)
                    && !variable.attributes.has(Attributes::NAMEREF)
                    && name.special() == crate::name::Special::No
                {
                    match variable.value.scalar() {
                        Some(text) => sink.value(text, *quoted)?,
                        None => sink.nothing(*quoted),
                    }
                    return Ok(());
                }
                match self.variable(name)? {
                    Some(text) => sink.value(&text, *quoted)?,
                    None => sink.nothing(*quoted),
                }
            }
            Piece::Parameter(parameter, quoted) => self.parameter(parameter, *quoted, sink)?,
            Piece::Command(block, quoted) => {
                let mut output = self.substitute(block)?;
                let kept = output.iter().rposition(|&byte| byte != b'\n');
                output.truncate(kept.map_or(0, |last| last + 1));
                sink.value(&output, *quoted)?;
            }
            Piece::Arithmetic(word, quoted) => {
                let text = self.text(word)?;
                let value = self.arithmetic(&text)?;
                let marks = self.place_of(word);
                sink.value(&T::of(value.to_string().into_bytes(), &marks), *quoted)?;
            }
            Piece::Unsupported(reason) => return Err(unsupported(reason)),
        }
        Ok(())
    }

    /// Where a word stands, which may be some lines below the beginning of its command.
    fn place_of(&mut self, word: &Word) -> T::Marks {
        let first = match word {
            Word::Literal(literal) => Some(literal),
            Word::Pieces(pieces) => pieces.iter().find_map(|piece| match piece {
                Piece::Text(literal) | Piece::Quoted(literal) => Some(literal),
                _ => None,
            }),
        };
        match first {
            Some(literal) => self.marks(literal),
            None => self.here(),
        }
    }

    /// The word of `${x:-word}`, of which unquoted text is split as well.
    pub(crate) fn operand(&mut self, word: &Word, quoted: bool, sink: &mut Sink<T>) -> Run {
        match word {
            Word::Literal(literal) => {
                let text = self.literal(literal);
                sink.value(&text, quoted)
            }
            Word::Pieces(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Text(literal) if sink.splits() => {
                            if literal.text.contains(&b'\\') {
                                return Err(unsupported("a backslash in an operand"));
                            }
                            let text = self.literal(literal);
                            sink.expanded(&text);
                        }
                        Piece::Parameter(parameter, false)
                            if sink.has_other_separators() && parameter.subject.is_list() =>
                        {
                            return Err(unsupported("a list in an operand with another IFS"));
                        }
                        piece => self.piece(piece, sink)?,
                    }
                }
                Ok(())
            }
        }
    }

    /// The output of commands.
    pub(crate) fn substitute(&mut self, block: &crate::code::Block) -> Run<T> {
        self.step()?;
        let descriptors = self.descriptors.clone();
        let index = self.sinks.len();
        self.sinks.push(T::default());
        self.descriptors.output = Output::Sink(index);
        let result = self.subshell(|shell| shell.block(block));
        self.descriptors = descriptors;
        let output = self.sinks.pop().unwrap_or_default();
        let status = result?;
        self.status = status;
        self.substitution = Some(status);
        Ok(output)
    }
}
