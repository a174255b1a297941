//! What EAPIs differ in: one table of features, each with the EAPIs that have it.

use std::fmt;

use crate::eapi::Eapi::{self, E1, E2, E3, E4, E5, E6, E7, E8, E9};
use crate::eapi::EapiSet;

macro_rules! features {
    ($($(#[doc = $doc:literal])+ $variant:ident, $name:literal, $eapis:expr;)+) => {
        /// Something that some EAPIs have and others do not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Feature {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Feature {
            /// Every feature, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// A stable name of lower-case words joined by `_`, for generated code and messages.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// One line that says what the feature is.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)+).trim_ascii_start(),)+ }
            }

            /// The EAPIs that have it.
            #[must_use]
            pub const fn eapis(self) -> EapiSet {
                match self { $(Self::$variant => $eapis,)+ }
            }
        }
    };
}

const fn since(first: Eapi) -> EapiSet {
    EapiSet::since(first)
}

const fn until(last: Eapi) -> EapiSet {
    EapiSet::until(last)
}

features! {
    // Sourcing and the shell environment.
    /// A glob without a match is an error in global scope.
    GlobalFailglob, "global_failglob", since(E6);
    /// The locale sorts and classifies ASCII as POSIX does.
    PosixLocale, "posix_locale", since(E6);
    /// Variables that the package manager sets are exported.
    ExportedVariables, "exported_variables", until(E8);
    /// The profile's `ENV_UNSET` removes variables from the environment.
    EnvUnset, "env_unset", since(E7);
    /// ROOT, EROOT, D and ED end in a slash.
    TrailingSlash, "trailing_slash", until(E6);
    /// EPREFIX, ED and EROOT exist and installation goes below them.
    OffsetPrefix, "offset_prefix", since(E3);
    /// Phases without a folder of their own start in an empty one.
    EmptyWorkdir, "empty_workdir", since(E8);
    /// A missing S is an error unless no phase could have made it; before, WORKDIR is used instead.
    StrictS, "strict_s", since(E4);
    /// The names in `USE` are exactly the enabled members of `IUSE_EFFECTIVE`.
    StrictUse, "strict_use", since(E5);
    /// The profile adds flags to `IUSE_EFFECTIVE`.
    ProfileIuse, "profile_iuse", since(E5);

    // Metadata.
    /// A flag in IUSE may carry a default, `+` or `-`.
    IuseDefaults, "iuse_defaults", since(E1);
    /// An unset RDEPEND takes the value of DEPEND.
    RdependFallback, "rdepend_fallback", until(E3);
    /// PROPERTIES and DEFINED_PHASES have to be recorded.
    MandatoryPhases, "mandatory_phases", since(E4);
    /// REQUIRED_USE exists.
    RequiredUse, "required_use", since(E4);
    /// BDEPEND exists.
    Bdepend, "bdepend", since(E7);
    /// IDEPEND exists.
    Idepend, "idepend", since(E8);
    /// SLOT may have a sub-slot.
    SubSlots, "sub_slots", since(E5);

    // Dependency syntax.
    /// A dependency may name a slot.
    SlotDeps, "slot_deps", since(E1);
    /// A dependency may have a sub-slot or a slot operator.
    SlotOperators, "slot_operators", since(E5);
    /// A dependency may ask for USE flags.
    UseDeps, "use_deps", since(E2);
    /// A USE dependency may say what holds when the flag does not exist.
    UseDepDefaults, "use_dep_defaults", since(E4);
    /// `!!` is a strong blocker.
    StrongBlockers, "strong_blockers", since(E2);
    /// REQUIRED_USE may have `??` groups.
    AtMostOneOf, "at_most_one_of", since(E5);
    /// SRC_URI may rename with `->`.
    SrcUriArrows, "src_uri_arrows", since(E2);
    /// A URI may carry `fetch+` or `mirror+`.
    SelectiveFetch, "selective_fetch", since(E8);
    /// `||` and `^^` groups that evaluate to nothing count as matched.
    EmptyGroupsMatch, "empty_groups_match", until(E6);

    // Phases and defaults.
    /// `default` and the `default_*` functions exist.
    DefaultFunctions, "default_functions", since(E2);
    /// pkg_info may run for a package that is not installed.
    InfoUninstalled, "info_uninstalled", since(E4);
    /// src_test may build in parallel.
    ParallelTest, "parallel_test", since(E5);

    // Commands.
    /// Helpers end the build when they fail.
    HelpersDie, "helpers_die", since(E4);
    /// `die -n` and `assert -n` respect nonfatal.
    DieRespectsNonfatal, "die_respects_nonfatal", since(E6);
    /// die works from a subshell.
    DieInSubshell, "die_in_subshell", since(E7);
    /// nonfatal is an external program too.
    ExternalNonfatal, "external_nonfatal", since(E7);
    /// Output commands may write to standard output.
    OutputToStdout, "output_to_stdout", until(E6);
    /// has_version and best_version take `--host-root`.
    QueryHostRoot, "query_host_root", EapiSet::between(E5, E6);
    /// has_version and best_version take `-b`, `-d` and `-r`.
    QueryRoots, "query_roots", since(E7);
    /// econf passes `--disable-dependency-tracking`.
    EconfDependencyTracking, "econf_dependency_tracking", since(E4);
    /// econf passes `--disable-silent-rules`.
    EconfSilentRules, "econf_silent_rules", since(E5);
    /// econf passes `--docdir` and `--htmldir`.
    EconfDocdir, "econf_docdir", since(E6);
    /// econf passes `--with-sysroot`.
    EconfSysroot, "econf_sysroot", since(E7);
    /// econf passes `--datarootdir`.
    EconfDatarootdir, "econf_datarootdir", since(E8);
    /// econf passes `--disable-static`.
    EconfDisableStatic, "econf_disable_static", since(E8);
    /// `dodoc -r` installs folders.
    DodocRecursive, "dodoc_recursive", since(E4);
    /// doins installs symbolic links as such.
    DoinsSymlinks, "doins_symlinks", since(E4);
    /// An empty third argument of use_with and use_enable yields `--with-x=`.
    UseWithEmptyValue, "use_with_empty_value", since(E4);
    /// Asking for a flag outside IUSE_EFFECTIVE is an error.
    UnknownFlagIsError, "unknown_flag_is_error", since(E4);
    /// doman takes the language from the file name.
    DomanLanguage, "doman_language", since(E2);
    /// `doman -i18n` beats the file name.
    DomanI18nWins, "doman_i18n_wins", since(E4);
    /// The new* commands read standard input for `-`.
    NewStdin, "new_stdin", since(E5);
    /// domo installs below the folder that `into` set; later, always below /usr.
    DomoInto, "domo_into", until(E6);
    /// `dosym -r` makes relative links.
    DosymRelative, "dosym_relative", since(E8);
    /// usev takes a second argument.
    UsevValue, "usev_value", since(E8);
    /// insopts applies to doconfd, doenvd and doheader.
    InsoptsWide, "insopts_wide", until(E7);
    /// exeopts applies to doinitd.
    ExeoptsWide, "exeopts_wide", until(E7);
    /// unpack takes absolute and relative paths.
    UnpackPaths, "unpack_paths", since(E6);
    /// unpack ignores the case of file name extensions.
    UnpackAnyCase, "unpack_any_case", since(E6);
    /// unpack knows `.xz` and `.tar.xz`.
    UnpackXz, "unpack_xz", since(E3);
    /// unpack knows `.txz`.
    UnpackTxz, "unpack_txz", since(E6);
    /// unpack knows `.7z`.
    Unpack7z, "unpack_7z", until(E7);
    /// unpack knows `.rar`.
    UnpackRar, "unpack_rar", until(E7);
    /// unpack knows `.lha` and its other spellings.
    UnpackLha, "unpack_lha", until(E7);
    /// docompress decides what is compressed.
    ControllableCompression, "controllable_compression", since(E4);
    /// dostrip decides what is stripped.
    ControllableStripping, "controllable_stripping", since(E7);
    /// patch understands everything GNU patch 2.7 does.
    Patch27, "patch_2_7", since(E7);
    /// find and xargs are the GNU ones.
    GnuFind, "gnu_find", since(E5);

    // Merging and profiles.
    /// Modification times of installed files are kept.
    KeepMtimes, "keep_mtimes", since(E3);
    /// An absolute link target that begins with D loses it.
    SymlinkRewriting, "symlink_rewriting", until(E8);
    /// Profiles have stable masks and forces of USE flags.
    StableMasks, "stable_masks", since(E5);
    /// Profile files may be folders.
    ProfileDirectories, "profile_directories", since(E7);
    /// Profiles may say which packages are provided.
    PackageProvided, "package_provided", until(E6);
    /// Files in profiles/updates may have any name.
    UpdatesAnyName, "updates_any_name", since(E8);
    /// Profiles have use.stable and package.use.stable.
    UseStable, "use_stable", since(E9);
    /// A profile without an EAPI takes that of the repository.
    ProfileEapiDefault, "profile_eapi_default", since(E9);

    // What Portage does that the specification does not say.
    /// eqawarn exists although the EAPI does not have it.
    EqawarnAnyway, "eqawarn_anyway", until(E6);
    /// REQUIRED_USE is recorded although the EAPI does not have it.
    RequiredUseRecorded, "required_use_recorded", until(E3);
    /// Empty directories are removed from the image.
    EmptyFoldersRemoved, "empty_folders_removed", since(E8);
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_fit_for_bash() {
        let names: HashSet<_> = Feature::ALL.iter().map(|feature| feature.name()).collect();
        assert_eq!(names.len(), Feature::ALL.len());
        for name in names {
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
        }
    }

    #[test]
    fn every_feature_belongs_to_some_but_not_all_eapis() {
        for feature in Feature::ALL {
            assert!(
                !feature.eapis().is_empty() && feature.eapis() != EapiSet::ALL,
                "{feature}"
            );
            assert!(!feature.description().is_empty());
        }
    }

    #[test]
    fn the_table_is_what_reviews_have_seen() {
        let table: Vec<_> = Feature::ALL
            .iter()
            .map(|f| format!("{f:26} {}", f.eapis()))
            .collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
