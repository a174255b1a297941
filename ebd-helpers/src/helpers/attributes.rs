//! fowners, fperms and dosed: change what is in the image.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

use super::{Call, Result, need_some};
use crate::accounts::Owner;
use crate::error::{HelperError, InstallError};
use crate::install::run_program;
use crate::ownership::{self, Request};

impl Call<'_> {
    /// `fowners`.
    pub(super) fn fowners(&mut self, arguments: &[OsString]) -> Result {
        let (options, rest): (Vec<_>, Vec<_>) = arguments
            .iter()
            .partition(|argument| argument.as_bytes().starts_with(b"-"));
        let [owner, files @ ..] = rest.as_slice() else {
            return Err(HelperError::Usage("an owner and files are needed".into()));
        };
        need_some(files)?;
        let owner = Owner::parse(owner)?;
        let paths = files.iter().map(|file| self.state.below_ed(file));
        if !Uid::effective().is_root() {
            let paths: Vec<PathBuf> = paths.collect();
            return self.record_owner(&options, &owner, &paths);
        }
        let mut arguments: Vec<OsString> = options.into_iter().cloned().collect();
        arguments.push(owner.to_text());
        arguments.extend(paths.map(OsString::from));
        Ok(run_program("chown", &arguments)?)
    }

    /// `fperms`.
    pub(super) fn fperms(&mut self, arguments: &[OsString]) -> Result {
        let mut words: Vec<OsString> = Vec::with_capacity(arguments.len());
        let mut mode = false;
        for argument in arguments {
            if is_chmod_option(argument) {
                words.push(argument.clone());
            } else if mode {
                words.push(self.state.below_ed(argument).into());
            } else {
                mode = true;
                words.push(argument.clone());
            }
        }
        Ok(run_program("chmod", &words)?)
    }

    /// `dosed`.
    pub(super) fn dosed(&mut self, arguments: &[OsString]) -> Result {
        need_some(arguments)?;
        let mut expression = OsString::from("s:");
        expression.push(&self.state.ed);
        expression.push("/::g");
        let mut found = false;
        for argument in arguments {
            let path = self.state.below_ed(argument);
            if path.is_file() {
                found = true;
                let words = ["-i".into(), "-e".into(), expression.clone(), path.into()];
                if let Err(error) = run_program("sed", &words) {
                    self.complain(error);
                }
            } else if path.exists() {
                self.complain(format!("{} is not a regular file", path.display()));
            } else {
                expression.clone_from(argument);
            }
        }
        if !found {
            self.complain(format!(
                "none of the files exists; {} was taken for an expression",
                expression.display()
            ));
        }
        self.ended()
    }

    /// Leaves it to whoever merges the image to give files their owners.
    fn record_owner(&mut self, options: &[&OsString], owner: &Owner, paths: &[PathBuf]) -> Result {
        let Some(t) = &self.state.t else {
            return Err(HelperError::Usage(
                "T is not set; there is no place to record owners in".into(),
            ));
        };
        let (mut recursive, mut links) = (false, false);
        for option in options {
            match option.to_str() {
                Some("--recursive") => recursive = true,
                Some("--no-dereference") => links = true,
                Some(
                    "--" | "--verbose" | "--changes" | "--silent" | "--quiet" | "--dereference"
                    | "--preserve-root" | "--no-preserve-root",
                ) => {}
                Some(short)
                    if !short.starts_with("--")
                        && short
                            .bytes()
                            .skip(1)
                            .all(|byte| b"RhvcfHLP".contains(&byte)) =>
                {
                    recursive |= short.contains('R');
                    links |= short.contains('h');
                }
                _ => {
                    return Err(HelperError::Usage(format!(
                        "{} works for root only; use users and groups",
                        option.display()
                    )));
                }
            }
        }
        let mut requests = Vec::new();
        for path in paths {
            if let Err(error) = self.add_requests(path, recursive, links, owner, &mut requests) {
                self.complain(error);
            }
        }
        ownership::record(t, &requests)?;
        self.ended()
    }

    fn add_requests(
        &self,
        path: &Path,
        recursive: bool,
        links: bool,
        owner: &Owner,
        requests: &mut Vec<Request>,
    ) -> std::result::Result<(), InstallError> {
        let cannot_read = |path: &Path, error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => InstallError::Missing(path.to_owned()),
            _ => InstallError::io("read", path, error),
        };
        let kind = fs::symlink_metadata(path)
            .map_err(|error| cannot_read(path, error))?
            .file_type();
        let path = if kind.is_symlink() && !links && !recursive {
            let real = fs::canonicalize(path).map_err(|error| cannot_read(path, error))?;
            let image = fs::canonicalize(&self.state.d)
                .map_err(|error| cannot_read(&self.state.d, error))?;
            let inside = real
                .strip_prefix(image)
                .map_err(|_| InstallError::Outside(real.clone()))?;
            self.state.d.join(inside)
        } else {
            path.to_owned()
        };
        let mut pending = vec![(path, kind.is_dir())];
        while let Some((path, is_folder)) = pending.pop() {
            if recursive && is_folder {
                for entry in fs::read_dir(&path).map_err(|error| cannot_read(&path, error))? {
                    let entry = entry.map_err(|error| cannot_read(&path, error))?;
                    let kind = entry
                        .file_type()
                        .map_err(|error| cannot_read(&path, error))?;
                    pending.push((entry.path(), kind.is_dir()));
                }
            }
            requests.push(Request {
                owner: owner.clone(),
                path: self.state.shown(&path).to_owned(),
            });
        }
        Ok(())
    }
}

/// `-x` and its kin are modes.
fn is_chmod_option(argument: &OsStr) -> bool {
    match argument.as_bytes() {
        [b'-', letter] => !b"ugorwxXst".contains(letter),
        [b'-', ..] => true,
        _ => false,
    }
}
