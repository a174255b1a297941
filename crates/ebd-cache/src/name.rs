//! Names of entries: `category/package-version`, as far as a cache must understand them.

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

/// Characters of category and package names and versions (PMS); a leading dot, plus or hyphen is excluded, which also
/// keeps `..`, temporary files and other hidden files out.
pub(crate) fn is_component(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+_.-".contains(&b))
}

/// Whether `pf` is `package` followed by a hyphen and a version.
pub(crate) fn is_version_of(pf: &str, package: &str) -> bool {
    pf.strip_prefix(package)
        .and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(is_version)
}

/// Syntax of versions per PMS: `[0-9]+(\.[0-9]+)*[a-z]?(_(alpha|beta|pre|rc|p)[0-9]*)*(-r[0-9]+)?`.
fn is_version(text: &str) -> bool {
    fn digits(text: &str) -> &str {
        text.trim_start_matches(|c: char| c.is_ascii_digit())
    }
    let text = match text.rsplit_once("-r") {
        Some((version, revision)) if !revision.is_empty() && digits(revision).is_empty() => version,
        _ => text,
    };
    let mut parts = text.split('_');
    let numbers = parts.next().unwrap_or_default();
    let numbers = numbers
        .strip_suffix(|c: char| c.is_ascii_lowercase())
        .unwrap_or(numbers);
    numbers
        .split('.')
        .all(|n| !n.is_empty() && digits(n).is_empty())
        && parts.all(|suffix| {
            ["alpha", "beta", "pre", "rc", "p"].iter().any(|word| {
                suffix
                    .strip_prefix(word)
                    .is_some_and(|n| digits(n).is_empty())
            })
        })
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
