//! The metadata of one ebuild.

use crate::md5::Md5;
use ebd_pms::Key;

/// The metadata of one ebuild with the sums that say whether it is still true.
///
/// Two entries are equal when they say the same; the order in which a file listed its eclasses does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    values: [String; Key::ALL.len()],
    eclasses: Vec<EclassDigest>,
    md5: Md5,
}

/// An eclass that an ebuild inherits, directly or not, and the MD5 of its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EclassDigest {
    /// Name without `.eclass`.
    pub name: String,
    /// MD5 of the file.
    pub md5: Md5,
}

/// A value that an entry cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A cache value is one line.
    #[error(
        "the value of {key} contains {what} (byte {offset}); a cache value is one line of text"
    )]
    ControlByte {
        /// The key that was to be set.
        key: Key,
        /// "a newline" or "a NUL byte".
        what: &'static str,
        /// Where in the value.
        offset: usize,
    },
    /// The name is empty or contains what separates names.
    #[error(
        "{name:?} cannot be the name of an eclass: it is empty or contains white space or a NUL byte"
    )]
    EclassName {
        /// The name.
        name: String,
    },
    /// The same eclass twice, with different sums.
    #[error("the eclass {name} is listed twice with different MD5 sums ({first} and {second})")]
    EclassTwice {
        /// The name.
        name: String,
        /// The smaller sum.
        first: Md5,
        /// The larger sum.
        second: Md5,
    },
}

impl Entry {
    /// An entry without values for the ebuild whose file has this MD5.
    pub fn new(md5: impl Into<Md5>) -> Entry {
        Entry {
            values: Default::default(),
            eclasses: Vec::new(),
            md5: md5.into(),
        }
    }

    /// The value of a key; empty when it is not set, as the file format knows no difference.
    pub fn get(&self, key: Key) -> &str {
        &self.values[key as usize]
    }

    /// Sets the value of a key; an empty value unsets it.
    ///
    /// # Errors
    /// [`ValueError::ControlByte`] when the value contains a newline or NUL. Other white space is kept as it is.
    pub fn set(&mut self, key: Key, value: impl Into<String>) -> Result<(), ValueError> {
        let value = value.into();
        if let Some(offset) = value.bytes().position(|b| b == b'\n' || b == 0) {
            let what = if value.as_bytes().get(offset) == Some(&0) {
                "a NUL byte"
            } else {
                "a newline"
            };
            return Err(ValueError::ControlByte { key, what, offset });
        }
        self.values[key as usize] = value;
        Ok(())
    }

    /// The keys that have a value, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &str)> {
        Key::ALL
            .into_iter()
            .zip(self.values.iter())
            .filter(|(_, v)| !v.is_empty())
            .map(|(k, v)| (k, v.as_str()))
    }

    /// The inherited eclasses, sorted by name, each once.
    pub fn eclasses(&self) -> &[EclassDigest] {
        &self.eclasses
    }

    /// Replaces the inherited eclasses; any order.
    ///
    /// # Errors
    /// A name that the format cannot hold, or one eclass with two different sums.
    pub fn set_eclasses<N, M>(
        &mut self,
        eclasses: impl IntoIterator<Item = (N, M)>,
    ) -> Result<(), ValueError>
    where
        N: Into<String>,
        M: Into<Md5>,
    {
        let mut list: Vec<EclassDigest> = eclasses
            .into_iter()
            .map(|(name, md5)| EclassDigest {
                name: name.into(),
                md5: md5.into(),
            })
            .collect();
        if let Some(bad) = list.iter().find(|e| {
            e.name.is_empty() || e.name.contains(|c: char| c.is_whitespace() || c == '\0')
        }) {
            return Err(ValueError::EclassName {
                name: bad.name.clone(),
            });
        }
        list.sort();
        list.dedup();
        for pair in list.windows(2) {
            if let [a, b] = pair
                && a.name == b.name
            {
                return Err(ValueError::EclassTwice {
                    name: a.name.clone(),
                    first: a.md5,
                    second: b.md5,
                });
            }
        }
        self.eclasses = list;
        Ok(())
    }

    /// MD5 of the ebuild that the entry was made from.
    pub fn md5(&self) -> Md5 {
        self.md5
    }

    /// Says that the entry belongs to an ebuild with this MD5.
    pub fn set_md5(&mut self, md5: impl Into<Md5>) {
        self.md5 = md5.into();
    }
}
