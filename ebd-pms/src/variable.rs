//! The variables that the package manager sets for an ebuild.

use std::fmt;

use crate::eapi::{Eapi, EapiSet};
use crate::feature::Feature;

/// Variables that must not be set in an ebuild's environment, in any EAPI. `ENV_UNSET` of the profile adds to them where
/// the EAPI has [`Feature::EnvUnset`].
pub const ALWAYS_UNSET: [&str; 7] = [
    "GZIP",
    "BZIP",
    "BZIP2",
    "CDPATH",
    "GREP_OPTIONS",
    "GREP_COLOR",
    "GLOBIGNORE",
];

/// Profile variables with a special meaning: not exported in EAPIs without [`Feature::ExportedVariables`]. Neither are the
/// variables that `USE_EXPAND` and `USE_EXPAND_UNPREFIXED` name, nor those that begin with `USE_EXPAND_VALUES_`.
pub const PROFILE_VARIABLES: [&str; 10] = [
    "ARCH",
    "CONFIG_PROTECT",
    "CONFIG_PROTECT_MASK",
    "USE",
    "USE_EXPAND",
    "USE_EXPAND_UNPREFIXED",
    "USE_EXPAND_HIDDEN",
    "USE_EXPAND_IMPLICIT",
    "IUSE_IMPLICIT",
    "ENV_UNSET",
];

macro_rules! variables {
    ($($variant:ident $name:literal $eapis:expr;)+) => {
        /// A variable that the package manager sets.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Variable {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl Variable {
            /// Every variable, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The EAPIs that have it visibly.
            #[must_use]
            pub const fn eapis(self) -> EapiSet {
                match self { $(Self::$variant => $eapis,)+ }
            }

        }
    };
}

const ALL: EapiSet = EapiSet::ALL;
const U3: EapiSet = EapiSet::until(Eapi::E3);
const U6: EapiSet = EapiSet::until(Eapi::E6);
const S3: EapiSet = EapiSet::since(Eapi::E3);
const S4: EapiSet = EapiSet::since(Eapi::E4);
const S5: EapiSet = EapiSet::since(Eapi::E5);
const S7: EapiSet = EapiSet::since(Eapi::E7);

variables! {
    P "P" ALL;
    Pf "PF" ALL;
    Pn "PN" ALL;
    Category "CATEGORY" ALL;
    Pv "PV" ALL;
    Pr "PR" ALL;
    Pvr "PVR" ALL;
    A "A" ALL;
    Aa "AA" U3;
    Filesdir "FILESDIR" ALL;
    Distdir "DISTDIR" ALL;
    Workdir "WORKDIR" ALL;
    S "S" ALL;
    Portdir "PORTDIR" U6;
    Eclassdir "ECLASSDIR" U6;
    Root "ROOT" ALL;
    Eroot "EROOT" S3;
    Sysroot "SYSROOT" S7;
    Esysroot "ESYSROOT" S7;
    Broot "BROOT" S7;
    T "T" ALL;
    Tmpdir "TMPDIR" ALL;
    Home "HOME" ALL;
    Eprefix "EPREFIX" S3;
    D "D" ALL;
    Ed "ED" S3;
    Desttree "DESTTREE" U6;
    Insdesttree "INSDESTTREE" U6;
    Use "USE" ALL;
    EbuildPhase "EBUILD_PHASE" ALL;
    EbuildPhaseFunc "EBUILD_PHASE_FUNC" S5;
    Kv "KV" U3;
    MergeType "MERGE_TYPE" S4;
    ReplacingVersions "REPLACING_VERSIONS" S4;
    ReplacedByVersion "REPLACED_BY_VERSION" S4;
}

impl Variable {
    /// The variable with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|variable| variable.name() == name)
    }

    /// Whether the variable exists in this EAPI and programs that the ebuild starts see it.
    #[must_use]
    pub const fn is_exported(self, eapi: Eapi) -> bool {
        self.eapis().contains(eapi)
            && (eapi.has(Feature::ExportedVariables) || matches!(self, Self::Tmpdir | Self::Home))
    }

    /// Whether the value ends in a slash in this EAPI. No other path does, in any EAPI.
    #[must_use]
    pub const fn ends_in_slash(self, eapi: Eapi) -> bool {
        matches!(self, Self::Root | Self::Eroot | Self::D | Self::Ed)
            && eapi.has(Feature::TrailingSlash)
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_by_name() {
        assert_eq!(Variable::ALL.len(), 35);
        for variable in Variable::ALL {
            assert_eq!(Variable::from_name(variable.name()), Some(*variable));
        }
    }

    #[test]
    fn eapi_9_exports_only_two() {
        let exported: Vec<_> = Variable::ALL
            .iter()
            .filter(|v| v.is_exported(Eapi::E9))
            .map(|v| v.name())
            .collect();
        assert_eq!(exported, ["TMPDIR", "HOME"]);
        assert!(Variable::D.is_exported(Eapi::E8));
        assert!(!Variable::Aa.is_exported(Eapi::E4));
    }

    #[test]
    fn slashes_depend_on_the_eapi() {
        assert!(Variable::D.ends_in_slash(Eapi::E6));
        assert!(!Variable::D.ends_in_slash(Eapi::E7));
        assert!(!Variable::Workdir.ends_in_slash(Eapi::E0));
    }
}
