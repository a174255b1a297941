//! Making packed files.

use std::collections::{BTreeMap, HashMap};

use super::layout::assemble;
use super::{PackedError, Record};
use crate::entry::Entry;
use crate::md5::Md5;
use ebd_pms::Key;

/// A packed file with these entries.
///
/// # Errors
/// [`PackedError::TooLarge`].
pub(super) fn pack(entries: &BTreeMap<&str, &Entry>) -> Result<Vec<u8>, PackedError> {
    let mut heap = Heap::default();
    let mut eclasses = Eclasses::default();
    let (mut index, mut records) = (Vec::new(), Vec::new());
    for (name, entry) in entries {
        let (mut keys, mut texts) = (0_u32, Vec::new());
        for (key, value) in entry.iter() {
            keys |= 1 << (key as u32);
            texts.push(heap.add(value)?);
        }
        let record = Record {
            md5: entry.md5().0,
            keys,
            texts,
            eclasses: entry
                .eclasses()
                .iter()
                .map(|eclass| eclasses.add(&mut heap, &eclass.name, eclass.md5))
                .collect::<Result<_, _>>()?,
        };
        // Serialization into a vector fails for no value of this type.
        let bytes = postcard::to_stdvec(&record).map_err(|_| PackedError::TooLarge)?;
        let (at, len) = heap.add(name)?;
        for number in [at, len, size(records.len())?, size(bytes.len())?] {
            index.extend(number.to_le_bytes());
        }
        records.extend(bytes);
    }
    size(records.len())?;
    Ok(assemble([&index, &eclasses.rows, &records, &heap.bytes]))
}

const _: () = assert!(Key::ALL.len() <= 32, "a record has one bit for each key");

fn size(number: usize) -> Result<u32, PackedError> {
    u32::try_from(number).map_err(|_| PackedError::TooLarge)
}

/// Texts, each once.
#[derive(Default)]
struct Heap {
    bytes: Vec<u8>,
    known: HashMap<String, u32>,
}

impl Heap {
    /// Where a text stands: offset and length.
    fn add(&mut self, text: &str) -> Result<(u32, u32), PackedError> {
        let len = size(text.len())?;
        if let Some(at) = self.known.get(text) {
            return Ok((*at, len));
        }
        let at = size(self.bytes.len())?;
        self.bytes.extend(text.bytes());
        self.known.insert(text.to_owned(), at);
        Ok((at, len))
    }
}

/// Pairs of eclass and sum, each once.
#[derive(Default)]
struct Eclasses {
    rows: Vec<u8>,
    known: HashMap<(String, Md5), u32>,
}

impl Eclasses {
    fn add(&mut self, heap: &mut Heap, name: &str, md5: Md5) -> Result<u32, PackedError> {
        let key = (name.to_owned(), md5);
        if let Some(number) = self.known.get(&key) {
            return Ok(*number);
        }
        let number = size(self.known.len())?;
        let (at, len) = heap.add(name)?;
        self.rows.extend(at.to_le_bytes());
        self.rows.extend(len.to_le_bytes());
        self.rows.extend(md5.0);
        self.known.insert(key, number);
        Ok(number)
    }
}
