//! `ACCEPT_LICENSE`, `package.license` and `license_groups`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::error::{ConfigError, ConfigProblem, ConfigWarning};
use super::lines::{self, Folders, Token};
use super::pattern::{Package, PatternSyntax};
use super::table::{PackageTable, Words};

/// The groups of licences, and which licences are accepted for some packages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Licenses {
    groups: BTreeMap<String, BTreeSet<String>>,
    packages: Vec<PackageTable>,
}

impl Licenses {
    /// Adds a `license_groups` file.
    pub(crate) fn add_groups(&mut self, path: &Path) -> Result<(), ConfigError> {
        for line in lines::read(path, Folders::Allowed)? {
            let mut words = line.words.into_iter();
            if let Some(name) = words.next() {
                self.groups.entry(name).or_default().extend(words);
            }
        }
        Ok(())
    }

    /// Adds a `package.license` file. What it says of all packages is returned.
    pub(crate) fn add_packages(
        &mut self,
        path: &Path,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<Vec<Token>, ConfigError> {
        let syntax = PatternSyntax {
            eapi: None,
            repository: true,
            use_deps: true,
        };
        let mut table = PackageTable::read(path, Folders::Allowed, syntax, Words::Plain, warnings)?;
        let global = table.take_global();
        self.packages.push(table);
        Ok(global)
    }

    /// Of some licences those that are accepted for a package, given the general setting.
    pub(crate) fn accepted(
        &self,
        general: &str,
        licenses: &BTreeSet<String>,
        package: Package<'_>,
        warnings: &mut Vec<ConfigWarning>,
    ) -> BTreeSet<String> {
        let mut words: Vec<String> = general.split_whitespace().map(str::to_owned).collect();
        for table in &self.packages {
            let found = table.lookup(package).into_iter().flatten();
            words.extend(found.map(|token| token.text.clone()));
        }
        let mut accepted = BTreeSet::new();
        for word in words {
            let (negated, name) = match word.strip_prefix('-') {
                Some(name) => (true, name),
                None => (false, word.as_str()),
            };
            match (negated, name) {
                (false, "*") => accepted.extend(licenses.iter().cloned()),
                (true, "*") => accepted.clear(),
                _ => {
                    let mut members = BTreeSet::new();
                    match name.strip_prefix('@') {
                        Some(group) => {
                            self.expand(group, &mut members, &mut BTreeMap::new(), warnings);
                        }
                        None => {
                            members.insert(name.to_owned());
                        }
                    }
                    for member in members {
                        if negated {
                            accepted.remove(&member);
                        } else if licenses.contains(&member) {
                            accepted.insert(member);
                        }
                    }
                }
            }
        }
        accepted
    }

    fn expand(
        &self,
        group: &str,
        members: &mut BTreeSet<String>,
        done: &mut BTreeMap<String, bool>,
        warnings: &mut Vec<ConfigWarning>,
    ) {
        match done.insert(group.to_owned(), false) {
            Some(false) => {
                let kind = ConfigProblem::LicenseCycle(group.to_owned());
                warnings.push(ConfigWarning::general(kind));
                return;
            }
            Some(true) => {
                done.insert(group.to_owned(), true);
                return;
            }
            None => {}
        }
        match self.groups.get(group) {
            None if self.groups.is_empty() => {}
            None => {
                let kind = ConfigProblem::LicenseGroup(group.to_owned());
                warnings.push(ConfigWarning::general(kind));
            }
            Some(words) => {
                for word in words {
                    match word.strip_prefix('@') {
                        Some(inner) => self.expand(inner, members, done, warnings),
                        None => {
                            members.insert(word.clone());
                        }
                    }
                }
            }
        }
        done.insert(group.to_owned(), true);
    }
}
