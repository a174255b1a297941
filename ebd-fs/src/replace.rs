//! Files that are replaced as a whole.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::fcntl::renameat;
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::dir::Dir;
use crate::error::Error;
use crate::name::AsName;
use crate::stat::Kind;

/// Temporary files are `<prefix><pid>.<number>`: a leading dot keeps them out of Portage's listings (no category or package
/// begins with one) and of shell globs.
const TEMPORARY: &str = ".ebd-tmp.";

/// Returns whether a file with this name was left by a process that was killed while it wrote another file, or is being written.
#[must_use]
pub fn is_temporary(name: &OsStr) -> bool {
    name.as_bytes().starts_with(TEMPORARY.as_bytes())
}

/// A file that takes its name when it is [committed](Self::commit), in the place of another or where none is: readers see the old
/// or the new one as a whole, also when this process is killed. Dropped before, it is removed.
#[derive(Debug)]
pub struct NewFile {
    dir: Dir,
    file: File,
    temporary: Option<OsString>,
    name: OsString,
}

impl NewFile {
    /// Begins a file that will have a path which only trusted users can change, with `mode` less the umask.
    ///
    /// # Errors
    /// [`Error::BadName`] when the path ends with `..`, [`Error::Io`].
    pub fn create(path: impl AsRef<Path>, mode: u32) -> Result<Self, Error> {
        let (directory, name) = split(path.as_ref())?;
        Self::in_dir(Dir::open(directory)?, name, mode)
    }

    /// Begins a file as [`create`](Self::create) does; the directory is made when it is missing.
    ///
    /// # Errors
    /// As there.
    pub fn create_with_directory(path: impl AsRef<Path>, mode: u32) -> Result<Self, Error> {
        let (directory, name) = split(path.as_ref())?;
        let dir = match Dir::open(directory) {
            Err(error) if error.is_absent() => {
                fs::create_dir_all(directory).map_err(|source| Error::Io {
                    action: "make the directory",
                    path: directory.to_owned(),
                    source,
                })?;
                Dir::open(directory)?
            }
            result => result?,
        };
        Self::in_dir(dir, name, mode)
    }

    fn in_dir(dir: Dir, name: &OsStr, mode: u32) -> Result<Self, Error> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let temporary = OsString::from(format!("{TEMPORARY}{}.{number}", process::id()));
            match dir.create(&temporary, mode) {
                Ok(file) => {
                    return Ok(Self {
                        dir,
                        file,
                        temporary: Some(temporary),
                        name: name.to_owned(),
                    });
                }
                // A killed process with the same id left it.
                Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the file, for its permissions and times.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`Error::NotAFile`] when a directory has it, [`Error::Io`]; then the old file is as it was.
    pub fn commit(mut self) -> Result<(), Error> {
        self.rename()
    }

    /// Gives the file its name once the content is on the disk, and brings the name there too.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn commit_durably(mut self) -> Result<(), Error> {
        self.file
            .sync_data()
            .map_err(|source| self.failed(source))?;
        self.rename()?;
        self.dir.sync()
    }

    fn rename(&mut self) -> Result<(), Error> {
        let Some(temporary) = &self.temporary else {
            return Ok(());
        };
        match renameat(
            &self.dir,
            temporary.as_os_str(),
            &self.dir,
            self.name.as_os_str(),
        ) {
            Ok(()) => {
                self.temporary = None;
                Ok(())
            }
            Err(Errno::EISDIR | Errno::ENOTEMPTY | Errno::EEXIST) => Err(Error::NotAFile {
                path: self.dir.shown(&self.name),
                kind: Kind::Directory,
            }),
            Err(errno) => Err(self.failed(errno.into())),
        }
    }

    fn write(&mut self, content: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(content)
            .map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Io {
            action: "write",
            path: self.dir.shown(&self.name),
            source,
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // The error that led here is the one to report.
            let _ = unlinkat(&self.dir, temporary.as_os_str(), UnlinkatFlags::NoRemoveDir);
        }
    }
}

impl Dir {
    /// Begins a file below that will replace another, with `mode` less the umask. A symlink with that name is replaced, not followed.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn new_file(&self, name: impl AsName, mode: u32) -> Result<NewFile, Error> {
        let (above, last) = self.above(name.as_name())?;
        NewFile::in_dir(above.into_dir()?, last, mode)
    }

    /// Writes a file below as a whole: [`new_file`](Self::new_file) with its content.
    ///
    /// # Errors
    /// [`Error::NotAFile`] for a directory, and as [`create`](Self::create); then the old file is as it was.
    pub fn write_atomic(&self, name: impl AsName, content: &[u8], mode: u32) -> Result<(), Error> {
        let mut new = self.new_file(name, mode)?;
        NewFile::write(&mut new, content)?;
        new.commit()
    }
}

/// Replaces a file at a path that only trusted users can change. Nothing is synced to the disk. The permissions are those of any
/// new file; the directory is made when it is missing.
///
/// # Errors
/// [`Error::NotAFile`] when a directory is there, [`Error::Io`]; then the old file is as it was.
pub fn replace(path: impl AsRef<Path>, content: &[u8]) -> Result<(), Error> {
    let mut new = NewFile::create_with_directory(path, 0o644)?;
    NewFile::write(&mut new, content)?;
    new.commit()
}

/// Replaces a file as [`replace`] does; when it returns, the file is on the disk.
///
/// # Errors
/// As there.
pub fn replace_durably(path: impl AsRef<Path>, content: &[u8]) -> Result<(), Error> {
    let mut new = NewFile::create_with_directory(path, 0o644)?;
    NewFile::write(&mut new, content)?;
    new.commit_durably()
}

/// The directory and the name of a path.
fn split(path: &Path) -> Result<(&Path, &OsStr), Error> {
    let Some(name) = path.file_name() else {
        return Err(Error::BadName {
            name: path.to_owned(),
        });
    };
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => Ok((parent, name)),
        _ => Ok((Path::new("."), name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        let dir = Dir::open(directory).unwrap();
        let entries = dir.entries().unwrap().into_iter();
        entries
            .map(|entry| entry.name.as_os_str().to_owned())
            .collect()
    }

    #[test]
    fn the_old_file_stays_until_the_new_one_is_committed() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b/file");
        replace(&path, b"old").unwrap();
        let directory = path.parent().unwrap();
        let mut new = NewFile::create(&path, 0o600).unwrap();
        new.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert!(names(directory).iter().any(|name| is_temporary(name)));
        new.commit_durably().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        drop(NewFile::create(&path, 0o600).unwrap());
        replace_durably(&path, b"last").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"last");
        assert_eq!(names(directory), ["file"]);
        assert!(matches!(
            replace(directory, b""),
            Err(Error::NotAFile { .. })
        ));
        assert_eq!(names(&temp.path().join("a")), ["b"]);
    }

    #[test]
    fn names_that_a_killed_process_left_are_not_in_the_way() {
        let temp = tempfile::tempdir().unwrap();
        for number in 0..1000 {
            let name = format!("{TEMPORARY}{}.{number}", process::id());
            fs::write(temp.path().join(name), "").unwrap();
        }
        replace(temp.path().join("x"), b"x").unwrap();
        assert_eq!(fs::read(temp.path().join("x")).unwrap(), b"x");
    }
}
