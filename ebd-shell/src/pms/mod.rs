//! The commands of the library, done here: what `bash-lib` does, without the shell.

mod commands;
mod inherit;
mod version;

pub use self::inherit::{Eclass, Eclasses};
pub(crate) use self::inherit::{Joined, run_file};

use ebd_pms::{Accumulated, Availability, Command, Eapi, EapiSet};

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
    pub(crate) names: &'e Names,
}

/// Names of variables of the library.
pub(crate) struct Names {
    /// The names of [`Accumulated::ALL`], with the EAPIs that accumulate them.
    accumulated: [(Name, EapiSet); Accumulated::ALL.len()],
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
            accumulated: Accumulated::ALL
                .map(|row| (Name::new(row.key.as_str().as_bytes()), row.eapis)),
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

impl Names {
    /// Returns the names that an EAPI accumulates, with their places in [`Accumulated::ALL`].
    pub(crate) fn accumulated_in(
        &self,
        eapi: Eapi,
    ) -> impl Iterator<Item = (usize, &Name)> + Clone {
        let rows = self.accumulated.iter().enumerate();
        rows.filter(move |(_, (_, eapis))| eapis.contains(eapi))
            .map(|(index, (name, _))| (index, name))
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
    std::str::from_utf8(name)
        .ok()
        .and_then(Command::from_name)
        .is_none_or(|command| command.offered(eapi) != Availability::Absent)
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
