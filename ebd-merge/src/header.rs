//! What a journal says of the merge or removal that it is of.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ebd_pms::Cpv;

use super::InstalledError;

/// What is done to which packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The package that is merged or removed.
    pub(crate) cpv: Cpv,
    /// Whether it is merged.
    pub(crate) merges: bool,
    /// Whether its phases are run.
    pub(crate) phases: bool,
    /// Its image.
    pub(crate) image: PathBuf,
    /// Whether files leave the image.
    pub(crate) takes: bool,
    /// Whether it comes from a binary package.
    pub(crate) binary: bool,
    /// Packages that are removed, in this order.
    pub(crate) removed: Vec<Cpv>,
}

impl Header {
    /// The text that a journal keeps.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("package {}\n", self.cpv).into_bytes();
        for (name, set) in [
            ("merges", self.merges),
            ("phases", self.phases),
            ("takes", self.takes),
            ("binary", self.binary),
        ] {
            if set {
                text.extend_from_slice(format!("{name}\n").as_bytes());
            }
        }
        for cpv in &self.removed {
            text.extend_from_slice(format!("removed {cpv}\n").as_bytes());
        }
        text.extend_from_slice(b"image ");
        text.extend_from_slice(self.image.as_os_str().as_bytes());
        text.push(b'\n');
        text
    }

    pub(crate) fn parse(file: &Path, text: &[u8]) -> Result<Self, InstalledError> {
        let wrong = || InstalledError::Record {
            path: file.to_owned(),
            reason: "it is no description of a merge".to_owned(),
        };
        let cpv = |text: &[u8]| {
            std::str::from_utf8(text)
                .ok()
                .and_then(|text| Cpv::parse(text).ok())
                .ok_or_else(wrong)
        };
        let rest = text.strip_prefix(b"package ").ok_or_else(wrong)?;
        let end = memchr::memchr(b'\n', rest).ok_or_else(wrong)?;
        let mut header = Self {
            cpv: cpv(rest.get(..end).unwrap_or_default())?,
            merges: false,
            phases: false,
            image: PathBuf::new(),
            takes: false,
            binary: false,
            removed: Vec::new(),
        };
        let rest = rest.get(end + 1..).unwrap_or_default();
        let rest = rest.strip_suffix(b"\n").ok_or_else(wrong)?;
        for line in rest.split(|byte| *byte == b'\n') {
            if let Some(name) = line.strip_prefix(b"removed ") {
                header.removed.push(cpv(name)?);
            } else if let Some(path) = line.strip_prefix(b"image ") {
                header.image = PathBuf::from(OsStr::from_bytes(path));
            } else {
                match line {
                    b"merges" => header.merges = true,
                    b"phases" => header.phases = true,
                    b"takes" => header.takes = true,
                    b"binary" => header.binary = true,
                    _ => return Err(wrong()),
                }
            }
        }
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back() {
        let cpv = |text: &str| Cpv::parse(text).unwrap();
        let header = Header {
            cpv: cpv("a/b-2"),
            merges: true,
            phases: true,
            image: "/x y/image".into(),
            takes: true,
            binary: false,
            removed: vec![cpv("a/b-1"), cpv("a/b-2")],
        };
        let file = Path::new("header");
        let bytes = header.to_bytes();
        assert_eq!(Header::parse(file, &bytes).unwrap(), header);
        for length in 0..bytes.len() {
            let part = Header::parse(file, &bytes[..length]);
            assert!(part.map_or(true, |part| part != header), "{length}");
        }
    }
}
