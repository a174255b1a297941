//! The EAPIs: names, sets of them, and the bash version each one asks for.

use std::fmt;
use std::str::FromStr;

use crate::feature::Feature;
use crate::names::{self, NameError, NameKind};

/// An EAPI that this crate knows.
///
/// EAPIs are names: code asks what an EAPI *has* ([`Eapi::has`]), it never compares two of them by order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Eapi {
    /// EAPI 0, which an ebuild without an EAPI line has.
    E0,
    /// EAPI 1.
    E1,
    /// EAPI 2.
    E2,
    /// EAPI 3.
    E3,
    /// EAPI 4.
    E4,
    /// EAPI 5.
    E5,
    /// EAPI 6.
    E6,
    /// EAPI 7.
    E7,
    /// EAPI 8.
    E8,
    /// EAPI 9.
    E9,
}

/// A set of EAPIs. The tables of this crate are made of these.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EapiSet(u16);

/// A version of bash: major and minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BashVersion {
    /// The 5 of 5.3.
    pub major: u8,
    /// The 3 of 5.3.
    pub minor: u8,
}

/// Why a text does not name a known EAPI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EapiError {
    /// The text is a well-formed EAPI name, but of no EAPI known here: the package must be left alone.
    #[error("EAPI {0:?} is not supported (supported: 0 to 9)")]
    Unknown(String),
    /// The text cannot be the name of an EAPI.
    #[error(transparent)]
    Invalid(#[from] NameError),
}

impl Eapi {
    /// Every known EAPI, oldest first.
    pub const ALL: [Self; 10] = [
        Self::E0,
        Self::E1,
        Self::E2,
        Self::E3,
        Self::E4,
        Self::E5,
        Self::E6,
        Self::E7,
        Self::E8,
        Self::E9,
    ];

    /// The EAPI with this name.
    ///
    /// # Errors
    /// Distinguishes a name that no EAPI can have from one of an EAPI that is not known.
    pub fn parse(text: &str) -> Result<Self, EapiError> {
        for eapi in Self::ALL {
            if eapi.as_str() == text {
                return Ok(eapi);
            }
        }
        names::check(NameKind::Eapi, text)?;
        Err(EapiError::Unknown(text.to_owned()))
    }

    /// The name, as an ebuild writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::E0 => "0",
            Self::E1 => "1",
            Self::E2 => "2",
            Self::E3 => "3",
            Self::E4 => "4",
            Self::E5 => "5",
            Self::E6 => "6",
            Self::E7 => "7",
            Self::E8 => "8",
            Self::E9 => "9",
        }
    }

    /// Whether this EAPI has the feature.
    #[must_use]
    pub const fn has(self, feature: Feature) -> bool {
        feature.eapis().contains(self)
    }

    /// The features of this EAPI.
    pub fn features(self) -> impl Iterator<Item = Feature> {
        Feature::ALL
            .iter()
            .copied()
            .filter(move |feature| self.has(*feature))
    }

    /// The oldest bash that may run ebuilds of this EAPI.
    #[must_use]
    pub const fn minimum_bash(self) -> BashVersion {
        let (major, minor) = match self {
            Self::E0 | Self::E1 | Self::E2 | Self::E3 | Self::E4 | Self::E5 => (3, 2),
            Self::E6 | Self::E7 => (4, 2),
            Self::E8 => (5, 0),
            Self::E9 => (5, 3),
        };
        BashVersion { major, minor }
    }

    /// The value of `BASH_COMPAT` for this EAPI; the specification ties it to the minimum version.
    #[must_use]
    pub const fn bash_compat(self) -> BashVersion {
        self.minimum_bash()
    }
}

impl fmt::Display for Eapi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Eapi {
    type Err = EapiError;

    fn from_str(text: &str) -> Result<Self, EapiError> {
        Self::parse(text)
    }
}

impl EapiSet {
    /// No EAPI.
    pub const NONE: Self = Self(0);
    /// Every known EAPI.
    pub const ALL: Self = Self::between(Eapi::E0, Eapi::E9);

    /// From one EAPI to another, both included.
    #[must_use]
    pub const fn between(first: Eapi, last: Eapi) -> Self {
        let mut bits = 0;
        let mut index = first as u16;
        while index <= last as u16 {
            bits |= 1 << index;
            index += 1;
        }
        Self(bits)
    }

    /// An EAPI and all newer ones (`4+` in the specification's tables).
    #[must_use]
    pub const fn since(first: Eapi) -> Self {
        Self::between(first, Eapi::E9)
    }

    /// The oldest EAPI up to this one.
    #[must_use]
    pub const fn until(last: Eapi) -> Self {
        Self::between(Eapi::E0, last)
    }

    /// Whether the EAPI is in the set.
    #[must_use]
    pub const fn contains(self, eapi: Eapi) -> bool {
        self.0 & (1 << eapi as u16) != 0
    }

    /// What is in one of the two sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, oldest first.
    pub fn iter(self) -> impl Iterator<Item = Eapi> {
        Eapi::ALL
            .into_iter()
            .filter(move |eapi| self.contains(*eapi))
    }
}

impl fmt::Debug for EapiSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(Eapi::as_str))
            .finish()
    }
}

impl fmt::Display for EapiSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, eapi) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(eapi.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Display for BashVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_eapi_is_found_by_its_name() {
        for eapi in Eapi::ALL {
            assert_eq!(Eapi::parse(eapi.as_str()), Ok(eapi));
        }
    }

    #[test]
    fn unknown_and_invalid_names_are_different_errors() {
        for unknown in ["10", "00", "8.0", "9999", "7-progress", "paludis-1", "_"] {
            assert_eq!(
                Eapi::parse(unknown),
                Err(EapiError::Unknown(unknown.to_owned()))
            );
        }
        for invalid in ["", "-1", "+1", ".1", "8 ", "a/b", "é"] {
            assert!(
                matches!(Eapi::parse(invalid), Err(EapiError::Invalid(_))),
                "{invalid:?}"
            );
        }
    }

    #[test]
    fn sets_are_ranges() {
        assert_eq!(EapiSet::between(Eapi::E2, Eapi::E4).to_string(), "2 3 4");
        assert_eq!(EapiSet::since(Eapi::E8).to_string(), "8 9");
        assert_eq!(EapiSet::until(Eapi::E1).to_string(), "0 1");
        assert_eq!(EapiSet::ALL.iter().count(), 10);
        assert!(EapiSet::NONE.is_empty());
        assert!(
            EapiSet::until(Eapi::E3)
                .intersection(EapiSet::since(Eapi::E4))
                .is_empty()
        );
        assert_eq!(
            EapiSet::until(Eapi::E3).union(EapiSet::since(Eapi::E4)),
            EapiSet::ALL
        );
    }

    #[test]
    fn bash_versions_follow_the_table() {
        let versions: Vec<_> = Eapi::ALL
            .iter()
            .map(|eapi| eapi.minimum_bash().to_string())
            .collect();
        assert_eq!(
            versions,
            [
                "3.2", "3.2", "3.2", "3.2", "3.2", "3.2", "4.2", "4.2", "5.0", "5.3"
            ]
        );
    }
}
