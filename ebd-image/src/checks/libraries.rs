//! Libraries: 80libraries, 80multilib-strict and more.

#![expect(clippy::disallowed_methods, reason = "only looked at")]

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat};
use regex::bytes::Regex;

use super::{Context, Findings};
use crate::elf::Elf;
use crate::error::ImageError;
use crate::needed::implicit_soname;
use crate::regular::read_regular;
use crate::report::Severity;
use crate::scan::{Entry, EntryKind};

type Result = std::result::Result<(), ImageError>;

pub(super) fn missing_soname(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let allowed = context.options.qa_expressions("SONAME");
    let paths = shared_libraries(context)
        .filter(|file| file.soname.is_none() && !allowed.matches(bytes(&file.path)))
        .map(|file| file.path.clone())
        .collect();
    findings.list(
        Severity::Warning,
        &["QA Notice: The following shared libraries lack a SONAME"],
        paths,
        &[],
    );
    Ok(())
}

pub(super) fn missing_needed(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let allowed = context.options.qa_expressions("DT_NEEDED");
    let paths = shared_libraries(context)
        .filter(|file| {
            file.needed.is_empty() && file.undefined_symbols && !allowed.matches(bytes(&file.path))
        })
        .map(|file| file.path.clone())
        .collect();
    findings.list(
        Severity::Warning,
        &["QA Notice: The following shared libraries lack NEEDED entries"],
        paths,
        &[],
    );
    Ok(())
}

/// `lib*.so*` in the library folders.
fn shared_libraries<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a Elf> {
    context.checked_elf().filter(|file| {
        let name = file.path.file_name().unwrap_or_default().as_bytes();
        name.starts_with(b"lib")
            && contains(name, b".so")
            && file.dynamic
            && matches!(
                library_folder(context, &file.path),
                Some(Place::Root | Place::Usr)
            )
    })
}

/// Which library folder a file is directly in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Usr,
    Opt,
}

fn library_folder(context: &Context<'_>, path: &Path) -> Option<Place> {
    let folder = context.unprefixed(path.parent()?);
    let parts: Vec<&[u8]> = folder
        .iter()
        .map(OsStrExt::as_bytes)
        .filter(|part| *part != b"/")
        .collect();
    let (last, place) = match parts.as_slice() {
        [last] => (last, Place::Root),
        [b"usr", last] => (last, Place::Usr),
        [b"opt", _, last] => (last, Place::Opt),
        _ => return None,
    };
    last.starts_with(b"lib").then_some(place)
}

/// Shared libraries can be executed, others cannot.
pub(super) fn modes(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let mut changed = Vec::new();
    for entry in context.image.files() {
        if library_folder(context, &entry.path).is_none() {
            continue;
        }
        let name = entry.name().as_bytes();
        let mode = if name.ends_with(b".so") || contains(name, b".so.") {
            // As `chmod +x` with umask 022; a file that somebody can execute is left alone.
            if entry.mode & 0o111 == 0 {
                entry.mode | 0o111
            } else {
                entry.mode
            }
        } else if name.ends_with(b".a") || name.ends_with(b".la") {
            entry.mode & !0o111
        } else {
            entry.mode
        };
        if mode == entry.mode {
            continue;
        }
        let real = context.image.real(&entry.path);
        fchmodat(
            AT_FDCWD,
            &real,
            Mode::from_bits_truncate(mode),
            FchmodatFlags::FollowSymlink,
        )
        .map_err(|error| ImageError::io("set the mode of", &real, error))?;
        let what = if mode & 0o111 == 0 {
            "removing executable bit"
        } else {
            "making executable"
        };
        changed.push((
            format!("{what}: {}", entry.path.display()),
            entry.path.clone(),
        ));
    }
    if !changed.is_empty() {
        let (message, paths) = changed.into_iter().unzip();
        findings.add(Severity::Note, message, paths);
    }
    Ok(())
}

pub(super) fn absolute_links(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    for entry in context.image.entries() {
        let EntryKind::Link(target) = &entry.kind else {
            continue;
        };
        let name = entry.name().as_bytes();
        let is_library = [b".a".as_slice(), b".dll", b".dylib", b".sl", b".so"]
            .iter()
            .any(|suffix| {
                name.ends_with(suffix) || contains(name, &[suffix, b".".as_slice()].concat())
            });
        // Portage looks at links that lead somewhere in the running system or the image.
        if is_library && target.is_absolute() && library_folder(context, &entry.path).is_some() {
            findings.add(
                Severity::Warning,
                vec![
                    "QA Notice: Found an absolute symlink in a library directory:".into(),
                    format!(
                        "           {} -> {}",
                        entry.path.display(),
                        target.display()
                    ),
                    "           It should be a relative symlink if in the same directory".into(),
                    "           or a linker script if it crosses the /usr boundary.".into(),
                ],
                vec![entry.path.clone()],
            );
        }
    }
    Ok(())
}

/// Linking would silently take the static library.
pub(super) fn missing_ldscript(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let suffix = if context.options.variable("CHOST").contains("-darwin") {
        "dylib"
    } else {
        "so"
    };
    for entry in archives(context, Place::Usr, &[b".a"]) {
        let shared = entry.path.with_extension(suffix);
        let in_root = context.at(&context
            .unprefixed(&shared)
            .strip_prefix("usr")
            .unwrap_or(&shared)
            .to_string_lossy());
        let exists = |path: &Path| context.image.real(path).exists();
        if !exists(&shared) && exists(&in_root) {
            let name = in_root
                .file_name()
                .unwrap_or_default()
                .display()
                .to_string();
            findings.add(
                Severity::Error,
                vec![
                    format!("QA Notice: Missing gen_usr_ldscript for {name}"),
                    "add those ldscripts".into(),
                ],
                vec![entry.path.clone()],
            );
        }
    }
    Ok(())
}

pub(super) fn archives_in_root(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let paths = archives(context, Place::Root, &[b".a", b".la"])
        .map(|entry| entry.path.clone())
        .collect();
    findings.list(
        Severity::Error,
        &["QA Notice: Excessive files found in the / partition"],
        paths,
        &["static archives (*.a) and libtool library files (*.la) belong in /usr/lib*, not /lib*"],
    );
    Ok(())
}

pub(super) fn soiled_libtool_files(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let ed = context.options.prefix_dir();
    for entry in archives(context, Place::Usr, &[b".la"]) {
        let real = context.image.real(&entry.path);
        let content = read_regular(&real)?;
        if contains(&content, ed.as_os_str().as_bytes()) {
            let name = entry.name().display();
            findings.add(
                Severity::Error,
                vec![
                    format!("QA Notice: {name} appears to contain PORTAGE_TMPDIR paths"),
                    "soiled libtool library files found".into(),
                ],
                vec![entry.path.clone()],
            );
        }
    }
    Ok(())
}

/// Told for information: most packages do well without them.
pub(super) fn libtool_files(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let of = |suffix: &'static [u8]| -> Vec<PathBuf> {
        context
            .image
            .files()
            .filter(|entry| {
                entry.name().as_bytes().ends_with(suffix)
                    && library_folder(context, &entry.path).is_some()
            })
            .map(|entry| entry.path.clone())
            .collect()
    };
    findings.list(
        Severity::Note,
        &["Libtool files are installed:"],
        of(b".la"),
        &[],
    );
    findings.list(
        Severity::Note,
        &["Static libraries are installed:"],
        of(b".a"),
        &[],
    );
    Ok(())
}

fn archives<'a>(
    context: &'a Context<'_>,
    place: Place,
    suffixes: &'static [&'static [u8]],
) -> impl Iterator<Item = &'a Entry> {
    context.image.entries().iter().filter(move |entry| {
        let name = entry.name().as_bytes();
        !name.starts_with(b".")
            && suffixes.iter().any(|suffix| name.ends_with(suffix))
            && library_folder(context, &entry.path) == Some(place)
    })
}

pub(super) fn multilib_strict(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let options = context.options;
    let (dirs, deny) = (
        options.variable("MULTILIB_STRICT_DIRS"),
        options.variable("MULTILIB_STRICT_DENY"),
    );
    if !options.feature("multilib-strict") || dirs.is_empty() || deny.is_empty() {
        return Ok(());
    }
    let deny = match Regex::new(deny) {
        Ok(deny) => deny,
        Err(error) => {
            let message = format!("MULTILIB_STRICT_DENY cannot be used: {error}");
            findings.add(Severity::Warning, vec![message], Vec::new());
            return Ok(());
        }
    };
    let folders: Vec<PathBuf> = dirs
        .split_whitespace()
        .map(|folder| context.at(folder))
        .collect();
    let allowed = options.qa_expressions("MULTILIB_PATHS");
    let paths = context
        .elf
        .iter()
        .filter(|file| {
            file.path
                .parent()
                .is_some_and(|parent| folders.iter().any(|folder| folder == parent))
                && deny.is_match(file.description().as_bytes())
                && !allowed.matches(bytes(context.unprefixed(&file.path)))
        })
        .map(|file| file.path.clone())
        .collect();
    findings.list(
        Severity::Error,
        &["Files matching a file type that is not allowed:"],
        paths,
        &["multilib-strict check failed!"],
    );
    Ok(())
}

/// The loader looks for the SONAME.
pub(super) fn soname_links(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let allowed = context.options.qa_expressions("SONAME_NO_SYMLINK");
    let mut message = vec![
        "QA Notice: Missing soname symlink(s):".to_owned(),
        String::new(),
    ];
    let mut paths = Vec::new();
    for file in context.elf {
        let soname = implicit_soname(file);
        if soname.is_empty()
            || soname.contains('/')
            || allowed.matches(bytes(&file.path))
            || !is_searched(context, &file.path)
        {
            continue;
        }
        let link = file.path.with_file_name(&soname);
        if !context.image.contains(&link) {
            message.push(format!(
                "\t{} -> {}",
                link.strip_prefix("/").unwrap_or(&link).display(),
                file.path.file_name().unwrap_or_default().display()
            ));
            paths.push(file.path.clone());
        }
    }
    if !paths.is_empty() {
        message.push(String::new());
        findings.add(Severity::Warning, message, paths);
    }
    Ok(())
}

/// Whether the loader looks for libraries in the folder of a file: `/lib`, `/usr/lib64` and their kin, but not `/usr/libexec`.
fn is_searched(context: &Context<'_>, path: &Path) -> bool {
    let name = path.parent().and_then(Path::file_name).unwrap_or_default();
    let place = library_folder(context, path);
    matches!(
        name.as_bytes(),
        b"lib" | b"lib32" | b"lib64" | b"libx32" | b"libn32"
    ) && matches!(place, Some(Place::Root | Place::Usr))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && text.windows(part.len()).any(|window| window == part)
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}
