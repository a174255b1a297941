//! Digests of contents, in hexadecimal digits.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use md5::{Digest, Md5};

use crate::error::Error;
use crate::hex::hex;

/// Computes the MD5 of a file's content.
///
/// # Errors
/// The file cannot be opened or read.
pub fn md5_of(path: &Path) -> Result<String, Error> {
    File::open(path)
        .and_then(|mut file| md5_of_file(&mut file))
        .map_err(Error::at("read", path))
}

/// Computes the MD5 of what is left to read.
pub(crate) fn md5_of_file(file: &mut File) -> io::Result<String> {
    let mut hash = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(count) => hash.update(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Computes the MD5 of a text.
#[must_use]
pub fn md5_of_text(text: &[u8]) -> String {
    hex(&Md5::digest(text))
}
