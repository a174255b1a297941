//! The phases of a build: their names, the EAPIs that have them, where they run, and what they do by default.

use std::fmt;

use crate::eapi::{Eapi, EapiSet};

/// A phase. The order is that of the short names, which is the order in `DEFINED_PHASES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// `src_compile`
    Compile,
    /// `pkg_config`
    Config,
    /// `src_configure`
    Configure,
    /// `pkg_info`
    Info,
    /// `src_install`
    Install,
    /// `pkg_nofetch`
    Nofetch,
    /// `pkg_postinst`
    Postinst,
    /// `pkg_postrm`
    Postrm,
    /// `pkg_preinst`
    Preinst,
    /// `src_prepare`
    Prepare,
    /// `pkg_prerm`
    Prerm,
    /// `pkg_pretend`
    Pretend,
    /// `pkg_setup`
    Setup,
    /// `src_test`
    Test,
    /// `src_unpack`
    Unpack,
}

/// A set of phases.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhaseSet(u16);

/// What a phase does that the ebuild does not define.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefaultPhase {
    /// Nothing.
    Nothing,
    /// `unpack ${A}`.
    Unpack,
    /// Applies `PATCHES` and user patches; options are possible in `PATCHES`.
    Prepare6,
    /// Applies `PATCHES` and user patches; everything in `PATCHES` is a file.
    Prepare8,
    /// `econf` where there is a configure script.
    Configure,
    /// `econf` if `./configure` is there, then `emake`.
    Compile0,
    /// `econf` if `${ECONF_SOURCE:-.}/configure` is there, then `emake`.
    Compile1,
    /// `emake` if there is a makefile.
    Compile2,
    /// `emake -j1 check` or `emake -j1 test`.
    TestSerial,
    /// `emake check` or `emake test`.
    TestParallel,
    /// `emake install`, then `DOCS`.
    Install4,
    /// `emake install`, then `einstalldocs`.
    Install6,
}

impl Phase {
    /// Every phase, in the order of `DEFINED_PHASES`.
    pub const ALL: [Self; 15] = [
        Self::Compile,
        Self::Config,
        Self::Configure,
        Self::Info,
        Self::Install,
        Self::Nofetch,
        Self::Postinst,
        Self::Postrm,
        Self::Preinst,
        Self::Prepare,
        Self::Prerm,
        Self::Pretend,
        Self::Setup,
        Self::Test,
        Self::Unpack,
    ];

    /// The name in `DEFINED_PHASES` and `EBUILD_PHASE`: `compile`.
    #[must_use]
    pub fn name(self) -> &'static str {
        let function = self.function();
        function.split_once('_').map_or(function, |(_, name)| name)
    }

    /// The name of the function: `src_compile`.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Compile => "src_compile",
            Self::Config => "pkg_config",
            Self::Configure => "src_configure",
            Self::Info => "pkg_info",
            Self::Install => "src_install",
            Self::Nofetch => "pkg_nofetch",
            Self::Postinst => "pkg_postinst",
            Self::Postrm => "pkg_postrm",
            Self::Preinst => "pkg_preinst",
            Self::Prepare => "src_prepare",
            Self::Prerm => "pkg_prerm",
            Self::Pretend => "pkg_pretend",
            Self::Setup => "pkg_setup",
            Self::Test => "src_test",
            Self::Unpack => "src_unpack",
        }
    }

    /// The phase with this short name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }

    /// The EAPIs that have the phase.
    #[must_use]
    pub const fn eapis(self) -> EapiSet {
        match self {
            Self::Pretend => EapiSet::since(Eapi::E4),
            Self::Prepare | Self::Configure => EapiSet::since(Eapi::E2),
            _ => EapiSet::ALL,
        }
    }

    /// The phases of an EAPI, in the order of `DEFINED_PHASES`.
    pub fn of(eapi: Eapi) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |phase| phase.eapis().contains(eapi))
    }

    /// The EAPIs in which `default_<function>` exists and `default` works in this phase.
    #[must_use]
    pub const fn default_function_eapis(self) -> EapiSet {
        match self {
            Self::Nofetch
            | Self::Unpack
            | Self::Prepare
            | Self::Configure
            | Self::Compile
            | Self::Test => EapiSet::since(Eapi::E2),
            Self::Install => EapiSet::since(Eapi::E4),
            _ => EapiSet::NONE,
        }
    }

    /// Returns what runs when the ebuild does not define the phase.
    #[must_use]
    pub const fn default_for(self, eapi: Eapi) -> DefaultPhase {
        let mut default = DefaultPhase::Nothing;
        let mut rest = self.defaults();
        while let Some(((since, next), others)) = rest.split_first() {
            if EapiSet::since(*since).contains(eapi) {
                default = *next;
            }
            rest = others;
        }
        default
    }

    /// What the phase does by default, each since an EAPI and until the next one; oldest first.
    const fn defaults(self) -> &'static [(Eapi, DefaultPhase)] {
        use Eapi::{E0, E1, E2, E4, E5, E6, E8};
        match self {
            Self::Unpack => &[(E0, DefaultPhase::Unpack)],
            Self::Prepare => &[(E6, DefaultPhase::Prepare6), (E8, DefaultPhase::Prepare8)],
            Self::Configure => &[(E2, DefaultPhase::Configure)],
            Self::Compile => &[
                (E0, DefaultPhase::Compile0),
                (E1, DefaultPhase::Compile1),
                (E2, DefaultPhase::Compile2),
            ],
            Self::Test => &[
                (E0, DefaultPhase::TestSerial),
                (E5, DefaultPhase::TestParallel),
            ],
            Self::Install => &[(E4, DefaultPhase::Install4), (E6, DefaultPhase::Install6)],
            Self::Config
            | Self::Info
            | Self::Nofetch
            | Self::Postinst
            | Self::Postrm
            | Self::Preinst
            | Self::Prerm
            | Self::Pretend
            | Self::Setup => &[],
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl PhaseSet {
    /// No phase.
    pub const NONE: Self = Self(0);
    /// Every phase.
    pub const ALL: Self = Self::of(&Phase::ALL);
    /// The `src_*` phases.
    pub const SRC: Self = Self::of(&[
        Phase::Unpack,
        Phase::Prepare,
        Phase::Configure,
        Phase::Compile,
        Phase::Test,
        Phase::Install,
    ]);
    /// The `pkg_*` phases.
    pub const PKG: Self = Self(Self::ALL.0 & !Self::SRC.0);

    /// A set of these phases.
    #[must_use]
    pub const fn of(phases: &[Phase]) -> Self {
        let mut bits = 0;
        let mut rest = phases;
        while let Some((first, others)) = rest.split_first() {
            bits |= 1 << *first as u16;
            rest = others;
        }
        Self(bits)
    }

    /// The set with one more phase.
    #[must_use]
    pub const fn with(self, phase: Phase) -> Self {
        Self(self.0 | 1 << phase as u16)
    }

    /// What is in one of the two sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the phase is in the set.
    #[must_use]
    pub const fn contains(self, phase: Phase) -> bool {
        self.0 & (1 << phase as u16) != 0
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of `DEFINED_PHASES`.
    pub fn iter(self) -> impl Iterator<Item = Phase> {
        Phase::ALL
            .into_iter()
            .filter(move |phase| self.contains(*phase))
    }
}

impl fmt::Debug for PhaseSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Phase::name)).finish()
    }
}

/// Writes the set as `DEFINED_PHASES` is written: names in order, `-` for none.
impl fmt::Display for PhaseSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("-");
        }
        for (index, phase) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(phase.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_short_names() {
        let names: Vec<_> = Phase::ALL.iter().map(|phase| phase.name()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(names, sorted);
        for phase in Phase::ALL {
            assert_eq!(Phase::from_name(phase.name()), Some(phase));
        }
    }

    #[test]
    fn eapis_have_the_phases_of_the_table() {
        let missing = |eapi| {
            Phase::ALL
                .into_iter()
                .filter(move |p| !p.eapis().contains(eapi))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            missing(Eapi::E0),
            [Phase::Configure, Phase::Prepare, Phase::Pretend]
        );
        assert_eq!(missing(Eapi::E2), [Phase::Pretend]);
        assert_eq!(missing(Eapi::E4), []);
        assert_eq!(missing(Eapi::LATEST), []);
    }

    #[test]
    fn src_install_has_no_default_function_before_4() {
        assert!(!Phase::Install.default_function_eapis().contains(Eapi::E3));
        assert!(Phase::Install.default_function_eapis().contains(Eapi::E4));
        assert!(Phase::Setup.default_function_eapis().is_empty());
        assert_eq!(Phase::Install.default_for(Eapi::E3), DefaultPhase::Nothing);
        assert_eq!(Phase::Prepare.default_for(Eapi::E5), DefaultPhase::Nothing);
    }

    #[test]
    fn sets_are_written_like_defined_phases() {
        assert_eq!(PhaseSet::NONE.to_string(), "-");
        assert_eq!(
            PhaseSet::of(&[Phase::Test, Phase::Compile]).to_string(),
            "compile test"
        );
        assert_eq!(PhaseSet::SRC.union(PhaseSet::PKG), PhaseSet::ALL);
        assert!(PhaseSet::NONE.with(Phase::Unpack).contains(Phase::Unpack));
    }
}
