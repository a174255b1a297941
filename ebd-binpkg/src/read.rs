//! Reading a binary package.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use blake2::{Blake2b512, Digest};
use sha2::Sha512;
use tar::EntryType;

use super::{GpkgError, Refusal, VERSION_FILE};
use crate::compression::Compression;
use crate::image::unpack_image;
use crate::members::{Budget, Member, each_member};
use ebd_fs::{Dir, hex};

/// How much metadata there may be, unpacked. Those of the largest packages have some MiB, nearly all of it the environment.
const MAX_METADATA: u64 = 256 << 20;
/// How long a Manifest may be.
const MAX_MANIFEST: u64 = 1 << 20;

/// How much an image may unpack to, however well it is compressed: text of one kind shrinks to a hundredth.
const ALWAYS: u64 = 64 << 20;
/// How many times its compressed size an image may unpack to beyond that. What programs are made of shrinks to a tenth;
/// a bomb grows ten thousand times.
const RATIO: u64 = 200;

/// What a package may unpack to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// The most bytes that the archive of the image may have. Without, it may have 200 times its compressed size, and always 64 MiB, but not
    /// much more than the metadata declare in `SIZE`: twice that, and 64 MiB.
    pub image: Option<u64>,
}

/// A part of a package.
#[derive(Debug, Clone, Copy)]
struct Part {
    offset: u64,
    size: u64,
}

/// Verifies a package and unpacks its image into a directory that does not exist; returns the files of its record. When it fails,
/// nothing is left of the directory.
///
/// # Errors
/// When it is no package, is damaged, has something that must not be there, or cannot be unpacked.
pub fn unpack(
    file: &Path,
    image: &Path,
    limits: &Limits,
) -> Result<Vec<(String, Vec<u8>)>, GpkgError> {
    let mut source = File::open(file).map_err(GpkgError::io("read", file))?;
    let parts = parts(file, &source)?;
    verify(file, &mut source, &parts)?;
    let find = |kind: &str| {
        let mut found = parts.iter().filter(|(name, _)| {
            name.starts_with(&format!("{kind}.tar")) && !name.ends_with(".sig")
        });
        match (found.next(), found.next()) {
            (Some((name, part)), None) => Ok((name.as_str(), *part)),
            (None, _) => Err(GpkgError::damaged(file, format!("it has no {kind}"))),
            (Some(_), Some((name, _))) => Err(refused(file, Refusal::Twice(name.into()))),
        }
    };
    let (name, part) = find("metadata")?;
    let budget = Budget::new(MAX_METADATA);
    let metadata = metadata(file, open(file, &source, name, part)?, &budget)?;
    let (name, part) = find("image")?;
    let budget = Budget::new(allowed(part.size, &metadata, limits));
    let reader = open(file, &source, name, part)?;
    if let Some(above) = image.parent() {
        fs::create_dir_all(above).map_err(GpkgError::io("make the directory", above))?;
    }
    fs::create_dir(image).map_err(GpkgError::io("make the directory", image))?;
    let unpacked = Dir::open(image)
        .map_err(GpkgError::from)
        .and_then(|dir| unpack_image(file, reader, &budget, &dir));
    if unpacked.is_err() {
        // The first error is the one to report.
        let _ = ebd_fs::remove_all(image);
    }
    unpacked.map(|()| metadata)
}

/// How many bytes the archive of the image may have.
fn allowed(compressed: u64, metadata: &[(String, Vec<u8>)], limits: &Limits) -> u64 {
    if let Some(limit) = limits.image {
        return limit;
    }
    let declared = metadata
        .iter()
        .find(|(name, _)| name == "SIZE")
        .and_then(|(_, text)| std::str::from_utf8(text).ok()?.trim().parse::<u64>().ok());
    // The size is that of the files before some of them were compressed or stripped, without what an archive has around them.
    let declared = declared.map_or(u64::MAX, |size| size.saturating_mul(2));
    declared
        .saturating_add(ALWAYS)
        .min(compressed.saturating_mul(RATIO).max(ALWAYS))
}

pub(crate) fn refused(file: &Path, refusal: Refusal) -> GpkgError {
    GpkgError::Refused {
        path: file.to_owned(),
        refusal,
    }
}

/// The files of the record.
fn metadata(
    file: &Path,
    reader: Box<dyn Read + '_>,
    budget: &Budget,
) -> Result<Vec<(String, Vec<u8>)>, GpkgError> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut metadata = Vec::new();
    each_member(file, reader, budget, |member, content| {
        if member.kind != EntryType::Regular {
            return Ok(());
        }
        let Some(name) = member.path.file_name().and_then(OsStr::to_str) else {
            return Ok(());
        };
        if found.insert(name.to_owned(), metadata.len()).is_some() {
            return Err(refused(file, Refusal::Twice(member.path.clone())));
        }
        let mut bytes = Vec::new();
        content
            .read_to_end(&mut bytes)
            .map_err(|error| budget.explain(file, error))?;
        metadata.push((name.to_owned(), bytes));
        Ok(())
    })?;
    Ok(metadata)
}

/// The parts by their names, without the directory that they are in.
fn parts(file: &Path, source: &File) -> Result<BTreeMap<String, Part>, GpkgError> {
    let wrong = |reason: &str| GpkgError::damaged(file, reason);
    let mut parts = BTreeMap::new();
    // What is not compressed cannot be larger than the file.
    let budget = Budget::new(u64::MAX);
    each_member(file, source, &budget, |member: &Member, _| {
        let names: Vec<&OsStr> = member.path.iter().collect();
        let [_, name] = names.as_slice() else {
            return Err(wrong("its files are not in one folder"));
        };
        if member.kind != EntryType::Regular {
            return Err(refused(file, Refusal::Kind(member.path.clone())));
        }
        let name = name
            .to_str()
            .ok_or_else(|| wrong("a name in it is not UTF-8"))?;
        let part = Part {
            offset: member.position,
            size: member.size,
        };
        if parts.insert(name.to_owned(), part).is_some() {
            return Err(refused(file, Refusal::Twice(member.path.clone())));
        }
        Ok(())
    })?;
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
    if manifest.size > MAX_MANIFEST {
        return Err(wrong("its Manifest is too large".to_owned()));
    }
    let mut text = String::new();
    section(source, *manifest)
        .and_then(|mut section| section.read_to_string(&mut text))
        .map_err(GpkgError::io("read", file))?;
    let mut listed = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if let ["DATA", name, size, digests @ ..] = words.as_slice()
            && listed.insert(*name, (*size, digests.to_vec())).is_some()
        {
            return Err(wrong(format!("{name} is in its Manifest twice")));
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
                    return Err(refused(
                        file,
                        Refusal::Digest {
                            name: name.clone(),
                            kind: (*kind).to_owned(),
                        },
                    ));
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

fn open<'a>(
    file: &Path,
    source: &File,
    name: &str,
    part: Part,
) -> Result<Box<dyn Read + 'a>, GpkgError> {
    let section = section(source, part).map_err(GpkgError::io("read", file))?;
    let suffix = name.split_once(".tar").map_or("", |(_, suffix)| suffix);
    let Some(compression) = Compression::of_suffix(suffix) else {
        let reason = format!(
            "{name}: files compressed as {suffix} cannot be read; Portage can pack it anew"
        );
        return Err(GpkgError::damaged(file, reason));
    };
    compression
        .reader(BufReader::with_capacity(1 << 17, section))
        .map_err(GpkgError::io("read", file))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::path::PathBuf;

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
        let metadata = unpack(&file, &again, &Limits::default()).unwrap();
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
            unpack(&bad, &image, &Limits::default())
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
            prop_assert!(unpack(&file, &folder.path().join("image"), &Limits::default()).is_err());
        }
    }
}
