//! Writing a binary package.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use blake2::{Blake2b512, Digest};
use sha2::Sha512;
use tar::{Builder, EntryType, Header};

use super::{GpkgError, VERSION_FILE};
use ebd_fs::hex;
use ebd_image::copy::attributes;
use ebd_image::{ImageEntry, ImageKind};

/// What zstd does by default in Portage.
const LEVEL: i32 = 3;

/// Writes a package; it is there as a whole or not at all. `name` is the folder in the archive, the name and version of the package;
/// `metadata` are the files of its record.
///
/// # Errors
/// When the image cannot be read or the package cannot be written.
pub fn write(
    file: &Path,
    name: &str,
    metadata: &[(String, Vec<u8>)],
    image: &Path,
    entries: &[ImageEntry],
) -> Result<(), GpkgError> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(GpkgError::io("make the folder", folder))?;
    let part = |suffix: &str| -> PathBuf {
        let mut name = std::ffi::OsString::from("._ebd-");
        name.push(file.file_name().unwrap_or_default());
        name.push(suffix);
        folder.join(name)
    };
    let (image_part, whole) = (part(".image"), part(""));
    let result = write_parts(&image_part, &whole, name, metadata, image, entries)
        .and_then(|()| fs::rename(&whole, file).map_err(GpkgError::io("write", file)));
    // What is left of a failure is overwritten the next time.
    let _ = fs::remove_file(&image_part);
    if result.is_err() {
        let _ = fs::remove_file(&whole);
    }
    result
}

fn write_parts(
    image_part: &Path,
    whole: &Path,
    name: &str,
    metadata: &[(String, Vec<u8>)],
    image: &Path,
    entries: &[ImageEntry],
) -> Result<(), GpkgError> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    let failed = || GpkgError::io("write", whole);
    let metadata = metadata_archive(metadata, now).map_err(failed())?;
    image_archive(image_part, image, entries)?;
    let target = File::create(whole).map_err(failed())?;
    let mut archive = Builder::new(BufWriter::new(target));
    let mut manifest = String::new();
    let mut add = |file: &str, size: u64, content: &mut dyn Read| -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_path(format!("{name}/{file}"))?;
        header.set_size(size);
        header.set_mode(0o644);
        header.set_mtime(now);
        header.set_entry_type(EntryType::Regular);
        header.set_cksum();
        let mut content = Hashing::new(content);
        archive.append(&header, &mut content)?;
        if file != "Manifest" {
            manifest.push_str(&format!("DATA {file} {size} {}\n", content.digests()));
        }
        Ok(())
    };
    add(VERSION_FILE, 0, &mut io::empty()).map_err(failed())?;
    let size = metadata.len() as u64;
    add("metadata.tar.zst", size, &mut metadata.as_slice()).map_err(failed())?;
    let part = File::open(image_part).map_err(GpkgError::io("read", image_part))?;
    let size = part
        .metadata()
        .map_err(GpkgError::io("read", image_part))?
        .len();
    add("image.tar.zst", size, &mut BufReader::new(part)).map_err(failed())?;
    let text = std::mem::take(&mut manifest);
    let mut header = Header::new_ustar();
    header
        .set_path(format!("{name}/Manifest"))
        .map_err(failed())?;
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(now);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    archive.append(&header, text.as_bytes()).map_err(failed())?;
    let target = archive.into_inner().map_err(failed())?;
    let target = target
        .into_inner()
        .map_err(|error| failed()(error.into_error()))?;
    target.sync_data().map_err(failed())
}

fn metadata_archive(files: &[(String, Vec<u8>)], now: u64) -> io::Result<Vec<u8>> {
    let encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
    let mut archive = Builder::new(encoder);
    for (name, content) in files {
        let mut header = Header::new_ustar();
        header.set_path(format!("metadata/{name}"))?;
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(now);
        header.set_entry_type(EntryType::Regular);
        header.set_cksum();
        archive.append(&header, content.as_slice())?;
    }
    archive.into_inner()?.finish()
}

/// Writes the compressed archive of the image, so that its size and digests are known.
fn image_archive(part: &Path, image: &Path, entries: &[ImageEntry]) -> Result<(), GpkgError> {
    let failed = || GpkgError::io("write", part);
    let target = File::create(part).map_err(failed())?;
    let encoder = zstd::Encoder::new(BufWriter::new(target), LEVEL).map_err(failed())?;
    let mut archive = Builder::new(encoder);
    let mut top = Header::new_gnu();
    top.set_entry_type(EntryType::Directory);
    top.set_mode(0o755);
    top.set_size(0);
    archive
        .append_data(&mut top, "image", io::empty())
        .map_err(failed())?;
    let mut names: HashMap<(u64, u64), PathBuf> = HashMap::new();
    for entry in entries {
        let below = entry.path.strip_prefix("/").unwrap_or(&entry.path);
        let (name, source) = (Path::new("image").join(below), image.join(below));
        let read = || GpkgError::io("read", &source);
        let mut header = Header::new_gnu();
        header.set_mode(entry.mode);
        header.set_uid(entry.uid.into());
        header.set_gid(entry.gid.into());
        header.set_mtime(u64::try_from(entry.mtime.0).unwrap_or(0));
        header.set_size(0);
        let pax = pax_of(entry, &source)?;
        match &entry.kind {
            ImageKind::Folder => {
                add_pax(&mut archive, &pax).map_err(failed())?;
                header.set_entry_type(EntryType::Directory);
                archive
                    .append_data(&mut header, &name, io::empty())
                    .map_err(failed())?;
            }
            ImageKind::File { size, .. } => {
                if let Some(first) = names.get(&entry.identity) {
                    header.set_entry_type(EntryType::Link);
                    archive
                        .append_link(&mut header, &name, first)
                        .map_err(failed())?;
                    continue;
                }
                names.insert(entry.identity, name.clone());
                add_pax(&mut archive, &pax).map_err(failed())?;
                header.set_entry_type(EntryType::Regular);
                header.set_size(*size);
                let mut file = File::open(&source).map_err(read())?;
                let now = file.metadata().map_err(read())?.len();
                if now != *size {
                    return Err(GpkgError::damaged(
                        &source,
                        "it has changed while it was packed",
                    ));
                }
                file.rewind().map_err(read())?;
                archive
                    .append_data(&mut header, &name, file.take(*size))
                    .map_err(failed())?;
            }
            ImageKind::Link(target) => {
                add_pax(&mut archive, &pax).map_err(failed())?;
                header.set_entry_type(EntryType::Symlink);
                archive
                    .append_link(&mut header, &name, target)
                    .map_err(failed())?;
            }
            ImageKind::Fifo => {
                header.set_entry_type(EntryType::Fifo);
                archive
                    .append_data(&mut header, &name, io::empty())
                    .map_err(failed())?;
            }
            ImageKind::Device(_) | ImageKind::Socket => {
                return Err(GpkgError::damaged(
                    &source,
                    "devices and sockets cannot be in a binary package",
                ));
            }
        }
    }
    let encoder = archive.into_inner().map_err(failed())?;
    let mut target = encoder.finish().map_err(failed())?;
    target.flush().map_err(failed())
}

/// What the header of an entry cannot hold: extended attributes.
fn pax_of(entry: &ImageEntry, source: &Path) -> Result<Vec<(String, Vec<u8>)>, GpkgError> {
    if !matches!(entry.kind, ImageKind::File { .. } | ImageKind::Folder) {
        return Ok(Vec::new());
    }
    let found = attributes(source).map_err(GpkgError::io("read", source))?;
    Ok(found
        .into_iter()
        .filter_map(|(name, value)| {
            let name = String::from_utf8(name).ok()?;
            (name != "security.selinux").then(|| (format!("SCHILY.xattr.{name}"), value))
        })
        .collect())
}

fn add_pax<W: Write>(archive: &mut Builder<W>, pax: &[(String, Vec<u8>)]) -> io::Result<()> {
    if pax.is_empty() {
        return Ok(());
    }
    archive.append_pax_extensions(
        pax.iter()
            .map(|(key, value)| (key.as_str(), value.as_slice())),
    )
}

/// Digests of what is read.
struct Hashing<'a> {
    inner: &'a mut dyn Read,
    blake2b: Blake2b512,
    sha512: Sha512,
}

impl<'a> Hashing<'a> {
    fn new(inner: &'a mut dyn Read) -> Self {
        Self {
            inner,
            blake2b: Blake2b512::new(),
            sha512: Sha512::new(),
        }
    }

    fn digests(self) -> String {
        format!(
            "BLAKE2B {} SHA512 {}",
            hex(&self.blake2b.finalize()),
            hex(&self.sha512.finalize())
        )
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = buffer.get(..count).unwrap_or_default();
        self.blake2b.update(read);
        self.sha512.update(read);
        Ok(count)
    }
}
