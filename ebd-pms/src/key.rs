//! The metadata of an ebuild, as caches store it.

use std::fmt;

use crate::eapi::{Eapi, EapiSet};
use crate::feature::Feature;

macro_rules! keys {
    ($($variant:ident $name:literal $eapis:expr, $mandatory:expr;)+) => {
        /// A value of an ebuild's metadata. The order is that of the names, in which `egencache` writes them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl Key {
            /// Every key, in the order of the names. Cache formats depend on the order.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// Returns the name of the variable.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Returns the EAPIs in which the variable is metadata.
            #[must_use]
            pub const fn eapis(self) -> EapiSet {
                match self { $(Self::$variant => $eapis,)+ }
            }

            /// Returns the EAPIs in which an ebuild without a value is invalid.
            #[must_use]
            pub const fn mandatory(self) -> EapiSet {
                match self { $(Self::$variant => $mandatory,)+ }
            }
        }
    };
}

const ALL: EapiSet = EapiSet::ALL;
const NONE: EapiSet = EapiSet::NONE;

keys! {
    Bdepend "BDEPEND" Feature::Bdepend.eapis(), NONE;
    DefinedPhases "DEFINED_PHASES" ALL, Feature::MandatoryPhases.eapis();
    Depend "DEPEND" ALL, NONE;
    Description "DESCRIPTION" ALL, ALL;
    Eapi "EAPI" ALL, NONE;
    Homepage "HOMEPAGE" ALL, NONE;
    Idepend "IDEPEND" Feature::Idepend.eapis(), NONE;
    Inherit "INHERIT" ALL, NONE;
    Iuse "IUSE" ALL, NONE;
    Keywords "KEYWORDS" ALL, NONE;
    License "LICENSE" ALL, NONE;
    Pdepend "PDEPEND" ALL, NONE;
    Properties "PROPERTIES" ALL, NONE;
    Rdepend "RDEPEND" ALL, NONE;
    RequiredUse "REQUIRED_USE" Feature::RequiredUse.eapis(), NONE;
    Restrict "RESTRICT" ALL, NONE;
    Slot "SLOT" ALL, ALL;
    SrcUri "SRC_URI" ALL, NONE;
}

impl Key {
    /// Returns the key of a variable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// Returns whether the package manager computes the value; an ebuild does not set it.
    #[must_use]
    pub const fn is_computed(self) -> bool {
        matches!(self, Self::DefinedPhases | Self::Inherit)
    }

    /// Returns whether Portage records the variable for ebuilds of an EAPI: where it is metadata, and REQUIRED_USE in every EAPI.
    #[must_use]
    pub const fn is_recorded(self, eapi: Eapi) -> bool {
        self.eapis().contains(eapi)
            || (matches!(self, Self::RequiredUse) && eapi.has(Feature::RequiredUseRecorded))
    }

    /// Returns the keys that are metadata in an EAPI.
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
    fn keys_are_in_the_order_of_their_names_and_found_by_name() {
        for (index, key) in Key::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, index);
            assert_eq!(Key::from_name(key.as_str()), Some(key));
        }
        assert!(Key::ALL.is_sorted_by(|a, b| a < b && a.as_str() < b.as_str()));
        for other in ["INHERITED", "_md5_", ""] {
            assert_eq!(Key::from_name(other), None, "{other}");
        }
    }

    #[test]
    fn keys_depend_on_the_eapi() {
        assert_eq!(Key::of(Eapi::E0).count(), 15);
        assert_eq!(Key::of(Eapi::E9).count(), 18);
        assert!(Key::RequiredUse.is_recorded(Eapi::E3));
        assert!(!Key::RequiredUse.eapis().contains(Eapi::E3));
        assert!(!Key::Bdepend.is_recorded(Eapi::E6));
        assert!(Key::Bdepend.is_recorded(Eapi::E7));
    }
}
