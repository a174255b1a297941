//! Names of categories, packages and ebuilds, as far as finding ebuilds needs them. The syntax is that of `ebd-pms`.

use ebd_pms::VersionRef;
use ebd_pms::names::{self, NameKind};

/// Whether it is a category's name.
pub(crate) fn is_category(name: &str) -> bool {
    names::is_valid(NameKind::Category, name)
}

/// Whether it is a package's name.
pub(crate) fn is_package(name: &str) -> bool {
    names::is_valid(NameKind::Package, name)
}

/// The version in `package-version`, for a package name that is known.
pub(crate) fn version_of<'a>(pf: &'a str, package: &str) -> Option<&'a str> {
    pf.strip_prefix(package)?
        .strip_prefix('-')
        .filter(|version| VersionRef::parse(version).is_ok())
}

/// Splits `package-version`.
pub(crate) fn split_pf(pf: &str) -> Option<(&str, &str)> {
    pf.match_indices('-').find_map(|(at, _)| {
        let package = pf.get(..at).filter(|package| is_package(package))?;
        version_of(pf, package).map(|version| (package, version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_pms() {
        for good in [
            "foo",
            "foo-bar",
            "foo-2x4",
            "_x",
            "g++",
            "9base",
            "foo-1-bar",
            "a-b_c",
        ] {
            assert!(is_package(good), "{good}");
        }
        for bad in [
            "",
            "-foo",
            "+foo",
            "foo-1",
            "foo-1.0",
            "foo-1a",
            "foo-1_p2-r3",
            "foo.bar",
            ".git",
            "fö",
        ] {
            assert!(!is_package(bad), "{bad}");
        }
        assert!(is_category("app-misc") && is_category("virtual") && is_category("a.b+c"));
        assert!(!is_category(".git") && !is_category("") && !is_category("a/b"));
    }

    #[test]
    fn versions_are_split_from_packages() {
        for version in [
            "1",
            "1.2.3",
            "1.2a",
            "1_alpha",
            "1.0_rc2_p3-r10",
            "20240101",
            "0-r0",
        ] {
            assert_eq!(version_of(&format!("foo-{version}"), "foo"), Some(version));
            assert_eq!(
                split_pf(&format!("foo-bar-{version}")),
                Some(("foo-bar", version))
            );
        }
        for version in [
            "", "a", "1.", ".1", "1ab", "1_foo", "1-r", "1-1", "1A", "1_p1a",
        ] {
            assert_eq!(
                version_of(&format!("foo-{version}"), "foo"),
                None,
                "{version}"
            );
        }
        assert_eq!(split_pf("foo-1-2"), None);
        assert_eq!(split_pf("foo"), None);
        assert_eq!(version_of("foobar-1", "foo"), None);
    }
}
