//! Calling the machine's own tools.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::AccountCommand;

/// Where the tools are, whatever PATH the host has.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/// Runs the tool with these arguments; returns its exit status and what it printed. It waits for the lock of the databases by itself, for
/// some seconds at most.
#[expect(clippy::disallowed_methods, reason = "directories of the system")]
pub(crate) fn perform(command: AccountCommand, arguments: &[String]) -> io::Result<(u8, String)> {
    let tool = FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(command.name()))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            io::Error::other(format!(
                "{command} is not installed: none in {}",
                FOLDERS.join(", ")
            ))
        })?;
    let output = Command::new(&tool)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", FOLDERS.join(":"))
        .current_dir("/")
        .stdin(Stdio::null())
        .output()?;
    let status = output.status;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| signal.saturating_add(128)));
    let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stdout));
    Ok((
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255),
        text,
    ))
}
