//! What repositories say in `profiles` about their own ebuilds.

use std::path::Path;

use ebd_pms::Feature;

use super::assignments::{self, ExpandMap, Syntax};
use super::error::{ConfigError, ConfigWarning};
use super::flags::UseFiles;
use super::layers::{self, Vars};
use super::lines::{Folders, Token, read_tokens};
use super::mask::MaskFile;
use super::names;
use super::origin::Layer;
use crate::profile::repository_rules;
use ebd_repo::Repository;

/// The files in `profiles` of one repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct RepositoryFiles {
    pub(crate) flags: UseFiles,
    pub(crate) make_defaults: Vars,
    pub(crate) mask: MaskFile,
    pub(crate) unmask: MaskFile,
}

impl RepositoryFiles {
    pub(crate) fn read(
        repository: &Repository,
        globals: &ExpandMap,
        forbidden: &[String],
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<Self, ConfigError> {
        let folder = repository.path().join("profiles");
        let rules = repository_rules(repository)?;
        // Portage reads these as folders in any EAPI.
        let flag_rules = super::flags::FolderRules {
            folders: Folders::Allowed,
            ..rules
        };
        let mut map = globals.clone();
        let assigned = assignments::read(
            &folder.join("make.defaults"),
            rules.folders,
            Syntax::EXPANDING,
            &mut map,
            warnings,
        )?;
        let mut make_defaults =
            layers::from_assigned(assigned.unwrap_or_default(), Layer::Repository);
        make_defaults.retain(|name, _| !is_forbidden(name, forbidden));
        let unmask = if rules.folders == Folders::Allowed
            || rules
                .eapi
                .is_some_and(|eapi| eapi.has(Feature::ProfileDirectories))
        {
            MaskFile::read(&folder.join("package.unmask"), rules, warnings)?
        } else {
            MaskFile::default()
        };
        Ok(Self {
            flags: UseFiles::read(&folder, flag_rules, warnings)?,
            make_defaults,
            mask: MaskFile::read(&folder.join("package.mask"), rules, warnings)?,
            unmask,
        })
    }
}

/// Whether a repository or a package may not set a variable for itself.
pub(crate) fn is_forbidden(name: &str, profile_only: &[String]) -> bool {
    names::OWN.contains(&name)
        || names::GLOBAL_ONLY.contains(&name)
        || profile_only.iter().any(|other| other == name)
}

/// The tokens of a file that several repositories have, such as `arch.list`.
pub(crate) fn list(folder: &Path, name: &str) -> Result<Vec<Token>, ConfigError> {
    read_tokens(&folder.join(name), Folders::Allowed)
}
