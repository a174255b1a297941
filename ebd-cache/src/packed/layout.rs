//! Where what stands in a packed file; `docs/formats.md` has the tables.

use md5::{Digest, Md5 as Hasher};

use super::error::PackedError;
use super::section::{Section, VERSION};

pub(super) const MAGIC: [u8; 8] = *b"ebd-pack";
/// Offset of the table of sections, after magic, version, number of sections, and length of the file.
const SECTIONS_AT: usize = 24;
/// Offset, length and MD5 of a section.
const SECTION_LEN: usize = 32;
/// Offset of the MD5 of everything before it.
const HEADER_SUM_AT: usize = SECTIONS_AT + SECTION_LEN * Section::ALL.len();
pub(super) const HEADER_LEN: usize = HEADER_SUM_AT + 16;

/// Offsets and lengths of the sections, all of them within the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    sections: [(usize, usize); Section::ALL.len()],
}

impl Layout {
    /// Reads the header and checks bounds, in constant time.
    pub(super) fn read(bytes: &[u8]) -> Result<Layout, PackedError> {
        if bytes.get(..MAGIC.len()) != Some(&MAGIC) {
            return Err(PackedError::NotPacked);
        }
        let truncated = PackedError::Truncated {
            expected: HEADER_LEN as u64,
            found: bytes.len() as u64,
        };
        // The version comes first: a later one may have another header.
        let Some(version) = u32_at(bytes, 8) else {
            return Err(truncated);
        };
        if version != VERSION {
            return Err(PackedError::Version { found: version });
        }
        let Some(header) = bytes.get(..HEADER_LEN) else {
            return Err(truncated);
        };
        if md5(header.get(..HEADER_SUM_AT).unwrap_or_default()) != sum_at(header, HEADER_SUM_AT) {
            return Err(PackedError::Header);
        }
        let length = u64_at(header, 16).unwrap_or_default();
        if length != bytes.len() as u64 {
            return Err(PackedError::Truncated {
                expected: length,
                found: bytes.len() as u64,
            });
        }
        let mut sections = [(0, 0); Section::ALL.len()];
        for (number, (section, place)) in Section::ALL.into_iter().zip(&mut sections).enumerate() {
            let at = SECTIONS_AT + number * SECTION_LEN;
            let offset = u64_at(header, at).and_then(|n| usize::try_from(n).ok());
            let len = u64_at(header, at + 8).and_then(|n| usize::try_from(n).ok());
            *place = offset
                .zip(len)
                .filter(|(_, len)| len % section.row() == 0)
                .filter(|(offset, len)| {
                    offset
                        .checked_add(*len)
                        .is_some_and(|end| end <= bytes.len())
                })
                .ok_or(PackedError::Bounds { section })?;
        }
        Ok(Layout { sections })
    }

    pub(super) fn section<'a>(&self, bytes: &'a [u8], section: Section) -> &'a [u8] {
        let (offset, len) = self.sections[section as usize];
        slice(bytes, offset, len).unwrap_or_default()
    }

    /// The sum of a section that stands in the header.
    pub(super) fn sum(bytes: &[u8], section: Section) -> [u8; 16] {
        sum_at(bytes, SECTIONS_AT + section as usize * SECTION_LEN + 16)
    }
}

/// A whole file of these sections.
pub(super) fn assemble(sections: [&[u8]; Section::ALL.len()]) -> Vec<u8> {
    let content: usize = sections.iter().map(|section| section.len()).sum();
    let length = HEADER_LEN + content;
    let mut file = Vec::with_capacity(length);
    file.extend(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend((Section::ALL.len() as u32).to_le_bytes());
    file.extend((length as u64).to_le_bytes());
    let mut offset = HEADER_LEN;
    for section in sections {
        file.extend((offset as u64).to_le_bytes());
        file.extend((section.len() as u64).to_le_bytes());
        file.extend(md5(section));
        offset += section.len();
    }
    let sum = md5(&file);
    file.extend(sum);
    for section in sections {
        file.extend(section);
    }
    file
}

pub(super) fn md5(bytes: &[u8]) -> [u8; 16] {
    Hasher::digest(bytes).into()
}

/// A part of the bytes, if it is within them.
pub(super) fn slice(bytes: &[u8], offset: usize, len: usize) -> Option<&[u8]> {
    bytes.get(offset..offset.checked_add(len)?)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let part = slice(bytes, at, 4)?;
    part.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let part = slice(bytes, at, 8)?;
    part.try_into().ok().map(u64::from_le_bytes)
}

pub(super) fn sum_at(bytes: &[u8], at: usize) -> [u8; 16] {
    slice(bytes, at, 16)
        .and_then(|part| part.try_into().ok())
        .unwrap_or_default()
}
