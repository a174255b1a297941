//! Programs that finish an image.

#![expect(clippy::disallowed_methods, reason = "programs of PATH")]

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::ImageError;

/// Looks for a program on the PATH; with `chost`, for the one of that system first.
pub(crate) fn find(name: &str, chost: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let special = format!("{chost}-{name}");
    let names = if chost.is_empty() {
        vec![name]
    } else {
        vec![special.as_str(), name]
    };
    names.into_iter().find_map(|name| {
        env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|candidate| is_program(candidate))
    })
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Runs a program and takes its output.
pub(crate) fn output<'a>(
    program: &Path,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Result<Output, ImageError> {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| ImageError::Program {
            program: program.display().to_string(),
            source,
        })
}

/// Runs a program that has to succeed; an error has what it said.
pub(crate) fn run(program: &Path, arguments: &[OsString]) -> Result<(), ImageError> {
    let output = output(program, arguments.iter().map(OsString::as_os_str))?;
    if output.status.success() {
        return Ok(());
    }
    Err(ImageError::ProgramSaid {
        program: program.display().to_string(),
        status: output.status,
        said: String::from_utf8_lossy(&output.stderr)
            .trim_end()
            .to_owned(),
    })
}
