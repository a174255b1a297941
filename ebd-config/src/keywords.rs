//! Which keywords are accepted, and whether a package counts as stable.

use std::collections::BTreeSet;

use super::lines::Token;
use super::pattern::Package;
use super::table::PackageTable;

/// `package.keywords` and `package.accept_keywords` of profiles and of the user.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keywords {
    /// `package.keywords` of profiles: changes to what ebuilds say.
    pub(crate) of_ebuilds: Vec<PackageTable>,
    /// `package.accept_keywords` of profiles.
    pub(crate) of_profiles: Vec<PackageTable>,
    /// `package.keywords` and `package.accept_keywords` of the user.
    pub(crate) of_user: Vec<PackageTable>,
    /// What a line without keywords means: the testing keywords of the profile's ACCEPT_KEYWORDS.
    pub(crate) default: Vec<String>,
}

impl Keywords {
    /// Whether a package is accepted, and would not be if all its keywords were testing ones.
    ///
    /// `general` is ACCEPT_KEYWORDS, `environment` what the environment says of it.
    pub(crate) fn is_stable(
        &self,
        package: Package<'_>,
        keywords: &str,
        general: &[String],
        environment: &[String],
    ) -> bool {
        let own = self.of_ebuild(package, keywords);
        let accepted = self.accepted(package, general, environment);
        if !is_accepted(&own, &accepted) {
            return false;
        }
        let testing: Vec<_> = own
            .iter()
            .map(|word| {
                if word.starts_with('~') {
                    word.clone()
                } else {
                    format!("~{word}")
                }
            })
            .collect();
        !is_accepted(&testing, &accepted)
    }

    fn of_ebuild(&self, package: Package<'_>, keywords: &str) -> Vec<String> {
        let mut result: Vec<String> = Vec::new();
        let own = keywords.split_whitespace().filter(|word| *word != "-*");
        let more = self
            .of_ebuilds
            .iter()
            .flat_map(|table| table.lookup(package))
            .flatten()
            .map(|token| token.text.as_str());
        for word in own.chain(more) {
            match word.strip_prefix('-') {
                Some("*") => result.clear(),
                Some(removed) => result.retain(|old| old != removed),
                None if result.iter().any(|old| old == word) => {}
                None => result.push(word.to_owned()),
            }
        }
        result
    }

    fn accepted(
        &self,
        package: Package<'_>,
        general: &[String],
        environment: &[String],
    ) -> BTreeSet<String> {
        let mut more: Vec<String> = Vec::new();
        let testing = || {
            general
                .iter()
                .filter(|word| !word.starts_with(['~', '-']))
                .map(|word| format!("~{word}"))
        };
        let texts = |tokens: &[Token]| -> Vec<String> {
            tokens.iter().map(|token| token.text.clone()).collect()
        };
        for words in self
            .of_profiles
            .iter()
            .flat_map(|table| table.lookup(package))
        {
            if words.is_empty() {
                more.extend(testing());
            } else {
                more.extend(texts(words));
            }
        }
        for words in self.of_user.iter().flat_map(|table| table.lookup(package)) {
            if words.is_empty() {
                more.extend(self.default.iter().cloned());
            } else {
                more.extend(texts(words));
            }
        }
        let stacked = !more.is_empty() || !environment.is_empty();
        let mut accepted = BTreeSet::new();
        for word in general.iter().chain(&more).chain(environment) {
            match word.strip_prefix('-') {
                Some("*") if stacked => accepted.clear(),
                Some(removed) if stacked => {
                    accepted.remove(removed);
                }
                _ => {
                    accepted.insert(word.clone());
                }
            }
        }
        accepted
    }
}

/// Whether one of a package's keywords is accepted.
fn is_accepted(keywords: &[String], accepted: &BTreeSet<String>) -> bool {
    let has = |word: &str| accepted.contains(word);
    let (mut stable, mut testing) = (false, false);
    for word in keywords {
        match word.as_str() {
            "*" => return true,
            "~*" => {
                testing = true;
                if accepted.iter().any(|other| other.starts_with('~')) {
                    return true;
                }
            }
            word if has(word) => return true,
            word if word.starts_with('~') => testing = true,
            word if !word.starts_with('-') => stable = true,
            _ => {}
        }
    }
    (testing && has("~*")) || (stable && has("*")) || has("**")
}
