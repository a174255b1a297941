//! All install helpers as one program. Make links to it, for example `dobin`, put their folder on the PATH, and:
//!
//! `__EBD_EAPI=8 __EBD_D=/tmp/image dobin some-file`

#![allow(clippy::print_stdout, reason = "the list of helpers is what it prints")]

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let argv: Vec<OsString> = env::args_os().collect();
    match ebd_helpers::multicall::run(&argv, |name| env::var_os(name), io::stdin()) {
        Some(status) => ExitCode::from(status),
        None => {
            for helper in ebd_helpers::multicall::PROGRAMS {
                println!("{helper}");
            }
            ExitCode::from(2)
        }
    }
}
