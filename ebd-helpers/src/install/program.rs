//! Programs that do what is not done natively.

use std::ffi::OsString;
use std::process::Command;

use crate::error::InstallError;

/// Runs a program that says itself what is wrong.
pub(crate) fn run_program(program: &str, arguments: &[OsString]) -> Result<(), InstallError> {
    let status = Command::new(program)
        .args(arguments)
        .status()
        .map_err(|source| InstallError::Program {
            program: program.to_owned(),
            source,
        })?;
    if status.success() {
        Ok(())
    } else {
        Err(InstallError::ProgramFailed {
            program: program.to_owned(),
            status,
        })
    }
}
