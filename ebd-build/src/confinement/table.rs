//! Which phases are confined, as Portage has it.

use ebd_pms::{Phase, PhaseSet};

use crate::package::{Package, Settings};

/// What of a phase is confined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Confines {
    /// Which files it writes.
    pub(crate) files: bool,
    /// The network.
    pub(crate) network: bool,
    /// IPC objects.
    pub(crate) ipc: bool,
}

impl Confines {
    pub(crate) fn anything(self) -> bool {
        self.files || self.network || self.ipc
    }
}

/// Phases that change the system, or look at it before anything is built.
const OF_THE_SYSTEM: PhaseSet = PhaseSet::of(&[
    Phase::Pretend,
    Phase::Setup,
    Phase::Config,
    Phase::Info,
    Phase::Preinst,
    Phase::Postinst,
    Phase::Prerm,
    Phase::Postrm,
]);

/// Phases that only `usersandbox` confines when they run without privileges.
const BUILDING: PhaseSet = PhaseSet::of(&[Phase::Configure, Phase::Compile, Phase::Test]);

/// What of a phase is confined. `dropped` says whether it runs as a user without privileges.
pub(crate) fn confines(
    phase: Phase,
    package: &Package,
    settings: &Settings,
    dropped: bool,
) -> Confines {
    if OF_THE_SYSTEM.contains(phase) {
        return Confines::default();
    }
    let feature = |name: &str| settings.has_feature(name);
    let property = |name: &str| package.properties.iter().any(|word| word == name);
    let user_free = feature("userpriv")
        && !feature("usersandbox")
        && !package.restricts("userpriv")
        && !package.restricts("nouserpriv");
    let files = if BUILDING.contains(phase) && user_free {
        false
    } else if dropped {
        feature("usersandbox")
    } else {
        feature("sandbox") || feature("usersandbox")
    };
    let networked = !feature("network-sandbox")
        || package.restricts("network-sandbox")
        || (phase == Phase::Unpack && property("live"))
        || (phase == Phase::Test && property("test_network"));
    Confines {
        files,
        network: !networked,
        ipc: feature("ipc-sandbox"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use ebd_pms::{Cpv, Eapi};

    use super::*;

    const DEFAULTS: &str = "ipc-sandbox network-sandbox sandbox userpriv usersandbox";

    fn look(
        phase: Phase,
        features: &str,
        restrict: &str,
        properties: &str,
        dropped: bool,
    ) -> String {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let package = Package {
            ebuild: PathBuf::new(),
            cpv: Cpv::parse("a/b-1").unwrap(),
            eapi: Eapi::E8,
            slot: "0".to_owned(),
            defined_phases: PhaseSet::ALL,
            eclasses: Vec::new(),
            eclass_dirs: Vec::new(),
            repository: String::new(),
            main_repository: PathBuf::new(),
            restrict: words(restrict),
            properties: words(properties),
            distfiles: Vec::new(),
            all_distfiles: Vec::new(),
        };
        let settings = Settings {
            features: words(features),
            ..Settings::default()
        };
        let found = confines(phase, &package, &settings, dropped);
        let parts = [
            (found.files, "files"),
            (found.network, "network"),
            (found.ipc, "ipc"),
        ];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, name)| *name)
            .collect();
        parts.join(" ")
    }

    #[test]
    fn phases_of_the_system_are_free_and_the_others_are_not() {
        for phase in Phase::ALL {
            let free = OF_THE_SYSTEM.contains(phase);
            let expected = if free { "" } else { "files network ipc" };
            assert_eq!(look(phase, DEFAULTS, "", "", true), expected, "{phase}");
            assert_eq!(look(phase, "", "", "", true), "", "{phase}");
        }
    }

    #[test]
    fn words_of_the_package_lift_the_network() {
        let network = |phase, restrict, properties| {
            look(phase, DEFAULTS, restrict, properties, true).contains("network")
        };
        assert!(!network(Phase::Compile, "network-sandbox", ""));
        assert!(!network(Phase::Test, "", "test_network"));
        assert!(network(Phase::Compile, "", "test_network"));
        assert!(!network(Phase::Unpack, "", "live"));
        assert!(network(Phase::Prepare, "", "live"));
    }

    #[test]
    fn files_depend_on_who_runs_the_phase() {
        let files = |phase, features, restrict, dropped| {
            look(phase, features, restrict, "", dropped).contains("files")
        };
        assert!(!files(Phase::Unpack, "sandbox userpriv", "", true));
        assert!(files(Phase::Install, "sandbox userpriv", "", false));
        assert!(!files(Phase::Compile, "sandbox userpriv", "", false));
        assert!(files(Phase::Compile, "sandbox userpriv", "userpriv", false));
        assert!(files(Phase::Compile, "sandbox", "", false));
        assert!(!files(Phase::Compile, "sandbox", "", true));
        assert!(files(Phase::Compile, "usersandbox", "", true));
        assert!(!files(Phase::Install, "userpriv", "", false));
    }
}
