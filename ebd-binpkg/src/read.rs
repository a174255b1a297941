//! Reading a binary package.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use blake2::{Blake2b512, Digest};
use rustix::fs::XattrFlags;
use sha2::Sha512;
use tar::{Archive, EntryType};

use super::{GpkgError, VERSION_FILE};
use ebd_fs::hex;
use ebd_image::copy::{own_as, set_mtime};

/// The largest file of metadata that is read.
const MAX_METADATA: u64 = 256 << 20;

/// A part of a package.
#[derive(Debug, Clone, Copy)]
struct Part {
    offset: u64,
    size: u64,
}

/// Verifies a package and unpacks its image into a folder that does not exist; returns the files of its record.
///
/// # Errors
/// When it is no package, is damaged, has something that must not be there, or cannot be unpacked.
pub fn unpack(file: &Path, image: &Path) -> Result<Vec<(String, Vec<u8>)>, GpkgError> {
    let mut source = File::open(file).map_err(GpkgError::io("read", file))?;
    let parts = parts(file, &source)?;
    verify(file, &mut source, &parts)?;
    let find = |kind: &str| {
        parts
            .iter()
            .find(|(name, _)| name.starts_with(&format!("{kind}.tar")) && !name.ends_with(".sig"))
            .map(|(name, part)| (name.as_str(), *part))
            .ok_or_else(|| GpkgError::damaged(file, format!("it has no {kind}")))
    };
    let (name, part) = find("metadata")?;
    let mut metadata = Vec::new();
    let mut archive = Archive::new(open(file, &source, name, part)?);
    let failed = || GpkgError::io("read", file);
    for entry in archive.entries().map_err(failed())? {
        let mut entry = entry.map_err(failed())?;
        if entry.header().entry_type() != EntryType::Regular {
            continue;
        }
        let path = entry.path().map_err(failed())?.into_owned();
        let Some(name) = path.file_name().and_then(OsStr::to_str).map(str::to_owned) else {
            continue;
        };
        if entry.size() > MAX_METADATA {
            return Err(GpkgError::damaged(file, format!("{name} is too large")));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(failed())?;
        metadata.push((name, content));
    }
    let (name, part) = find("image")?;
    let reader = open(file, &source, name, part)?;
    fs::create_dir_all(image).map_err(GpkgError::io("make the folder", image))?;
    unpack_image(file, reader, image)?;
    Ok(metadata)
}

/// The parts by their names, without the folder that they are in.
fn parts(file: &Path, source: &File) -> Result<BTreeMap<String, Part>, GpkgError> {
    let wrong = |reason: &str| GpkgError::damaged(file, reason);
    let unreadable =
        |error: io::Error| GpkgError::damaged(file, format!("it is no package: {error}"));
    let mut parts = BTreeMap::new();
    let mut archive = Archive::new(source);
    for entry in archive.entries_with_seek().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let names: Vec<&OsStr> = path.iter().collect();
        let [_, name] = names.as_slice() else {
            return Err(wrong("its files are not in one folder"));
        };
        let name = name
            .to_str()
            .ok_or_else(|| wrong("a name in it is not UTF-8"))?;
        let part = Part {
            offset: entry.raw_file_position(),
            size: entry.size(),
        };
        if parts.insert(name.to_owned(), part).is_some() {
            return Err(wrong("a file is in it twice"));
        }
    }
    if !parts.contains_key(VERSION_FILE) {
        return Err(wrong("it is no package: it has no gpkg-1"));
    }
    Ok(parts)
}

/// Compares everything with the Manifest.
fn verify(file: &Path, source: &mut File, parts: &BTreeMap<String, Part>) -> Result<(), GpkgError> {
    let wrong = |reason: String| GpkgError::damaged(file, reason);
    let manifest = parts
        .get("Manifest")
        .ok_or_else(|| wrong("it has no Manifest".to_owned()))?;
    let mut text = String::new();
    section(source, *manifest)
        .and_then(|mut section| section.read_to_string(&mut text))
        .map_err(GpkgError::io("read", file))?;
    let mut listed = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if let ["DATA", name, size, digests @ ..] = words.as_slice() {
            listed.insert(*name, (*size, digests.to_vec()));
        }
    }
    for (name, part) in parts {
        if name == "Manifest" || name.ends_with(".sig") {
            continue;
        }
        let (size, digests) = listed
            .remove(name.as_str())
            .ok_or_else(|| wrong(format!("{name} is not in its Manifest")))?;
        if size.parse() != Ok(part.size) {
            return Err(wrong(format!(
                "{name} has another size than its Manifest says"
            )));
        }
        let (mut blake2b, mut sha512) = (Blake2b512::new(), Sha512::new());
        let mut section = section(source, *part).map_err(GpkgError::io("read", file))?;
        let mut buffer = vec![0; 1 << 17];
        loop {
            let count = section
                .read(&mut buffer)
                .map_err(GpkgError::io("read", file))?;
            if count == 0 {
                break;
            }
            let read = buffer.get(..count).unwrap_or_default();
            blake2b.update(read);
            sha512.update(read);
        }
        let found = [
            ("BLAKE2B", hex(&blake2b.finalize())),
            ("SHA512", hex(&sha512.finalize())),
        ];
        let mut verified = false;
        for pair in digests.chunks(2) {
            if let [kind, digest] = pair
                && let Some((_, is)) = found.iter().find(|(known, _)| known == kind)
            {
                if !is.eq_ignore_ascii_case(digest) {
                    return Err(wrong(format!("{name} is damaged: its {kind} is another")));
                }
                verified = true;
            }
        }
        if !verified {
            return Err(wrong(format!("no digest of {name} is known")));
        }
    }
    match listed.keys().find(|name| !name.ends_with(".sig")) {
        Some(name) => Err(wrong(format!("{name} is in its Manifest, but not in it"))),
        None => Ok(()),
    }
}

fn section(source: &File, part: Part) -> io::Result<io::Take<File>> {
    let mut file = source.try_clone()?;
    file.seek(SeekFrom::Start(part.offset))?;
    Ok(file.take(part.size))
}

fn open(file: &Path, source: &File, name: &str, part: Part) -> Result<Box<dyn Read>, GpkgError> {
    let section = section(source, part).map_err(GpkgError::io("read", file))?;
    let suffix = name.split_once(".tar").map_or("", |(_, suffix)| suffix);
    Ok(match suffix {
        "" => Box::new(io::BufReader::new(section)),
        ".zst" => Box::new(zstd::Decoder::new(section).map_err(GpkgError::io("read", file))?),
        other => {
            let reason = format!(
                "{name}: files compressed as {other} cannot be read; Portage can pack it anew"
            );
            return Err(GpkgError::damaged(file, reason));
        }
    })
}

fn unpack_image(file: &Path, reader: Box<dyn Read>, image: &Path) -> Result<(), GpkgError> {
    let mut archive = Archive::new(reader);
    let mut folders: Vec<(PathBuf, u32, u64)> = Vec::new();
    let failed = || GpkgError::io("read", file);
    for entry in archive.entries().map_err(failed())? {
        let mut entry = entry.map_err(failed())?;
        let name = entry.path().map_err(failed())?.into_owned();
        let Some(path) = inside(image, &name) else {
            let reason = format!("{name:?} in it would be outside the image");
            return Err(GpkgError::damaged(file, reason));
        };
        check_parents(file, image, &path)?;
        let write = || GpkgError::io("write", &path);
        let header = entry.header().clone();
        let number =
            |value: io::Result<u64>| value.ok().and_then(|value| u32::try_from(value).ok());
        let mode = header.mode().unwrap_or(0o644) & 0o7777;
        let (uid, gid) = (
            number(header.uid()).unwrap_or(0),
            number(header.gid()).unwrap_or(0),
        );
        let mtime = header.mtime().unwrap_or(0);
        let mut pax = Vec::new();
        if let Some(extensions) = entry.pax_extensions().map_err(failed())? {
            for extension in extensions {
                let extension = extension.map_err(failed())?;
                if let Some(name) = extension.key_bytes().strip_prefix(b"SCHILY.xattr.") {
                    pax.push((name.to_vec(), extension.value_bytes().to_vec()));
                }
            }
        }
        match header.entry_type() {
            EntryType::Directory => {
                fs::create_dir_all(&path).map_err(write())?;
                if path != image {
                    own_as(&path, uid, gid).map_err(write())?;
                    folders.push((path.clone(), mode, mtime));
                }
            }
            EntryType::Regular => {
                let mut target = File::create_new(&path).map_err(write())?;
                io::copy(&mut entry, &mut target).map_err(write())?;
                own_as(&path, uid, gid).map_err(write())?;
                chmod(&path, mode).map_err(write())?;
            }
            EntryType::Link => {
                let target = entry.link_name().map_err(failed())?.unwrap_or_default();
                let first = inside(image, &target).ok_or_else(|| {
                    GpkgError::damaged(file, format!("{name:?} is another name of a file outside"))
                })?;
                check_parents(file, image, &first)?;
                fs::hard_link(&first, &path).map_err(write())?;
                continue;
            }
            EntryType::Symlink => {
                let target = entry.link_name_bytes().unwrap_or_default();
                let target = OsStr::from_bytes(&target);
                std::os::unix::fs::symlink(target, &path).map_err(write())?;
                own_as(&path, uid, gid).map_err(write())?;
            }
            EntryType::Fifo => {
                let kind = rustix::fs::FileType::Fifo;
                let mode = rustix::fs::Mode::from(mode);
                rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0)
                    .map_err(|errno| write()(errno.into()))?;
                own_as(&path, uid, gid).map_err(write())?;
            }
            other => {
                let reason =
                    format!("{name:?} in it is of a kind that cannot be unpacked ({other:?})");
                return Err(GpkgError::damaged(file, reason));
            }
        }
        for (name, value) in pax {
            let name = OsStr::from_bytes(&name);
            rustix::fs::lsetxattr(&path, name, &value, XattrFlags::empty()).map_err(|errno| {
                GpkgError::io("set extended attributes of", &path)(errno.into())
            })?;
        }
        if header.entry_type() != EntryType::Directory {
            set_mtime(&path, (i64::try_from(mtime).unwrap_or(0), 0)).map_err(write())?;
        }
    }
    // What is in them changes their times, and may not be written.
    for (path, mode, mtime) in folders.into_iter().rev() {
        chmod(&path, mode).map_err(GpkgError::io("write", &path))?;
        set_mtime(&path, (i64::try_from(mtime).unwrap_or(0), 0))
            .map_err(GpkgError::io("write", &path))?;
    }
    Ok(())
}

fn chmod(path: &Path, mode: u32) -> io::Result<()> {
    Ok(rustix::fs::chmod(path, rustix::fs::Mode::from(mode))?)
}

/// Where a name of the archive is; `None` for one that is not below `image`.
fn inside(image: &Path, name: &Path) -> Option<PathBuf> {
    let mut parts = name.components().filter(|part| *part != Component::CurDir);
    if parts.next()? != Component::Normal(OsStr::new("image")) {
        return None;
    }
    let mut path = image.to_owned();
    for part in parts {
        match part {
            Component::Normal(part) => path.push(part),
            _ => return None,
        }
    }
    Some(path)
}

/// Makes the folders above a path; refuses those that are links, through which one would get outside.
fn check_parents(file: &Path, image: &Path, path: &Path) -> Result<(), GpkgError> {
    let below = path.strip_prefix(image).unwrap_or(path);
    let mut folder = image.to_owned();
    for part in below.parent().into_iter().flat_map(Path::iter) {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => {
                let reason = format!(
                    "{} in it is no folder, but something is below it",
                    folder.display()
                );
                return Err(GpkgError::damaged(file, reason));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir(&folder).map_err(GpkgError::io("make the folder", &folder))?;
            }
            Err(error) => return Err(GpkgError::io("look at", &folder)(error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use proptest::prelude::*;

    use super::*;
    use crate::write;
    use ebd_image::{ImageOptions, read_image};

    fn package(folder: &Path) -> PathBuf {
        let image = folder.join("image");
        let long = format!("usr/{}/{}", "d".repeat(120), "f".repeat(120));
        fs::create_dir_all(image.join(&long).parent().unwrap()).unwrap();
        fs::write(image.join(&long), "long").unwrap();
        fs::hard_link(image.join(&long), image.join("usr/twin")).unwrap();
        symlink("x".repeat(150), image.join("usr/link")).unwrap();
        fs::set_permissions(image.join(&long), fs::Permissions::from_mode(0o4711)).unwrap();
        let file = folder.join("p.gpkg.tar");
        let metadata = [
            ("SLOT".to_owned(), b"0\n".to_vec()),
            ("environment.bz2".to_owned(), vec![0; 3000]),
        ];
        let entries = read_image(&image, &ImageOptions::default()).unwrap();
        write(&file, "p-1", &metadata, &image, &entries).unwrap();
        file
    }

    #[test]
    fn everything_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = package(folder.path());
        let again = folder.path().join("again");
        let metadata = unpack(&file, &again).unwrap();
        assert_eq!(metadata[0], ("SLOT".to_owned(), b"0\n".to_vec()));
        assert_eq!(metadata[1].1.len(), 3000);
        let strip = |path: &Path| -> Vec<_> {
            let mut entries = read_image(path, &ImageOptions::default()).unwrap();
            for entry in &mut entries {
                entry.identity = (0, 0);
                entry.changed = (0, 0);
                entry.mtime.1 = 0;
            }
            entries
        };
        assert_eq!(strip(&again), strip(&folder.path().join("image")));
        let twin = fs::metadata(again.join("usr/twin")).unwrap();
        assert_eq!(twin.nlink(), 2);
    }

    #[test]
    fn damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = package(folder.path());
        let whole = fs::read(&file).unwrap();
        let bad = folder.path().join("bad.gpkg.tar");
        let try_with = |bytes: &[u8]| {
            fs::write(&bad, bytes).unwrap();
            let image = folder.path().join("bad");
            let _ = fs::remove_dir_all(&image);
            unpack(&bad, &image)
                .map(drop)
                .map_err(|error| error.to_string())
        };
        for length in [0, 100, 512, 1500, whole.len() / 2] {
            assert!(try_with(&whole[..length]).is_err(), "{length}");
        }
        let mut changed = whole.clone();
        // In the compressed metadata.
        changed[512 * 2 + 100] ^= 1;
        assert!(try_with(&changed).is_err());
        assert!(try_with(b"no package at all").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("x");
            fs::write(&file, bytes).unwrap();
            prop_assert!(unpack(&file, &folder.path().join("image")).is_err());
        }
    }
}
