//! Executables and libraries: 10executable-issues, 10ignored-flags and more.

#![expect(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::fs::OpenOptions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Context, Findings};
use crate::elf::{Elf, ElfKind, RunPath};
use crate::error::ImageError;
use crate::needed::multilib_category;
use crate::report::Severity;

type Result = std::result::Result<(), ImageError>;

/// Search paths that whoever can write to a folder could use to run code of his own. They are put right in the file.
pub(super) fn insecure_runpath(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let stricter = context.options.feature("stricter");
    let (mut lines, mut paths) = (Vec::new(), Vec::new());
    for file in context.checked_elf() {
        let Some(runpath) = &file.runpath else {
            continue;
        };
        let good: Vec<&str> = runpath
            .text
            .split(':')
            .filter(|folder| !is_insecure(context, folder))
            .collect();
        let good = good.join(":");
        if good == runpath.text {
            continue;
        }
        lines.push(format!("  {}", file.path.display()));
        lines.push(format!("    RPATH: {}", runpath.text));
        paths.push(file.path.clone());
        if !stricter {
            lines.push(format!("    changed to: {good}"));
            overwrite(&context.image.real(&file.path), runpath, &good)?;
        }
    }
    if paths.is_empty() {
        return Ok(());
    }
    let mut message = insecure_head();
    message.append(&mut lines);
    findings.add(context.stricter(), message, paths);
    Ok(())
}

fn insecure_head() -> Vec<String> {
    [
        "QA Notice: The following files contain insecure RUNPATHs",
        " Please file a bug about this at https://bugs.gentoo.org/",
        " with the maintainer of the package.",
    ]
    .map(String::from)
    .into()
}

/// An empty folder means the current one.
fn is_insecure(context: &Context<'_>, folder: &str) -> bool {
    let below =
        |parent: &Path| parent.components().count() > 1 && Path::new(folder).starts_with(parent);
    folder.trim().is_empty() || below(&context.options.build_dir) || below(&context.options.root)
}

/// Writes a shorter text over a longer one.
fn overwrite(real: &Path, old: &RunPath, new: &str) -> Result {
    let mut bytes = new.as_bytes().to_vec();
    bytes.resize(old.text.len(), 0);
    let mode = real.metadata().map(|metadata| metadata.permissions());
    let cannot_write = |error| ImageError::io("write", real, error);
    let mode = mode.map_err(cannot_write)?;
    // A file that its owner cannot write is opened all the same by making it writable for a moment.
    let mut writable = mode.clone();
    writable.set_mode(mode.mode() | 0o200);
    std::fs::set_permissions(real, writable).map_err(cannot_write)?;
    OpenOptions::new()
        .write(true)
        .open(real)
        .and_then(|file| file.write_all_at(&bytes, old.offset))
        .map_err(cannot_write)?;
    std::fs::set_permissions(real, mode).map_err(cannot_write)
}

/// Where `$ORIGIN` is depends on who makes a hard link to the program.
pub(super) fn setid_origin(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let paths: Vec<PathBuf> = context
        .checked_elf()
        .filter(|file| {
            let setid = context
                .image
                .get(&file.path)
                .is_some_and(|entry| entry.mode & 0o6000 != 0);
            let runpath = file.runpath.as_ref();
            setid && runpath.is_some_and(|runpath| runpath.text.contains("$ORIGIN"))
        })
        .map(|file| file.path.clone())
        .collect();
    if paths.is_empty() {
        return Ok(());
    }
    let mut message = insecure_head();
    message.extend(
        paths
            .iter()
            .map(|path| format!("  {} ($ORIGIN in a set*id program)", path.display())),
    );
    message.push("Aborting due to serious QA concerns with RUNPATH/RPATH".into());
    findings.add(Severity::Error, message, paths);
    Ok(())
}

pub(super) fn textrels(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let allowed = context.options.qa_file_names("TEXTRELS");
    let paths = select(context, |file| {
        file.is_linked() && file.text_relocations && !allowed.matches(bytes(file))
    });
    findings.list(
        context.stricter(),
        &[
            "QA Notice: The following files contain runtime text relocations",
            " Text relocations force the dynamic linker to perform extra",
            " work at startup, waste system resources, and may pose a security",
            " risk.  On some architectures, the code may not even function",
            " properly, if at all.",
            " For more information, see:",
            "",
            "   https://wiki.gentoo.org/wiki/Hardened/HOWTO_locate_and_fix_textrels",
            "",
            " Please include the following list of files in your report:",
        ],
        paths,
        &[],
    );
    Ok(())
}

pub(super) fn execstacks(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let target = match context.options.variable("CTARGET") {
        "" => context.options.variable("CHOST"),
        target => target,
    };
    let supported = ["arm", "ia64", "m68k", "s390", "sh", "x86_64"]
        .iter()
        .any(|cpu| target.starts_with(cpu))
        || (target.starts_with('i') && target.get(2..4) == Some("86"));
    if !target.contains("-linux-gnu") || !supported {
        return Ok(());
    }
    let stack = context.options.qa_file_names("EXECSTACK");
    let code = context.options.qa_file_names("WX_LOAD");
    let paths = select(context, |file| {
        let path = bytes(file);
        file.is_linked()
            && ((file.executable_stack == Some(true) && !stack.matches(path))
                || (file.writable_code && !code.matches(path)))
    });
    findings.list(
        context.stricter(),
        &[
            "QA Notice: The following files contain writable and executable sections",
            " Files with such sections will not work properly (or at all!) on some",
            " architectures/operating systems.  A bug should be filed at",
            " https://bugs.gentoo.org/ to make sure the issue is fixed.",
            " For more information, see:",
            "",
            "   https://wiki.gentoo.org/wiki/Hardened/GNU_stack_quickstart",
            "",
            " Please include the following list of files in your report:",
            " Note: Bugs should be filed for the respective maintainers",
            " of the package in question and not hardened@gentoo.org.",
        ],
        paths,
        &[],
    );
    Ok(())
}

pub(super) fn ignored_cflags(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let recorded = ["CFLAGS", "CXXFLAGS", "FFLAGS", "FCFLAGS"]
        .iter()
        .all(|name| {
            context
                .options
                .variable(name)
                .contains("-frecord-gcc-switches")
        });
    if !recorded {
        return Ok(());
    }
    let allowed = context.options.qa_expressions("FLAGS_IGNORED");
    let paths = select(context, |file| {
        file.is_linked() && !file.command_line && !allowed.matches(bytes(file))
    });
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: Files built without respecting CFLAGS have been detected",
            " Please include the following list of files in your report:",
        ],
        paths,
        &[],
    );
    Ok(())
}

pub(super) fn ignored_ldflags(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let marked = context
        .options
        .variable("LDFLAGS")
        .contains(",--defsym=__gentoo_check_ldflags__");
    if !marked {
        return Ok(());
    }
    let allowed = context.options.qa_expressions("FLAGS_IGNORED");
    let paths = select(context, |file| {
        file.dynamic_symbols && !file.ldflags_mark && !allowed.matches(bytes(file))
    });
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: Files built without respecting LDFLAGS have been detected",
            " Please include the following list of files in your report:",
        ],
        paths,
        &[],
    );
    Ok(())
}

/// Merging could not tell who needs them.
pub(super) fn unknown(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let prebuilt = context.options.qa_file_names("PREBUILT");
    let paths = context
        .elf
        .iter()
        .filter(|file| multilib_category(file).is_none() && !prebuilt.matches(bytes(file)))
        .map(|file| file.path.clone())
        .collect();
    findings.list(
        Severity::Warning,
        &["QA Notice: Unrecognized ELF file(s):", ""],
        paths,
        &[],
    );
    Ok(())
}

pub(super) fn restricted(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    if !context.options.restricted("binchecks") {
        return Ok(());
    }
    let paths = context.elf.iter().map(|file| file.path.clone()).collect();
    findings.list(
        Severity::Warning,
        &["QA Notice: RESTRICT=binchecks prevented checks on these ELF files:"],
        paths,
        &[],
    );
    Ok(())
}

fn select(context: &Context<'_>, wanted: impl Fn(&Elf) -> bool) -> Vec<PathBuf> {
    context
        .checked_elf()
        // Kernel modules are relocated when they are loaded.
        .filter(|file| file.kind != ElfKind::Relocatable && wanted(file))
        .map(|file| file.path.clone())
        .collect()
}

fn bytes(file: &Elf) -> &[u8] {
    file.path.as_os_str().as_bytes()
}
