//! The commands that ebuilds may call, and what each EAPI says about them.

use std::fmt;

use crate::eapi::{Eapi, EapiSet};

/// What an EAPI says about a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Availability {
    /// The package manager provides it.
    Provided,
    /// It does not exist: no stub may be defined, since eclasses probe for it and define their own.
    Absent,
    /// Calling it ends the build.
    Banned,
}

/// How a command has to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandKind {
    /// A shell function; it sees and changes shell state.
    Function,
    /// A program that `xargs` and `find` can call.
    External,
    /// A function and a program.
    Both,
    /// The specification leaves it open.
    Any,
}

/// Where a command may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandScope {
    /// In global scope and in phases.
    Everywhere,
    /// In global scope only.
    Global,
    /// In global scope of an eclass only.
    Eclass,
    /// In phases only.
    Phases,
}

/// What a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandGroup {
    /// die, nonfatal and kin.
    Control,
    /// Messages.
    Output,
    /// Lists and USE flags.
    Query,
    /// Installed packages and versions.
    Version,
    /// Patching, unpacking, building.
    Build,
    /// Installing files.
    Install,
    /// Where and how the install commands put files.
    Destination,
    /// Eclasses, debugging and the sandbox.
    Misc,
}

macro_rules! commands {
    ($($variant:ident $name:literal $group:ident $kind:ident $scope:ident $provided:expr, $banned:expr;)+) => {
        /// A command of the specification.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Command {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl Command {
            /// Every command, by subject.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The command word.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is about.
            #[must_use]
            pub const fn group(self) -> CommandGroup {
                match self { $(Self::$variant => CommandGroup::$group,)+ }
            }

            /// Where it may be called.
            #[must_use]
            pub const fn scope(self) -> CommandScope {
                match self { $(Self::$variant => CommandScope::$scope,)+ }
            }

            /// The EAPIs that provide it.
            #[must_use]
            pub const fn provided(self) -> EapiSet {
                match self { $(Self::$variant => $provided,)+ }
            }

            /// The EAPIs that ban it.
            #[must_use]
            pub const fn banned(self) -> EapiSet {
                match self { $(Self::$variant => $banned,)+ }
            }

            const fn base_kind(self) -> CommandKind {
                match self { $(Self::$variant => CommandKind::$kind,)+ }
            }
        }
    };
}

const ALL: EapiSet = EapiSet::ALL;
const NONE: EapiSet = EapiSet::NONE;
const U3: EapiSet = EapiSet::until(Eapi::E3);
const U5: EapiSet = EapiSet::until(Eapi::E5);
const U6: EapiSet = EapiSet::until(Eapi::E6);
const U7: EapiSet = EapiSet::until(Eapi::E7);
const U8: EapiSet = EapiSet::until(Eapi::E8);
const S2: EapiSet = EapiSet::since(Eapi::E2);
const S4: EapiSet = EapiSet::since(Eapi::E4);
const S5: EapiSet = EapiSet::since(Eapi::E5);
const S6: EapiSet = EapiSet::since(Eapi::E6);
const S7: EapiSet = EapiSet::since(Eapi::E7);
const S8: EapiSet = EapiSet::since(Eapi::E8);
const S9: EapiSet = EapiSet::since(Eapi::E9);

commands! {
    Die "die" Control Function Everywhere ALL, NONE;
    Assert "assert" Control Function Phases U8, S9;
    Pipestatus "pipestatus" Control Function Phases S9, NONE;
    Nonfatal "nonfatal" Control Function Phases S4, NONE;
    Edo "edo" Control Function Phases S9, NONE;
    Default "default" Control Function Phases S2, NONE;

    Einfo "einfo" Output Function Everywhere ALL, NONE;
    Einfon "einfon" Output Function Everywhere ALL, NONE;
    Elog "elog" Output Function Everywhere ALL, NONE;
    Ewarn "ewarn" Output Function Everywhere ALL, NONE;
    Eqawarn "eqawarn" Output Function Everywhere S7, NONE;
    Eerror "eerror" Output Function Everywhere ALL, NONE;
    Ebegin "ebegin" Output Function Everywhere ALL, NONE;
    Eend "eend" Output Function Everywhere ALL, NONE;

    Has "has" Query Function Everywhere ALL, NONE;
    Hasv "hasv" Query Function Everywhere U7, S8;
    Hasq "hasq" Query Function Everywhere U7, S8;
    Use "use" Query Function Phases ALL, NONE;
    Usev "usev" Query Function Phases ALL, NONE;
    Useq "useq" Query Function Phases U7, S8;
    UseWith "use_with" Query Function Phases ALL, NONE;
    UseEnable "use_enable" Query Function Phases ALL, NONE;
    Usex "usex" Query Function Phases S5, NONE;
    InIuse "in_iuse" Query Function Phases S6, NONE;
    GetLibdir "get_libdir" Query Function Everywhere S6, NONE;

    HasVersion "has_version" Version Any Phases ALL, NONE;
    BestVersion "best_version" Version Any Phases ALL, NONE;
    VerCut "ver_cut" Version Function Everywhere S7, NONE;
    VerRs "ver_rs" Version Function Everywhere S7, NONE;
    VerTest "ver_test" Version Function Everywhere S7, NONE;
    VerReplacing "ver_replacing" Version Function Everywhere S9, NONE;

    Eapply "eapply" Build Any Phases S6, NONE;
    EapplyUser "eapply_user" Build Any Phases S6, NONE;
    Unpack "unpack" Build Any Phases ALL, NONE;
    Econf "econf" Build Function Phases ALL, NONE;
    Emake "emake" Build External Phases ALL, NONE;
    Einstall "einstall" Build Any Phases U5, S6;

    Dobin "dobin" Install External Phases ALL, NONE;
    Doconfd "doconfd" Install External Phases ALL, NONE;
    Dodir "dodir" Install External Phases ALL, NONE;
    Dodoc "dodoc" Install External Phases ALL, NONE;
    Doenvd "doenvd" Install External Phases ALL, NONE;
    Doexe "doexe" Install External Phases ALL, NONE;
    Dohard "dohard" Install External Phases U3, S4;
    Doheader "doheader" Install External Phases S5, NONE;
    Dohtml "dohtml" Install External Phases U6, S7;
    Doinfo "doinfo" Install External Phases ALL, NONE;
    Doinitd "doinitd" Install External Phases ALL, NONE;
    Doins "doins" Install External Phases ALL, NONE;
    Dolib "dolib" Install External Phases U6, S7;
    DolibA "dolib.a" Install External Phases ALL, NONE;
    DolibSo "dolib.so" Install External Phases ALL, NONE;
    Doman "doman" Install External Phases ALL, NONE;
    Domo "domo" Install External Phases U8, S9;
    Dosbin "dosbin" Install External Phases ALL, NONE;
    Dosed "dosed" Install Any Phases U3, S4;
    Dosym "dosym" Install External Phases ALL, NONE;
    Fowners "fowners" Install External Phases ALL, NONE;
    Fperms "fperms" Install External Phases ALL, NONE;
    Keepdir "keepdir" Install External Phases ALL, NONE;
    Newbin "newbin" Install External Phases ALL, NONE;
    Newconfd "newconfd" Install External Phases ALL, NONE;
    Newdoc "newdoc" Install External Phases ALL, NONE;
    Newenvd "newenvd" Install External Phases ALL, NONE;
    Newexe "newexe" Install External Phases ALL, NONE;
    Newheader "newheader" Install External Phases S5, NONE;
    Newinitd "newinitd" Install External Phases ALL, NONE;
    Newins "newins" Install External Phases ALL, NONE;
    NewlibA "newlib.a" Install External Phases ALL, NONE;
    NewlibSo "newlib.so" Install External Phases ALL, NONE;
    Newman "newman" Install External Phases ALL, NONE;
    Newsbin "newsbin" Install External Phases ALL, NONE;
    Einstalldocs "einstalldocs" Install Any Phases S6, NONE;

    Into "into" Destination Function Phases ALL, NONE;
    Insinto "insinto" Destination Function Phases ALL, NONE;
    Exeinto "exeinto" Destination Function Phases ALL, NONE;
    Docinto "docinto" Destination Function Phases ALL, NONE;
    Insopts "insopts" Destination Function Phases ALL, NONE;
    Diropts "diropts" Destination Function Phases ALL, NONE;
    Exeopts "exeopts" Destination Function Phases ALL, NONE;
    Libopts "libopts" Destination Function Phases U6, S7;
    Docompress "docompress" Destination Any Phases S4, NONE;
    Dostrip "dostrip" Destination Any Phases S7, NONE;

    Inherit "inherit" Misc Function Global ALL, NONE;
    ExportFunctions "EXPORT_FUNCTIONS" Misc Function Eclass ALL, NONE;
    DebugPrint "debug-print" Misc Function Everywhere ALL, NONE;
    DebugPrintFunction "debug-print-function" Misc Function Everywhere ALL, NONE;
    DebugPrintSection "debug-print-section" Misc Function Everywhere ALL, NONE;
    Addread "addread" Misc Any Phases ALL, NONE;
    Addwrite "addwrite" Misc Any Phases ALL, NONE;
    Addpredict "addpredict" Misc Any Phases ALL, NONE;
    Adddeny "adddeny" Misc Any Phases ALL, NONE;
}

impl Command {
    /// The command with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|command| command.name() == name)
    }

    /// What an EAPI says about the command.
    #[must_use]
    pub const fn availability(self, eapi: Eapi) -> Availability {
        if self.provided().contains(eapi) {
            Availability::Provided
        } else if self.banned().contains(eapi) {
            Availability::Banned
        } else {
            Availability::Absent
        }
    }

    /// Whether an EAPI wants the command as a function, as a program, or as both.
    #[must_use]
    pub const fn kind(self, eapi: Eapi) -> CommandKind {
        match self {
            Self::Nonfatal if eapi.has(crate::Feature::ExternalNonfatal) => CommandKind::Both,
            _ => self.base_kind(),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        let names: HashSet<_> = Command::ALL.iter().map(|command| command.name()).collect();
        assert_eq!(names.len(), Command::ALL.len());
        for command in Command::ALL {
            assert_eq!(Command::from_name(command.name()), Some(*command));
        }
        for absent in ["newinfo", "newmo", "newlib", "newhtml"] {
            assert_eq!(Command::from_name(absent), None);
        }
    }

    #[test]
    fn nothing_is_provided_and_banned_at_once_and_bans_are_final() {
        for command in Command::ALL {
            assert!(
                command.provided().intersection(command.banned()).is_empty(),
                "{command}"
            );
            if !command.banned().is_empty() {
                assert_eq!(
                    command.provided().union(command.banned()),
                    EapiSet::ALL,
                    "{command}"
                );
                assert!(command.banned().contains(Eapi::LATEST), "{command}");
            }
        }
    }

    #[test]
    fn the_table_is_what_reviews_have_seen() {
        let row = |command: &Command| {
            let cells: String = Eapi::ALL
                .iter()
                .map(|eapi| match command.availability(*eapi) {
                    Availability::Provided => 'y',
                    Availability::Absent => '-',
                    Availability::Banned => 'B',
                })
                .collect();
            format!(
                "{command:22} {cells} {:?} {:?}",
                command.kind(Eapi::LATEST),
                command.scope()
            )
        };
        let table: Vec<_> = Command::ALL.iter().map(row).collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
