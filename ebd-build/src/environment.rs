//! What of a phase's shell the next phase begins with.

use ebd_env::{Environment, Rules, WriteOptions};
use ebd_pms::{Availability, Command, Eapi, Variable};

use bash_lib::Library;

/// The rules for ebuilds of one EAPI.
#[derive(Debug)]
pub struct Keeper {
    rules: [Rules; 2],
}

impl Keeper {
    /// What is Portage's, the package manager's or the library's does not stay.
    pub fn new(eapi: Eapi, library: &Library) -> Self {
        let variables = Variable::ALL
            .iter()
            .filter(|variable| variable.eapis().contains(eapi) && **variable != Variable::S)
            .map(|variable| variable.name());
        // A command that the EAPI does not have is an eclass's.
        let absent = |name: &str| {
            Command::from_name(name)
                .is_some_and(|command| command.availability(eapi) == Availability::Absent)
        };
        let provided = |names: Box<dyn Iterator<Item = &str> + '_>| -> Vec<String> {
            names
                .filter(|name| !absent(name))
                .map(str::to_owned)
                .collect()
        };
        let own = Rules::new()
            .drop_variables(variables)
            .drop_variables(["__ebd_*", "__EBD_*", "PATH"])
            .drop_functions(provided(Box::new(library.defined_names())))
            .drop_functions(provided(Box::new(library.phase_names())))
            .drop_functions(["__ebd_*", "default", "default_src_*", "default_pkg_*"]);
        Self {
            rules: [Rules::between_phases(eapi), own],
        }
    }

    /// Takes out what does not stay.
    pub fn filter(&self, environment: &mut Environment<'_>) {
        for rules in &self.rules {
            environment.filter(rules);
        }
    }

    /// Returns what stays of what a shell printed of itself.
    pub(crate) fn kept(&self, dump: &[u8]) -> Result<Vec<u8>, String> {
        let mut kept = Environment::parse(dump).map_err(|error| error.to_string())?;
        self.filter(&mut kept);
        kept.to_bash(&WriteOptions::new())
            .map_err(|error| error.to_string())
    }
}
