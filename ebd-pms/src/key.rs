//! The metadata variables of an ebuild.

use std::fmt;

use crate::eapi::{Eapi, EapiSet};
use crate::feature::Feature;

/// A value of an ebuild's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// `DEPEND`
    Depend,
    /// `RDEPEND`
    Rdepend,
    /// `SLOT`
    Slot,
    /// `SRC_URI`
    SrcUri,
    /// `RESTRICT`
    Restrict,
    /// `HOMEPAGE`
    Homepage,
    /// `LICENSE`
    License,
    /// `DESCRIPTION`
    Description,
    /// `KEYWORDS`
    Keywords,
    /// `INHERITED`
    Inherited,
    /// `IUSE`
    Iuse,
    /// `REQUIRED_USE`
    RequiredUse,
    /// `PDEPEND`
    Pdepend,
    /// `BDEPEND`
    Bdepend,
    /// `EAPI`
    Eapi,
    /// `PROPERTIES`
    Properties,
    /// `DEFINED_PHASES`
    DefinedPhases,
    /// `IDEPEND`
    Idepend,
}

impl Key {
    /// Every key, in the order of the lines of the legacy cache format.
    pub const ALL: [Self; 18] = [
        Self::Depend,
        Self::Rdepend,
        Self::Slot,
        Self::SrcUri,
        Self::Restrict,
        Self::Homepage,
        Self::License,
        Self::Description,
        Self::Keywords,
        Self::Inherited,
        Self::Iuse,
        Self::RequiredUse,
        Self::Pdepend,
        Self::Bdepend,
        Self::Eapi,
        Self::Properties,
        Self::DefinedPhases,
        Self::Idepend,
    ];

    /// The keys that hold package dependencies.
    pub const DEPENDENCIES: [Self; 5] = [
        Self::Depend,
        Self::Bdepend,
        Self::Rdepend,
        Self::Pdepend,
        Self::Idepend,
    ];

    /// The name of the variable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Depend => "DEPEND",
            Self::Rdepend => "RDEPEND",
            Self::Slot => "SLOT",
            Self::SrcUri => "SRC_URI",
            Self::Restrict => "RESTRICT",
            Self::Homepage => "HOMEPAGE",
            Self::License => "LICENSE",
            Self::Description => "DESCRIPTION",
            Self::Keywords => "KEYWORDS",
            Self::Inherited => "INHERITED",
            Self::Iuse => "IUSE",
            Self::RequiredUse => "REQUIRED_USE",
            Self::Pdepend => "PDEPEND",
            Self::Bdepend => "BDEPEND",
            Self::Eapi => "EAPI",
            Self::Properties => "PROPERTIES",
            Self::DefinedPhases => "DEFINED_PHASES",
            Self::Idepend => "IDEPEND",
        }
    }

    /// The key of a variable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// The EAPIs in which the variable is metadata.
    #[must_use]
    pub const fn eapis(self) -> EapiSet {
        match self {
            Self::RequiredUse => Feature::RequiredUse.eapis(),
            Self::Bdepend => Feature::Bdepend.eapis(),
            Self::Idepend => Feature::Idepend.eapis(),
            _ => EapiSet::ALL,
        }
    }

    /// The EAPIs in which the value is put together from the ebuild and its eclasses.
    #[must_use]
    pub const fn accumulated(self) -> EapiSet {
        match self {
            Self::Iuse
            | Self::RequiredUse
            | Self::Depend
            | Self::Bdepend
            | Self::Rdepend
            | Self::Pdepend
            | Self::Idepend => self.eapis(),
            Self::Properties | Self::Restrict => Feature::AccumulatedRestrict.eapis(),
            _ => EapiSet::NONE,
        }
    }

    /// The EAPIs in which an ebuild without a value is invalid.
    #[must_use]
    pub const fn mandatory(self) -> EapiSet {
        match self {
            Self::Description | Self::Slot => EapiSet::ALL,
            Self::DefinedPhases => Feature::MandatoryPhases.eapis(),
            _ => EapiSet::NONE,
        }
    }

    /// Whether the package manager computes the value; an ebuild does not set it.
    #[must_use]
    pub const fn is_computed(self) -> bool {
        matches!(self, Self::DefinedPhases | Self::Inherited)
    }

    /// The keys that are metadata in an EAPI.
    pub fn of(eapi: Eapi) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |key| key.eapis().contains(eapi))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_name() {
        for key in Key::ALL {
            assert_eq!(Key::from_name(key.as_str()), Some(key));
        }
        assert_eq!(Key::from_name("INHERIT"), None);
    }

    #[test]
    fn accumulation_depends_on_the_eapi() {
        assert!(!Key::Restrict.accumulated().contains(Eapi::E7));
        assert!(Key::Restrict.accumulated().contains(Eapi::E8));
        assert!(Key::Depend.accumulated().contains(Eapi::E0));
        assert!(!Key::Bdepend.accumulated().contains(Eapi::E6));
        assert!(Key::License.accumulated().is_empty());
        assert_eq!(Key::of(Eapi::E0).count(), 15);
        assert_eq!(Key::of(Eapi::E9).count(), 18);
    }
}
