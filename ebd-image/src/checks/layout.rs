//! Where files are.

#![expect(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use ebd_pms::Feature;

use super::{Context, Findings};
use crate::error::ImageError;
use crate::report::Severity;
use crate::scan::{Entry, EntryKind};

type Result = std::result::Result<(), ImageError>;

/// 05double-D
pub(super) fn double_d(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let inner = Path::new("/").join(context.image.folder());
    if inner == Path::new("/") {
        return Ok(());
    }
    let paths: Vec<PathBuf> = context
        .image
        .below(&inner)
        .map(|entry| Path::new("/").join(entry.path.strip_prefix(&inner).unwrap_or(&entry.path)))
        .collect();
    findings.list(
        Severity::Error,
        &["QA Notice: files installed in ${D}/${D}:"],
        paths,
        &[],
    );
    Ok(())
}

/// 05prefix
pub(super) fn outside_prefix(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let prefix = &context.options.eprefix;
    if prefix.as_os_str().is_empty() {
        return Ok(());
    }
    let doubled = context.at(&prefix.to_string_lossy());
    let paths = paths(context.image.below(&doubled));
    if !paths.is_empty() {
        let mut message: Vec<String> = paths
            .iter()
            .map(|path| format!("QA Notice: {} double prefix", path.display()))
            .collect();
        message.push("Aborting due to QA concerns: double prefix files installed".to_owned());
        findings.add(Severity::Error, message, paths);
    }
    let outside = context
        .image
        .entries()
        .iter()
        .filter(|entry| !entry.path.starts_with(prefix) && !prefix.starts_with(&entry.path));
    let paths = self::paths(outside);
    findings.list(
        Severity::Error,
        &["QA Notice: the following files are outside of the prefix:"],
        paths,
        &["Aborting due to QA concerns: there are files installed outside the prefix"],
    );
    Ok(())
}

pub(super) fn special_files(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let special = context
        .image
        .entries()
        .iter()
        .filter(|entry| entry.kind == EntryKind::Special);
    findings.list(
        Severity::Error,
        &["QA Notice: devices, sockets or pipes must not be installed:"],
        paths(special),
        &[],
    );
    Ok(())
}

/// Where packages install to.
const TOP: &[&str] = &[
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt",
    "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var",
];
const USR: &[&str] = &[
    "bin", "games", "include", "lib", "lib32", "lib64", "libexec", "libx32", "local", "sbin",
    "share", "src", "tmp",
];
const VAR: &[&str] = &[
    "cache", "db", "empty", "games", "lib", "lock", "log", "mail", "opt", "run", "spool", "tmp",
    "www",
];

/// As the checks of Gentoo's repository do. Places that have a check of their own are not told twice.
pub(super) fn unexpected(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let wrong = context.image.entries().iter().filter(|entry| {
        if !entry.path.starts_with(context.at("")) {
            return false;
        }
        let parts: Vec<&[u8]> = context
            .unprefixed(&entry.path)
            .components()
            .filter(|part| *part != Component::RootDir)
            .map(|part| part.as_os_str().as_bytes())
            .collect();
        let is_in = |list: &[&str], name: &[u8]| list.iter().any(|known| known.as_bytes() == name);
        match parts.as_slice() {
            [name] => !is_in(TOP, name),
            // Cross compilers have a folder named after their target.
            [b"usr", name] => {
                !is_in(USR, name)
                    && !is_in(OLD_USR, name)
                    && name.iter().filter(|byte| **byte == b'-').count() < 2
            }
            [b"var", name] => !is_in(VAR, name),
            _ => false,
        }
    });
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: The ebuild is installing to one or more unexpected paths:",
            "",
        ],
        paths(wrong),
        &[
            "",
            "Please fix the ebuild to use correct FHS/Gentoo policy paths.",
        ],
    );
    Ok(())
}

/// Folders of /usr that are not used any more.
const OLD_USR: &[&str] = &["man", "info", "X11R6", "doc", "locale"];

/// 20deprecated-directories
pub(super) fn deprecated(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let found = [
        "etc/app-defaults",
        "usr/man",
        "usr/info",
        "usr/X11R6",
        "usr/doc",
        "usr/locale",
    ]
    .map(|path| context.at(path))
    .into_iter()
    .filter(|path| leads_to_folder(context, path))
    .collect();
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: This ebuild installs into the following deprecated directories:",
            "",
        ],
        found,
        &[],
    );
    Ok(())
}

/// 20runtime-directories
pub(super) fn runtime(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let mut found = Vec::new();
    for path in ["var/cache", "var/lock", "var/run", "var/tmp", "run"] {
        let path = context.at(path);
        let is_folder = context
            .image
            .get(&path)
            .is_some_and(|entry| entry.kind == EntryKind::Folder);
        // The folder itself may be there.
        if is_folder && context.image.below(&path).count() > 1 {
            found.extend(paths(context.image.below(&path)));
        }
    }
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: This ebuild installs into paths that should be created at runtime.",
            " To fix, simply do not install into these directories.  Instead, your package",
            " should create dirs on the fly at runtime as needed via init scripts/etc...",
            "",
        ],
        found,
        &[],
    );
    Ok(())
}

/// 60udev
pub(super) fn udev_rules(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let allowed = context.at("lib/udev/rules.d");
    let wrong = context.image.entries().iter().filter(|entry| {
        let Some(folder) = entry.path.parent() else {
            return false;
        };
        if folder == allowed || entry.name().as_bytes().starts_with(b".") {
            return false;
        }
        let parts: Vec<&[u8]> = context
            .unprefixed(folder)
            .components()
            .filter(|part| *part != Component::RootDir)
            .map(|part| part.as_os_str().as_bytes())
            .collect();
        match parts.as_slice() {
            [b"etc", b"udev", b"rules.d"] => true,
            [lib, b"udev", b"rules.d"] => lib.starts_with(b"lib"),
            _ => false,
        }
    });
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: udev rules should be installed in /lib/udev/rules.d:",
            "",
        ],
        paths(wrong),
        &[],
    );
    Ok(())
}

/// Links that are resolved inside the image and lead nowhere; others may lead to files of other packages.
pub(super) fn dangling_links(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let dangling = context.image.entries().iter().filter(|entry| {
        let EntryKind::Link(target) = &entry.kind else {
            return false;
        };
        let folder = entry.path.parent().unwrap_or(Path::new("/"));
        let target = normalized(&folder.join(target));
        // A file in a folder that only this package has must come from this package.
        !context.image.contains(&target)
            && target.parent().is_some_and(|parent| {
                parent != Path::new("/")
                    && parent
                        .components()
                        .any(|part| part.as_os_str() == context.options.variable("PN"))
                    && context.image.contains(parent)
            })
    });
    findings.list(
        Severity::Note,
        &["Symbolic links to files that are not there:"],
        paths(dangling),
        &[],
    );
    Ok(())
}

/// Absolute links that begin with D. Merging removes D where the EAPI says so.
pub(super) fn image_links(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let rewritten = context.options.eapi.has(Feature::SymlinkRewriting);
    for entry in context.image.entries() {
        let EntryKind::Link(target) = &entry.kind else {
            continue;
        };
        if !target.starts_with(context.image.folder()) {
            continue;
        }
        let mut message = vec![format!(
            "QA Notice: Absolute symlink {} points to {} inside the image directory.",
            entry.path.display(),
            target.display()
        )];
        let rest = target
            .strip_prefix(context.image.folder())
            .unwrap_or(target);
        if rewritten {
            message.push(format!(
                "Removing the leading {} from its path.",
                context.image.folder().display()
            ));
        } else {
            message.push(format!(
                "It will be installed as it is; /{} may be meant.",
                rest.display()
            ));
        }
        findings.add(Severity::Warning, message, vec![entry.path.clone()]);
    }
    Ok(())
}

pub(super) fn file_names(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let wrong = context
        .image
        .entries()
        .iter()
        .filter(|entry| std::str::from_utf8(entry.path.as_os_str().as_bytes()).is_err());
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: This package installs one or more file names containing",
            "characters that are not encoded with the UTF-8 encoding.",
            "",
        ],
        paths(wrong),
        &[],
    );
    Ok(())
}

/// 95empty-dirs
pub(super) fn empty_dirs(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let remove = context.options.eapi.has(Feature::EmptyFoldersRemoved)
        || context.options.feature("strict-keepdir");
    let var = context.at("var");
    let base = context.options.prefix_dir();
    let mut in_var = Vec::new();
    // Deepest first, so that a folder of empty folders is empty too when they are removed.
    for entry in context.image.entries().iter().rev() {
        let real = context.image.real(&entry.path);
        if entry.kind != EntryKind::Folder || real == base || !real.starts_with(&base) {
            continue;
        }
        let empty = fs::read_dir(&real)
            .map_err(|error| ImageError::io("read", &real, error))?
            .next()
            .is_none();
        if !empty {
            continue;
        }
        if entry.path.starts_with(&var) && entry.path != var {
            in_var.push(entry.path.clone());
        }
        if remove {
            fs::remove_dir(&real).map_err(|error| ImageError::io("remove", &real, error))?;
        }
    }
    in_var.reverse();
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: One or more empty directories installed to /var:",
            "",
        ],
        in_var,
        &[
            "",
            "If those directories need to be preserved, please make sure to create",
            "or mark them for keeping using 'keepdir'. Portage for >= EAPI 8 ebuilds",
            "will strip empty directories from installation image.",
        ],
    );
    Ok(())
}

/// Whether a path is a folder or a link to one in the image.
fn leads_to_folder(context: &Context<'_>, path: &Path) -> bool {
    context.image.contains(path) && context.image.real(path).is_dir()
}

fn paths<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<PathBuf> {
    entries.map(|entry| entry.path.clone()).collect()
}

/// Without `.` and `..`, as text.
fn normalized(path: &Path) -> PathBuf {
    let mut out = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::Normal(name) => out.push(name),
            _ => {}
        }
    }
    out
}
