//! The packed format: all entries of a repository in one file.

pub(crate) mod error;
mod layout;
mod section;
mod store;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_fs::Stamp;
use serde::{Deserialize, Serialize};

pub use self::error::PackedError;
use self::layout::{Layout, md5, slice, sum_at, u32_at};
pub use self::section::Section;
use self::section::{ECLASS_ROW, INDEX_ROW};
pub use self::store::PackedStore;
use crate::entry::Entry;
use crate::error::Error;
use crate::file;
use crate::map::Bytes;
use crate::md5::Md5;
use ebd_pms::Key;

/// What stands in the section of records for each entry, encoded with postcard.
#[derive(Debug, Serialize)]
struct Record {
    md5: [u8; 16],
    /// A bit for each key that has a value, in the order of [`Key::ALL`].
    keys: u32,
    /// Offset and length in the heap of their values.
    texts: Vec<(u32, u32)>,
    /// Rows of the section of eclasses, sorted by name.
    eclasses: Vec<u32>,
}

/// The entries of a repository in one file, for reading.
///
/// The file is mapped into memory, and opening it checks bounds only, so it takes the same short time whatever the size. An
/// entry is found by binary search and read where it stands. The file is never changed in place: a reader keeps what it has
/// opened while a writer puts a new file in its place.
#[derive(Debug, Clone)]
pub struct Packed {
    bytes: Arc<Bytes>,
    layout: Layout,
    path: Arc<PathBuf>,
    stamp: Option<Stamp>,
}

/// An entry that is read where it stands in a packed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedEntry<'a> {
    values: [&'a str; Key::ALL.len()],
    eclasses: Vec<(&'a str, Md5)>,
    md5: Md5,
}

impl Packed {
    /// Opens a file; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Packed`] for a file of another kind or version, a truncated one, one with impossible bounds; [`Error::Io`],
    /// [`Error::NotAFile`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Option<Packed>, Error> {
        let path = path.into();
        let Some((file, metadata)) = file::open(&path)? else {
            return Ok(None);
        };
        let bytes = Bytes::of(file, &metadata).map_err(|e| Error::io("read", &path, e))?;
        let packed = Packed::new(bytes, path, Some(Stamp::from(&metadata)))?;
        Ok(Some(packed))
    }

    /// Takes the contents of a file that is already in memory; `path` is for messages.
    ///
    /// # Errors
    /// As for [`open`](Packed::open).
    pub fn from_bytes(bytes: Vec<u8>, path: impl Into<PathBuf>) -> Result<Packed, Error> {
        Packed::new(Bytes::Read(bytes), path.into(), None)
    }

    fn new(bytes: Bytes, path: PathBuf, stamp: Option<Stamp>) -> Result<Packed, Error> {
        match Layout::read(&bytes) {
            Err(source) => Err(Error::Packed { path, source }),
            Ok(layout) => Ok(Packed {
                bytes: Arc::new(bytes),
                layout,
                path: Arc::new(path),
                stamp,
            }),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.section(Section::Index).len() / INDEX_ROW
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of this name, `None` if there is none.
    ///
    /// # Errors
    /// The index or this entry is damaged.
    pub fn entry(&self, cpv: &str) -> Result<Option<PackedEntry<'_>>, Error> {
        match self.find(cpv)? {
            None => Ok(None),
            Some(row) => self.read(row).map(|(_, entry)| Some(entry)),
        }
    }

    /// All entries with their names, in the order of the names. One that is damaged is an error in its place.
    pub fn iter(&self) -> impl Iterator<Item = Result<(&str, PackedEntry<'_>), Error>> {
        (0..self.len()).map(|row| self.read(row))
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = Result<&str, Error>> {
        (0..self.len()).map(|row| self.name(row).ok_or_else(|| self.bad_row(row, OUTSIDE)))
    }

    /// Compares the checksums of all sections and reads every entry.
    ///
    /// # Errors
    /// The first damage.
    pub fn verify(&self) -> Result<(), Error> {
        for section in Section::ALL {
            if md5(self.section(section)) != Layout::sum(&self.bytes, section) {
                return Err(self.fail(PackedError::Checksum { section }));
            }
        }
        let mut before: Option<&str> = None;
        for row in 0..self.len() {
            let (name, _) = self.read(row)?;
            if before.is_some_and(|before| before >= name) {
                return Err(self.bad_row(row, "is not in order"));
            }
            before = Some(name);
        }
        Ok(())
    }

    fn section(&self, section: Section) -> &[u8] {
        self.layout.section(&self.bytes, section)
    }

    fn fail(&self, source: PackedError) -> Error {
        Error::Packed {
            path: self.path.to_path_buf(),
            source,
        }
    }

    fn bad_row(&self, row: usize, problem: &'static str) -> Error {
        self.fail(PackedError::Row { row, problem })
    }

    fn find(&self, cpv: &str) -> Result<Option<usize>, Error> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let name = self
                .name(middle)
                .ok_or_else(|| self.bad_row(middle, OUTSIDE))?;
            match name.cmp(cpv) {
                std::cmp::Ordering::Equal => return Ok(Some(middle)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    fn name(&self, row: usize) -> Option<&str> {
        let index = self.section(Section::Index);
        let at = row.checked_mul(INDEX_ROW)?;
        self.text(u32_at(index, at)?, u32_at(index, at.checked_add(4)?)?)
    }

    fn text(&self, offset: u32, len: u32) -> Option<&str> {
        let heap = self.section(Section::Heap);
        let bytes = slice(heap, offset.try_into().ok()?, len.try_into().ok()?)?;
        simdutf8::basic::from_utf8(bytes).ok()
    }

    fn read(&self, row: usize) -> Result<(&str, PackedEntry<'_>), Error> {
        let name = self.name(row).ok_or_else(|| self.bad_row(row, OUTSIDE))?;
        match self.decode(row) {
            Ok(entry) => Ok((name, entry)),
            Err(problem) => Err(self.fail(PackedError::Entry {
                cpv: name.to_owned(),
                problem: problem.to_owned(),
            })),
        }
    }

    fn decode(&self, row: usize) -> Result<PackedEntry<'_>, &'static str> {
        let index = self.section(Section::Index);
        let place = |at: usize| {
            let at = row.checked_mul(INDEX_ROW)?.checked_add(at)?;
            usize::try_from(u32_at(index, at)?).ok()
        };
        let bytes = place(8)
            .zip(place(12))
            .and_then(|(at, len)| slice(self.section(Section::Records), at, len))
            .ok_or(OUTSIDE)?;
        // Part by part, so that no list is made of what is looked at once.
        let mut record = Fields(bytes);
        let md5 = record.take_sum()?;
        let keys: u32 = record.take()?;
        if keys >> Key::ALL.len() != 0 || record.take::<u64>()? != u64::from(keys.count_ones()) {
            return Err("its values do not fit its keys");
        }
        let mut values = [""; Key::ALL.len()];
        for (key, value) in values.iter_mut().enumerate() {
            if keys & (1 << key) != 0 {
                let (at, len) = record.take()?;
                *value = self.text(at, len).ok_or("a value is no text in the heap")?;
            }
        }
        let rows = self.section(Section::Eclasses);
        let eclass = |number: u32| {
            let at = usize::try_from(number).ok()?.checked_mul(ECLASS_ROW)?;
            let row = slice(rows, at, ECLASS_ROW)?;
            let name = self.text(u32_at(row, 0)?, u32_at(row, 4)?)?;
            Some((name, Md5(sum_at(row, 8))))
        };
        let count = usize::try_from(record.take::<u64>()?).unwrap_or(usize::MAX);
        // Each takes a byte at least.
        let mut eclasses = Vec::with_capacity(count.min(record.0.len()));
        for _ in 0..count {
            eclasses.push(eclass(record.take()?).ok_or("an eclass leads nowhere")?);
        }
        Ok(PackedEntry {
            values,
            eclasses,
            md5: Md5(md5),
        })
    }
}

/// What is left of an encoded [`Record`].
struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    /// An array is encoded as its elements alone.
    fn take_sum(&mut self) -> Result<[u8; 16], &'static str> {
        let (sum, rest) = self.0.split_first_chunk().ok_or(UNDECODED)?;
        self.0 = rest;
        Ok(*sum)
    }

    fn take<T: Deserialize<'b>>(&mut self) -> Result<T, &'static str> {
        let (value, rest) = postcard::take_from_bytes(self.0).map_err(|_| UNDECODED)?;
        self.0 = rest;
        Ok(value)
    }
}

const UNDECODED: &str = "its record cannot be decoded";
const OUTSIDE: &str = "leads outside its section";

impl<'a> PackedEntry<'a> {
    /// The value of a key; empty when it is not set.
    pub fn get(&self, key: Key) -> &'a str {
        self.values[key as usize]
    }

    /// The inherited eclasses with their sums, sorted by name.
    pub fn eclasses(&self) -> &[(&'a str, Md5)] {
        &self.eclasses
    }

    /// MD5 of the ebuild that the entry was made from.
    pub fn md5(&self) -> Md5 {
        self.md5
    }

    /// The entry by itself.
    ///
    /// # Errors
    /// What the file says is nothing that an entry can hold.
    pub fn to_entry(&self) -> Result<Entry, crate::entry::ValueError> {
        let mut entry = Entry::new(self.md5);
        for (key, value) in Key::ALL.into_iter().zip(self.values) {
            entry.set(key, value)?;
        }
        entry.set_eclasses(self.eclasses.iter().copied())?;
        Ok(entry)
    }
}

impl fmt::Display for PackedEntry<'_> {
    /// The keys that have a value, as lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in Key::ALL.into_iter().zip(self.values) {
            if !value.is_empty() {
                writeln!(f, "{key}={value}")?;
            }
        }
        Ok(())
    }
}
