//! The one place with `unsafe`: a file as memory.
#![allow(unsafe_code)]

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::Deref;
use std::os::unix::fs::MetadataExt;

use memmap2::Mmap;

/// The bytes of a file.
#[derive(Debug)]
pub(crate) enum Bytes {
    Mapped(Mmap),
    Read(Vec<u8>),
}

impl Bytes {
    /// Maps a file that only its owner, who is the caller or root, can write; reads any other.
    ///
    /// A mapping is memory that whoever writes the file can change or take away under the reader. The files that are read
    /// this way are replaced by rename and never changed in place, so an old mapping stays as it was; nobody but the owner can
    /// break that rule.
    pub(crate) fn of(mut file: File, metadata: &Metadata) -> io::Result<Bytes> {
        let trusted = metadata.uid() == nix::unistd::geteuid().as_raw() || metadata.uid() == 0;
        if trusted && metadata.mode() & 0o022 == 0 && metadata.len() > 0 {
            // SAFETY: the file is regular and, as checked, writable for the caller and root only. Both replace such files by
            // rename, so the mapped inode is not written or truncated while the mapping lives. Whatever it contains is taken
            // as bytes and checked at each use.
            let map = unsafe { Mmap::map(&file) };
            if let Ok(map) = map {
                return Ok(Bytes::Mapped(map));
            }
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Bytes::Read(bytes))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::Read(bytes) => bytes,
        }
    }
}
