//! What is done to an image when src_install has ended: checks, compression, stripping.
//!
//! [`finish`] does all of it in the order in which Portage does it, and returns what it found. [`CHECKS`] is the table of the checks.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ebd_fs::{Dir, NewFile, parallel};

use crate::checks::{self, Context};
use crate::elf::Elf;
use crate::error::ImageError;
use crate::needed::{needed, needed_elf_2};
use crate::options::Options;
use crate::regular::read_regular;
use crate::report::{Report, Severity};
use crate::scan::{Entry, Image};
use crate::sonames::provides_and_requires;
use crate::{compress, libtool, strip};

/// Checks an image, compresses its documentation and strips its programs.
///
/// When a check finds that the image must not be merged ([`Report::is_fatal`]), the image is left as it is then.
///
/// # Errors
/// When files of the image cannot be read or changed, or a program that is needed cannot be run or fails.
pub fn finish(options: &Options) -> Result<Report, ImageError> {
    let mut report = Report::default();
    let image = Image::scan(&options.image)?;
    let elf = read_elf(&image, options.jobs)?;
    let context = Context {
        options,
        image: &image,
        elf: &elf,
    };
    checks::run(&context, &mut report)?;
    if report.is_fatal() {
        return Ok(report);
    }
    remove_info_index(options)?;
    fix_libtool_files(options, &image, &mut report)?;
    compress::run(options, &Image::scan(&options.image)?, &mut report)?;
    let image = Image::scan(&options.image)?;
    let elf = if report.of(checks::RUNPATH).next().is_some() {
        // Search paths have been put right.
        read_elf(&image, options.jobs)?
    } else {
        let mut elf = elf;
        elf.retain(|file| image.contains(&file.path));
        elf
    };
    report.needed = needed(&elf);
    report.needed_elf_2 = needed_elf_2(&elf);
    (report.provides, report.requires) = provides_and_requires(
        &elf,
        options.variable("PROVIDES_EXCLUDE"),
        options.variable("REQUIRES_EXCLUDE"),
    );
    strip::run(options, &image, &elf, &mut report)?;
    report.size = size(&Image::scan(&options.image)?);
    Ok(report)
}

/// Reads all ELF files of an image, in the order of their paths.
///
/// # Errors
/// When a file cannot be read.
pub fn read_elf(image: &Image, jobs: usize) -> Result<Vec<Elf>, ImageError> {
    // An ELF header has 52 bytes at least.
    let files: Vec<&Entry> = image.files().filter(|entry| entry.size >= 52).collect();
    parallel(jobs, &files, |entry| {
        Elf::read(&image.real(&entry.path), &entry.path)
    })
    .into_iter()
    .filter_map(Result::transpose)
    .collect()
}

/// The index of info pages is made anew on the system that they are installed on.
fn remove_info_index(options: &Options) -> Result<(), ImageError> {
    let folder = options.prefix_dir().join("usr/share/info");
    let folder = match open_below(options, &folder) {
        Ok(folder) => folder,
        // What it leads to is not in the image.
        Err(ebd_fs::Error::Symlink { .. }) => return Ok(()),
        Err(error) if error.is_absent() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for name in ["dir", "dir.info"] {
        for suffix in ["", ".Z", ".gz", ".bz2", ".lzma", ".lz", ".xz", ".zst"] {
            match folder.remove_file(format!("{name}{suffix}")) {
                Err(error) if !error.is_absent() => return Err(error.into()),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Opens a directory of the image by its path on this machine, without following a symlink below D.
fn open_below(options: &Options, path: &Path) -> Result<Dir, ebd_fs::Error> {
    Dir::open(&options.image)?.open_dir(path.strip_prefix(&options.image).unwrap_or(path))
}

/// With FEATURES=fixlafiles, libtool files name libraries in a way that does not need the libtool files of other packages.
fn fix_libtool_files(
    options: &Options,
    image: &Image,
    report: &mut Report,
) -> Result<(), ImageError> {
    if !options.feature("fixlafiles") {
        return Ok(());
    }
    for entry in image.files() {
        if !entry.name().as_bytes().ends_with(b".la") {
            continue;
        }
        let real = image.real(&entry.path);
        let content = read_regular(&real)?;
        match libtool::rewrite(&content) {
            Ok(None) => {}
            Ok(Some(new)) => {
                // The ebuild may have made something with any name that can be guessed.
                let mut file = NewFile::create(&real, 0o600)?;
                file.write_all(&new)
                    .and_then(|()| {
                        let mode = fs::Permissions::from_mode(entry.mode);
                        file.file().set_permissions(mode)
                    })
                    .map_err(|error| ImageError::io("write", &real, error))?;
                file.commit()?;
            }
            // Files of other kinds have such names too.
            Err(error) => {
                let first = content
                    .split(|byte| *byte == b'\n')
                    .next()
                    .unwrap_or_default();
                if first
                    .windows(libtool::HEADER.len())
                    .any(|part| part == libtool::HEADER)
                {
                    let path = entry.path.clone();
                    report.add(
                        checks::INVALID_LA,
                        Severity::Warning,
                        vec![format!(
                            "QA Notice: invalid .la file found: {}, {error}",
                            path.display()
                        )],
                        vec![path],
                    );
                }
            }
        }
    }
    Ok(())
}

fn size(image: &Image) -> u64 {
    let mut seen = HashSet::new();
    image
        .files()
        .filter(|entry| seen.insert(entry.identity))
        .map(|entry| entry.size)
        .sum()
}
