//! Distfiles: what the user sees while they are fetched and verified.

use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use ebd_build::Sources;
use ebd_fetch::{FetchError, FetchEvent};
use ebd_fs::chain;
use ebd_repo::manifest::Manifest;

use crate::error::Error;
use crate::interrupt;

/// Fetches what is missing, and verifies everything. `Ok(false)` when the user gave up.
pub(crate) fn fetch(
    sources: &Sources,
    interrupted: BorrowedFd<'_>,
    say: &dyn Fn(&str),
) -> Result<bool, Error> {
    if sources.files().is_empty() {
        return Ok(true);
    }
    let (manifest, problems) = Manifest::read(sources.manifest())?;
    for problem in problems {
        errln!("ebd: warning: {}: {problem}", sources.manifest().display());
    }
    let mut watch = |event: &FetchEvent<'_>| {
        match event {
            FetchEvent::Waiting { name } => {
                say(&format!("waiting for {name}: another process fetches it"));
            }
            FetchEvent::SetAside {
                name,
                mismatch,
                path,
            } => {
                say(&format!(
                    "{name} is not the right file ({mismatch}); it is now {}",
                    path.display()
                ));
            }
            FetchEvent::Started { name, uri, from } => {
                let part = if *from > 0 {
                    format!(" from byte {from}")
                } else {
                    String::new()
                };
                say(&format!("fetching {name}{part}: {uri}"));
            }
            FetchEvent::Failed { uri, error, .. } => say(&format!("{uri}: {}", chain(*error))),
            FetchEvent::Fetched { name } => say(&format!("fetched {name}")),
            _ => {}
        }
        if interrupt::is_requested(interrupted) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    match sources.fetch(&manifest, &mut watch) {
        Ok(()) => Ok(true),
        Err(FetchError::Cancelled { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
