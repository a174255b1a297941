//! The files in `env` that words of `package.env` name.

use std::path::Path;

use super::assignments::{self, Assigned, ExpandMap, Syntax};
use super::error::{ConfigError, ConfigProblem, ConfigWarning};
use super::layers::{self, Vars};
use super::lines::{Folders, Token};
use super::origin::Layer;
use super::repositories;

/// Reads `env/NAME` for words of `package.env`.
#[allow(
    clippy::too_many_arguments,
    reason = "each is needed, and none belong together"
)]
pub(super) fn read(
    names: &[Token],
    config_folder: &Path,
    expand_map: &ExpandMap,
    profile_only: &[String],
    protected: &[&str],
    layer: Layer,
    vars: &mut Vars,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<(), ConfigError> {
    let mut map = expand_map.clone();
    for name in names {
        let path = config_folder.join("env").join(&name.text);
        let found = assignments::read(
            &path,
            Folders::Allowed,
            Syntax::SOURCING,
            &mut map,
            warnings,
        )?;
        let Some(found) = found else {
            let kind = ConfigProblem::NoEnvFile { path };
            warnings.push(ConfigWarning::at(name.place.clone(), kind));
            continue;
        };
        let mut settable = Assigned::new();
        for (name, (value, place)) in found {
            if repositories::is_forbidden(&name, profile_only) || protected.contains(&&*name) {
                let kind = ConfigProblem::NotSettable { name };
                warnings.push(ConfigWarning::at(place, kind));
            } else {
                settable.insert(name, (value, place));
            }
        }
        layers::stack(vars, layers::from_assigned(settable, layer));
    }
    Ok(())
}
