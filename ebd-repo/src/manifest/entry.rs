//! The lines of a Manifest.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;

/// A Manifest: what it says of files. Lines are found by kind and name; equal ones are joined, as Portage does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    files: BTreeMap<(FileKind, String), ManifestFile>,
    /// `TIMESTAMP` and `IGNORE` lines, which say nothing about a file, as they are.
    others: Vec<String>,
}

/// The tags of lines about files: those of Gentoo's package Manifests, and the ones that GLEP 74 adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `AUX`: below `files`.
    Aux,
    /// `DATA` (GLEP 74).
    Data,
    /// `DIST`: a file that is downloaded.
    Dist,
    /// `EBUILD`.
    Ebuild,
    /// `MANIFEST` (GLEP 74): another Manifest.
    Manifest,
    /// `MISC`: another file of the package.
    Misc,
    /// `OPTIONAL` (GLEP 74): a file that need not exist.
    Optional,
}

/// What a Manifest says of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManifestFile {
    /// Size in bytes.
    pub size: u64,
    /// Checksums by name, as written.
    pub hashes: BTreeMap<String, String>,
}

/// A line that cannot be understood; it has no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected \"KIND NAME SIZE HASH VALUE …\", found {text:?}")]
pub struct ManifestProblem {
    /// Number of the line, from 1.
    pub line: usize,
    /// The line.
    pub text: String,
}

impl FileKind {
    /// Every kind, in the order in which they are written.
    pub const ALL: [Self; 7] = [
        Self::Aux,
        Self::Data,
        Self::Dist,
        Self::Ebuild,
        Self::Manifest,
        Self::Misc,
        Self::Optional,
    ];

    /// The tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aux => "AUX",
            Self::Data => "DATA",
            Self::Dist => "DIST",
            Self::Ebuild => "EBUILD",
            Self::Manifest => "MANIFEST",
            Self::Misc => "MISC",
            Self::Optional => "OPTIONAL",
        }
    }

    /// The kind with this tag.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Manifest {
    /// Reads the text of a Manifest. An OpenPGP signature around it is not looked at. Lines that are none of a Manifest are
    /// returned beside it.
    #[must_use]
    pub fn parse(text: &str) -> (Self, Vec<ManifestProblem>) {
        let mut manifest = Self::default();
        let mut problems = Vec::new();
        let mut in_header = false;
        let mut signed = false;
        for (number, line) in (1_usize..).zip(text.lines()) {
            if line == "-----BEGIN PGP SIGNED MESSAGE-----" {
                (in_header, signed) = (true, true);
                continue;
            }
            if line == "-----BEGIN PGP SIGNATURE-----" {
                break;
            }
            if in_header {
                in_header = !line.trim().is_empty();
                continue;
            }
            let line = if signed {
                line.strip_prefix("- ").unwrap_or(line)
            } else {
                line
            };
            if line.trim().is_empty() {
                continue;
            }
            if manifest.line(line).is_none() {
                problems.push(ManifestProblem {
                    line: number,
                    text: line.to_owned(),
                });
            }
        }
        (manifest, problems)
    }

    /// Reads the Manifest of a package folder; one that does not exist is empty. Bytes that are not UTF-8 are replaced.
    ///
    /// # Errors
    /// It exists but cannot be read.
    pub fn read(path: &Path) -> Result<(Self, Vec<ManifestProblem>), Error> {
        match fs::read(path) {
            Ok(bytes) => Ok(Self::parse(&String::from_utf8_lossy(&bytes))),
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(Default::default())
            }
            Err(e) => Err(Error::io("read", path, e)),
        }
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_ascii_whitespace();
        let tag = words.next()?;
        if matches!(tag, "TIMESTAMP" | "IGNORE") {
            words.next()?;
            if words.next().is_some() {
                return None;
            }
            self.others.push(line.to_owned());
            return Some(());
        }
        let kind = FileKind::parse(tag)?;
        let name = words.next()?;
        let size = words.next()?;
        if !size.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let size = size.parse().ok()?;
        let mut hashes = BTreeMap::new();
        while let Some(name) = words.next() {
            hashes.insert(name.to_owned(), words.next()?.to_owned());
        }
        if hashes.is_empty() {
            return None;
        }
        let file = self.files.entry((kind, name.to_owned())).or_default();
        file.size = size;
        file.hashes.extend(hashes);
        Some(())
    }

    /// What is said of a file.
    #[must_use]
    pub fn get(&self, kind: FileKind, name: &str) -> Option<&ManifestFile> {
        self.files.get(&(kind, name.to_owned()))
    }

    /// Sets what is said of a file.
    pub fn insert(&mut self, kind: FileKind, name: impl Into<String>, file: ManifestFile) {
        self.files.insert((kind, name.into()), file);
    }

    /// All files of a kind, by name.
    pub fn files(&self, kind: FileKind) -> impl Iterator<Item = (&str, &ManifestFile)> {
        self.files
            .iter()
            .filter(move |((other, _), _)| *other == kind)
            .map(|((_, name), file)| (name.as_str(), file))
    }

    /// Whether nothing is said of any file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// The text, sorted by kind and name, as Portage writes it.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((kind, name), file) in &self.files {
            write!(f, "{} {name} {}", kind.as_str(), file.size)?;
            for (hash, value) in &file.hashes {
                write!(f, " {hash} {value}")?;
            }
            writeln!(f)?;
        }
        for line in &self.others {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}
