//! Files with environments: compressed or not, replaced as a whole.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bzip2::Compression;
use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;

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
    fn of_name(path: &Path) -> Result<Self, String> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("bz2") => Ok(Self::Bzip2),
            Some("gz") => Ok(Self::Gzip),
            Some(other @ ("xz" | "zst")) => Err(format!(
                "{}: .{other} can be read, but not written; use .bz2 or .gz",
                path.display()
            )),
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
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let name = name_of(path);
    let failed = |error: io::Error| format!("{name}: {error}");
    let mut content = Vec::new();
    let length = if path == Path::new("-") {
        let input = io::stdin().lock();
        input.take(LONGEST + 1).read_to_end(&mut content)
    } else {
        let input = File::open(path).map_err(failed)?;
        input.take(LONGEST + 1).read_to_end(&mut content)
    };
    too_long(&name, length.map_err(failed)?)?;
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
        Err(error) => Err(format!(
            "{name}: the {} data is damaged or cut short, after {} bytes of text: {error}",
            packing.word(),
            text.len()
        )
        .into()),
    }
}

fn unpack(decoder: impl Read, text: &mut Vec<u8>) -> io::Result<usize> {
    decoder.take(LONGEST + 1).read_to_end(text)
}

fn too_long(name: &str, length: usize) -> Result<(), String> {
    match u64::try_from(length) {
        Ok(length) if length <= LONGEST => Ok(()),
        _ => Err(format!("{name}: longer than 1 GiB")),
    }
}

/// Writes to a file, which is replaced as a whole, or to standard output.
pub(crate) fn write(path: Option<&Path>, text: &[u8]) -> Result<(), Box<dyn Error>> {
    let Some(path) = path else {
        return match io::stdout().lock().write_all(text) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        };
    };
    let packed = match Packing::of_name(path)? {
        Packing::Bzip2 => {
            let mut encoder = BzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(text)?;
            encoder.finish()?
        }
        Packing::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text)?;
            encoder.finish()?
        }
        _ => text.to_vec(),
    };
    replace(path, &packed).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(())
}

/// Writes a file beside the old one and renames it. It has the permissions of the old one.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or(io::ErrorKind::IsADirectory)?
        .to_string_lossy();
    let temporary: PathBuf = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = (|| {
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .open(&temporary)?;
        if let Ok(old) = std::fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(content)?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // What it could not write is of no use to anyone.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
