//! Copying the content of a file in few system calls.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, copy_file_range};
use nix::sys::stat::futimens;
use nix::sys::time::TimeSpec;

use crate::error::InstallError;

/// Files up to this size go through memory in one read and one write; larger ones are left to the kernel, which may share their blocks.
const SMALL: usize = 128 * 1024;

/// How often a destination is removed because another process has just made it again.
const ATTEMPTS: usize = 16;

/// Copies files; keeps its buffer from one to the next.
#[derive(Default)]
pub(crate) struct Copier {
    buffer: Vec<u8>,
}

/// When a source was read and changed last.
pub(crate) struct Times {
    accessed: TimeSpec,
    modified: TimeSpec,
}

impl Times {
    pub(crate) fn set(&self, file: &File, path: &Path) -> Result<(), InstallError> {
        futimens(file, &self.accessed, &self.modified)
            .map_err(|error| InstallError::io("set the times of", path, error))
    }
}

impl Copier {
    /// Copies a file to a new one; what stands at the destination is removed. `finish` gives the new file its attributes; until then
    /// nobody else can read it. If anything fails, no file is left.
    pub(crate) fn copy(
        &mut self,
        source: &Path,
        dest: &Path,
        finish: impl FnOnce(&File, &Times) -> Result<(), InstallError>,
    ) -> Result<(), InstallError> {
        let cannot_read = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => InstallError::Missing(source.to_owned()),
            _ => InstallError::io("read", source, error),
        };
        let input = File::open(source).map_err(cannot_read)?;
        let metadata = input.metadata().map_err(cannot_read)?;
        if metadata.is_dir() {
            return Err(InstallError::IsFolder(source.to_owned()));
        }
        let output = create(dest, Some((source, &metadata)))?;
        let times = Times {
            accessed: TimeSpec::new(metadata.atime(), metadata.atime_nsec()),
            modified: TimeSpec::new(metadata.mtime(), metadata.mtime_nsec()),
        };
        self.content(&input, &output, Some(&metadata), dest)
            .and_then(|()| finish(&output, &times))
            .inspect_err(|_| {
                let _ = fs::remove_file(dest);
            })
    }

    /// Copies what is left of a stream to a new file, as [`Self::copy`] does.
    pub(crate) fn copy_stream(
        &mut self,
        input: File,
        dest: &Path,
        finish: impl FnOnce(&File) -> Result<(), InstallError>,
    ) -> Result<(), InstallError> {
        let output = create(dest, None)?;
        self.content(&input, &output, None, dest)
            .and_then(|()| finish(&output))
            .inspect_err(|_| {
                let _ = fs::remove_file(dest);
            })
    }

    fn content(
        &mut self,
        mut input: &File,
        mut output: &File,
        metadata: Option<&Metadata>,
        dest: &Path,
    ) -> Result<(), InstallError> {
        let size = metadata
            .filter(|metadata| metadata.is_file())
            .map_or(0, |metadata| {
                usize::try_from(metadata.len()).unwrap_or(usize::MAX)
            });
        if size > SMALL && by_kernel(input, output, dest)? {
            return Ok(());
        }
        if self.buffer.is_empty() {
            self.buffer.resize(SMALL + 1, 0);
        }
        loop {
            let count = match input.read(&mut self.buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(InstallError::io("read the content of", dest, error)),
            };
            let chunk = self.buffer.get(..count).unwrap_or_default();
            output
                .write_all(chunk)
                .map_err(|error| InstallError::io("write", dest, error))?;
            // The buffer holds more than a small file, so that getting all of one says that there is no more.
            if count == size {
                return Ok(());
            }
        }
    }
}

/// Lets the kernel copy; false if it cannot with these files and nothing was copied yet.
fn by_kernel(input: &File, output: &File, dest: &Path) -> Result<bool, InstallError> {
    let mut copied = false;
    loop {
        match copy_file_range(input, None, output, None, 1 << 30) {
            // Some file systems answer 0 for files that have content.
            Ok(0) => return Ok(copied),
            Ok(_) => copied = true,
            Err(Errno::EINTR) => {}
            Err(
                Errno::EXDEV
                | Errno::EINVAL
                | Errno::ENOSYS
                | Errno::EOPNOTSUPP
                | Errno::EPERM
                | Errno::EBADF,
            ) if !copied => return Ok(false),
            Err(error) => return Err(InstallError::io("write", dest, error)),
        }
    }
}

/// Makes a new file that only its owner can use. `source` is what it is going to be a copy of.
fn create(dest: &Path, source: Option<(&Path, &Metadata)>) -> Result<File, InstallError> {
    let cannot_create = |error: io::Error| InstallError::io("create", dest, error);
    for _ in 0..ATTEMPTS {
        let error = match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(dest)
        {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => error,
            Err(error) => return Err(cannot_create(error)),
        };
        let old = match fs::symlink_metadata(dest) {
            Ok(old) => old,
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => continue,
            Err(_) => return Err(cannot_create(error)),
        };
        if old.is_dir() {
            return Err(InstallError::IsFolder(dest.to_owned()));
        }
        if let Some((source, metadata)) = source
            && is_same(source, metadata, dest, &old)
        {
            return Err(InstallError::SameFile {
                file: source.to_owned(),
                dest: dest.to_owned(),
            });
        }
        match fs::remove_file(dest) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(InstallError::io("replace", dest, error));
            }
            _ => {}
        }
    }
    Err(InstallError::io("create", dest, Errno::EBUSY))
}

/// Whether removing the destination would remove the source. A second name of a file may go: the first keeps its content.
fn is_same(source: &Path, metadata: &Metadata, dest: &Path, old: &Metadata) -> bool {
    !old.file_type().is_symlink()
        && (old.dev(), old.ino()) == (metadata.dev(), metadata.ino())
        && (old.nlink() == 1 || fs::canonicalize(source).ok() == fs::canonicalize(dest).ok())
}
