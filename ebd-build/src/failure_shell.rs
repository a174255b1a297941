//! A shell as a phase was when it died.

use std::fs;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use ebd_env::{Environment, Rules, WriteOptions};
use ebd_protocol::quote;
use ebd_spawn::User;

use super::PhaseError;

/// Runs a shell with the state in a file and its folder in the file beside it.
pub(crate) fn open(
    bash: &Path,
    failure: &Path,
    name: &str,
    user: Option<&User>,
) -> Result<(), PhaseError> {
    let dump = fs::read(failure).map_err(PhaseError::io("read", failure))?;
    let mut folder = failure.as_os_str().to_owned();
    folder.push(".folder");
    let folder = fs::read(&folder).map_err(PhaseError::io("read", &folder))?;
    let invalid = |error: String| PhaseError::io("read", failure)(io::Error::other(error));
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
    let start = failure.with_file_name(".ebd-failure.bash");
    fs::write(&start, &text).map_err(PhaseError::io("write", &start))?;
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
