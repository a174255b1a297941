//! `category/package-version` and `package-version`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::names::{self, NameKind, NameProblem};
use crate::version::{self, Version, VersionRef};

/// A package name with a version, as in the name of an ebuild file.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PackageVersion {
    name: String,
    version: Version,
}

/// A category, a package name, and a version.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpv {
    category: String,
    package: PackageVersion,
}

/// Why a text is not `category/package-version` or `package-version`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid package {text:?} at byte {offset}: {reason}")]
pub struct CpvError {
    /// The text as given.
    pub text: String,
    /// Where the problem is, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub reason: CpvProblem,
}

/// What is wrong with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CpvProblem {
    /// There is no `/`.
    #[error("expected category/package-version, found no '/'")]
    NoCategory,
    /// It does not end in a hyphen and a version.
    #[error("expected a valid version after the package name")]
    NoVersion,
    /// The category or the package name is invalid.
    #[error("invalid {0}: {1}")]
    Name(NameKind, NameProblem),
}

impl PackageVersion {
    /// Splits `package-version`.
    ///
    /// # Errors
    /// When there is no valid version at the end, or what stands before it is not a package name.
    pub fn parse(text: &str) -> Result<Self, CpvError> {
        match split(text) {
            Ok((name, version)) => Ok(Self {
                name: name.to_owned(),
                version: version.to_owned(),
            }),
            Err((offset, reason)) => Err(CpvError {
                text: text.to_owned(),
                offset,
                reason,
            }),
        }
    }

    /// `PN`, the name.
    #[must_use]
    pub fn pn(&self) -> &str {
        &self.name
    }

    /// The version with its revision.
    #[must_use]
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// `PV`, the version without its revision.
    #[must_use]
    pub fn pv(&self) -> &str {
        self.version.without_revision()
    }

    /// `PVR`, the version as the file name has it. A revision that is written out stays, even `-r0`.
    #[must_use]
    pub fn pvr(&self) -> &str {
        self.version.as_str()
    }

    /// `PR`, the revision as written, `r0` when there is none.
    #[must_use]
    pub fn pr(&self) -> &str {
        let pvr = self.pvr();
        pvr.get(self.pv().len().saturating_add(1)..)
            .filter(|revision| !revision.is_empty())
            .unwrap_or("r0")
    }

    /// `P`, name and version without the revision.
    #[must_use]
    pub fn p(&self) -> String {
        format!("{}-{}", self.name, self.pv())
    }

    /// `PF`, name and version.
    #[must_use]
    pub fn pf(&self) -> String {
        self.to_string()
    }
}

impl Cpv {
    /// Splits `category/package-version`.
    ///
    /// # Errors
    /// When a part is missing or invalid.
    pub fn parse(text: &str) -> Result<Self, CpvError> {
        let fail = |(offset, reason)| CpvError {
            text: text.to_owned(),
            offset,
            reason,
        };
        let (category, rest) = text
            .split_once('/')
            .ok_or_else(|| fail((0, CpvProblem::NoCategory)))?;
        if let Some((offset, problem)) = names::problem(NameKind::Category, category) {
            return Err(fail((
                offset,
                CpvProblem::Name(NameKind::Category, problem),
            )));
        }
        let base = category.len().saturating_add(1);
        let (name, version) =
            split(rest).map_err(|(offset, reason)| fail((base.saturating_add(offset), reason)))?;
        Ok(Self {
            category: category.to_owned(),
            package: PackageVersion {
                name: name.to_owned(),
                version: version.to_owned(),
            },
        })
    }

    /// Joins a category and a package.
    ///
    /// # Errors
    /// When the category is invalid.
    pub fn new(category: &str, package: PackageVersion) -> Result<Self, names::NameError> {
        names::check(NameKind::Category, category)?;
        Ok(Self {
            category: category.to_owned(),
            package,
        })
    }

    /// `CATEGORY`.
    #[must_use]
    pub fn category(&self) -> &str {
        &self.category
    }

    /// Name and version.
    #[must_use]
    pub const fn package(&self) -> &PackageVersion {
        &self.package
    }

    /// `PN`, the name.
    #[must_use]
    pub fn pn(&self) -> &str {
        self.package.pn()
    }

    /// The version with its revision.
    #[must_use]
    pub const fn version(&self) -> &Version {
        self.package.version()
    }

    /// Category and name, without the version.
    #[must_use]
    pub fn cp(&self) -> String {
        format!("{}/{}", self.category, self.pn())
    }
}

/// Splits `package-version` into its parts, without allocating.
pub(crate) fn split(text: &str) -> Result<(&str, VersionRef<'_>), (usize, CpvProblem)> {
    let no_version = (text.len(), CpvProblem::NoVersion);
    let hyphen = version::trailing_version(text).ok_or(no_version)?;
    let (name, rest) = text.split_at_checked(hyphen).ok_or(no_version)?;
    let version = rest
        .get(1..)
        .and_then(|rest| version::scan(rest).ok())
        .ok_or(no_version)?;
    match names::problem(NameKind::Package, name) {
        Some((offset, problem)) => Err((offset, CpvProblem::Name(NameKind::Package, problem))),
        None => Ok((name, version)),
    }
}

impl Ord for PackageVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name
            .cmp(&other.name)
            .then_with(|| self.version.cmp(&other.version))
    }
}

impl PartialOrd for PackageVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for PackageVersion {
    type Err = CpvError;

    fn from_str(text: &str) -> Result<Self, CpvError> {
        Self::parse(text)
    }
}

impl FromStr for Cpv {
    type Err = CpvError;

    fn from_str(text: &str) -> Result<Self, CpvError> {
        Self::parse(text)
    }
}

impl fmt::Display for PackageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.name, self.version)
    }
}

impl fmt::Display for Cpv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.category, self.package)
    }
}

impl fmt::Debug for PackageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackageVersion(\"{self}\")")
    }
}

impl fmt::Debug for Cpv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cpv(\"{self}\")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_split_before_the_version() {
        // text, PN, PV, PR
        let cases = [
            ("foo-1", "foo", "1", "r0"),
            ("foo-bar-1.0-r3", "foo-bar", "1.0", "r3"),
            ("foo-1-r0", "foo", "1", "r0"),
            ("foo-1-r01", "foo", "1", "r01"),
            ("foo-r1-2", "foo-r1", "2", "r0"),
            ("foo-r1-r2-2-r3", "foo-r1-r2", "2", "r3"),
            (
                "font-adobe-100dpi-1.0.4",
                "font-adobe-100dpi",
                "1.0.4",
                "r0",
            ),
            ("gtk+-2.24", "gtk+", "2.24", "r0"),
            ("a--1", "a-", "1", "r0"),
            ("1-2", "1", "2", "r0"),
            ("x-2b_alpha_p3-r4", "x", "2b_alpha_p3", "r4"),
            ("foo-1a1-2", "foo-1a1", "2", "r0"),
        ];
        for (text, pn, pv, pr) in cases {
            let package = PackageVersion::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                (package.pn(), package.pv(), package.pr()),
                (pn, pv, pr),
                "{text}"
            );
            assert_eq!(package.pf(), text);
            assert_eq!(package.p(), format!("{pn}-{pv}"));
            assert_eq!(format!("{}-{}", package.pn(), package.pvr()), text);
        }
    }

    #[test]
    fn bad_packages_are_refused_with_the_place() {
        let cases = [
            "a/foo-1-2",
            "a/foo-1-r1-2",
            "a/foo-1-1-r1",
            "a/foo",
            "a/foo-r1",
            "a/-1",
            "a/foo-1.",
            "a/foo-1_x",
            "a/foo-1-r",
            "foo-1",
            "/foo-1",
            "-a/foo-1",
            "a/b/foo-1",
            "a/+b-1",
            "a/",
            "",
            "a/foo-9999-r1-r2",
            "a/fo o-1",
            "a/1.0",
        ];
        let errors: Vec<_> = cases
            .iter()
            .map(|text| Cpv::parse(text).unwrap_err().to_string())
            .collect();
        insta::assert_snapshot!(errors.join("\n"));
    }

    #[test]
    fn equal_versions_make_equal_packages() {
        let cpv = |text| Cpv::parse(text).unwrap();
        assert_eq!(cpv("a/b-1.0"), cpv("a/b-1.00-r0"));
        assert!(cpv("a/b-9") < cpv("a/b-10"));
        assert!(cpv("a/b-9") < cpv("a/c-1"));
        assert_eq!(cpv("a/b-1").cp(), "a/b");
        assert_eq!(cpv("a/b-1-r0").to_string(), "a/b-1-r0");
    }
}
