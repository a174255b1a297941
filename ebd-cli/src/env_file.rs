//! Files with environments: compressed or not, replaced as a whole.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

use bzip2::Compression;
use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use ebd_fs::NewFile;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;

use crate::error::Error;
use crate::stdout::Buffer;

/// The longest text that is read: a small file can hold a great deal of nothing.
const LONGEST: u64 = 1 << 30;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Bzip2,
    Gzip,
    Xz,
    Zstd,
}

impl Packing {
    /// By the first bytes of what was read.
    fn of_content(content: &[u8]) -> Self {
        match content {
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// By the end of the name of what is to be written.
    fn of_name(path: &Path) -> Result<Self, Error> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("bz2") => Ok(Self::Bzip2),
            Some("gz") => Ok(Self::Gzip),
            Some(other @ ("xz" | "zst")) => Err(Error::NotCompressible {
                path: path.to_owned(),
                extension: other.to_owned(),
            }),
            _ => Ok(Self::Plain),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Bzip2 => "bzip2",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }
}

/// The name of a file, for messages.
pub(crate) fn name_of(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Reads a file, or standard input for `-`, and unpacks it.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let name = name_of(path);
    let content = content(path).map_err(|source| Error::EnvironmentFile {
        name: name.clone(),
        source,
    })?;
    too_long(&name, content.len())?;
    let packing = Packing::of_content(&content);
    if packing == Packing::Plain {
        return Ok(content);
    }
    let mut text = Vec::new();
    let result = match packing {
        Packing::Plain => return Ok(content),
        Packing::Bzip2 => unpack(MultiBzDecoder::new(content.as_slice()), &mut text),
        Packing::Gzip => unpack(MultiGzDecoder::new(content.as_slice()), &mut text),
        Packing::Xz => unpack(XzReader::new(content.as_slice(), true), &mut text),
        Packing::Zstd => match StreamingDecoder::new(content.as_slice()) {
            Ok(decoder) => unpack(decoder, &mut text),
            Err(error) => Err(io::Error::other(error)),
        },
    };
    match result {
        Ok(length) => {
            too_long(&name, length)?;
            Ok(text)
        }
        Err(source) => Err(Error::DamagedData {
            name,
            packing: packing.word(),
            length: text.len(),
            source,
        }),
    }
}

/// The bytes of a file, or of standard input.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut input = if path == Path::new("-") {
        File::from(io::stdin().as_fd().try_clone_to_owned()?)
    } else {
        File::open(path)?
    };
    let mut content = Vec::new();
    let known = input.metadata()?;
    if known.is_file() && known.len() <= LONGEST {
        // Knows the length, and reads all at once.
        input.read_to_end(&mut content)?;
    } else {
        input.take(LONGEST + 1).read_to_end(&mut content)?;
    }
    Ok(content)
}

fn unpack(decoder: impl Read, text: &mut Vec<u8>) -> io::Result<usize> {
    decoder.take(LONGEST + 1).read_to_end(text)
}

fn too_long(name: &str, length: usize) -> Result<(), Error> {
    match u64::try_from(length) {
        Ok(length) if length <= LONGEST => Ok(()),
        _ => Err(Error::TooLong {
            name: name.to_owned(),
        }),
    }
}

/// Writes to a file, which is replaced as a whole, or to standard output.
pub(crate) fn write<P: AsRef<[u8]>>(
    path: Option<&Path>,
    text: impl IntoIterator<Item = P>,
) -> Result<(), Error> {
    let Some(path) = path else {
        let mut out = Buffer::default();
        for portion in text {
            out.bytes(portion.as_ref());
        }
        return Ok(());
    };
    let packing = Packing::of_name(path)?;
    replace(path, |mut file| match packing {
        Packing::Bzip2 => {
            let mut encoder = BzEncoder::new(file, Compression::best());
            write_to(&mut encoder, text)?;
            encoder.finish().map(drop)
        }
        Packing::Gzip => {
            let mut encoder = GzEncoder::new(file, flate2::Compression::default());
            write_to(&mut encoder, text)?;
            encoder.finish().map(drop)
        }
        _ => write_to(&mut file, text),
    })
    .map_err(|source| Error::EnvironmentFile {
        name: path.display().to_string(),
        source,
    })
}

fn write_to<P: AsRef<[u8]>>(
    out: &mut impl Write,
    text: impl IntoIterator<Item = P>,
) -> io::Result<()> {
    for portion in text {
        out.write_all(portion.as_ref())?;
    }
    out.flush()
}

/// Writes a file beside the old one and renames it. It has the permissions of the old one. Links stay, and devices and pipes are
/// written to.
fn replace(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = std::fs::metadata(path).ok();
    if old
        .as_ref()
        .is_some_and(|old| !old.is_file() && !old.is_dir())
    {
        return write(&File::options().write(true).open(path)?);
    }
    let new = NewFile::create(path, 0o666)?;
    if let Some(old) = old {
        new.file().set_permissions(old.permissions())?;
    }
    write(new.file())?;
    Ok(new.commit()?)
}
