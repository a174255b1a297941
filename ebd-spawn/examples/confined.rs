//! Runs a command line under the best level that works here and says what is in force.
//!
//! `cargo run -p ebd-spawn --example confined -- [--level full|landlocked|none] [--watch-exec] PROGRAM [ARGUMENT]…`

use std::error::Error;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use ebd_spawn::{ExitReason, Level, Scratch, Spec, probe, spawn};

#[allow(clippy::print_stderr, reason = "a program that talks to its user")]
fn main() -> Result<(), Box<dyn Error>> {
    let capabilities = probe();
    eprintln!("{capabilities:#?}");
    let mut level = capabilities.best_level();
    let mut watch = false;
    let mut words = std::env::args_os().skip(1).peekable();
    while let Some(word) = words.next_if(|word| word.as_encoded_bytes().starts_with(b"--")) {
        match word.to_str() {
            Some("--watch-exec") => watch = true,
            Some("--level") => {
                level = match words.next().as_deref().and_then(|name| name.to_str()) {
                    Some("full") => Level::Full,
                    Some("landlocked") => Level::Landlocked,
                    Some("none") => Level::None,
                    other => {
                        return Err(format!(
                            "unknown level {other:?}; there are full, landlocked and none"
                        )
                        .into());
                    }
                }
            }
            _ => return Err(format!("unknown option {word:?}").into()),
        }
    }
    let program = words.next().ok_or("no program given, e.g. /bin/bash")?;
    let folder = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()?;
    let mut spec = Spec::new(program, level)
        .args(words)
        .env("PATH", "/usr/bin:/bin")
        .env("TMPDIR", folder.path())
        .fd(copy(io::stdin())?, 0)
        .fd(copy(io::stdout())?, 1)
        .fd(copy(io::stderr())?, 2)
        .scratch(Scratch::new(folder.path()));
    if watch {
        spec = spec.watch_exec();
    }
    let mut child = spawn(spec)?;
    eprintln!("{:#?}", child.applied());
    let reason = loop {
        if let Some(watch) = child.exec_watch() {
            while let Some(attempt) = watch.next()? {
                let path = attempt.path.as_deref().unwrap_or(b"?");
                eprintln!(
                    "refused: process {} executes {}",
                    attempt.pid,
                    path.escape_ascii()
                );
                watch.deny(&attempt, libc::EACCES)?;
            }
        }
        if let Some(reason) = child.wait(Some(Duration::from_millis(20)))? {
            break reason;
        }
    };
    child.kill_tree()?;
    folder.close()?;
    eprintln!("the process {reason}");
    std::process::exit(if let ExitReason::Exited(code) = reason {
        code
    } else {
        1
    })
}

fn copy(stream: impl AsFd) -> io::Result<OwnedFd> {
    stream.as_fd().try_clone_to_owned()
}
