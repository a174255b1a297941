//! Bash made from the tables in Rust, so that each is written once.

use std::error::Error;
use std::fmt::Write;
use std::fs;

use bash_lib::Library;
use ebd_pms::{Availability, Command, DefaultPhase, Eapi, Feature, Key, Phase, Variable};

/// Commands that Portage provides in every EAPI, whatever PMS says; ebuilds of old EAPIs use them.
const PROVIDED_ANYWAY: &[Command] = &[Command::Eqawarn];

pub(crate) fn run(check: bool) -> Result<(), Box<dyn Error>> {
    let folder = crate::root().join("bash-lib/generated");
    for (name, text) in [
        ("eapi.bash", eapi_bash()),
        ("features.bash", features_bash()),
    ] {
        let path = folder.join(name);
        if !check {
            fs::write(&path, text)?;
        } else if fs::read_to_string(&path)? != text {
            return Err(format!("{} is stale; run cargo xtask codegen", path.display()).into());
        }
    }
    Ok(())
}

/// `bash-lib/generated/features.bash`.
fn features_bash() -> String {
    let mut text = String::from(
        "# What differs between EAPIs in phases.\n\
         # Generated from the tables of ebd-pms by `cargo xtask codegen`.\n\
         # shellcheck shell=bash disable=SC2034 # read by the other files of the library\n\n\
         # @FUNCTION: __ebd_enter_features\n\
         # @DESCRIPTION:\n\
         # Sets the features, banned commands and default phases of the EAPI in __ebd_eapi and removes commands that it does\n\
         # not have.\n\
         __ebd_enter_features() {\n\tdeclare -gA __ebd_eapi_defaults\n\tcase ${__ebd_eapi} in\n",
    );
    let library = Library::embedded();
    let defined: Vec<&str> = library.phase_names().collect();
    let asked: Vec<&str> = library.phase_features().collect();
    for eapi in Eapi::ALL {
        let _ = writeln!(text, "\t\t{eapi})");
        let mut features: Vec<&str> = Feature::ALL
            .iter()
            .filter(|feature| eapi.has(**feature))
            .map(|feature| feature.name())
            .filter(|name| asked.contains(name))
            .collect();
        if Variable::Desttree.eapis().contains(eapi) {
            features.push("visible_destinations");
        }
        let _ = writeln!(text, "\t\t\t__ebd_eapi_features=' {} '", features.join(" "));
        let banned: Vec<&str> = commands(eapi, Availability::Banned).collect();
        let _ = writeln!(text, "\t\t\t__ebd_eapi_banned=' {} '", banned.join(" "));
        let defaults: Vec<String> = Phase::of(eapi)
            .filter_map(|phase| {
                default_name(phase, eapi).map(|name| format!("[{}]={name}", phase.function()))
            })
            .collect();
        let _ = writeln!(text, "\t\t\t__ebd_eapi_defaults=({})", defaults.join(" "));
        let callable: Vec<&str> = Phase::of(eapi)
            .filter(|phase| phase.default_function_eapis().contains(eapi))
            .map(Phase::function)
            .collect();
        let _ = writeln!(
            text,
            "\t\t\t__ebd_eapi_callable_defaults='{}'",
            callable.join(" ")
        );
        let absent: Vec<&str> = commands(eapi, Availability::Absent)
            .filter(|name| defined.contains(name))
            .collect();
        if !absent.is_empty() {
            let _ = writeln!(text, "\t\t\tunset -f {}", absent.join(" "));
        }
        text.push_str("\t\t\t;;\n");
    }
    text.push_str("\tesac\n}\n");
    text
}

/// What follows `__ebd_default_` in the name of the function for a phase that the ebuild does not define.
fn default_name(phase: Phase, eapi: Eapi) -> Option<&'static str> {
    Some(match phase.default_for(eapi) {
        // Portage lists the files.
        DefaultPhase::Nothing if phase == Phase::Nofetch => "nofetch",
        DefaultPhase::Nothing if phase.default_function_eapis().contains(eapi) => "nothing",
        DefaultPhase::Nothing => return None,
        DefaultPhase::Unpack => "unpack",
        DefaultPhase::Prepare6 => "prepare6",
        DefaultPhase::Prepare8 => "prepare8",
        DefaultPhase::Configure => "configure",
        DefaultPhase::Compile0 => "compile0",
        DefaultPhase::Compile1 => "compile1",
        DefaultPhase::Compile2 => "compile2",
        DefaultPhase::TestSerial => "test_serial",
        DefaultPhase::TestParallel => "test_parallel",
        DefaultPhase::Install4 => "install4",
        DefaultPhase::Install6 => "install6",
    })
}

/// Commands that are in this state in an EAPI, but for those that Portage provides everywhere.
fn commands(eapi: Eapi, state: Availability) -> impl Iterator<Item = &'static str> {
    Command::ALL
        .iter()
        .filter(move |command| {
            command.availability(eapi) == state && !PROVIDED_ANYWAY.contains(command)
        })
        .map(|command| command.name())
}

/// `bash-lib/generated/eapi.bash`.
fn eapi_bash() -> String {
    let mut text = String::from(
        "# What differs between EAPIs while an ebuild is sourced.\n\
         # Generated from the tables of ebd-pms and ebd-protocol by `cargo xtask codegen`.\n\
         # shellcheck shell=bash disable=SC2034 # read by the other files of the library\n\n",
    );
    let _ = writeln!(text, "__ebd_protocol={}\n", ebd_protocol::VERSION);
    text.push_str(&write_metadata());
    let library = Library::embedded();
    let defined: Vec<&str> = library.defined_names().collect();
    for eapi in Eapi::ALL {
        text.push_str(&enter_eapi(eapi, &defined));
    }
    text
}

/// The function that prepares a child for an EAPI, and the EAPI's phases. One function for each EAPI, because bash copies a
/// function's body at each call.
fn enter_eapi(eapi: Eapi, defined: &[&str]) -> String {
    let phases: Vec<&str> = Phase::of(eapi).map(Phase::function).collect();
    let compat = eapi.bash_compat();
    let mut text = format!(
        "\n__ebd_phases_{eapi}=({})\n\n\
         # @FUNCTION: __ebd_enter_eapi_{eapi}\n\
         # @DESCRIPTION:\n\
         # Sets the __ebd_eapi_* variables for EAPI {eapi} and removes commands that it does not have.\n\
         __ebd_enter_eapi_{eapi}() {{\n\
         \t__ebd_eapi_compat={}.{} __ebd_eapi_failglob={} __ebd_eapi_accumulates_restrict={} __ebd_eapi_rdepend_fallback={} \\\n\
         \t__ebd_eapi_phases='__ebd_phases_{eapi}[@]' __ebd_eapi_banned=' {} '\n",
        phases.join(" "),
        compat.major,
        compat.minor,
        u8::from(eapi.has(Feature::GlobalFailglob)),
        u8::from(eapi.has(Feature::AccumulatedRestrict)),
        u8::from(eapi.has(Feature::RdependFallback)),
        names(eapi, Availability::Banned, defined).join(" "),
    );
    let absent = names(eapi, Availability::Absent, defined);
    if !absent.is_empty() {
        let _ = writeln!(text, "\tunset -f {}", absent.join(" "));
    }
    text.push_str("}\n");
    text
}

/// The keys whose values are variables of the ebuild, and the function that writes them all.
fn write_metadata() -> String {
    let variables: Vec<&str> = Key::ALL
        .into_iter()
        .filter(|key| !matches!(key, Key::DefinedPhases | Key::Inherited))
        .map(Key::as_str)
        .collect();
    let mut format = String::new();
    let (mut lengths, mut values) = (String::new(), String::new());
    let others = [
        ("DEFINED_PHASES", "phases"),
        ("INHERIT", "__ebd_inherit"),
        ("INHERITED", "INHERITED"),
    ];
    let all = variables.iter().map(|key| (*key, *key)).chain(others);
    let mut sum = Vec::new();
    for (key, variable) in all {
        let _ = write!(format, " {key}=%d");
        let _ = write!(lengths, " ${{#{variable}}}");
        let _ = write!(values, " \"${{{variable}-}}\"");
        sum.push(format!("${{#{variable}}}"));
    }
    let strings = "%s".repeat(sum.len());
    format!(
        "__ebd_keys=({})\n\n\
         # @FUNCTION: __ebd_write_metadata\n\
         # @DESCRIPTION:\n\
         # Writes the `metadata` frame: lengths of all values, then the values. `phases` of the caller is DEFINED_PHASES.\n\
         __ebd_write_metadata() {{\n\
         \tbuiltin printf '%s %s metadata{format} %d\\035{strings}' \"${{__ebd_nonce}}\" \"${{__ebd_id}}\" \\\n\
         \t\t{lengths} $(( {} )) \\\n\
         \t\t{values} >&\"${{__EBD_FD_RESULT}}\"\n\
         }}\n",
        variables.join(" "),
        sum.join(" + "),
        lengths = lengths.trim_start(),
        values = values.trim_start(),
    )
}

/// Commands of the library that are in this state in an EAPI.
fn names(eapi: Eapi, state: Availability, defined: &[&str]) -> Vec<&'static str> {
    Command::ALL
        .iter()
        .filter(|command| command.availability(eapi) == state && !PROVIDED_ANYWAY.contains(command))
        .map(|command| command.name())
        .filter(|name| defined.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_current() {
        super::run(true).unwrap();
    }
}
