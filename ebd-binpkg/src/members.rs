//! The members of tar archives, with limits for what makes a reader use memory or space.

use std::cell::Cell;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use tar::{Archive, EntryType};

use super::{GpkgError, Refusal};
use crate::read::refused;

/// How long an extended header may be. The longest that Linux needs has a path, a link's target and an extended attribute of 64 KiB each.
const MAX_HEADER: u64 = 1 << 20;

/// How many bytes may still come out of a decompressor.
pub(crate) struct Budget {
    limit: u64,
    left: Cell<u64>,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            left: Cell::new(limit),
        }
    }

    fn refusal(&self) -> Refusal {
        Refusal::TooLarge { limit: self.limit }
    }

    /// What an error of reading means.
    pub(crate) fn explain(&self, file: &Path, error: io::Error) -> GpkgError {
        if self.left.get() == 0 {
            return refused(file, self.refusal());
        }
        GpkgError::io("read", file)(error)
    }
}

struct Limited<'a, R> {
    inner: R,
    budget: &'a Budget,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = u64::try_from(count).unwrap_or(u64::MAX);
        let left = self.budget.left.get();
        self.budget.left.set(left.saturating_sub(read));
        if read > left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(count)
    }
}

/// What an archive says of a member, with its extended headers.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) path: PathBuf,
    pub(crate) kind: EntryType,
    pub(crate) size: u64,
    /// Where its content begins.
    pub(crate) position: u64,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: i64,
    /// What a symlink or hard link leads to.
    pub(crate) target: PathBuf,
    pub(crate) attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    pax: Vec<u8>,
}

/// Calls `work` with each member of an archive and its content.
///
/// The extended headers are read here: the `tar` crate reads them into memory however long they say they are.
pub(crate) fn each_member(
    file: &Path,
    reader: impl Read,
    budget: &Budget,
    mut work: impl FnMut(&Member, &mut dyn Read) -> Result<(), GpkgError>,
) -> Result<(), GpkgError> {
    let mut archive = Archive::new(Limited {
        inner: reader,
        budget,
    });
    let failed = |error| budget.explain(file, error);
    let mut extended = Extended::default();
    for entry in archive.entries().map_err(failed)?.raw(true) {
        let mut entry = entry.map_err(failed)?;
        let kind = entry.header().entry_type();
        let size = entry.header().entry_size().map_err(failed)?;
        let path = PathBuf::from(OsStr::from_bytes(&entry.header().path_bytes()));
        if matches!(
            kind,
            EntryType::XHeader
                | EntryType::XGlobalHeader
                | EntryType::GNULongName
                | EntryType::GNULongLink
        ) {
            if size > MAX_HEADER {
                return Err(refused(file, Refusal::LargeHeader { name: path, size }));
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(failed)?;
            let name = || {
                let end = bytes.iter().position(|byte| *byte == 0);
                Some(bytes.get(..end.unwrap_or(bytes.len()))?.to_vec())
            };
            match kind {
                EntryType::GNULongName => extended.path = name(),
                EntryType::GNULongLink => extended.target = name(),
                EntryType::XHeader => extended.pax = bytes,
                // Global headers of packages have comments; what they say of members would stand in for each member's own.
                _ => {}
            }
            continue;
        }
        if size > budget.left.get() {
            return Err(refused(file, budget.refusal()));
        }
        let position = entry.raw_file_position();
        let header = entry.header();
        let mut member = Member {
            path,
            kind,
            size,
            position,
            mode: header.mode().unwrap_or(0o644) & 0o7777,
            uid: number(header.uid()),
            gid: number(header.gid()),
            mtime: i64::try_from(header.mtime().unwrap_or(0)).unwrap_or(0),
            target: header
                .link_name_bytes()
                .map(|name| PathBuf::from(OsStr::from_bytes(&name)))
                .unwrap_or_default(),
            attributes: Vec::new(),
        };
        std::mem::take(&mut extended).apply(file, &mut member)?;
        if kind == EntryType::GNUSparse {
            return Err(refused(file, Refusal::Sparse(member.path)));
        }
        work(&member, &mut entry)?;
    }
    Ok(())
}

fn number(value: io::Result<u64>) -> u32 {
    value
        .ok()
        .and_then(|value| u32::try_from(value).ok())
        .unwrap_or(0)
}

fn text<T: std::str::FromStr>(value: &[u8]) -> Option<T> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// The first extension of an extended header, `LENGTH KEY=VALUE` with a line break, and what follows. The value may have line breaks.
fn extension(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = bytes.iter().position(|byte| *byte == b' ')?;
    let length: usize = text(bytes.get(..blank)?)?;
    let record = bytes.get(blank.checked_add(1)?..length)?;
    let record = record.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (record.get(..equals)?, record.get(equals + 1..)?);
    Some((key, value, bytes.get(length..)?))
}

impl Extended {
    fn apply(self, file: &Path, member: &mut Member) -> Result<(), GpkgError> {
        let path = |bytes: Vec<u8>| PathBuf::from(std::ffi::OsString::from_vec(bytes));
        if let Some(name) = self.path {
            member.path = path(name);
        }
        if let Some(name) = self.target {
            member.target = path(name);
        }
        let wrong = || GpkgError::damaged(file, "an extended header in it cannot be read");
        let mut rest = self.pax.as_slice();
        while !rest.is_empty() {
            let (key, value, after) = extension(rest).ok_or_else(wrong)?;
            rest = after;
            match key {
                b"path" => member.path = path(value.to_vec()),
                b"linkpath" => member.target = path(value.to_vec()),
                b"uid" => member.uid = text(value).ok_or_else(wrong)?,
                b"gid" => member.gid = text(value).ok_or_else(wrong)?,
                // The headers that follow are found by the size in the header itself.
                b"size" if text(value) != Some(member.size) => {
                    return Err(refused(file, Refusal::Size(member.path.clone())));
                }
                b"mtime" => {
                    let whole = value.split(|byte| *byte == b'.').next().unwrap_or_default();
                    member.mtime = text(whole).ok_or_else(wrong)?;
                }
                key if key.starts_with(b"GNU.sparse") => {
                    return Err(refused(file, Refusal::Sparse(member.path.clone())));
                }
                key => {
                    if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                        member.attributes.push((name.to_vec(), value.to_vec()));
                    }
                }
            }
        }
        Ok(())
    }
}
