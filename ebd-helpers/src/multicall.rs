//! The entry for helpers that are started as programs, by the name they are started with.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;

use ebd_pms::{Availability, Command, Feature};

use crate::error::HelperError;
use crate::helpers;
use crate::state::HelperState;

/// The programs of this crate: a build folder needs a link with each of these names to the executable.
///
/// They are there in every EAPI: a banned one has to end the build.
pub const PROGRAMS: &[Command] = &{
    let mut programs = [Command::Dobin; helpers::HELPERS.len()];
    let mut index = 0;
    while index < programs.len() {
        programs[index] = helpers::HELPERS[index].0;
        index += 1;
    }
    programs
};

// Every install helper of the specification is one of them: a new one has to be added to the table.
const _: () = {
    let mut rest = Command::ALL;
    while let Some((command, others)) = rest.split_first() {
        let mut handled = false;
        let mut index = 0;
        while index < PROGRAMS.len() {
            handled |= PROGRAMS[index] as usize == *command as usize;
            index += 1;
        }
        assert!(
            handled == command.is_install_program(),
            "an install helper is missing in helpers::HELPERS, or it has a command that is none"
        );
        rest = others;
    }
};

/// What a failure means for the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// The caller sees the status and decides: EAPIs 0 to 3, and below `nonfatal`.
    CallerDecides,
    /// The build has to end.
    Die,
}

/// What a helper did.
#[derive(Debug)]
pub struct Outcome {
    /// 0, or 1 after a failure.
    pub status: u8,
    /// What a failure means; nothing was wrong when this is `None`.
    pub consequence: Option<Consequence>,
    /// What went wrong, each without the name of the helper.
    pub errors: Vec<String>,
    /// QA notices, each without `QA Notice:`.
    pub notices: Vec<String>,
}

/// The helper that a program name stands for.
#[must_use]
pub fn program(argv0: &OsStr) -> Option<Command> {
    let name = Path::new(argv0).file_name()?.to_str()?;
    Command::from_name(name).filter(|command| PROGRAMS.contains(command))
}

/// Runs the helper that the first argument names, and says on standard error what went wrong.
///
/// `None` if the first argument names no helper.
pub fn run(
    argv: &[OsString],
    env: impl Fn(&str) -> Option<OsString>,
    stdin: impl AsFd,
) -> Option<u8> {
    let (argv0, arguments) = argv.split_first()?;
    let helper = program(argv0)?;
    let outcome = call(helper, arguments, env, stdin);
    let mut text = String::new();
    for notice in &outcome.notices {
        text.push_str(&format!(" * QA Notice: {notice}\n"));
    }
    for error in &outcome.errors {
        text.push_str(&format!("{helper}: {error}\n"));
    }
    // There is nobody left to tell that standard error cannot be written.
    let _ = io::stderr().write_all(text.as_bytes());
    Some(outcome.status)
}

/// Runs a helper.
pub fn call(
    helper: Command,
    arguments: &[OsString],
    env: impl Fn(&str) -> Option<OsString>,
    stdin: impl AsFd,
) -> Outcome {
    let state = match HelperState::from_env(env) {
        Ok(state) => state,
        Err(error) => {
            return Outcome {
                status: 1,
                consequence: Some(Consequence::Die),
                errors: vec![ebd_fs::chain(&error)],
                notices: Vec::new(),
            };
        }
    };
    call_with(&state, helper, arguments, stdin)
}

/// Runs a helper in a known state.
pub fn call_with(
    state: &HelperState,
    helper: Command,
    arguments: &[OsString],
    stdin: impl AsFd,
) -> Outcome {
    let eapi = state.eapi;
    let mut call = helpers::Call::new(state, helper, || {
        stdin.as_fd().try_clone_to_owned().map(File::from)
    });
    let action = helpers::HELPERS.iter().find(|(known, _)| *known == helper);
    let result = match helper.availability(eapi) {
        Availability::Provided => match action {
            Some((_, action)) => call.run(*action, arguments),
            None => Err(HelperError::Absent(eapi)),
        },
        Availability::Banned => Err(HelperError::Banned(eapi)),
        Availability::Absent => Err(HelperError::Absent(eapi)),
    };
    let (mut errors, notices) = call.into_messages();
    let consequence = result.err().map(|error| {
        errors.push(ebd_fs::chain(&error));
        match error {
            HelperError::Banned(_) | HelperError::Absent(_) => Consequence::Die,
            _ if eapi.has(Feature::HelpersDie) && !state.nonfatal => Consequence::Die,
            _ => Consequence::CallerDecides,
        }
    });
    Outcome {
        status: u8::from(consequence.is_some()),
        consequence,
        errors,
        notices,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_external_install_command_of_any_eapi_is_a_program() {
        for command in Command::ALL {
            assert_eq!(
                PROGRAMS.contains(command),
                command.is_install_program(),
                "{command}"
            );
        }
        assert!(PROGRAMS.is_sorted_by_key(|command| command.name()));
    }

    #[test]
    fn programs_are_found_by_file_name() {
        assert_eq!(program(OsStr::new("/x/y/dobin")), Some(Command::Dobin));
        assert_eq!(program(OsStr::new("dolib.so")), Some(Command::DolibSo));
        for other in ["ebd", "", "/", "einfo", "dobin2"] {
            assert_eq!(program(OsStr::new(other)), None, "{other}");
        }
    }
}
