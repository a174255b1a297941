//! CONTENTS: what a package has installed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use crate::error::VdbError;

/// What a package has installed at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A folder.
    Folder,
    /// A regular file.
    File {
        /// MD5 of its content, in lower case.
        md5: String,
        /// When it was changed, in seconds.
        mtime: i64,
    },
    /// A symbolic link.
    Link {
        /// Its text.
        target: PathBuf,
        /// When it was changed, in seconds.
        mtime: i64,
    },
    /// A pipe.
    Fifo,
    /// A device.
    Device,
}

/// The items of a package by their absolute paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// By the bytes of their paths: components are compared slowly.
    items: BTreeMap<OsString, Item>,
}

impl Contents {
    /// Reads the CONTENTS of a record; a record without it has no items.
    ///
    /// # Errors
    /// When the file cannot be read or has lines that cannot be understood.
    pub fn read(path: &Path) -> Result<Self, VdbError> {
        match fs::read(path) {
            Ok(text) => Self::parse(&text).map_err(|lines| VdbError::Contents {
                path: path.to_owned(),
                lines,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(VdbError::io("read", path)(error)),
        }
    }

    /// Parses a CONTENTS file.
    ///
    /// # Errors
    /// The numbers of the lines that cannot be understood, and why.
    pub fn parse(text: &[u8]) -> Result<Self, Vec<(usize, &'static str)>> {
        let mut contents = Self::default();
        let mut wrong = Vec::new();
        for (index, line) in lines(text).enumerate() {
            match parse_line(line) {
                Ok((path, item)) => contents.insert(path, item),
                Err(reason) => wrong.push((index + 1, reason)),
            }
        }
        if wrong.is_empty() {
            Ok(contents)
        } else {
            Err(wrong)
        }
    }

    /// Adds an item, and the folders above it if nothing is known of them.
    pub fn insert(&mut self, path: PathBuf, item: Item) {
        for above in path.ancestors().skip(1) {
            if above == Path::new("/") || self.items.contains_key(above.as_os_str()) {
                break;
            }
            self.items
                .insert(above.as_os_str().to_owned(), Item::Folder);
        }
        self.items.insert(path.into_os_string(), item);
    }

    /// Removes an item.
    pub fn remove(&mut self, path: &Path) -> Option<Item> {
        self.items.remove(path.as_os_str())
    }

    /// The item at a path.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Item> {
        self.items.get(path.as_os_str())
    }

    /// All items; folders come before what is in them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Path, &Item)> {
        self.items
            .iter()
            .map(|(path, item)| (Path::new(path), item))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The text of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.items.len() * 96);
        for (path, item) in &self.items {
            let word: &[u8] = match item {
                Item::Folder => b"dir ",
                Item::File { .. } => b"obj ",
                Item::Link { .. } => b"sym ",
                Item::Fifo => b"fif ",
                Item::Device => b"dev ",
            };
            text.extend_from_slice(word);
            text.extend_from_slice(path.as_bytes());
            match item {
                Item::File { md5, mtime } => {
                    text.extend_from_slice(format!(" {md5} {mtime}").as_bytes());
                }
                Item::Link { target, mtime } => {
                    text.extend_from_slice(b" -> ");
                    text.extend_from_slice(target.as_os_str().as_bytes());
                    text.extend_from_slice(format!(" {mtime}").as_bytes());
                }
                _ => {}
            }
            text.push(b'\n');
        }
        text
    }
}

/// The lines of a CONTENTS file.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.strip_suffix(b"\n")
        .unwrap_or(text)
        .split(|byte| *byte == b'\n')
        .filter(move |_| !text.is_empty())
}

/// The path in a line, without looking at the rest.
pub fn path_of_line(line: &[u8]) -> Option<(&[u8], bool)> {
    let (word, rest) = (line.get(..4)?, line.get(4..)?);
    match word {
        b"dir " | b"dev " | b"fif " => Some((rest, word == b"dir ")),
        b"obj " => {
            let (rest, _) = split_last(rest)?;
            Some((split_last(rest)?.0, false))
        }
        b"sym " => Some((rest.get(..last_arrow(rest)?)?, false)),
        _ => None,
    }
}

/// Parses one line.
pub fn parse_line(line: &[u8]) -> Result<(PathBuf, Item), &'static str> {
    if line.contains(&0) {
        return Err("it has null bytes");
    }
    const FORM: &str = "it is no entry of CONTENTS";
    let (word, rest) = line.split_at_checked(4).ok_or(FORM)?;
    let (path, item) = match word {
        b"dir " => (rest, Item::Folder),
        b"dev " => (rest, Item::Device),
        b"fif " => (rest, Item::Fifo),
        b"obj " => {
            let (rest, mtime) = split_last(rest).ok_or(FORM)?;
            let (path, md5) = split_last(rest).ok_or(FORM)?;
            let mtime = number(mtime).ok_or("its time is no number")?;
            let md5 = String::from_utf8_lossy(md5).to_ascii_lowercase();
            (path, Item::File { md5, mtime })
        }
        b"sym " => {
            let arrow = last_arrow(rest).ok_or(FORM)?;
            let (path, target) = (rest.get(..arrow), rest.get(arrow + 4..));
            let (target, mtime) = split_time(target.ok_or(FORM)?).ok_or("its time is no number")?;
            let target = PathBuf::from(OsStr::from_bytes(target));
            (path.ok_or(FORM)?, Item::Link { target, mtime })
        }
        _ => return Err(FORM),
    };
    if path.is_empty() {
        return Err("it has no path");
    }
    Ok((normal(path), item))
}

/// The place of the last ` -> `.
fn last_arrow(text: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(text, b" -> ")
}

fn split_last(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(b' ', text)?;
    Some((text.get(..at)?, text.get(at + 1..)?)).filter(|(_, last)| !last.is_empty())
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Target and time of a link. Records of long ago have the ten fields of a stat result, of which the time is the ninth.
fn split_time(text: &[u8]) -> Option<(&[u8], i64)> {
    if let Some(fields) = text.strip_suffix(b")") {
        let open = memchr::memrchr(b'(', fields)?;
        let target = text.get(..open)?.strip_suffix(b" ")?;
        let fields = std::str::from_utf8(fields.get(open + 1..)?).ok()?;
        let fields: Vec<&str> = fields.split(", ").collect();
        return (fields.len() == 10)
            .then(|| Some((target, fields.get(8)?.trim_end_matches('L').parse().ok()?)))?;
    }
    let (target, mtime) = split_last(text)?;
    Some((target, number(mtime)?))
}

/// The path without what makes two spellings of one: repeated slashes, `.`, `..`.
fn normal(path: &[u8]) -> PathBuf {
    let mut normal = PathBuf::from("/");
    for part in Path::new(OsStr::from_bytes(path)).components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir => drop(normal.pop()),
            _ => {}
        }
    }
    normal
}

/// A path from bytes that came out of a file.
/// Returns the path that has these bytes.
#[must_use]
pub fn path_from(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_is_read_and_written() {
        let text = b"dir /etc\nfif /etc/a b\ndev /etc/c\nobj /etc/x -> y d41d8cd98f00b204e9800998ecf8427e 12\n\
            sym /etc/z -> ../w 9 34\n";
        let contents = Contents::parse(text).unwrap();
        assert_eq!(contents.to_bytes(), text);
        let target = PathBuf::from("../w 9");
        assert_eq!(
            contents.get(Path::new("/etc/z")),
            Some(&Item::Link { target, mtime: 34 })
        );
    }

    #[test]
    fn old_links_and_missing_folders() {
        let text = b"sym /usr/lib/x -> y (41471, 1L, 2L, 1, 0, 0, 3L, 4, 1234, 5)\n";
        let contents = Contents::parse(text).unwrap();
        assert_eq!(
            contents.to_bytes(),
            b"dir /usr\ndir /usr/lib\nsym /usr/lib/x -> y 1234\n"
        );
    }

    #[test]
    fn damage_is_named_by_line() {
        let text =
            b"dir /a\nobj /b 12\nxyz /c\nobj /d\0 d41d8cd98f00b204e9800998ecf8427e 1\nsym /e -> \n";
        let lines: Vec<usize> = Contents::parse(text)
            .unwrap_err()
            .into_iter()
            .map(|(line, _)| line)
            .collect();
        assert_eq!(lines, [2, 3, 4, 5]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Contents::parse(&text);
        }

        #[test]
        fn any_names_come_back(names in proptest::collection::vec("[a-c >-]{1,6}", 1..6), time in 0_i64..1_000_000) {
            let mut contents = Contents::default();
            for (index, name) in names.iter().enumerate() {
                let path = PathBuf::from(format!("/usr/{name}{index}"));
                let item = match index % 3 {
                    0 => Item::File { md5: "d41d8cd98f00b204e9800998ecf8427e".into(), mtime: time },
                    1 => Item::Folder,
                    _ => Item::Fifo,
                };
                contents.insert(path, item);
            }
            prop_assert_eq!(Contents::parse(&contents.to_bytes()).unwrap(), contents);
        }
    }
}
