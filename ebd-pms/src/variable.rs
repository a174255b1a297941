//! The variables that the package manager sets for an ebuild.

use std::fmt;

use crate::eapi::{Eapi, EapiSet};
use crate::feature::Feature;
use crate::phase::{Phase, PhaseSet};

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

/// Variables that record the state of sourcing: not exported in EAPIs without [`Feature::ExportedVariables`].
pub const SOURCING_VARIABLES: [&str; 3] = ["ECLASS", "INHERITED", "DEFINED_PHASES"];

/// How long a variable keeps its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constancy {
    /// The same in every phase.
    Constant,
    /// The same in all phases of one installation or one removal.
    PerChain,
    /// The same in the `src_*` phases; `pkg_preinst` may see another value.
    InSourcePhases,
    /// May differ from phase to phase.
    Varying,
}

macro_rules! variables {
    ($($variant:ident $name:literal $constancy:ident $eapis:expr, $phases:expr, $global:literal;)+) => {
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

            /// The phases in which an ebuild may use it, in any EAPI; [`Variable::phases_in`] knows the exceptions.
            const fn phases(self) -> PhaseSet {
                match self { $(Self::$variant => $phases,)+ }
            }

            /// Whether global scope may use it.
            #[must_use]
            pub const fn in_global_scope(self) -> bool {
                match self { $(Self::$variant => $global,)+ }
            }

            /// How long it keeps its value.
            #[must_use]
            pub const fn constancy(self) -> Constancy {
                match self { $(Self::$variant => Constancy::$constancy,)+ }
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

const EVERY: PhaseSet = PhaseSet::ALL;
const SRC: PhaseSet = PhaseSet::SRC;
const PKG: PhaseSet = PhaseSet::PKG;

variables! {
    P "P" Varying ALL, EVERY, true;
    Pf "PF" Varying ALL, EVERY, true;
    Pn "PN" Varying ALL, EVERY, true;
    Category "CATEGORY" Varying ALL, EVERY, true;
    Pv "PV" Constant ALL, EVERY, true;
    Pr "PR" Constant ALL, EVERY, true;
    Pvr "PVR" Constant ALL, EVERY, true;
    A "A" Constant ALL, SRC.with(Phase::Nofetch), false;
    Aa "AA" Constant U3, SRC.with(Phase::Nofetch), false;
    Filesdir "FILESDIR" Constant ALL, SRC, true;
    Distdir "DISTDIR" Constant ALL, SRC, true;
    Workdir "WORKDIR" Constant ALL, SRC, true;
    S "S" Constant ALL, SRC, false;
    Portdir "PORTDIR" Varying U6, SRC, false;
    Eclassdir "ECLASSDIR" Varying U6, SRC, false;
    Root "ROOT" Varying ALL, PKG, false;
    Eroot "EROOT" Varying S3, PKG, false;
    Sysroot "SYSROOT" Varying S7, SRC.with(Phase::Setup), false;
    Esysroot "ESYSROOT" Varying S7, SRC.with(Phase::Setup), false;
    Broot "BROOT" Varying S7, SRC.with(Phase::Setup), false;
    T "T" PerChain ALL, EVERY, true;
    Tmpdir "TMPDIR" PerChain ALL, EVERY, true;
    Home "HOME" PerChain ALL, EVERY, true;
    Eprefix "EPREFIX" Constant S3, EVERY, true;
    D "D" InSourcePhases ALL, SRC.with(Phase::Preinst), false;
    Ed "ED" InSourcePhases S3, SRC.with(Phase::Preinst), false;
    Desttree "DESTTREE" Varying U6, PhaseSet::of(&[Phase::Install]), false;
    Insdesttree "INSDESTTREE" Varying U6, PhaseSet::of(&[Phase::Install]), false;
    Use "USE" Constant ALL, EVERY, true;
    EbuildPhase "EBUILD_PHASE" Varying ALL, EVERY, false;
    EbuildPhaseFunc "EBUILD_PHASE_FUNC" Varying S5, EVERY, false;
    Kv "KV" Constant U3, EVERY, true;
    MergeType "MERGE_TYPE" Varying S4, PKG, false;
    ReplacingVersions "REPLACING_VERSIONS" Constant S4, PhaseSet::of(&[Phase::Preinst, Phase::Postinst]), false;
    ReplacedByVersion "REPLACED_BY_VERSION" Constant S4, PhaseSet::of(&[Phase::Prerm, Phase::Postrm]), false;
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

    /// The phases in which an ebuild of this EAPI may use the variable.
    #[must_use]
    pub const fn phases_in(self, eapi: Eapi) -> PhaseSet {
        if !self.eapis().contains(eapi) {
            return PhaseSet::NONE;
        }
        match self {
            // IDEPEND, which came at the same time, is looked up there.
            Self::Broot if eapi.has(Feature::Idepend) => self.phases().union(PhaseSet::of(&[
                Phase::Preinst,
                Phase::Postinst,
                Phase::Prerm,
                Phase::Postrm,
            ])),
            _ => self.phases(),
        }
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
    fn slashes_and_phases_depend_on_the_eapi() {
        assert!(Variable::D.ends_in_slash(Eapi::E6));
        assert!(!Variable::D.ends_in_slash(Eapi::E7));
        assert!(!Variable::Workdir.ends_in_slash(Eapi::E0));
        assert!(
            !Variable::Broot
                .phases_in(Eapi::E7)
                .contains(Phase::Postinst)
        );
        assert!(
            Variable::Broot
                .phases_in(Eapi::E8)
                .contains(Phase::Postinst)
        );
        assert!(Variable::Broot.phases_in(Eapi::E6).is_empty());
    }
}
