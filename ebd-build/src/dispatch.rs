//! The programs of a build, which are links to this executable: they are told apart by the name they are started with, before
//! any argument is looked at.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};

use ebd_helpers::multicall::{self, Consequence};
use ebd_pms::{Command, Eapi, Variable};

use crate::programs;

/// Runs the program of a build that the first argument, `argv[0]`, names, and returns its exit status; `None` if it names none. A
/// host whose [`Options::executable`](crate::Options::executable) is the program itself calls this first in `main`.
#[must_use]
pub fn dispatch(arguments: &[OsString]) -> Option<u8> {
    let (name, rest) = arguments.split_first()?;
    // First, because a phase without privileges hands some helpers to its host.
    if let Some(program) = programs::program(name) {
        return Some(programs::run(program, rest));
    }
    let helper = multicall::program(name)?;
    Some(help(helper, rest))
}

/// Runs an install helper; a failure that must end the build does so before this program ends.
fn help(helper: Command, arguments: &[OsString]) -> u8 {
    let outcome = multicall::call(helper, arguments, variable, io::stdin());
    let mut text = String::new();
    for notice in &outcome.notices {
        text.push_str(&format!(" * QA Notice: {notice}\n"));
    }
    for error in &outcome.errors {
        text.push_str(&format!("{helper}: {error}\n"));
    }
    // There is nobody left to tell that standard error cannot be written.
    let _ = io::stderr().write_all(text.as_bytes());
    if outcome.consequence == Some(Consequence::Die) {
        let words: Vec<_> = arguments
            .iter()
            .map(|word| word.to_string_lossy())
            .collect();
        let reason = outcome.errors.last().map_or("failed", String::as_str);
        programs::demand_end(&format!("{helper} {}: {reason}", words.join(" ")));
    }
    outcome.status
}

/// A variable that a helper asks for. Two of them follow variables that an ebuild may change at any time: the library folder
/// that of the ABI, and up to EAPI 6 the destinations DESTTREE and INSDESTTREE.
fn variable(name: &str) -> Option<OsString> {
    let visible = |name: &str| {
        let eapi = env::var("__EBD_EAPI").ok()?;
        let eapi = Eapi::parse(&eapi).ok()?;
        env::var_os(name).filter(|_| Variable::Desttree.eapis().contains(eapi))
    };
    let other = match name {
        "__EBD_LIBDIR" => env::var("ABI")
            .ok()
            .filter(|abi| !abi.is_empty())
            .and_then(|abi| env::var_os(format!("LIBDIR_{abi}"))),
        "__EBD_INTO" => visible("DESTTREE"),
        "__EBD_INSINTO" => visible("INSDESTTREE"),
        _ => None,
    };
    other.or_else(|| env::var_os(name))
}
