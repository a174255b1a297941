//! Running a plain script, for comparisons with bash.

use crate::builtins::declare::declaration;
use crate::code::Script;
use crate::error::{Abort, Run, Stop};
use crate::metadata::{Ebuild, Engine};
use crate::name::Name;
use crate::pms::{Eclass, Eclasses};
use crate::shell::Output;
use crate::text::Plain;

/// What a script did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What it printed on standard output.
    pub output: Vec<u8>,
    /// The status of its last command.
    pub status: i32,
    /// For each variable that was asked for what `declare -p` prints of it.
    pub variables: Vec<Option<Vec<u8>>>,
}

struct NoEclasses;

impl Eclasses for NoEclasses {
    fn get(&self, _: &str) -> Eclass {
        Eclass::Missing
    }
}

impl Engine {
    /// Runs a script that is no ebuild, sourced at the top level, and captures its output: for comparisons with bash.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn run_script(
        &self,
        ebuild: &Ebuild<'_>,
        script: &Script,
        variables: &[&str],
    ) -> Result<Ran, Box<Abort>> {
        self.with_shell(
            self.commands(),
            self.limits(),
            ebuild,
            &NoEclasses,
            |shell| {
                shell.sinks.push(Plain::default());
                shell.descriptors.output = Output::Sink(0);
                let result: Run = crate::pms::run_file(shell, script);
                match result {
                    Ok(()) => {}
                    Err(Stop::Exit(status)) => shell.status = status,
                    Err(stop) => return Err(stop),
                }
                let status = shell.status;
                let mut values = Vec::new();
                for name in variables {
                    let name = Name::new(name.as_bytes());
                    let variable = shell.vars.get(&name);
                    values.push(
                        variable.map(|variable| declaration(&name, variable, &()).into_bytes()),
                    );
                }
                Ok(Ran {
                    output: shell.sinks.pop().unwrap_or_default().into_bytes(),
                    status,
                    variables: values,
                })
            },
        )
    }
}
