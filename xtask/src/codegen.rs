//! Bash made from the tables in Rust, so that each is written once.

use std::error::Error;
use std::fmt::Write;
use std::fs;

use bash_lib::Library;
use ebd_pms::{
    Accumulated, Availability, Command, DefaultPhase, Eapi, EapiSet, Feature, Key, Phase, Variable,
};

pub(crate) fn run(check: bool) -> Result<(), Box<dyn Error>> {
    let folder = crate::root().join("bash-lib/generated");
    for (name, text) in [
        ("accumulated.bash", accumulated_bash()),
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
        .filter(move |command| command.offered(eapi) == state)
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
    let accumulates: String = accumulated_groups()
        .iter()
        .filter_map(|group| Some((group.flag()?, group.eapis.contains(eapi))))
        .map(|(flag, accumulates)| format!("{flag}={} ", u8::from(accumulates)))
        .collect();
    let mut text = format!(
        "\n__ebd_phases_{eapi}=({})\n\n\
         # @FUNCTION: __ebd_enter_eapi_{eapi}\n\
         # @DESCRIPTION:\n\
         # Sets the __ebd_eapi_* variables for EAPI {eapi} and removes commands that it does not have.\n\
         __ebd_enter_eapi_{eapi}() {{\n\
         \t__ebd_eapi_compat={}.{} __ebd_eapi_failglob={} __ebd_eapi_rdepend_fallback={} __ebd_eapi_die_nonfatal={} \\\n\
         \t{accumulates}__ebd_eapi_phases='__ebd_phases_{eapi}[@]' __ebd_eapi_banned=' {} '\n",
        phases.join(" "),
        compat.major,
        compat.minor,
        u8::from(eapi.has(Feature::GlobalFailglob)),
        u8::from(eapi.has(Feature::RdependFallback)),
        u8::from(eapi.has(Feature::DieRespectsNonfatal)),
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
        .filter(|key| !key.is_computed())
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

/// Accumulated variables that the same EAPIs accumulate.
struct Group {
    eapis: EapiSet,
    names: Vec<&'static str>,
}

impl Group {
    /// The variable of bash that says whether the EAPI accumulates them; `None` if every EAPI does.
    fn flag(&self) -> Option<String> {
        let name = self.names.first().filter(|_| self.eapis != EapiSet::ALL)?;
        Some(format!(
            "__ebd_eapi_accumulates_{}",
            name.to_ascii_lowercase()
        ))
    }

    /// Something for each variable, with a space between two.
    fn each(&self, text: impl Fn(&str) -> String) -> String {
        let words: Vec<String> = self.names.iter().map(|name| text(name)).collect();
        words.join(" ")
    }
}

/// Those of every EAPI first.
fn accumulated_groups() -> Vec<Group> {
    let mut groups = vec![Group {
        eapis: EapiSet::ALL,
        names: Vec::new(),
    }];
    for row in Accumulated::ALL {
        let name = row.key.as_str();
        match groups.iter_mut().find(|group| group.eapis == row.eapis) {
            Some(group) => group.names.push(name),
            None => groups.push(Group {
                eapis: row.eapis,
                names: vec![name],
            }),
        }
    }
    groups
}

/// `bash-lib/generated/accumulated.bash`. Loops over names would be much slower than what is written out.
fn accumulated_bash() -> String {
    let groups = accumulated_groups();
    // What is done for each group, below its flag unless every EAPI does it.
    let guarded = |body: &dyn Fn(&Group) -> String| -> String {
        let guard = |group: &Group| {
            let body = body(group);
            match group.flag() {
                Some(flag) => format!(
                    "\tif (( {flag} )); then\n{}\tfi\n",
                    body.lines()
                        .map(|line| format!("\t{line}\n"))
                        .collect::<String>()
                ),
                None => body,
            }
        };
        groups.iter().map(guard).collect()
    };
    let all = |text: &dyn Fn(&str) -> String| {
        let words: Vec<String> = groups.iter().map(|group| group.each(text)).collect();
        words.join(" ")
    };
    let mut index = 0;
    let mut restored = Vec::new();
    for group in &groups {
        let values: Vec<String> = group
            .names
            .iter()
            .map(|name| {
                index += 1;
                format!("{name}=${{__ebd_aside[{index}]}}")
            })
            .collect();
        restored.push((group.eapis, values.join(" ")));
    }
    let restored = |group: &Group| {
        let found = restored.iter().find(|(eapis, _)| *eapis == group.eapis);
        found.map_or_else(String::new, |(_, values)| format!("\t{values}\n"))
    };
    let marks = |group: &Group| group.each(|name| format!("\"${{{name}+__ebd_x_}}{name}\""));
    let names = |group: &Group| group.each(str::to_owned);
    let is_set: String = Accumulated::ALL
        .iter()
        .map(|row| format!("${{{}+x}}", row.key))
        .collect();
    format!(
        "# The variables to which every eclass adds.\n\
         # Generated from the tables of ebd-pms by `cargo xtask codegen`.\n\
         # shellcheck shell=bash disable=SC2034,SC2154,SC2178 # the other files of the library have the variables\n\n\
         # Tests whether one of them is set. An alias, because inherit does it twice for each eclass: it is expanded where inherit\n\
         # is read, and a function would have to be called.\n\
         alias __ebd_accumulated_is_set='[[ {is_set} ]]'\n\n\
         # @FUNCTION: __ebd_unset_accumulated\n\
         # @DESCRIPTION:\n\
         # Unsets the accumulated variables and forgets what eclasses have assigned to them.\n\
         __ebd_unset_accumulated() {{\n\
         \tunset {unset}\n\
         \t{cleared}\n\
         }}\n\n\
         # @FUNCTION: __ebd_set_aside\n\
         # @DESCRIPTION:\n\
         # Keeps the accumulated variables in `__ebd_aside` of the caller and unsets them.\n\
         __ebd_set_aside() {{\n\
         \t# Names of variables that are set get a prefix nobody has: unsetting them later then does nothing.\n\
         \t__ebd_aside=(x {values} {always})\n\
         {aside}\
         }}\n\n\
         # @FUNCTION: __ebd_restore_aside\n\
         # @DESCRIPTION:\n\
         # Gives the accumulated variables the values, or the absence of one, that `__ebd_aside` of the caller has.\n\
         __ebd_restore_aside() {{\n\
         {restore}\
         \tunset \"${{__ebd_aside[@]:{marks_at}}}\"\n\
         \t__ebd_aside=\n\
         }}\n\n\
         # @FUNCTION: __ebd_accumulate\n\
         # @DESCRIPTION:\n\
         # Moves what an eclass assigned to the accumulated variables to what eclasses have assigned so far.\n\
         __ebd_accumulate() {{\n\
         {accumulate}\
         }}\n\n\
         # @FUNCTION: __ebd_append_accumulated\n\
         # @DESCRIPTION:\n\
         # Adds what eclasses assigned to the accumulated variables to what the ebuild assigned.\n\
         __ebd_append_accumulated() {{\n\
         {append}\
         }}\n",
        unset = all(&str::to_owned),
        cleared = all(&|name| format!("__ebd_e_{name}=''")),
        values = all(&|name| format!("\"${{{name}-}}\"")),
        always = groups.first().map(marks).unwrap_or_default(),
        aside = guarded(&|group| {
            let more = match group.flag() {
                Some(_) => format!("\t__ebd_aside+=({})\n", marks(group)),
                None => String::new(),
            };
            format!("{more}\tunset {}\n", names(group))
        }),
        restore = guarded(&restored),
        marks_at = Accumulated::ALL.len() + 1,
        accumulate = guarded(&|group| format!(
            "\t{}\n\tunset {}\n",
            group.each(|name| format!(
                "__ebd_e_{name}+=${{{name}+${{__ebd_e_{name}:+ }}${{{name}}}}}"
            )),
            names(group)
        )),
        append = guarded(&|group| format!(
            "\t{}\n",
            group.each(|name| format!("{name}+=\" ${{__ebd_e_{name}}}\""))
        )),
    )
}

/// Commands of the library that are in this state in an EAPI.
fn names(eapi: Eapi, state: Availability, defined: &[&str]) -> Vec<&'static str> {
    Command::ALL
        .iter()
        .filter(|command| command.offered(eapi) == state)
        .map(|command| command.name())
        .filter(|name| defined.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use ebd_pms::CommandKind;

    use super::*;

    #[test]
    fn generated_files_are_current() {
        run(true).unwrap();
    }

    #[test]
    fn every_eapi_has_its_part_of_the_generated_files() {
        let (eapis, features) = (eapi_bash(), features_bash());
        for eapi in Eapi::ALL {
            for part in [
                format!("\n__ebd_enter_eapi_{eapi}() {{\n"),
                format!("\n__ebd_phases_{eapi}=(src_compile "),
            ] {
                assert_eq!(eapis.matches(&part).count(), 1, "{part}");
            }
            let part = format!("\n\t\t{eapi})\n\t\t\t__ebd_eapi_features=' ");
            assert_eq!(features.matches(&part).count(), 1, "{part}");
        }
    }

    #[test]
    fn functions_of_every_eapi_are_in_the_library() {
        let library = Library::embedded();
        let defined: Vec<&str> = library
            .defined_names()
            .chain(library.phase_names())
            .collect();
        for command in Command::ALL {
            let function = command.kind(Eapi::LATEST) == CommandKind::Function;
            // The first is defined for the phase that runs, the others on one line, which the host does not look for.
            let special = *command == Command::Default || command.name().starts_with("debug-print");
            if function && !special {
                assert!(defined.contains(&command.name()), "{command}");
            }
        }
    }
}
