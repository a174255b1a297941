//! The files in the folders of a profile.

use std::path::PathBuf;

use ebd_pms::{Cpv, Feature};

use super::error::{ConfigError, ConfigProblem, ConfigWarning};
use super::flags::UseFiles;
use super::layers::Text;
use super::lines::{self, Folders};
use super::mask::MaskFile;
use super::pattern::PatternSyntax;
use super::table::{PackageTable, Words};
use crate::profile::{ProfileNode, ProfileStack};

/// The files of one folder of the profile.
#[derive(Debug, Default)]
pub(super) struct NodeFiles {
    pub(super) flags: UseFiles,
    /// The flags that its `make.defaults` sets.
    pub(super) use_text: Text,
    pub(super) mask: MaskFile,
    pub(super) unmask: MaskFile,
    pub(super) bashrc: Option<PathBuf>,
    pub(super) package_bashrc: PackageTable,
}

impl NodeFiles {
    pub(super) fn read(
        node: &ProfileNode,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<Self, ConfigError> {
        let rules = node.rules();
        let path = node.path();
        let bashrc = path.join("profile.bashrc");
        let package_bashrc = if node.has_format("profile-bashrcs") {
            let syntax = PatternSyntax {
                eapi: None,
                use_deps: true,
                ..rules.patterns()
            };
            let path = path.join("package.bashrc");
            PackageTable::read(&path, Folders::Allowed, syntax, Words::Plain, warnings)?
        } else {
            PackageTable::default()
        };
        let unmask = if node.allows_folders() {
            MaskFile::read(&path.join("package.unmask"), rules, warnings)?
        } else {
            MaskFile::default()
        };
        Ok(Self {
            flags: UseFiles::read(path, rules, warnings)?,
            use_text: Text::default(),
            mask: MaskFile::read(&path.join("package.mask"), rules, warnings)?,
            unmask,
            bashrc: bashrc.is_file().then_some(bashrc),
            package_bashrc,
        })
    }
}

/// The packages that `package.provided` names.
pub(super) fn read_provided(
    profile: &ProfileStack,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<Vec<Cpv>, ConfigError> {
    let mut provided: Vec<(String, Cpv)> = Vec::new();
    for node in profile.nodes() {
        let tokens =
            lines::read_tokens(&node.path().join("package.provided"), node.rules().folders)?;
        if let (Some(eapi), Some(first)) = (node.eapi(), tokens.first())
            && !eapi.has(Feature::PackageProvided)
        {
            let kind = ConfigProblem::NotInEapi {
                name: "package.provided".to_owned(),
                eapi,
            };
            warnings.push(ConfigWarning::at(first.place.clone(), kind));
            continue;
        }
        for token in tokens {
            match token.text.strip_prefix('-') {
                Some("*") => provided.clear(),
                Some(removed) => provided.retain(|(text, _)| text != removed),
                None => match Cpv::parse(&token.text) {
                    Ok(cpv) => {
                        provided.retain(|(text, _)| *text != token.text);
                        provided.push((token.text, cpv));
                    }
                    Err(_) => {
                        let kind = ConfigProblem::Provided(token.text);
                        warnings.push(ConfigWarning::at(token.place, kind));
                    }
                },
            }
        }
    }
    Ok(provided.into_iter().map(|(_, cpv)| cpv).collect())
}

/// The words of `packages`.
pub(super) fn read_packages(profile: &ProfileStack) -> Result<Vec<String>, ConfigError> {
    let mut packages: Vec<String> = Vec::new();
    for node in profile.nodes() {
        for token in lines::read_tokens(&node.path().join("packages"), node.rules().folders)? {
            match token.text.strip_prefix('-') {
                Some("*") => packages.clear(),
                Some(removed) => packages.retain(|other| other != removed),
                None if packages.contains(&token.text) => {}
                None => packages.push(token.text),
            }
        }
    }
    Ok(packages)
}
