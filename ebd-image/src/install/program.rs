//! Programs that do what is not done natively.

use std::ffi::OsString;
use std::process::Command;

use crate::error::ImageError;

/// Runs a program that says itself what is wrong.
pub(crate) fn run_program(program: &str, arguments: &[OsString]) -> Result<(), ImageError> {
    let status = Command::new(program)
        .args(arguments)
        .status()
        .map_err(|source| ImageError::Program {
            program: program.to_owned(),
            source,
        })?;
    if status.success() {
        Ok(())
    } else {
        Err(ImageError::ProgramFailed {
            program: program.to_owned(),
            status,
        })
    }
}
