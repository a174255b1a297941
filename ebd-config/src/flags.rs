//! The files about USE flags in one folder: a profile, or `profiles` of a repository.

use std::path::Path;

use ebd_pms::{Eapi, Feature};

use super::error::{ConfigError, ConfigProblem, ConfigWarning};
use super::lines::{self, Folders, Token};
use super::pattern::{Package, PatternSyntax};
use super::table::{PackageTable, Words, is_flag};

/// `use.mask`, `package.use` and so on.
#[derive(Debug, Clone, Default)]
pub(crate) struct UseFiles {
    pub(crate) package_use: PackageTable,
    stable: Vec<Token>,
    package_use_stable: PackageTable,
    mask: Restriction,
    force: Restriction,
}

/// `use.mask` or `use.force`, and the files that go with it.
#[derive(Debug, Clone, Default)]
struct Restriction {
    all: Vec<Token>,
    stable: Vec<Token>,
    package: PackageTable,
    package_stable: PackageTable,
}

/// Which restriction is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Mask,
    Force,
}

/// The rules for the files of a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FolderRules {
    /// The EAPI; `None` in the user's profile, where everything is allowed.
    pub(crate) eapi: Option<Eapi>,
    /// Whether folders may stand for files.
    pub(crate) folders: Folders,
    /// Whether `::repository` is allowed.
    pub(crate) repository: bool,
}

impl FolderRules {
    pub(crate) const fn patterns(self) -> PatternSyntax {
        PatternSyntax {
            eapi: self.eapi,
            repository: self.repository || self.eapi.is_none(),
            use_deps: false,
        }
    }

    fn allows(self, feature: Option<Feature>) -> bool {
        match (self.eapi, feature) {
            (Some(eapi), Some(feature)) => eapi.has(feature),
            _ => true,
        }
    }
}

impl UseFiles {
    pub(crate) fn read(
        folder: &Path,
        rules: FolderRules,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            folder,
            rules,
            warnings,
        };
        const STABLE: Option<Feature> = Some(Feature::UseStable);
        Ok(Self {
            package_use: reader.table("package.use", None)?,
            stable: reader.list("use.stable", STABLE)?,
            package_use_stable: reader.table("package.use.stable", STABLE)?,
            mask: reader.restriction("mask")?,
            force: reader.restriction("force")?,
        })
    }

    /// What is masked or forced here for a package, or in general, to be applied in this order.
    pub(crate) fn restrictions(
        &self,
        which: Which,
        package: Option<(Package<'_>, bool)>,
    ) -> Vec<&Token> {
        let files = match which {
            Which::Mask => &self.mask,
            Which::Force => &self.force,
        };
        let mut all: Vec<_> = files.all.iter().collect();
        if let Some((package, stable)) = package {
            if stable {
                all.extend(&files.stable);
            }
            all.extend(files.package.lookup(package).into_iter().flatten());
            if stable {
                all.extend(files.package_stable.lookup(package).into_iter().flatten());
            }
        }
        all
    }

    /// What `use.stable`, `package.use` and `package.use.stable` say about a package.
    pub(crate) fn defaults(&self, package: Package<'_>, stable: bool) -> Vec<&Token> {
        let mut all: Vec<&Token> = Vec::new();
        if stable {
            all.extend(&self.stable);
        }
        all.extend(self.package_use.lookup(package).into_iter().flatten());
        if stable {
            all.extend(
                self.package_use_stable
                    .lookup(package)
                    .into_iter()
                    .flatten(),
            );
        }
        all
    }
}

struct Reader<'a> {
    folder: &'a Path,
    rules: FolderRules,
    warnings: &'a mut Vec<ConfigWarning>,
}

impl Reader<'_> {
    fn restriction(&mut self, name: &str) -> Result<Restriction, ConfigError> {
        let stable = Some(Feature::StableMasks);
        Ok(Restriction {
            all: self.list(&format!("use.{name}"), None)?,
            stable: self.list(&format!("use.stable.{name}"), stable)?,
            package: self.table(&format!("package.use.{name}"), None)?,
            package_stable: self.table(&format!("package.use.stable.{name}"), stable)?,
        })
    }

    fn list(&mut self, name: &str, feature: Option<Feature>) -> Result<Vec<Token>, ConfigError> {
        let tokens = lines::read_tokens(&self.folder.join(name), self.rules.folders)?;
        if !self.allowed(name, feature, tokens.first()) {
            return Ok(Vec::new());
        }
        let mut flags = Vec::with_capacity(tokens.len());
        for token in tokens {
            if is_flag(token.text.strip_prefix('-').unwrap_or(&token.text)) {
                flags.push(token);
            } else {
                let kind = ConfigProblem::Flag { text: token.text };
                self.warnings.push(ConfigWarning::at(token.place, kind));
            }
        }
        Ok(flags)
    }

    fn table(&mut self, name: &str, feature: Option<Feature>) -> Result<PackageTable, ConfigError> {
        let path = self.folder.join(name);
        if !self.rules.allows(feature) {
            let first = lines::read_tokens(&path, self.rules.folders)?;
            self.allowed(name, feature, first.first());
            return Ok(PackageTable::default());
        }
        let words = Words::Flags {
            prefixes: self.rules.eapi.is_none(),
            checked: true,
        };
        let syntax = self.rules.patterns();
        PackageTable::read(&path, self.rules.folders, syntax, words, self.warnings)
    }

    /// Whether the EAPI has the file; if not, and it is not empty, that is reported.
    fn allowed(&mut self, name: &str, feature: Option<Feature>, first: Option<&Token>) -> bool {
        if self.rules.allows(feature) {
            return true;
        }
        if let (Some(first), Some(eapi)) = (first, self.rules.eapi) {
            let kind = ConfigProblem::NotInEapi {
                name: name.to_owned(),
                eapi,
            };
            self.warnings
                .push(ConfigWarning::at(first.place.clone(), kind));
        }
        false
    }
}
