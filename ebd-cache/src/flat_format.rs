//! The flat file format: `KEY=value` lines with `_mtime_` or `_md5_`, and eclasses with their folders.

use crate::entry::Entry;
use crate::format::{Lines, ParseError, ParseErrorKind, excerpt, parse_md5};
use crate::md5::Md5;

/// What a file of Portage's external cache says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlatEntry {
    /// The metadata keys. MD5 and eclasses of this entry have no meaning.
    pub values: Entry,
    /// What tells whether the entry is still true.
    pub sums: FlatSums,
}

/// How a flat entry knows the files that it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlatSums {
    /// By their times of modification, in seconds (`portage.cache.flat_hash.database`).
    Mtime {
        /// Of the ebuild.
        ebuild: i64,
        /// Of the eclasses.
        eclasses: Vec<FlatEclass<i64>>,
    },
    /// By their MD5 sums (`portage.cache.flat_hash.mtime_md5_database`, which reads both).
    Md5 {
        /// Of the ebuild.
        ebuild: Md5,
        /// Of the eclasses.
        eclasses: Vec<FlatEclass<Md5>>,
    },
}

/// An eclass of a flat entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlatEclass<S> {
    /// Name without `.eclass`.
    pub name: String,
    /// The folder that it was found in. Portage writes it and reads past it.
    pub folder: String,
    /// Its time or MD5.
    pub sum: S,
}

impl FlatEntry {
    /// Reads a file: keys in any order, unknown ones ignored. One with neither `_mtime_` nor `_md5_` is told by the time of
    /// the file itself, as old versions of Portage did.
    ///
    /// # Errors
    /// See [`ParseErrorKind`].
    pub fn parse(bytes: &[u8], file_mtime: i64) -> Result<FlatEntry, ParseError> {
        let lines = Lines::parse(bytes)?;
        let eclasses = lines.eclasses;
        let md5 = lines.md5.map(|field| field.read(parse_md5)).transpose()?;
        let mtime = lines.mtime.map(|field| field.read(mtime)).transpose()?;
        if let Some(ebuild) = md5 {
            let read = eclasses.map(|field| field.read(|value| triples(value, eclass_md5)));
            match (read, mtime) {
                // As in Portage: what has both sums is told by times when that fits the eclasses.
                (Some(Err(_)), Some(_)) => {}
                (Some(Err(error)), None) => return Err(error),
                (read, _) => {
                    let eclasses = read.and_then(Result::ok).unwrap_or_default();
                    return Ok(FlatEntry {
                        values: lines.values,
                        sums: FlatSums::Md5 { ebuild, eclasses },
                    });
                }
            }
        }
        let eclasses = eclasses
            .map(|field| field.read(|value| triples(value, eclass_mtime)))
            .transpose()?
            .unwrap_or_default();
        Ok(FlatEntry {
            values: lines.values,
            sums: FlatSums::Mtime {
                ebuild: mtime.unwrap_or(file_mtime),
                eclasses,
            },
        })
    }

    /// The file that Portage's class for this form writes, byte for byte: keys sorted, empty values left out, eclasses in the
    /// given order, which Portage sorts by name.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = String::new();
        self.values.push_values(&mut out);
        match &self.sums {
            FlatSums::Mtime { ebuild, eclasses } => {
                push_triples(&mut out, eclasses, |out, sum| {
                    out.push_str(&sum.to_string())
                });
                out.push_str("_mtime_=");
                out.push_str(&ebuild.to_string());
            }
            FlatSums::Md5 { ebuild, eclasses } => {
                push_triples(&mut out, eclasses, |out, sum| sum.push_hex(out));
                out.push_str("_md5_=");
                ebuild.push_hex(&mut out);
            }
        }
        out.push('\n');
        out.into_bytes()
    }
}

fn push_triples<S>(out: &mut String, eclasses: &[FlatEclass<S>], push: impl Fn(&mut String, &S)) {
    for (i, eclass) in eclasses.iter().enumerate() {
        out.push_str(if i == 0 { "_eclasses_=" } else { "\t" });
        out.push_str(&eclass.name);
        out.push('\t');
        out.push_str(&eclass.folder);
        out.push('\t');
        push(out, &eclass.sum);
    }
    if !eclasses.is_empty() {
        out.push('\n');
    }
}

type ReadSum<S> = fn(&str, &str) -> Result<S, ParseErrorKind>;

fn triples<S>(value: &str, read: ReadSum<S>) -> Result<Vec<FlatEclass<S>>, ParseErrorKind> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let mut fields = value.split('\t');
    let mut eclasses = Vec::new();
    while let Some(name) = fields.next() {
        let (Some(folder), Some(sum)) = (fields.next(), fields.next()) else {
            return Err(ParseErrorKind::BadTriples {
                fields: value.split('\t').count(),
            });
        };
        eclasses.push(FlatEclass {
            name: name.to_owned(),
            folder: folder.to_owned(),
            sum: read(name, sum)?,
        });
    }
    Ok(eclasses)
}

fn mtime(value: &str) -> Result<i64, ParseErrorKind> {
    value.parse().map_err(|_| ParseErrorKind::BadMtime {
        found: excerpt(value),
    })
}

fn eclass_mtime(eclass: &str, sum: &str) -> Result<i64, ParseErrorKind> {
    sum.parse().map_err(|_| ParseErrorKind::BadEclassMtime {
        eclass: excerpt(eclass),
        found: excerpt(sum),
    })
}

fn eclass_md5(eclass: &str, sum: &str) -> Result<Md5, ParseErrorKind> {
    Md5::from_hex(sum).ok_or_else(|| ParseErrorKind::BadEclassMd5 {
        eclass: excerpt(eclass),
        found: excerpt(sum),
    })
}
