//! A shell as a phase was when it died.

use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use ebd_env::{Environment, Rules, WriteOptions};
use ebd_protocol::quote;
use ebd_spawn::User;

use super::PhaseError;
use super::folder::BuildFolder;

/// Runs a shell with the state and the folder that a phase of a build had when it died.
pub(crate) fn open(
    bash: &Path,
    build: &BuildFolder,
    name: &str,
    user: Option<&User>,
) -> Result<(), PhaseError> {
    let (dump, folder) = build.read_failure()?;
    let invalid = |error: String| PhaseError::io("read", build.failure())(io::Error::other(error));
    let mut environment = Environment::parse(&dump).map_err(|error| invalid(error.to_string()))?;
    environment.filter(&Rules::bash());
    let state = environment
        .to_bash(&WriteOptions::new())
        .map_err(|error| invalid(error.to_string()))?;
    let mut text = b"shopt -s extglob\n".to_vec();
    text.extend_from_slice(&state);
    text.extend_from_slice(b"\nunset BASH_ENV\ntrap - TERM\ncd -- ");
    quote(&mut text, &folder);
    text.extend_from_slice(b"\nPS1=");
    quote(&mut text, format!("{name} \\w \\$ ").as_bytes());
    text.push(b'\n');
    let start = build.write_failure_script(&text)?;
    let mut command = Command::new(bash);
    command.env_clear();
    if let Some(terminal) = std::env::var_os("TERM") {
        command.env("TERM", terminal);
    }
    if io::stdin().is_terminal() {
        command
            .args(["--noprofile", "--rcfile"])
            .arg(&start)
            .arg("-i");
    } else {
        command
            .args(["--noprofile", "--norc"])
            .env("BASH_ENV", start.as_os_str());
    }
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
        .current_dir(Path::new(std::ffi::OsStr::from_bytes(&folder)))
        .status()
        .map(drop)
        .map_err(PhaseError::io("run", bash))
}
