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
    ($($variant:ident $name:literal $group:ident $kind:ident $provided:expr, $banned:expr;)+) => {
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
    Die "die" Control Function ALL, NONE;
    Assert "assert" Control Function U8, S9;
    Pipestatus "pipestatus" Control Function S9, NONE;
    Nonfatal "nonfatal" Control Function S4, NONE;
    Edo "edo" Control Function S9, NONE;
    Default "default" Control Function S2, NONE;

    Einfo "einfo" Output Function ALL, NONE;
    Einfon "einfon" Output Function ALL, NONE;
    Elog "elog" Output Function ALL, NONE;
    Ewarn "ewarn" Output Function ALL, NONE;
    Eqawarn "eqawarn" Output Function S7, NONE;
    Eerror "eerror" Output Function ALL, NONE;
    Ebegin "ebegin" Output Function ALL, NONE;
    Eend "eend" Output Function ALL, NONE;

    Has "has" Query Function ALL, NONE;
    Hasv "hasv" Query Function U7, S8;
    Hasq "hasq" Query Function U7, S8;
    Use "use" Query Function ALL, NONE;
    Usev "usev" Query Function ALL, NONE;
    Useq "useq" Query Function U7, S8;
    UseWith "use_with" Query Function ALL, NONE;
    UseEnable "use_enable" Query Function ALL, NONE;
    Usex "usex" Query Function S5, NONE;
    InIuse "in_iuse" Query Function S6, NONE;
    GetLibdir "get_libdir" Query Function S6, NONE;

    HasVersion "has_version" Version Any ALL, NONE;
    BestVersion "best_version" Version Any ALL, NONE;
    VerCut "ver_cut" Version Function S7, NONE;
    VerRs "ver_rs" Version Function S7, NONE;
    VerTest "ver_test" Version Function S7, NONE;
    VerReplacing "ver_replacing" Version Function S9, NONE;

    Eapply "eapply" Build Any S6, NONE;
    EapplyUser "eapply_user" Build Any S6, NONE;
    Unpack "unpack" Build Any ALL, NONE;
    Econf "econf" Build Function ALL, NONE;
    Emake "emake" Build External ALL, NONE;
    Einstall "einstall" Build Any U5, S6;

    Dobin "dobin" Install External ALL, NONE;
    Doconfd "doconfd" Install External ALL, NONE;
    Dodir "dodir" Install External ALL, NONE;
    Dodoc "dodoc" Install External ALL, NONE;
    Doenvd "doenvd" Install External ALL, NONE;
    Doexe "doexe" Install External ALL, NONE;
    Dohard "dohard" Install External U3, S4;
    Doheader "doheader" Install External S5, NONE;
    Dohtml "dohtml" Install External U6, S7;
    Doinfo "doinfo" Install External ALL, NONE;
    Doinitd "doinitd" Install External ALL, NONE;
    Doins "doins" Install External ALL, NONE;
    Dolib "dolib" Install External U6, S7;
    DolibA "dolib.a" Install External ALL, NONE;
    DolibSo "dolib.so" Install External ALL, NONE;
    Doman "doman" Install External ALL, NONE;
    Domo "domo" Install External U8, S9;
    Dosbin "dosbin" Install External ALL, NONE;
    Dosed "dosed" Install Any U3, S4;
    Dosym "dosym" Install External ALL, NONE;
    Fowners "fowners" Install External ALL, NONE;
    Fperms "fperms" Install External ALL, NONE;
    Keepdir "keepdir" Install External ALL, NONE;
    Newbin "newbin" Install External ALL, NONE;
    Newconfd "newconfd" Install External ALL, NONE;
    Newdoc "newdoc" Install External ALL, NONE;
    Newenvd "newenvd" Install External ALL, NONE;
    Newexe "newexe" Install External ALL, NONE;
    Newheader "newheader" Install External S5, NONE;
    Newinitd "newinitd" Install External ALL, NONE;
    Newins "newins" Install External ALL, NONE;
    NewlibA "newlib.a" Install External ALL, NONE;
    NewlibSo "newlib.so" Install External ALL, NONE;
    Newman "newman" Install External ALL, NONE;
    Newsbin "newsbin" Install External ALL, NONE;
    Einstalldocs "einstalldocs" Install Any S6, NONE;

    Into "into" Destination Function ALL, NONE;
    Insinto "insinto" Destination Function ALL, NONE;
    Exeinto "exeinto" Destination Function ALL, NONE;
    Docinto "docinto" Destination Function ALL, NONE;
    Insopts "insopts" Destination Function ALL, NONE;
    Diropts "diropts" Destination Function ALL, NONE;
    Exeopts "exeopts" Destination Function ALL, NONE;
    Libopts "libopts" Destination Function U6, S7;
    Docompress "docompress" Destination Any S4, NONE;
    Dostrip "dostrip" Destination Any S7, NONE;

    Inherit "inherit" Misc Function ALL, NONE;
    ExportFunctions "EXPORT_FUNCTIONS" Misc Function ALL, NONE;
    DebugPrint "debug-print" Misc Function ALL, NONE;
    DebugPrintFunction "debug-print-function" Misc Function ALL, NONE;
    DebugPrintSection "debug-print-section" Misc Function ALL, NONE;
    Addread "addread" Misc Any ALL, NONE;
    Addwrite "addwrite" Misc Any ALL, NONE;
    Addpredict "addpredict" Misc Any ALL, NONE;
    Adddeny "adddeny" Misc Any ALL, NONE;
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

    /// Returns whether it installs files and is a program in some EAPI. dosed may be either; ebuilds call it as a program.
    #[must_use]
    pub const fn is_install_program(self) -> bool {
        matches!(self.group(), CommandGroup::Install)
            && (matches!(self.base_kind(), CommandKind::External) || matches!(self, Self::Dosed))
    }

    /// Returns what Portage makes of the command in an EAPI: what the EAPI says, but for commands that it provides anyway.
    #[must_use]
    pub const fn offered(self, eapi: Eapi) -> Availability {
        match self {
            Self::Eqawarn if eapi.has(crate::Feature::EqawarnAnyway) => Availability::Provided,
            _ => self.availability(eapi),
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
    fn portage_provides_eqawarn_in_every_eapi() {
        for eapi in Eapi::ALL {
            assert_eq!(Command::Eqawarn.offered(eapi), Availability::Provided);
            assert_eq!(Command::Edo.offered(eapi), Command::Edo.availability(eapi));
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
            format!("{command:22} {cells} {:?}", command.kind(Eapi::LATEST))
        };
        let table: Vec<_> = Command::ALL.iter().map(row).collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
