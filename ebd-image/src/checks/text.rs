//! The content of scripts and settings: 60bash-completion, 60openrc, 60pkgconfig, 60systemd.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Context, Findings};
use crate::error::ImageError;
use crate::programs;
use crate::regular::read_regular;
use crate::report::Severity;
use crate::scan::{Entry, EntryKind};

type Result = std::result::Result<(), ImageError>;

pub(super) fn bash_completion(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let old = context.at("usr/share/bash-completion");
    let files: Vec<PathBuf> = context
        .image
        .children(&old)
        .filter(|entry| entry.kind != EntryKind::Folder && entry.name() != "bash_completion")
        .map(|entry| entry.path.clone())
        .collect();
    if !files.is_empty() && !context.image.contains(&old.join("completions")) {
        findings.add(
            Severity::Warning,
            [
                "QA Notice: Bash completions were installed in legacy location. Please update",
                "the ebuild to get the install paths using bash-completion-r1.eclass.",
            ]
            .map(String::from)
            .into(),
            files,
        );
    }
    Ok(())
}

pub(super) fn openrc(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    for folder in ["etc/conf.d", "etc/init.d"] {
        let path = context.at(folder);
        for entry in files_in(context, &path) {
            let real = context.image.real(&entry.path);
            if folder == "etc/init.d" && !entry.name().as_bytes().ends_with(b".sh") {
                let content = read_regular(&real)?;
                let first = content
                    .split(|byte| *byte == b'\n')
                    .next()
                    .unwrap_or_default();
                if !is_shell_script(first) {
                    continue;
                }
                if first == b"#!/sbin/runscript" {
                    findings.list(
                        Severity::Warning,
                        &["QA Notice: #!/sbin/runscript is deprecated, use #!/sbin/openrc-run instead:"],
                        vec![entry.path.clone()],
                        &[],
                    );
                }
            }
            if let Some(problem) = syntax_error(&real)? {
                let mut message = vec![format!(
                    "The init.d file has syntax errors: {}",
                    entry.path.display()
                )];
                message.extend(problem.lines().map(|line| format!("  {line}")));
                findings.add(Severity::Error, message, vec![entry.path.clone()]);
            }
        }
    }
    Ok(())
}

fn is_shell_script(first_line: &[u8]) -> bool {
    let Some(interpreter) = first_line.strip_prefix(b"#!") else {
        return false;
    };
    [b"openrc-run".as_slice(), b"runscript", b"sh"]
        .iter()
        .any(|name| {
            interpreter
                .strip_suffix(*name)
                .and_then(|rest| rest.last())
                .is_some_and(|before| matches!(before, b' ' | b'\t' | b'/'))
        })
}

/// What bash says when it reads a script without running it.
fn syntax_error(script: &Path) -> std::result::Result<Option<String>, ImageError> {
    let output = Command::new("bash")
        .arg("-n")
        .arg(script)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| ImageError::Program {
            program: "bash".into(),
            source,
        })?;
    if output.status.success() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&output.stderr).into_owned()))
}

pub(super) fn pkgconfig_ldflags(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let mut paths = Vec::new();
    for entry in pkgconfig_files(context) {
        let content = read_regular(&context.image.real(&entry.path))?;
        let wrong = lines(&content).any(|line| {
            line.starts_with("Libs")
                && ["-Wl,-O0", "-Wl,-O1", "-Wl,-O2", "-Wl,--hash-style"]
                    .iter()
                    .any(|flag| line.contains(flag))
        });
        if wrong {
            paths.push(entry.path.clone());
        }
    }
    findings.list(
        Severity::Warning,
        &["QA Notice: pkg-config files with wrong LDFLAGS detected:"],
        paths,
        &[],
    );
    Ok(())
}

pub(super) fn pkgconfig_libdir(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let usr_lib = context.at("usr/lib");
    let lib_is_link = context
        .image
        .get(&usr_lib)
        .is_some_and(|entry| matches!(entry.kind, EntryKind::Link(_)));
    let mut paths = Vec::new();
    for entry in pkgconfig_files(context) {
        let folder = entry
            .path
            .parent()
            .and_then(Path::parent)
            .and_then(Path::file_name);
        let content = read_regular(&context.image.real(&entry.path))?;
        let wrong = match folder.map(OsStrExt::as_bytes) {
            Some(b"lib") => {
                !lib_is_link
                    && lines(&content)
                        .any(|line| line.contains("=/lib64") || line.contains("=/usr/lib64"))
            }
            Some(b"lib64") => lines(&content).any(|line| {
                (line.starts_with("libdir=")
                    || line.starts_with("Libs:")
                    || line.starts_with("Libs.private:"))
                    && names_lib(line)
            }),
            _ => false,
        };
        if wrong {
            paths.push(entry.path.clone());
        }
    }
    findings.list(
        Severity::Warning,
        &[
            "QA Notice: pkg-config files not respecting libdir found",
            "(contains reference to either lib or lib64 in wrong directory)",
        ],
        paths,
        &[],
    );
    Ok(())
}

/// Asks pkg-config itself, where there is one.
pub(super) fn pkgconfig_validation(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let files: Vec<&Entry> = pkgconfig_files(context).collect();
    let Some(program) = programs::find("pkg-config", "").filter(|_| !files.is_empty()) else {
        return Ok(());
    };
    let mut said = Vec::new();
    let mut paths = Vec::new();
    for entry in files {
        let real = context.image.real(&entry.path);
        let arguments = [
            OsStr::new("--maximum-traverse-depth=1"),
            OsStr::new("--validate"),
            real.as_os_str(),
        ];
        let output = programs::output(&program, arguments)?;
        if !output.status.success() {
            said.extend(
                String::from_utf8_lossy(&output.stderr)
                    .lines()
                    .map(|line| format!("  {line}")),
            );
            paths.push(entry.path.clone());
        }
    }
    if !paths.is_empty() {
        let mut message =
            vec!["QA Notice: pkg-config files which fail validation found!".to_owned()];
        message.append(&mut said);
        message.push("Run 'pkg-config --validate ...' for more information".to_owned());
        findings.add(Severity::Warning, message, paths);
    }
    Ok(())
}

/// `/lib` as a whole part of a path, not `/lib64` or `/libfoo`.
fn names_lib(line: &str) -> bool {
    line.match_indices("/lib").any(|(at, part)| {
        let next = line
            .get(at + part.len()..)
            .and_then(|rest| rest.chars().next());
        !next.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

fn pkgconfig_files<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a Entry> {
    context.image.files().filter(|entry| {
        if !entry.name().as_bytes().ends_with(b".pc") {
            return false;
        }
        let folder = context.unprefixed(&entry.path).parent();
        let parts: Vec<&[u8]> = folder
            .into_iter()
            .flat_map(Path::iter)
            .map(OsStrExt::as_bytes)
            .filter(|part| *part != b"/")
            .collect();
        match parts.as_slice() {
            [b"usr", place, b"pkgconfig"] => place.starts_with(b"lib") || *place == b"share",
            _ => false,
        }
    })
}

pub(super) fn systemd(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let folder = context.at("usr/lib/systemd/system");
    let mut paths = Vec::new();
    for entry in files_in(context, &folder) {
        if !entry.name().as_bytes().ends_with(b".service") {
            continue;
        }
        let content = read_regular(&context.image.real(&entry.path))?;
        let wrong = lines(&content).any(|line| {
            line.starts_with("EnvironmentFile")
                && line
                    .split_once('=')
                    .is_some_and(|(_, value)| value.contains("/etc/conf.d"))
        });
        if wrong {
            paths.push(entry.path.clone());
        }
    }
    findings.list(
        Severity::Warning,
        &["QA Notice: systemd units using /etc/conf.d detected:"],
        paths,
        &["See: https://wiki.gentoo.org/wiki/Project:Systemd/conf.d_files"],
    );
    Ok(())
}

fn files_in<'a>(context: &'a Context<'_>, folder: &'a Path) -> impl Iterator<Item = &'a Entry> {
    context
        .image
        .children(folder)
        .filter(|entry| entry.kind == EntryKind::File)
}

/// The lines that are text.
fn lines(content: &[u8]) -> impl Iterator<Item = &str> {
    content
        .split(|byte| *byte == b'\n')
        .filter_map(|line| std::str::from_utf8(line).ok())
}
