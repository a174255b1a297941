//! Checksums.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use blake2::{Blake2b512, Blake2s256};
use md5::{Digest, Md5};
use sha2::{Sha256, Sha512};

use ebd_fs::hex;

/// A kind of checksum that can be computed here. Others in a Manifest are kept but not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashName {
    /// BLAKE2b with 512 bits.
    Blake2b,
    /// BLAKE2s with 256 bits.
    Blake2s,
    /// MD5.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// The size and checksums of a file; the checksums in lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// Size in bytes.
    pub size: u64,
    /// The checksums.
    pub hashes: BTreeMap<HashName, String>,
}

/// Computes several checksums at once.
#[derive(Clone, Default)]
pub struct Hasher {
    size: u64,
    running: Vec<(HashName, Running)>,
}

#[derive(Clone)]
enum Running {
    Blake2b(Blake2b512),
    Blake2s(Blake2s256),
    Md5(Md5),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl HashName {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Blake2b,
        Self::Blake2s,
        Self::Md5,
        Self::Sha256,
        Self::Sha512,
    ];

    /// The kinds that Manifests have unless `manifest-hashes` of `layout.conf` says otherwise.
    pub const DEFAULT: [Self; 2] = [Self::Blake2b, Self::Sha512];

    /// Returns whether nobody can make a second file with the same checksum: one of those that the Gentoo repository requires (GLEP 59).
    #[must_use]
    pub const fn is_strong(self) -> bool {
        matches!(self, Self::Blake2b | Self::Sha512)
    }

    /// The name in Manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blake2b => "BLAKE2B",
            Self::Blake2s => "BLAKE2S",
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

impl fmt::Display for HashName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Hasher {
    /// Begins checksums of these kinds.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = HashName>) -> Self {
        let running = names.into_iter().map(|name| {
            let running = match name {
                HashName::Blake2b => Running::Blake2b(Blake2b512::new()),
                HashName::Blake2s => Running::Blake2s(Blake2s256::new()),
                HashName::Md5 => Running::Md5(Md5::new()),
                HashName::Sha256 => Running::Sha256(Sha256::new()),
                HashName::Sha512 => Running::Sha512(Sha512::new()),
            };
            (name, running)
        });
        Self {
            size: 0,
            running: running.collect(),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size = self
            .size
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        for (_, running) in &mut self.running {
            match running {
                Running::Blake2b(hasher) => hasher.update(bytes),
                Running::Blake2s(hasher) => hasher.update(bytes),
                Running::Md5(hasher) => hasher.update(bytes),
                Running::Sha256(hasher) => hasher.update(bytes),
                Running::Sha512(hasher) => hasher.update(bytes),
            }
        }
    }

    /// The size and checksums of all bytes.
    #[must_use]
    pub fn finish(self) -> Sums {
        let hashes = self.running.into_iter().map(|(name, running)| {
            let digest = match running {
                Running::Blake2b(hasher) => hex(&hasher.finalize()),
                Running::Blake2s(hasher) => hex(&hasher.finalize()),
                Running::Md5(hasher) => hex(&hasher.finalize()),
                Running::Sha256(hasher) => hex(&hasher.finalize()),
                Running::Sha512(hasher) => hex(&hasher.finalize()),
            };
            (name, digest)
        });
        Sums {
            size: self.size,
            hashes: hashes.collect(),
        }
    }

    /// The checksums of a file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of_file(
        path: &Path,
        names: impl IntoIterator<Item = HashName>,
    ) -> Result<Sums, io::Error> {
        let mut file = File::open(path)?;
        let mut hasher = Self::new(names);
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(count) => hasher.update(buffer.get(..count).unwrap_or_default()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.running.iter().map(|(name, _)| name).collect();
        f.debug_struct("Hasher")
            .field("size", &self.size)
            .field("names", &names)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_other_programs() {
        let mut hasher = Hasher::new(HashName::ALL);
        hasher.update(b"ab");
        hasher.update(b"c");
        let sums = hasher.finish();
        assert_eq!(sums.size, 3);
        let starts: Vec<_> = sums
            .hashes
            .iter()
            .map(|(name, hash)| format!("{name} {} {}", hash.len(), hash.get(..8).unwrap_or("")))
            .collect();
        assert_eq!(
            starts,
            [
                "BLAKE2B 128 ba80a53f",
                "BLAKE2S 64 508c5e8c",
                "MD5 32 90015098",
                "SHA256 64 ba7816bf",
                "SHA512 128 ddaf35a1",
            ]
        );
    }
}
