//! The EAPIs: names, sets of them, and the bash version each one asks for.

use std::fmt;
use std::str::FromStr;

use crate::feature::Feature;
use crate::names::{self, NameError, NameKind};

macro_rules! eapis {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal bash $major:literal . $minor:literal;)+) => {
        /// An EAPI that this crate knows.
        ///
        /// EAPIs are names: code asks what an EAPI *has* ([`Eapi::has`]), it never compares two of them by order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Eapi {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Eapi {
            /// Every known EAPI, oldest first.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// Returns the name, as an ebuild writes it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Returns the oldest bash that may run ebuilds of this EAPI.
            #[must_use]
            pub const fn minimum_bash(self) -> BashVersion {
                match self { $(Self::$variant => BashVersion { major: $major, minor: $minor },)+ }
            }
        }
    };
}

// The one list of EAPIs, oldest first. Ranges of the tables that have no end include what is added here.
eapis! {
    /// EAPI 0, which an ebuild without an EAPI line has.
    E0 "0" bash 3 . 2;
    /// EAPI 1.
    E1 "1" bash 3 . 2;
    /// EAPI 2.
    E2 "2" bash 3 . 2;
    /// EAPI 3.
    E3 "3" bash 3 . 2;
    /// EAPI 4.
    E4 "4" bash 3 . 2;
    /// EAPI 5.
    E5 "5" bash 3 . 2;
    /// EAPI 6.
    E6 "6" bash 4 . 2;
    /// EAPI 7.
    E7 "7" bash 4 . 2;
    /// EAPI 8.
    E8 "8" bash 5 . 0;
    /// EAPI 9.
    E9 "9" bash 5 . 3;
}

const _: () = assert!(
    Eapi::ALL.len() <= u16::BITS as usize,
    "EapiSet has a bit for each EAPI"
);

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
    #[error("EAPI {0:?} is not supported (supported: {oldest} to {latest})", oldest = Eapi::OLDEST, latest = Eapi::LATEST)]
    Unknown(String),
    /// The text cannot be the name of an EAPI.
    #[error(transparent)]
    Invalid(#[from] NameError),
}

impl Eapi {
    /// The oldest EAPI.
    pub const OLDEST: Self = Self::ALL[0];
    /// The latest EAPI.
    pub const LATEST: Self = Self::ALL[Self::ALL.len() - 1];

    /// Parses the name of an EAPI.
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

    /// Returns the EAPI by whose rules something of an EAPI is treated that may be unknown: no name is EAPI 0, and an unknown
    /// name counts as the latest EAPI, for which Portage's tests take it.
    #[must_use]
    pub fn parse_or_latest(text: &str) -> Self {
        if text.is_empty() {
            Self::OLDEST
        } else {
            Self::parse(text).unwrap_or(Self::LATEST)
        }
    }

    /// Returns whether this EAPI has the feature.
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
    pub const ALL: Self = Self::between(Eapi::OLDEST, Eapi::LATEST);

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
        Self::between(first, Eapi::LATEST)
    }

    /// The oldest EAPI up to this one.
    #[must_use]
    pub const fn until(last: Eapi) -> Self {
        Self::between(Eapi::OLDEST, last)
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
        let next = Eapi::ALL.len().to_string();
        for unknown in [&next, "00", "8.0", "9999", "7-progress", "paludis-1", "_"] {
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
    fn the_rules_of_an_unknown_eapi_are_those_of_the_latest() {
        for (name, eapi) in [("", Eapi::E0), ("0", Eapi::E0), ("5", Eapi::E5)] {
            assert_eq!(Eapi::parse_or_latest(name), eapi);
        }
        for unknown in ["9999", "7-progress", "no name"] {
            assert_eq!(Eapi::parse_or_latest(unknown), Eapi::LATEST);
        }
    }

    #[test]
    fn sets_are_ranges() {
        assert_eq!(EapiSet::between(Eapi::E2, Eapi::E4).to_string(), "2 3 4");
        let since_8 = EapiSet::since(Eapi::E8).to_string();
        assert!(since_8.starts_with("8 9"), "{since_8}");
        assert!(since_8.ends_with(Eapi::LATEST.as_str()), "{since_8}");
        assert_eq!(EapiSet::until(Eapi::E1).to_string(), "0 1");
        assert_eq!(EapiSet::ALL.iter().count(), Eapi::ALL.len());
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
            versions[..10],
            [
                "3.2", "3.2", "3.2", "3.2", "3.2", "3.2", "4.2", "4.2", "5.0", "5.3"
            ]
        );
    }
}
