//! The commands of the library, done here: what `bash-lib` does, without the shell.

mod commands;
mod inherit;
mod version;

pub(crate) use self::inherit::{ACCUMULATED, Joined, run_file};
pub use self::inherit::{Eclass, Eclasses};

use ebd_pms::{Availability, Command, Eapi, Feature};

use crate::error::Run;
use crate::name::{Name, NameMap};
use crate::shell::Shell;
use crate::text::Text;

/// What the library knows while an ebuild is evaluated.
pub(crate) struct Pms<'e, T: Text> {
    pub(crate) eapi: Eapi,
    pub(crate) eclasses: &'e dyn Eclasses,
    pub(crate) commands: &'e NameMap<Native<T>>,
    pub(crate) joined: Joined<T>,
    /// `INHERIT`: what the ebuild itself inherits, each with a blank before it.
    pub(crate) inherit: T,
    /// Phases that the eclass being sourced exports.
    pub(crate) exports: Vec<Vec<u8>>,
    pub(crate) depth: u32,
    /// The names of [`ACCUMULATED`], and others.
    pub(crate) names: &'e Names,
}

impl<T: Text> Pms<'_, T> {
    /// How many of the accumulated variables the EAPI accumulates.
    pub(crate) fn accumulated(&self) -> usize {
        if self.eapi.has(Feature::AccumulatedRestrict) {
            ACCUMULATED.len()
        } else {
            ACCUMULATED.len() - 2
        }
    }
}

/// Names of variables of the library.
pub(crate) struct Names {
    pub(crate) accumulated: Vec<Name>,
    pub(crate) inherited: Name,
    pub(crate) eclass: Name,
    pub(crate) eclass_depth: Name,
    pub(crate) pv: Name,
    pub(crate) pvr: Name,
    pub(crate) inherit: Name,
    pub(crate) source: Name,
    pub(crate) ebd_source: Name,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            accumulated: ACCUMULATED
                .iter()
                .map(|name| Name::new(name.as_bytes()))
                .collect(),
            inherited: Name::new(b"INHERITED"),
            eclass: Name::new(b"ECLASS"),
            eclass_depth: Name::new(b"ECLASS_DEPTH"),
            pv: Name::new(b"PV"),
            pvr: Name::new(b"PVR"),
            inherit: Name::new(b"inherit"),
            source: Name::new(b"source"),
            ebd_source: Name::new(b"__ebd_source"),
        }
    }
}

/// A command of the library: returns its status.
pub(crate) type Native<T> = fn(&mut Shell<'_, T>, &[T]) -> Run<i32>;

/// The command of a name, if the EAPI has it.
pub(crate) fn find<T: Text>(shell: &Shell<'_, T>, name: &Name) -> Option<Native<T>> {
    let native = *shell.pms.commands.get(name)?;
    is_available(shell.pms.eapi, name.bytes()).then_some(native)
}

fn is_available(eapi: Eapi, name: &[u8]) -> bool {
    // As in the generated part of bash-lib.
    if name == b"eqawarn" {
        return true;
    }
    std::str::from_utf8(name)
        .ok()
        .and_then(Command::from_name)
        .is_none_or(|command| command.availability(eapi) != Availability::Absent)
}

/// Dies when the EAPI bans the command.
fn check_ban<T: Text>(shell: &Shell<'_, T>, name: &str) -> Run {
    let banned = Command::from_name(name)
        .is_some_and(|command| command.availability(shell.pms.eapi) == Availability::Banned);
    if banned {
        return Err(shell.die(format!("{name}: banned in EAPI {}", shell.pms.eapi)));
    }
    Ok(())
}

/// All commands of the library.
pub(crate) fn commands<T: Text>() -> NameMap<Native<T>> {
    commands::all()
        .into_iter()
        .chain(version::all())
        .chain(inherit::all())
        .map(|(name, native)| (Name::new(name.as_bytes()), native))
        .collect()
}
