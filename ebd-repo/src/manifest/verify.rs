//! Comparing files with what a Manifest says of them.

use std::io;
use std::path::{Path, PathBuf};

use super::entry::ManifestFile;
use super::hash::{HashName, Hasher, Sums};

/// Why a file cannot be checked, or is not the one that is meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The Manifest has no checksum that is known here.
    #[error("{}: the Manifest has no checksum that can be checked (known: BLAKE2B BLAKE2S MD5 SHA256 SHA512)", path.display())]
    NoKnownHash {
        /// The file.
        path: PathBuf,
    },
    /// The Manifest has only checksums that a forged file can have too.
    #[error("{}: the Manifest has only weak checksums of it ({hashes}), which a forged file can have too; it needs BLAKE2B or SHA512", path.display())]
    WeakHashes {
        /// The file.
        path: PathBuf,
        /// The names of its checksums.
        hashes: String,
    },
    /// It is another file.
    #[error("{}: {mismatch}", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// What differs.
        mismatch: Mismatch,
    },
}

/// The first difference between a file and a Manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The size.
    #[error("the size is {found}, the Manifest says {expected}")]
    Size {
        /// What it is.
        found: u64,
        /// What it should be.
        expected: u64,
    },
    /// A checksum.
    #[error("{hash} is {found}, the Manifest says {expected}")]
    Hash {
        /// Which.
        hash: HashName,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
}

impl ManifestFile {
    /// What was computed of a file, in the form of a Manifest.
    #[must_use]
    pub fn from_sums(sums: &Sums) -> Self {
        Self {
            size: sums.size,
            hashes: sums
                .hashes
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                .collect(),
        }
    }

    /// The checksums that can be computed here.
    pub fn known_hashes(&self) -> impl Iterator<Item = (HashName, &str)> {
        self.hashes
            .iter()
            .filter_map(|(name, value)| Some((HashName::parse(name)?, value.as_str())))
    }

    /// Compares with what was computed; checksums that only one of the two has are not compared.
    ///
    /// # Errors
    /// The first difference.
    pub fn compare(&self, sums: &Sums) -> Result<(), Mismatch> {
        if sums.size != self.size {
            return Err(Mismatch::Size {
                found: sums.size,
                expected: self.size,
            });
        }
        for (hash, expected) in self.known_hashes() {
            match sums.hashes.get(&hash) {
                Some(found) if !found.eq_ignore_ascii_case(expected) => {
                    return Err(Mismatch::Hash {
                        hash,
                        found: found.clone(),
                        expected: expected.to_owned(),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Refuses what cannot tell a file from a forged one: there must be a checksum that is known here and [strong](HashName::is_strong).
    /// `path` is for the message.
    ///
    /// # Errors
    /// [`VerifyError::NoKnownHash`], [`VerifyError::WeakHashes`].
    pub fn require_strong(&self, path: &Path) -> Result<(), VerifyError> {
        let path = path.to_owned();
        if self.known_hashes().any(|(name, _)| name.is_strong()) {
            return Ok(());
        }
        const WEAK: [&str; 5] = ["MD5", "RMD160", "SHA1", "SHA256", "BLAKE2S"];
        if !self
            .hashes
            .iter()
            .any(|(name, _)| WEAK.contains(&name.as_str()))
        {
            return Err(VerifyError::NoKnownHash { path });
        }
        let names: Vec<&str> = self.hashes.keys().map(String::as_str).collect();
        Err(VerifyError::WeakHashes {
            path,
            hashes: names.join(" "),
        })
    }

    /// Reads a file and compares it, the size first. At least one checksum must be known and strong.
    ///
    /// # Errors
    /// The file cannot be read, or is another one.
    pub fn verify(&self, path: &Path) -> Result<(), VerifyError> {
        let fail = |source| VerifyError::Io {
            path: path.to_owned(),
            source,
        };
        let mismatch = |mismatch| VerifyError::Mismatch {
            path: path.to_owned(),
            mismatch,
        };
        self.require_strong(path)?;
        let size = path.metadata().map_err(fail)?.len();
        if size != self.size {
            return Err(mismatch(Mismatch::Size {
                found: size,
                expected: self.size,
            }));
        }
        let names: Vec<_> = self.known_hashes().map(|(name, _)| name).collect();
        let sums = Hasher::of_file(path, names).map_err(fail)?;
        self.compare(&sums).map_err(mismatch)
    }
}
