//! Which variables of the caller's environment count as configuration.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Variables that belong to a session, a shell or a program.
const OTHERS: [&str; 15] = [
    "BASHOPTS",
    "HISTFILE",
    "HOME",
    "LS_COLORS",
    "MAIL",
    "OLDPWD",
    "PATH",
    "PWD",
    "SHELL",
    "SHELLOPTS",
    "SHLVL",
    "TEMP",
    "TMP",
    "TMPDIR",
    "_",
];

/// Beginnings of the names of further ones.
const FAMILIES: [&str; 8] = [
    "BASH_", "CARGO_", "DBUS_", "EBD_", "RUST", "SUDO_", "XDG_", "__EBD_",
];

/// Returns the variables of an environment that are text and do not belong to the caller's session, its shell, or this program.
pub fn configuration_environment(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> BTreeMap<String, String> {
    variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| {
            !OTHERS.contains(&name.as_str())
                && !FAMILIES.iter().any(|family| name.starts_with(family))
        })
        .collect()
}
