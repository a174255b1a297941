//! Syntax of names per PMS, as far as finding ebuilds needs it.

/// A category name: `[A-Za-z0-9+_.-]`, not beginning with a hyphen, a dot or a plus sign.
pub(crate) fn is_category(name: &str) -> bool {
    is_word(name, b"+_.-")
}

/// A package name: `[A-Za-z0-9+_-]`, not beginning with a hyphen or a plus sign, not ending in a hyphen and a version.
pub(crate) fn is_package(name: &str) -> bool {
    is_word(name, b"+_-")
        && !name
            .match_indices('-')
            .any(|(at, _)| name.get(at + 1..).is_some_and(is_version))
}

/// The version in `package-version`, for a package name that is known.
pub(crate) fn version_of<'a>(pf: &'a str, package: &str) -> Option<&'a str> {
    pf.strip_prefix(package)?
        .strip_prefix('-')
        .filter(|version| is_version(version))
}

/// Splits `package-version`.
pub(crate) fn split_pf(pf: &str) -> Option<(&str, &str)> {
    pf.match_indices('-').find_map(|(at, _)| {
        let (package, version) = (pf.get(..at)?, pf.get(at + 1..)?);
        (is_version(version) && is_package(package)).then_some((package, version))
    })
}

fn is_word(name: &str, more: &[u8]) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
}

/// A version: `[0-9]+(\.[0-9]+)*[a-z]?(_(alpha|beta|pre|rc|p)[0-9]*)*(-r[0-9]+)?`.
fn is_version(text: &str) -> bool {
    fn all_digits(text: &str) -> bool {
        text.bytes().all(|b| b.is_ascii_digit())
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let text = match text.rsplit_once("-r") {
        Some((version, revision)) if !revision.is_empty() && all_digits(revision) => version,
        _ => text,
    };
    let mut parts = text.split('_');
    let numbers = parts.next().unwrap_or_default();
    let numbers = numbers
        .strip_suffix(|c: char| c.is_ascii_lowercase())
        .unwrap_or(numbers);
    numbers.split('.').all(|n| !n.is_empty() && all_digits(n))
        && parts.all(|suffix| {
            ["alpha", "beta", "pre", "rc", "p"]
                .iter()
                .any(|word| suffix.strip_prefix(word).is_some_and(all_digits))
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
