//! What is in an image, as it will be in ROOT.

#![allow(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::ImageError;
use crate::mask::InstallMask;
use ebd_fs::{md5_of, parallel};
use ebd_helpers::ownership;

/// How an image is to be understood.
#[derive(Debug, Default)]
pub struct ImageOptions<'a> {
    /// What is not installed.
    pub mask: InstallMask,
    /// The offset prefix: paths in `mask` are below it.
    pub eprefix: PathBuf,
    /// The user and group that built the package, whose files are root's.
    pub builder: Option<(u32, u32)>,
    /// Owners that the ebuild asked for and could not give.
    pub requests: &'a [ownership::Request],
    /// A folder that is taken off the beginning of links' targets: D, in EAPIs that do so.
    pub strip: Option<PathBuf>,
    /// Whether others may not read programs with setuid or setgid bits.
    pub sfperms: bool,
    /// How many files are read at once.
    pub jobs: usize,
}

/// Something in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageEntry {
    /// Where it goes, as an absolute path.
    pub path: PathBuf,
    /// What it is.
    pub kind: ImageKind,
    /// Its permissions with setuid, setgid and sticky bits.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// When it was changed: seconds and nanoseconds.
    pub mtime: (i64, i64),
    /// Device and inode: equal for the names of one file.
    pub identity: (u64, u64),
    /// When anything of it was changed: seconds and nanoseconds.
    pub changed: (i64, i64),
    /// Whether mode, owner and, for links, the target are what they are in the image.
    pub as_found: bool,
}

/// The kind of an [`ImageEntry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageKind {
    /// A folder.
    Folder,
    /// A regular file.
    File {
        /// Its size in bytes.
        size: u64,
        /// MD5 of its content.
        md5: String,
    },
    /// A symbolic link with its target.
    Link(PathBuf),
    /// A pipe.
    Fifo,
    /// A device with its number.
    Device(u64),
    /// A socket, which cannot be installed.
    Socket,
}

/// Reads an image: all entries, folders before what is in them.
///
/// # Errors
/// When something cannot be read, or names have line breaks.
pub fn read_image(image: &Path, options: &ImageOptions<'_>) -> Result<Vec<ImageEntry>, ImageError> {
    read_image_again(image, options, &[])
}

/// Reads an image that was read before: files that have not changed since are not read again.
///
/// # Errors
/// As [`read_image`].
pub fn read_image_again(
    image: &Path,
    options: &ImageOptions<'_>,
    before: &[ImageEntry],
) -> Result<Vec<ImageEntry>, ImageError> {
    let mut entries = Vec::new();
    walk(image, Path::new("/"), options, &mut entries)?;
    let broken: Vec<PathBuf> = entries
        .iter()
        .filter(|entry| has_line_break(entry.path.as_os_str()) || link_has_line_break(&entry.kind))
        .map(|entry| entry.path.clone())
        .collect();
    if !broken.is_empty() {
        return Err(ImageError::LineBreaks(broken));
    }
    if let Some((user, group)) = options.builder {
        for entry in &mut entries {
            change(entry, |entry| {
                if entry.uid == user {
                    entry.uid = 0;
                }
                if entry.gid == group {
                    entry.gid = 0;
                }
            });
        }
    }
    apply_requests(&mut entries, options.requests)?;
    if options.sfperms {
        for entry in &mut entries {
            if matches!(entry.kind, ImageKind::File { .. }) {
                change(entry, |entry| entry.mode = without_reading(entry.mode));
            }
        }
    }
    reuse_digests(&mut entries, before);
    add_digests(image, &mut entries, options.jobs)?;
    Ok(entries)
}

/// setuid programs are not read by group and others, setgid programs not by others.
fn without_reading(mode: u32) -> u32 {
    match (mode & 0o4000 != 0, mode & 0o2000 != 0) {
        (true, false) => mode & !0o044,
        (_, true) => mode & !0o004,
        _ => mode,
    }
}

fn change(entry: &mut ImageEntry, change: impl FnOnce(&mut ImageEntry)) {
    let before = (entry.mode, entry.uid, entry.gid);
    change(entry);
    entry.as_found &= before == (entry.mode, entry.uid, entry.gid);
}

/// Reads a folder of the image; returns whether anything in it is installed.
fn walk(
    image: &Path,
    folder: &Path,
    options: &ImageOptions<'_>,
    entries: &mut Vec<ImageEntry>,
) -> Result<bool, ImageError> {
    let host = image.join(folder.strip_prefix("/").unwrap_or(folder));
    let mut found = Vec::new();
    for entry in fs::read_dir(&host).map_err(ImageError::at("list", &host))? {
        found.push(entry.map_err(ImageError::at("list", &host))?);
    }
    found.sort_by_key(fs::DirEntry::file_name);
    let mut any = false;
    for found in found {
        let path = folder.join(found.file_name());
        let host = found.path();
        let meta = fs::symlink_metadata(&host).map_err(ImageError::at("look at", &host))?;
        let mut as_found = true;
        let kind = file_type(&host, &meta, options.strip.as_deref(), &mut as_found)?;
        let below =
            Path::new("/").join(path.strip_prefix(prefix(&options.eprefix)).unwrap_or(&path));
        let entry = ImageEntry {
            path: path.clone(),
            mode: meta.mode() & 0o7777,
            uid: meta.uid(),
            gid: meta.gid(),
            mtime: (meta.mtime(), meta.mtime_nsec()),
            identity: (meta.dev(), meta.ino()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            kind,
            as_found,
        };
        if entry.kind == ImageKind::Folder {
            let place = entries.len();
            entries.push(entry);
            let inside = walk(image, &path, options, entries)?;
            if !inside && options.mask.masks_folder(&below) {
                entries.truncate(place);
                continue;
            }
        } else if options.mask.masks_file(&below) {
            continue;
        } else {
            entries.push(entry);
        }
        any = true;
    }
    Ok(any)
}

fn prefix(eprefix: &Path) -> &Path {
    if eprefix.as_os_str().is_empty() {
        Path::new("/")
    } else {
        eprefix
    }
}

fn file_type(
    host: &Path,
    meta: &fs::Metadata,
    strip: Option<&Path>,
    as_found: &mut bool,
) -> Result<ImageKind, ImageError> {
    let kind = meta.file_type();
    Ok(if kind.is_dir() {
        ImageKind::Folder
    } else if kind.is_symlink() {
        let target = fs::read_link(host).map_err(ImageError::at("read the link", host))?;
        match strip.and_then(|strip| target.strip_prefix(strip).ok()) {
            Some(rest) => {
                *as_found = false;
                ImageKind::Link(Path::new("/").join(rest))
            }
            None => ImageKind::Link(target),
        }
    } else if kind.is_fifo() {
        ImageKind::Fifo
    } else if kind.is_block_device() || kind.is_char_device() {
        ImageKind::Device(meta.rdev())
    } else if kind.is_socket() {
        ImageKind::Socket
    } else {
        ImageKind::File {
            size: meta.len(),
            md5: String::new(),
        }
    })
}

fn apply_requests(
    entries: &mut [ImageEntry],
    requests: &[ownership::Request],
) -> Result<(), ImageError> {
    if requests.is_empty() {
        return Ok(());
    }
    let places: HashMap<PathBuf, usize> = entries
        .iter()
        .enumerate()
        .map(|(place, entry)| (entry.path.clone(), place))
        .collect();
    for request in requests {
        // What has been removed again needs no owner.
        let Some(entry) = places
            .get(&request.path)
            .and_then(|place| entries.get_mut(*place))
        else {
            continue;
        };
        let (user, group) = request.owner.ids().map_err(|source| ImageError::Owner {
            path: request.path.clone(),
            source,
        })?;
        change(entry, |entry| {
            entry.uid = user.unwrap_or(entry.uid);
            entry.gid = group.unwrap_or(entry.gid);
        });
    }
    Ok(())
}

fn reuse_digests(entries: &mut [ImageEntry], before: &[ImageEntry]) {
    let known: HashMap<&Path, &ImageEntry> = before
        .iter()
        .map(|entry| (entry.path.as_path(), entry))
        .collect();
    for entry in entries {
        let Some(old) = known.get(entry.path.as_path()) else {
            continue;
        };
        if (old.identity, old.changed) == (entry.identity, entry.changed)
            && let (
                ImageKind::File { size, md5 },
                ImageKind::File {
                    size: was,
                    md5: known,
                },
            ) = (&mut entry.kind, &old.kind)
            && *size == *was
        {
            md5.clone_from(known);
        }
    }
}

fn add_digests(image: &Path, entries: &mut [ImageEntry], jobs: usize) -> Result<(), ImageError> {
    let files: Vec<(usize, PathBuf)> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| matches!(&entry.kind, ImageKind::File { md5, .. } if md5.is_empty()))
        .map(|(place, entry)| {
            let path = entry.path.strip_prefix("/").unwrap_or(&entry.path);
            (place, image.join(path))
        })
        .collect();
    let chunks: Vec<&[(usize, PathBuf)]> = files.chunks(64).collect();
    let digests = parallel(jobs, &chunks, |chunk| {
        chunk
            .iter()
            .map(|(place, path)| Ok((*place, md5_of(path)?)))
            .collect::<Result<Vec<_>, ImageError>>()
    });
    for chunk in digests {
        for (place, digest) in chunk? {
            if let Some(ImageEntry {
                kind: ImageKind::File { md5, .. },
                ..
            }) = entries.get_mut(place)
            {
                *md5 = digest;
            }
        }
    }
    Ok(())
}

fn has_line_break(text: &OsStr) -> bool {
    memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some()
}

fn link_has_line_break(kind: &ImageKind) -> bool {
    matches!(kind, ImageKind::Link(target) if has_line_break(target.as_os_str()))
}
