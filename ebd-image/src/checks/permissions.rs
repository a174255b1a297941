//! Who may change what.

#![expect(clippy::disallowed_methods, reason = "only looked at")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::unistd::Uid;

use super::{Context, Findings};
use crate::error::ImageError;
use crate::report::Severity;
use crate::scan::Entry;

type Result = std::result::Result<(), ImageError>;

/// 90bad-bin-group-write
pub(super) fn group_writable_programs(
    context: &Context<'_>,
    findings: &mut Findings<'_>,
) -> Result {
    let found = programs(context, |metadata| {
        metadata.mode() & 0o020 != 0 && metadata.gid() != 0
    });
    findings.list(
        Severity::Warning,
        &["QA Notice: system executables group-writable by nonzero gid:"],
        found,
        &[],
    );
    Ok(())
}

/// 90bad-bin-owner
pub(super) fn foreign_programs(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let found = programs(context, |metadata| metadata.uid() != 0);
    findings.list(
        Severity::Warning,
        &["QA Notice: system executables owned by nonzero uid:"],
        found,
        &[],
    );
    Ok(())
}

/// Files in the folders of programs, links followed. Without root, all files belong to the user who builds.
fn programs(context: &Context<'_>, wrong: impl Fn(&fs::Metadata) -> bool) -> Vec<PathBuf> {
    if !Uid::effective().is_root() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for folder in ["opt/bin", "bin", "usr/bin", "sbin", "usr/sbin"] {
        let folder = context.at(folder);
        found.extend(
            context
                .image
                .children(&folder)
                .filter(|entry| {
                    fs::metadata(context.image.real(&entry.path))
                        .is_ok_and(|metadata| metadata.is_file() && wrong(&metadata))
                })
                .map(|entry| entry.path.clone()),
        );
    }
    found
}

/// 90world-writable
pub(super) fn world_writable(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let pf = context.options.variable("PF");
    findings.list(
        Severity::Warning,
        &["QA Notice: world writable file(s):"],
        writable(context, |_| true),
        &[
            "This may or may not be a security problem, most of the time it is one.",
            &format!(
                "Please double check that {pf} really needs a world writeable bit and file bugs accordingly."
            ),
        ],
    );
    Ok(())
}

/// The same with set*id bits.
pub(super) fn setid_world_writable(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    findings.list(
        Severity::Error,
        &["QA Notice: Unsafe files detected (set*id and world writable)"],
        writable(context, |entry| entry.mode & 0o6000 != 0),
        &["Unsafe files found in ${D}; they will not be installed."],
    );
    Ok(())
}

fn writable(context: &Context<'_>, also: impl Fn(&Entry) -> bool) -> Vec<PathBuf> {
    context
        .image
        .files()
        .filter(|entry| entry.mode & 0o002 != 0 && also(entry))
        .map(|entry| entry.path.clone())
        .collect()
}
