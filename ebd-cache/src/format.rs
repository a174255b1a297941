//! Files of `KEY=value` lines, and md5-dict (PMS, "Metadata cache"), which is one kind of them.

use std::fmt;

use crate::entry::{Entry, ValueError};
use crate::md5::Md5;
use ebd_pms::Key;

const ECLASSES: &str = "_eclasses_";
const MD5: &str = "_md5_";
const MTIME: &str = "_mtime_";

/// What a file said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The entry.
    pub entry: Entry,
    /// Keys that this crate does not know, in the order of the file. Their values are not kept.
    pub unknown_keys: Vec<String>,
}

/// Why a file is no md5-dict entry, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ParseError {
    /// Line number from 1; `None` when the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub kind: ParseErrorKind,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// A line without `=`.
    #[error("expected KEY=value, found {found:?}")]
    NoAssignment {
        /// The beginning of the line.
        found: String,
    },
    /// The line starts with `=`.
    #[error("a key is missing before \"=\"")]
    EmptyKey,
    /// Text that is not UTF-8.
    #[error("byte {offset} of the line is not UTF-8")]
    NotUtf8 {
        /// Offset of the first bad byte in its line.
        offset: usize,
    },
    /// One key on two lines.
    #[error("{key} is set a second time")]
    KeyTwice {
        /// The key.
        key: String,
    },
    /// `_md5_` is not an MD5 sum.
    #[error("the value of _md5_ must be 32 lower-case hexadecimal digits, found {found:?}")]
    BadMd5 {
        /// The beginning of the value.
        found: String,
    },
    /// `_eclasses_` does not consist of pairs.
    #[error(
        "_eclasses_ must be pairs of name and MD5 separated by single tabs; it has {fields} fields"
    )]
    OddEclasses {
        /// Number of fields found.
        fields: usize,
    },
    /// A sum within `_eclasses_` is not an MD5 sum.
    #[error(
        "_eclasses_: the MD5 of {eclass:?} must be 32 lower-case hexadecimal digits, found {found:?}"
    )]
    BadEclassMd5 {
        /// Name of the eclass.
        eclass: String,
        /// The beginning of what stands in place of the sum.
        found: String,
    },
    /// `_mtime_` is not a time.
    #[error("the value of _mtime_ must be a number of seconds, found {found:?}")]
    BadMtime {
        /// The beginning of the value.
        found: String,
    },
    /// `_eclasses_` of a flat entry does not consist of triples.
    #[error(
        "_eclasses_ must be triples of name, folder and sum or time separated by single tabs; it has {fields} fields"
    )]
    BadTriples {
        /// Number of fields found.
        fields: usize,
    },
    /// A time within `_eclasses_` is not a time.
    #[error("_eclasses_: the time of {eclass:?} must be a number of seconds, found {found:?}")]
    BadEclassMtime {
        /// Name of the eclass.
        eclass: String,
        /// The beginning of what stands in place of the time.
        found: String,
    },
    /// A value that no entry can hold.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// There is no `_md5_` line: nothing says which ebuild the entry belongs to.
    #[error("there is no _md5_ line")]
    NoMd5,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl Entry {
    /// The file that Portage's `egencache` writes for this entry, byte for byte: keys sorted, empty values left out,
    /// eclasses sorted by name.
    pub fn to_md5_dict(&self) -> Vec<u8> {
        let size: usize = self
            .iter()
            .map(|(k, v)| k.as_str().len() + v.len() + 2)
            .sum();
        let eclasses: usize = self.eclasses().iter().map(|e| e.name.len() + 34).sum();
        let mut out = String::with_capacity(size + eclasses + 64);
        self.push_values(&mut out);
        for (i, eclass) in self.eclasses().iter().enumerate() {
            out.push_str(if i == 0 { "_eclasses_=" } else { "\t" });
            out.push_str(&eclass.name);
            out.push('\t');
            eclass.md5.push_hex(&mut out);
        }
        if !self.eclasses().is_empty() {
            out.push('\n');
        }
        out.push_str("_md5_=");
        self.md5().push_hex(&mut out);
        out.push('\n');
        out.into_bytes()
    }

    /// Reads an md5-dict file: keys in any order, unknown ones ignored, every key but `_md5_` optional, eclasses in any
    /// order, the last newline optional.
    ///
    /// # Errors
    /// See [`ParseErrorKind`]. A file with an error is treated as absent by whoever can make it again.
    pub fn parse_md5_dict(bytes: &[u8]) -> Result<Entry, ParseError> {
        Entry::parse_md5_dict_with_unknown(bytes).map(|parsed| parsed.entry)
    }

    /// [`parse_md5_dict`](Entry::parse_md5_dict) that also names the unknown keys.
    ///
    /// # Errors
    /// As for [`parse_md5_dict`](Entry::parse_md5_dict).
    pub fn parse_md5_dict_with_unknown(bytes: &[u8]) -> Result<Parsed, ParseError> {
        let no_md5 = ParseError {
            line: None,
            kind: ParseErrorKind::NoMd5,
        };
        if bytes.is_empty() || bytes == b"\n" {
            return Err(no_md5);
        }
        let mut lines = Lines::parse(bytes)?;
        if let Some(eclasses) = lines.eclasses {
            let pairs = eclasses.read(parse_eclasses)?;
            eclasses.read(|_| Ok(lines.values.set_eclasses(pairs)?))?;
        }
        lines
            .values
            .set_md5(lines.md5.ok_or(no_md5)?.read(parse_md5)?);
        Ok(Parsed {
            entry: lines.values,
            unknown_keys: lines.unknown_keys,
        })
    }

    /// Appends the lines of the metadata keys, in the order of the format.
    pub(crate) fn push_values(&self, out: &mut String) {
        for (key, value) in self.iter() {
            out.push_str(key.as_str());
            out.push('=');
            out.push_str(value);
            out.push('\n');
        }
    }
}

/// A file of `KEY=value` lines, before its sums are understood.
pub(crate) struct Lines<'a> {
    /// The metadata keys; sum and eclasses are still to be set.
    pub(crate) values: Entry,
    pub(crate) eclasses: Option<Field<'a>>,
    pub(crate) md5: Option<Field<'a>>,
    pub(crate) mtime: Option<Field<'a>>,
    unknown_keys: Vec<String>,
}

/// A value with the number of its line.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    line: usize,
    value: &'a str,
}

impl<'a> Field<'a> {
    /// What a function makes of the value; its error gets the number of the line.
    pub(crate) fn read<T>(
        self,
        read: impl FnOnce(&'a str) -> Result<T, ParseErrorKind>,
    ) -> Result<T, ParseError> {
        read(self.value).map_err(|kind| ParseError {
            line: Some(self.line),
            kind,
        })
    }
}

impl<'a> Lines<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Lines<'a>, ParseError> {
        let mut lines = Lines {
            values: Entry::new([0; 16]),
            eclasses: None,
            md5: None,
            mtime: None,
            unknown_keys: Vec::new(),
        };
        let mut seen_keys = [false; Key::ALL.len()];
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        for (index, line) in text.split(|&b| b == b'\n').enumerate() {
            let number = index.saturating_add(1);
            let fail = |kind| ParseError {
                line: Some(number),
                kind,
            };
            let line = std::str::from_utf8(line).map_err(|e| {
                fail(ParseErrorKind::NotUtf8 {
                    offset: e.valid_up_to(),
                })
            })?;
            let Some((name, value)) = line.split_once('=') else {
                return Err(fail(ParseErrorKind::NoAssignment {
                    found: excerpt(line),
                }));
            };
            let field = Field {
                line: number,
                value,
            };
            let twice = if let Some(key) = Key::from_name(name) {
                let seen = std::mem::replace(&mut seen_keys[key as usize], true);
                lines.values.set(key, value).map_err(|e| fail(e.into()))?;
                seen
            } else {
                match name {
                    MD5 => lines.md5.replace(field).is_some(),
                    MTIME => lines.mtime.replace(field).is_some(),
                    ECLASSES => lines.eclasses.replace(field).is_some(),
                    "" => return Err(fail(ParseErrorKind::EmptyKey)),
                    _ => {
                        lines.unknown_keys.push(name.to_owned());
                        false
                    }
                }
            };
            if twice {
                return Err(fail(ParseErrorKind::KeyTwice {
                    key: name.to_owned(),
                }));
            }
        }
        Ok(lines)
    }
}

pub(crate) fn parse_md5(value: &str) -> Result<Md5, ParseErrorKind> {
    Md5::from_hex(value).ok_or_else(|| ParseErrorKind::BadMd5 {
        found: excerpt(value),
    })
}

fn parse_eclasses(value: &str) -> Result<Vec<(&str, Md5)>, ParseErrorKind> {
    // Portage strips the value: caches with a blank `_eclasses_` line exist.
    let value = value.trim();
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let mut fields = value.split('\t');
    let mut pairs = Vec::new();
    while let Some(name) = fields.next() {
        let Some(sum) = fields.next() else {
            return Err(ParseErrorKind::OddEclasses {
                fields: value.split('\t').count(),
            });
        };
        let md5 = Md5::from_hex(sum).ok_or_else(|| ParseErrorKind::BadEclassMd5 {
            eclass: excerpt(name),
            found: excerpt(sum),
        })?;
        pairs.push((name, md5));
    }
    Ok(pairs)
}

/// The first characters of a text, short enough for an error line.
pub(crate) fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}
