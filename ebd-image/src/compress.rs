//! Compression of documentation.

#![expect(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, fchown, symlink};
use std::path::{Path, PathBuf};

use regex::bytes::Regex;

use super::checks::{COLLIDING, PRECOMPRESSED, TOOLS};
use super::options::Options;
use super::programs;
use super::report::{Report, Severity};
use super::scan::{Entry, EntryKind, Image};
use crate::error::ImageError;
use ebd_fs::{NewFile, parallel};

/// Extensions of compressed files.
const COMPRESSED: &[&str] = &["Z", "gz", "bz2", "lzma", "lz", "lzo", "lz4", "xz", "zst"];

/// What is unpacked before it is compressed in the way that is wanted, and how.
const UNPACKERS: &[(&str, &str, &[&str])] = &[
    ("gz", "gzip", &["-d", "-f"]),
    ("Z", "gzip", &["-d", "-f"]),
    ("bz2", "bzip2", &["-d", "-f"]),
    ("lzma", "xz", &["-d", "-f"]),
    ("xz", "xz", &["-d", "-f"]),
    ("lz", "lzip", &["-d", "-f"]),
];

/// How many files one process gets.
const BATCH: usize = 64;

/// A compressor that is there.
struct Compressor {
    program: PathBuf,
    flags: Vec<OsString>,
    suffix: String,
}

/// Compresses what `docompress` says, and puts links to compressed files right.
pub(crate) fn run(options: &Options, image: &Image, report: &mut Report) -> Result<(), ImageError> {
    let name = options.variable("PORTAGE_COMPRESS");
    if name.is_empty() {
        return Ok(());
    }
    let files = queue(options, image, report);
    if files.is_empty() {
        return Ok(());
    }
    let Some(compressor) = Compressor::find(options, name)? else {
        report.add(
            TOOLS,
            Severity::Error,
            vec![format!(
                "{name} cannot be run; install it, or set PORTAGE_COMPRESS=\"\" to leave documentation uncompressed"
            )],
            Vec::new(),
        );
        return Ok(());
    };
    let excluded = excluded_suffixes(options.variable("PORTAGE_COMPRESS_EXCLUDE_SUFFIXES"));
    let mut ready = Vec::new();
    for entry in files {
        let extension = entry.path.extension().unwrap_or(entry.name());
        if entry.size == 0
            || excluded
                .as_ref()
                .is_some_and(|regex| regex.is_match(extension.as_bytes()))
        {
            continue;
        }
        report.compressed.push(entry.path.clone());
        ready.push(prepare(&image.real(&entry.path), &compressor.suffix)?);
    }
    let batches: Vec<&[PathBuf]> = ready.chunks(BATCH).collect();
    for result in parallel(options.jobs, &batches, |batch| compressor.compress(batch)) {
        result?;
    }
    repair_links(options, &compressor.suffix)
}

/// The files to compress, with notices about those that are compressed already.
fn queue<'a>(options: &Options, image: &'a Image, report: &mut Report) -> Vec<&'a Entry> {
    let limit = options
        .variable("PORTAGE_DOCOMPRESS_SIZE_LIMIT")
        .parse::<u64>();
    let mut queue = Vec::new();
    let mut colliding = BTreeSet::new();
    let mut precompressed = Vec::new();
    for entry in image.files() {
        if !options.compress.contain(&options.eprefix, &entry.path)
            || limit.as_ref().is_ok_and(|limit| entry.size <= *limit)
        {
            continue;
        }
        if let Some(plain) = without_suffix(&entry.path) {
            let collides = std::iter::once(plain.clone())
                .chain(COMPRESSED.iter().map(|suffix| with_suffix(&plain, suffix)))
                .any(|other| other != entry.path && image.contains(&other));
            if collides {
                colliding.insert(entry.path.clone());
                colliding.insert(plain);
                continue;
            }
            precompressed.push(entry.path.clone());
        }
        queue.push(entry);
    }
    if !colliding.is_empty() {
        let mut message = vec![
            "QA Notice: Colliding files found by ecompress:".to_owned(),
            String::new(),
        ];
        message.extend(colliding.iter().map(|path| format!("  {}", path.display())));
        message.push(String::new());
        message.push("Please remove the extraneous compressed variants.".to_owned());
        report.add(
            COLLIDING,
            Severity::Warning,
            message,
            colliding.into_iter().collect(),
        );
    }
    if !precompressed.is_empty() {
        let mut message: Vec<String> = [
            "QA Notice: One or more compressed files were found in docompress-ed",
            "directories. Please fix the ebuild not to install compressed files",
            "(manpages, documentation) when automatic compression is used:",
            "",
        ]
        .map(String::from)
        .into();
        message.extend(
            precompressed
                .iter()
                .take(10)
                .map(|path| format!("  {}", path.display())),
        );
        if precompressed.len() > 10 {
            message.push("  ...".to_owned());
        }
        report.add(PRECOMPRESSED, Severity::Warning, message, precompressed);
    }
    queue
}

/// The path without the extension of a compressor; `None` if it has none.
fn without_suffix(path: &Path) -> Option<PathBuf> {
    let extension = path.extension()?.to_str()?;
    COMPRESSED
        .contains(&extension)
        .then(|| path.with_extension(""))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(".");
    text.push(suffix);
    text.into()
}

/// Words that are expressions, each of which has to match a whole extension.
fn excluded_suffixes(text: &str) -> Option<Regex> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return None;
    }
    Regex::new(&format!("^(?:{})$", words.join("|"))).ok()
}

/// Makes a file ready for the compressor: unpacked, with one name, and nothing at the place of the result.
fn prepare(real: &Path, suffix: &str) -> Result<PathBuf, ImageError> {
    let mut real = real.to_owned();
    let extension = real.extension().and_then(OsStr::to_str);
    if let Some((_, program, arguments)) = UNPACKERS.iter().find(|row| Some(row.0) == extension)
        && let Some(program) = programs::find(program, "")
    {
        let mut words: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        words.extend(["--".into(), real.clone().into()]);
        programs::run(&program, &words)?;
        real = real.with_extension("");
    }
    let mut result = real.as_os_str().to_owned();
    result.push(suffix);
    match fs::remove_file(&result) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(ImageError::io("remove", &result, error));
        }
        _ => {}
    }
    let metadata = real
        .metadata()
        .map_err(|error| ImageError::io("read", &real, error))?;
    if metadata.nlink() > 1 {
        separate(&real, &metadata)?;
    }
    Ok(real)
}

/// Gives a file that has other names a copy of its own.
fn separate(real: &Path, metadata: &fs::Metadata) -> Result<(), ImageError> {
    let times = fs::FileTimes::new()
        .set_accessed(metadata.accessed().unwrap_or(std::time::UNIX_EPOCH))
        .set_modified(metadata.modified().unwrap_or(std::time::UNIX_EPOCH));
    // The ebuild may have made something with any name that can be guessed.
    let mut copy = NewFile::create(real, 0o600)?;
    fs::File::open(real)
        .and_then(|mut file| io::copy(&mut file, &mut copy))
        .and_then(|_| fchown(copy.file(), Some(metadata.uid()), Some(metadata.gid())))
        .and_then(|()| copy.file().set_permissions(metadata.permissions()))
        .and_then(|()| copy.file().set_times(times))
        .map_err(|error| ImageError::io("copy", real, error))?;
    Ok(copy.commit()?)
}

impl Compressor {
    fn find(options: &Options, name: &str) -> Result<Option<Self>, ImageError> {
        let path = Path::new(name);
        let program = if name.contains('/') {
            Some(path.to_owned())
        } else {
            programs::find(name, "")
        };
        let Some(program) = program else {
            return Ok(None);
        };
        let base = path.file_name().and_then(OsStr::to_str).unwrap_or(name);
        let jobs = format!("-T{}", options.jobs);
        let flags: Vec<OsString> = match options.variables.get("PORTAGE_COMPRESS_FLAGS") {
            Some(flags) => flags.split_whitespace().map(OsString::from).collect(),
            None => match base {
                "bzip2" | "gzip" => vec!["-9".into()],
                "lz4" => vec!["-m".into(), "--rm".into()],
                "xz" => vec!["-q".into(), jobs.into(), "--memlimit-compress=50%".into()],
                "zstd" => vec!["-q".into(), "--rm".into(), jobs.into()],
                _ => Vec::new(),
            },
        };
        let known = match base {
            "bzip2" => Some(".bz2"),
            "gzip" => Some(".gz"),
            "xz" => Some(".xz"),
            "zstd" => Some(".zst"),
            "lz4" => Some(".lz4"),
            _ => None,
        };
        let mut compressor = Self {
            program,
            flags,
            suffix: known.unwrap_or_default().to_owned(),
        };
        if known.is_none() {
            match compressor.guess_suffix(&options.temp)? {
                Some(suffix) => compressor.suffix = suffix,
                None => return Ok(None),
            }
        }
        Ok(Some(compressor))
    }

    fn compress(&self, files: &[PathBuf]) -> Result<(), ImageError> {
        let mut arguments = self.flags.clone();
        arguments.extend(files.iter().map(OsString::from));
        programs::run(&self.program, &arguments)
    }

    /// Lets the program compress a file and looks what it is called then.
    fn guess_suffix(&self, temp: &Path) -> Result<Option<String>, ImageError> {
        let folder = temp.join(format!(".compress-{}", std::process::id()));
        let cannot = |error| ImageError::io("write", &folder, error);
        fs::create_dir_all(&folder).map_err(cannot)?;
        let file = folder.join("compressme");
        let text: String = (0..=1000).map(|number| format!("{number} ")).collect();
        fs::write(&file, text).map_err(cannot)?;
        let ran = self.compress(&[file]);
        let mut suffix = None;
        for entry in fs::read_dir(&folder).map_err(cannot)? {
            let name = entry.map_err(cannot)?.file_name();
            let rest = name
                .to_str()
                .and_then(|name| name.strip_prefix("compressme"));
            suffix = suffix.or(rest.filter(|rest| !rest.is_empty()).map(String::from));
        }
        fs::remove_dir_all(&folder).map_err(cannot)?;
        ran.map(|()| suffix)
    }
}

/// Lets links lead to compressed files: a link that leads nowhere, but would with the suffix, gets the suffix in both its name and its text.
/// Links to links are followed by doing it again until nothing changes.
fn repair_links(options: &Options, suffix: &str) -> Result<(), ImageError> {
    let base = options.prefix_dir();
    for _ in 0..100 {
        let image = Image::scan(&options.image)?;
        let mut changed = false;
        for entry in image.entries() {
            let EntryKind::Link(target) = &entry.kind else {
                continue;
            };
            let real = image.real(&entry.path);
            if !real.starts_with(&base) || real.exists() {
                continue;
            }
            let mut new_target = target.as_os_str().to_owned();
            new_target.push(suffix);
            let new_target = PathBuf::from(new_target);
            let leads_to = if new_target.is_absolute() {
                image.real(&new_target)
            } else {
                real.with_file_name("").join(&new_target)
            };
            if !leads_to.is_file() {
                continue;
            }
            let mut new_real = real.as_os_str().to_owned();
            new_real.push(suffix);
            let new_real = PathBuf::from(new_real);
            match fs::remove_file(&new_real) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(ImageError::io("replace", &new_real, error));
                }
                _ => {}
            }
            fs::remove_file(&real)
                .and_then(|()| symlink(&new_target, &new_real))
                .map_err(|error| ImageError::io("replace", &real, error))?;
            changed = true;
        }
        if !changed {
            break;
        }
    }
    Ok(())
}
