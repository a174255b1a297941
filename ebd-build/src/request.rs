//! What a processor is told for a phase: private variables, the configuration, and the variables of PMS.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use ebd_pms::{ALWAYS_UNSET, Feature, PROFILE_VARIABLES, Phase, Variable};
use ebd_protocol::{Nonce, PhaseRequest};

use super::folder::BuildFolder;
use super::package::{Package, Settings};

/// Where the environment of a phase comes from.
pub(crate) enum Load<'a> {
    /// The ebuild is sourced.
    Ebuild,
    /// What an earlier phase left, as a file that the processor sources.
    Environment(&'a Path),
}

/// Everything that goes into a request.
pub(crate) struct Contents<'a> {
    pub(crate) package: &'a Package,
    pub(crate) settings: &'a Settings,
    pub(crate) folder: &'a BuildFolder,
    pub(crate) phase: Phase,
    pub(crate) load: Load<'a>,
    /// Where the processor writes what it leaves; nothing is saved without.
    pub(crate) dump: Option<&'a Path>,
    /// Where it writes what it was like when it died; nowhere without.
    pub(crate) failure: Option<&'a Path>,
    pub(crate) socket: &'a Path,
    pub(crate) helpers: &'a Path,
    /// Programs that hand their work to the host, in the place of the machine's own.
    pub(crate) handback: Option<&'a Path>,
    /// Whether results of configure scripts are kept.
    pub(crate) confcache: bool,
    pub(crate) colour: bool,
    /// With what the shell adds rules of the sandbox.
    pub(crate) sandbox: &'a str,
}

impl Contents<'_> {
    /// The payload of the request.
    pub(crate) fn to_payload(&self, nonce: &Nonce) -> Vec<u8> {
        let mut request = PhaseRequest::new(nonce);
        self.private(&mut request);
        self.configuration(&mut request);
        self.source_folder(&mut request);
        self.special(&mut request);
        request.to_payload()
    }

    fn private(&self, request: &mut PhaseRequest) {
        let package = self.package;
        let (load, environment) = match self.load {
            Load::Ebuild => ("ebuild", b"".as_slice()),
            Load::Environment(path) => ("environment", path.as_os_str().as_bytes()),
        };
        let dump = self
            .dump
            .map_or(b"".as_slice(), |path| path.as_os_str().as_bytes());
        let failure = self
            .failure
            .map_or(b"".as_slice(), |path| path.as_os_str().as_bytes());
        let minimum = package.eapi.minimum_bash();
        let minimum = u32::from(minimum.major) * 100 + u32::from(minimum.minor);
        request
            .assign("minimum", minimum.to_string().as_bytes())
            .assign("eapi", package.eapi.as_str().as_bytes())
            .assign("phase", self.phase.name().as_bytes())
            .assign("function", self.phase.function().as_bytes())
            .assign("load", load.as_bytes())
            .assign("environment", environment)
            .assign("dump", dump)
            .assign("failure", failure)
            .assign("empty", self.folder.empty().as_os_str().as_bytes())
            .assign(
                "banner",
                banner(self.phase, package, self.settings).as_bytes(),
            )
            .assign("sandbox", self.sandbox.as_bytes())
            .assign("colour", if self.colour { b"1" } else { b"" })
            .assign(
                "iuse_effective",
                self.settings.iuse_effective.join(" ").as_bytes(),
            )
            .assign_list(
                "eclass_dirs",
                package
                    .eclass_dirs
                    .iter()
                    .map(|dir| dir.as_os_str().as_bytes()),
            )
            .assign_list(
                "hooks",
                self.settings
                    .bashrcs
                    .iter()
                    .map(|file| file.as_os_str().as_bytes()),
            );
    }

    /// The configuration, without what must not be set and what the package manager sets itself.
    fn configuration(&self, request: &mut PhaseRequest) {
        let eapi = self.package.eapi;
        let variables = &self.settings.variables;
        let words = |name: &str| -> Vec<&str> {
            variables
                .iter()
                .find(|setting| setting.name == name)
                .and_then(|setting| std::str::from_utf8(&setting.value).ok())
                .unwrap_or_default()
                .split_ascii_whitespace()
                .collect()
        };
        let unset = if eapi.has(Feature::EnvUnset) {
            words("ENV_UNSET")
        } else {
            Vec::new()
        };
        let hidden = if eapi.has(Feature::ExportedVariables) {
            Vec::new()
        } else {
            let mut hidden = PROFILE_VARIABLES.to_vec();
            hidden.extend(words("USE_EXPAND"));
            hidden.extend(words("USE_EXPAND_UNPREFIXED"));
            hidden
        };
        for setting in variables {
            let name = setting.name.as_str();
            if !is_name(name)
                || ALWAYS_UNSET.contains(&name)
                || unset.contains(&name)
                || Variable::from_name(name).is_some()
                || name.starts_with("__ebd_")
                || name.starts_with("__EBD_")
            {
                continue;
            }
            let hide = hidden.contains(&name)
                || (!eapi.has(Feature::ExportedVariables)
                    && name.starts_with("USE_EXPAND_VALUES_"));
            request.setting(name, &setting.value, setting.exported && !hide);
        }
    }

    /// S as it is before the ebuild is sourced.
    fn source_folder(&self, request: &mut PhaseRequest) {
        if matches!(self.load, Load::Ebuild) {
            let folder = self.folder.work().join(self.package.cpv.package().p());
            let exported = Variable::S.is_exported(self.package.eapi);
            request.setting("S", folder.as_os_str().as_bytes(), exported);
        }
    }

    /// The variables of PMS, those of Portage that ebuilds know, and those that helpers read.
    fn special(&self, request: &mut PhaseRequest) {
        let eapi = self.package.eapi;
        for variable in Variable::ALL {
            if variable.eapis().contains(eapi)
                && let Some(value) = self.value(*variable)
            {
                request.special(variable.name(), &value, variable.is_exported(eapi));
            }
        }
        let path = |path: &Path| path.as_os_str().as_bytes().to_vec();
        let package = self.package;
        let exported = eapi.has(Feature::ExportedVariables);
        request.special("EBUILD", &path(&package.ebuild), exported);
        let owner = |id: u32| id.to_string().into_bytes();
        for (name, value) in [
            ("PORTAGE_BUILDDIR", path(self.folder.path())),
            ("PORTAGE_CONFIGROOT", path(&self.settings.config_root)),
            ("PORTAGE_ACTUAL_DISTDIR", path(&self.settings.distdir)),
            ("PORTAGE_TMPDIR", path(&self.settings.tmpdir)),
            ("PORTAGE_REPO_NAME", package.repository.clone().into_bytes()),
            ("PORTAGE_RESTRICT", package.restrict.join(" ").into_bytes()),
            (
                "PORTAGE_PROPERTIES",
                package.properties.join(" ").into_bytes(),
            ),
            (
                "PORTAGE_INST_UID",
                owner(nix::unistd::Uid::effective().as_raw()),
            ),
            (
                "PORTAGE_INST_GID",
                owner(nix::unistd::Gid::effective().as_raw()),
            ),
            ("FEATURES", self.settings.features.join(" ").into_bytes()),
            ("EMERGE_FROM", self.emerge_from().as_bytes().to_vec()),
        ] {
            request.special(name, &value, exported);
        }
        let (d, ed) = (self.image(""), self.image(&self.settings.eprefix));
        let text = |text: &str| text.as_bytes().to_vec();
        for (name, value) in [
            ("__EBD_EAPI", text(eapi.as_str())),
            ("__EBD_D", d),
            ("__EBD_ED", ed),
            ("__EBD_CATEGORY", text(package.cpv.category())),
            ("__EBD_PF", text(&package.cpv.package().pf())),
            ("__EBD_PN", text(package.cpv.pn())),
            ("__EBD_SLOT", text(&package.slot)),
            ("__EBD_PHASE", text(self.phase.name())),
            ("__EBD_NONFATAL", Vec::new()),
            (
                "__EBD_HANDBACK",
                text(if self.handback.is_some() { "1" } else { "" }),
            ),
            (
                "__EBD_CONFCACHE",
                text(if self.confcache { "1" } else { "" }),
            ),
            ("__EBD_SOCKET", path(self.socket)),
            ("__EBD_T", path(&self.folder.temp())),
            ("__EBD_DISTDIR", path(&self.folder.distdir())),
        ] {
            request.special(name, &value, true);
        }
        // The helpers come first, whatever the environment says.
        let own = self
            .settings
            .variables
            .iter()
            .find(|setting| setting.name == "PATH");
        let mut search = Vec::new();
        for folder in self.handback.into_iter().chain([self.helpers]) {
            search.extend_from_slice(folder.as_os_str().as_bytes());
            search.push(b':');
        }
        search.extend_from_slice(own.map_or(DEFAULT_PATH.as_bytes(), |setting| &setting.value));
        request.special("PATH", &search, true);
    }

    /// The image folder with an offset prefix, without a slash at the end.
    fn image(&self, prefix: &str) -> Vec<u8> {
        let mut value = self.folder.image().as_os_str().as_bytes().to_vec();
        if prefix != "/" {
            value.extend_from_slice(prefix.as_bytes());
        }
        value
    }

    /// The value of a variable of PMS; `None` where it is not set here.
    fn value(&self, variable: Variable) -> Option<Vec<u8>> {
        let (package, settings, folder) = (self.package, self.settings, self.folder);
        let version = package.cpv.package();
        let eapi = package.eapi;
        let path = |path: &Path| path.as_os_str().as_bytes().to_vec();
        let text = |text: &str| text.as_bytes().to_vec();
        let mut value = match variable {
            Variable::P => version.p().into_bytes(),
            Variable::Pf => version.pf().into_bytes(),
            Variable::Pn => text(version.pn()),
            Variable::Category => text(package.cpv.category()),
            Variable::Pv => text(version.pv()),
            Variable::Pr => text(version.pr()),
            Variable::Pvr => text(version.pvr()),
            Variable::A => package.distfiles.join(" ").into_bytes(),
            Variable::Aa => package.all_distfiles.join(" ").into_bytes(),
            Variable::Filesdir => path(&folder.files()),
            Variable::Distdir => path(&folder.distdir()),
            Variable::Workdir => path(&folder.work()),
            // It has its value before the ebuild is sourced; later it is the ebuild's.
            Variable::S => return None,
            Variable::Portdir => path(&package.main_repository),
            Variable::Eclassdir => path(&package.main_repository.join("eclass")),
            Variable::Root => text(&settings.root),
            Variable::Eroot => format!("{}{}", settings.root, settings.eprefix).into_bytes(),
            Variable::Sysroot => text(&settings.sysroot),
            Variable::Esysroot => self.esysroot(),
            Variable::Broot => text(&settings.broot),
            Variable::T | Variable::Tmpdir => path(&folder.temp()),
            Variable::Home => path(&folder.home()),
            Variable::Eprefix => text(&settings.eprefix),
            Variable::D => self.image(""),
            Variable::Ed => self.image(&settings.eprefix),
            Variable::Desttree | Variable::Insdesttree => return None,
            Variable::Use => settings.use_flags.join(" ").into_bytes(),
            Variable::EbuildPhase => text(self.phase.name()),
            Variable::EbuildPhaseFunc => text(self.phase.function()),
            Variable::Kv => nix::sys::utsname::uname()
                .map(|names| names.release().as_bytes().to_vec())
                .unwrap_or_default(),
            Variable::MergeType => text(if settings.transition.binary {
                "binary"
            } else {
                "source"
            }),
            Variable::ReplacingVersions => settings.transition.replacing.join(" ").into_bytes(),
            Variable::ReplacedByVersion => text(&settings.transition.replaced_by),
        };
        if variable.ends_in_slash(eapi) {
            value.push(b'/');
        }
        Some(value)
    }

    fn emerge_from(&self) -> &'static str {
        if self.settings.transition.binary {
            "binary"
        } else {
            "ebuild"
        }
    }

    fn esysroot(&self) -> Vec<u8> {
        let settings = self.settings;
        if settings.sysroot == settings.root {
            format!("{}{}", settings.root, settings.eprefix).into_bytes()
        } else if settings.sysroot.is_empty() {
            settings.broot.clone().into_bytes()
        } else {
            settings.sysroot.clone().into_bytes()
        }
    }
}

/// PATH of a configuration that has none.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin";

/// What the processor says when the function is about to run.
fn banner(phase: Phase, package: &Package, settings: &Settings) -> String {
    match phase {
        Phase::Unpack => ">>> Unpacking source...".to_owned(),
        Phase::Prepare => ">>> Preparing source in @PWD@ ...".to_owned(),
        Phase::Configure => ">>> Configuring source in @PWD@ ...".to_owned(),
        Phase::Compile => ">>> Compiling source in @PWD@ ...".to_owned(),
        Phase::Test => format!(">>> Test phase: {}", package.cpv),
        Phase::Install => format!(
            ">>> Install {} into {}/portage/{}/image",
            package.cpv,
            settings.tmpdir.display(),
            package.cpv
        ),
        _ => String::new(),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
