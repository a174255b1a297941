//! Names of entries: `category/package-version`, as far as a cache must understand them.

use ebd_pms::VersionRef;
use ebd_pms::names::{self, NameKind};

use crate::error::Error;

/// Splits an entry's name after checking that it names a file two levels below a cache folder and nothing else.
pub(crate) fn split(name: &str) -> Result<(&str, &str), Error> {
    match name.split_once('/') {
        Some((category, pf)) if is_component(category) && is_component(pf) => Ok((category, pf)),
        _ => Err(Error::BadName {
            name: name.to_owned(),
        }),
    }
}

/// A category's or a package's name with a version; that it cannot begin with a dot keeps `..`, temporary files and other
/// hidden files out.
pub(crate) fn is_component(text: &str) -> bool {
    names::is_valid(NameKind::Category, text)
}

/// Whether `pf` is `package` followed by a hyphen and a version.
pub(crate) fn is_version_of(pf: &str, package: &str) -> bool {
    pf.strip_prefix(package)
        .and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(|version| VersionRef::parse(version).is_ok())
}

/// The package in `package-version`.
pub(crate) fn package_of(pf: &str) -> Option<&str> {
    let packages = pf.match_indices('-').filter_map(|(at, _)| pf.get(..at));
    packages
        .filter(|package| names::is_valid(NameKind::Package, package))
        .find(|package| is_version_of(pf, package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for bad in [
            "",
            "a",
            "a/",
            "/a",
            "a/b/c",
            "../a",
            "a/..",
            "a/.hidden",
            "a\0/b",
            "a/b c",
            "-a/b",
            "a/ä",
        ] {
            assert!(matches!(split(bad), Err(Error::BadName { .. })), "{bad:?}");
        }
        assert_eq!(split("app-misc/foo-1.0").unwrap(), ("app-misc", "foo-1.0"));
    }

    #[test]
    fn a_version_belongs_to_exactly_one_package() {
        for (pf, package) in [
            ("foo-1", "foo"),
            ("foo-bar-1_p2-r3", "foo-bar"),
            ("foo-2x4-1.0a", "foo-2x4"),
            ("a-1_pre", "a"),
        ] {
            assert!(is_version_of(pf, package), "{pf} {package}");
        }
        for (pf, package) in [
            ("foo-bar-1", "foo"),
            ("foo-2x4-1.0", "foo"),
            ("foobar-1", "foo"),
            ("foo", "foo"),
            ("foo-", "foo"),
            ("foo-1.", "foo"),
            ("foo-1-r", "foo"),
            ("foo-1_x", "foo"),
        ] {
            assert!(!is_version_of(pf, package), "{pf} {package}");
        }
    }
}
