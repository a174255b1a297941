//! Reading ebuilds and eclasses.

use std::path::Path;

use ebd_fs::SourceFile;

use crate::error::Error;

/// Reads an ebuild or eclass with its MD5, as [`ebd_fs::read_source`] does.
///
/// # Errors
/// [`Error::Io`], [`Error::NotAFile`] (a directory, a FIFO), [`Error::KeepsChanging`].
pub fn read_source(path: &Path) -> Result<SourceFile, Error> {
    Ok(ebd_fs::read_source(path)?)
}
