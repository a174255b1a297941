//! What is in an image.

#![expect(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::ImageError;

/// A file, folder or link of an image.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where, as an absolute path without D.
    pub path: PathBuf,
    /// What it is.
    pub kind: EntryKind,
    /// Permissions with setuid, setgid and sticky bits.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The size in bytes.
    pub size: u64,
    /// Device and inode: equal for the names of one file.
    pub identity: (u64, u64),
}

/// The kind of an [`Entry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link with its text.
    Link(PathBuf),
    /// A device, socket or pipe.
    Special,
}

/// All entries of an image, sorted by the bytes of their paths.
#[derive(Debug, Clone, Default)]
pub struct Image {
    folder: PathBuf,
    entries: Vec<Entry>,
}

impl Image {
    /// Reads all folders below D.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn scan(folder: &Path) -> Result<Self, ImageError> {
        let mut entries = Vec::new();
        let mut pending = vec![folder.to_owned()];
        while let Some(current) = pending.pop() {
            let cannot_read = |error| ImageError::io("read", &current, error);
            for found in fs::read_dir(&current).map_err(cannot_read)? {
                let found = found.map_err(cannot_read)?;
                let path = found.path();
                let metadata = found.metadata().map_err(cannot_read)?;
                let entry = Entry::new(folder, &path, &metadata)?;
                if entry.kind == EntryKind::Folder {
                    pending.push(path);
                }
                entries.push(entry);
            }
        }
        entries.sort_by(|one: &Entry, other| {
            let one = one.path.as_os_str().as_bytes();
            one.cmp(other.path.as_os_str().as_bytes())
        });
        Ok(Self {
            folder: folder.to_owned(),
            entries,
        })
    }

    /// D.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The regular files.
    pub fn files(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::File)
    }

    /// The entry at a path without D.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Entry> {
        let wanted = path.as_os_str().as_bytes();
        self.entries
            .binary_search_by(|entry| entry.path.as_os_str().as_bytes().cmp(wanted))
            .ok()
            .and_then(|index| self.entries.get(index))
    }

    /// Whether something is there; links are not followed.
    #[must_use]
    pub fn contains(&self, path: &Path) -> bool {
        self.get(path).is_some()
    }

    /// Where an entry is on this machine.
    #[must_use]
    pub fn real(&self, path: &Path) -> PathBuf {
        self.folder.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// What is directly in a folder.
    pub fn children<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.path.parent() == Some(folder))
    }

    /// What is below a folder or is that path itself.
    pub fn below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.path.starts_with(folder))
    }
}

impl Entry {
    fn new(folder: &Path, path: &Path, metadata: &Metadata) -> Result<Self, ImageError> {
        let kind = if metadata.is_symlink() {
            let target = fs::read_link(path)
                .map_err(|error| ImageError::io("read the link", path, error))?;
            EntryKind::Link(target)
        } else if metadata.is_dir() {
            EntryKind::Folder
        } else if metadata.is_file() {
            EntryKind::File
        } else {
            EntryKind::Special
        };
        Ok(Self {
            path: Path::new("/").join(path.strip_prefix(folder).unwrap_or(path)),
            kind,
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            size: metadata.len(),
            identity: (metadata.dev(), metadata.ino()),
        })
    }

    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }
}
