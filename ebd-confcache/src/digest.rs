//! Digests of lists of facts.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use ebd_fs::hex;

/// A digest of named facts. Each has its length with it, so that no two lists of facts have the same bytes.
#[derive(Clone)]
pub(super) struct Facts(Sha256);

impl Facts {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn add(&mut self, name: &str, value: &[u8]) {
        for part in [name.as_bytes(), value] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    /// A file as it is now: where it really is, its size and times; or that there is none.
    pub(super) fn add_file(&mut self, name: &str, path: &Path) {
        let Ok(real) = fs::canonicalize(path) else {
            return self.add(name, b"none");
        };
        self.add(name, real.as_os_str().as_bytes());
        self.add("stat", stat(&real).as_bytes());
    }

    pub(super) fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The digest of a text.
pub(super) fn digest(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

/// Whether a text may be a digest.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

fn stat(path: &Path) -> String {
    fs::metadata(path).map_or_else(
        |_| "none".to_owned(),
        |meta| {
            format!(
                "{} {}.{} {}.{}",
                meta.len(),
                meta.mtime(),
                meta.mtime_nsec(),
                meta.ctime(),
                meta.ctime_nsec()
            )
        },
    )
}

/// A program as PATH has it, where it is named without a slash.
pub(super) fn find(program: &OsStr, path: &[std::path::PathBuf]) -> Option<std::path::PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return Some(program.into());
    }
    path.iter().map(|folder| folder.join(program)).find(|file| {
        fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.mode() & 0o111 != 0)
    })
}
