//! What the install helpers know: exported private variables, in one table.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use ebd_pms::{Eapi, EapiError, Feature};

/// A variable that a phase exports for its helpers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateVariable {
    /// Its name, which begins with `__EBD_`.
    pub name: &'static str,
    /// What a helper takes when it is not exported; `None` if no helper can do without it.
    pub default: Option<&'static str>,
    /// One line on its value.
    pub description: &'static str,
}

macro_rules! variables {
    ($($constant:ident $name:literal $default:expr, $description:literal;)+) => {
        $(const $constant: StateVariable = StateVariable { name: $name, default: $default, description: $description };)+

        /// Every variable that helpers read: what the bash side has to export, and to keep out of saved environments.
        pub const VARIABLES: &[StateVariable] = &[$($constant,)+];
    };
}

variables! {
    EAPI "__EBD_EAPI" None, "the EAPI of the ebuild";
    D "__EBD_D" None, "D, with or without the slash at its end";
    ED "__EBD_ED" Some(""), "ED, with or without the slash at its end; empty: as D";
    CATEGORY "__EBD_CATEGORY" Some(""), "CATEGORY";
    PF "__EBD_PF" Some(""), "PF";
    PN "__EBD_PN" Some(""), "PN";
    SLOT "__EBD_SLOT" Some("0"), "SLOT; a sub-slot is ignored";
    PHASE "__EBD_PHASE" Some(""), "EBUILD_PHASE";
    INTO "__EBD_INTO" Some("/usr"), "what `into` set";
    INSINTO "__EBD_INSINTO" Some(""), "what `insinto` set";
    EXEINTO "__EBD_EXEINTO" Some(""), "what `exeinto` set";
    DOCINTO "__EBD_DOCINTO" Some(""), "what `docinto` set";
    INSOPTIONS "__EBD_INSOPTIONS" Some("-m0644"), "what `insopts` set, joined by spaces";
    EXEOPTIONS "__EBD_EXEOPTIONS" Some("-m0755"), "what `exeopts` set, joined by spaces";
    DIROPTIONS "__EBD_DIROPTIONS" Some("-m0755"), "what `diropts` set, joined by spaces";
    LIBOPTIONS "__EBD_LIBOPTIONS" Some("-m0644"), "what `libopts` set, joined by spaces";
    LIBDIR "__EBD_LIBDIR" Some("lib"), "the answer of `get_libdir`";
    NONFATAL "__EBD_NONFATAL" Some(""), "1 below `nonfatal`";
    SOCKET "__EBD_SOCKET" Some(""), "where the services of the build listen";
    T "__EBD_T" Some(""), "T; requests for owners are recorded in it when the caller is not root";
    DISTDIR "__EBD_DISTDIR" Some(""), "DISTDIR, or the folder that the links in it point into; what these links lead to is installed";
}

/// Why helpers cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A variable that no helper can do without is not exported.
    #[error("{0} is not set; install commands can be called in phases only")]
    Missing(&'static str),
    /// The EAPI cannot be understood.
    #[error("__EBD_EAPI: {0}")]
    Eapi(#[from] EapiError),
}

/// What the install helpers know about the ebuild and the phase that call them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperState {
    /// The EAPI.
    pub eapi: Eapi,
    /// The image folder, without a slash at its end.
    pub d: PathBuf,
    /// The folder that helpers install below: the image folder with the offset prefix. Without a slash at its end.
    pub ed: PathBuf,
    /// `CATEGORY`.
    pub category: OsString,
    /// `PF`.
    pub pf: OsString,
    /// `PN`.
    pub pn: OsString,
    /// `SLOT` without its sub-slot.
    pub slot: OsString,
    /// `EBUILD_PHASE`.
    pub phase: OsString,
    /// What `into` set.
    pub into: OsString,
    /// What `insinto` set.
    pub insinto: OsString,
    /// What `exeinto` set.
    pub exeinto: OsString,
    /// What `docinto` set.
    pub docinto: OsString,
    /// What `insopts` set.
    pub insoptions: OsString,
    /// What `exeopts` set.
    pub exeoptions: OsString,
    /// What `diropts` set.
    pub diroptions: OsString,
    /// What `libopts` set.
    pub liboptions: OsString,
    /// The answer of `get_libdir`.
    pub libdir: OsString,
    /// Whether a failure must not end the build.
    pub nonfatal: bool,
    /// Where the services of the build listen.
    pub socket: Option<PathBuf>,
    /// `T`.
    pub t: Option<PathBuf>,
    /// DISTDIR, or the folder that the links in it point into.
    pub distdir: Option<PathBuf>,
}

impl HelperState {
    /// Reads the state from an environment.
    ///
    /// # Errors
    /// When a variable that has no default is missing, or the EAPI is not known.
    pub fn from_env(env: impl Fn(&str) -> Option<OsString>) -> Result<Self, StateError> {
        let get = |variable: StateVariable| match (env(variable.name), variable.default) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.into()),
            (None, None) => Err(StateError::Missing(variable.name)),
        };
        let folder =
            |variable| get(variable).map(|value| (!value.is_empty()).then(|| PathBuf::from(value)));
        let eapi = Eapi::parse(&get(EAPI)?.to_string_lossy())?;
        let d = without_slash(get(D)?);
        if d.as_os_str().is_empty() {
            return Err(StateError::Missing(D.name));
        }
        let ed = match without_slash(get(ED)?) {
            ed if eapi.has(Feature::OffsetPrefix) && !ed.as_os_str().is_empty() => ed,
            _ => d.clone(),
        };
        let slot = get(SLOT)?;
        let slot = slot.as_bytes().split(|byte| *byte == b'/').next();
        Ok(Self {
            eapi,
            d,
            ed,
            category: get(CATEGORY)?,
            pf: get(PF)?,
            pn: get(PN)?,
            slot: OsString::from_vec(slot.unwrap_or_default().to_vec()),
            phase: get(PHASE)?,
            into: get(INTO)?,
            insinto: get(INSINTO)?,
            exeinto: get(EXEINTO)?,
            docinto: get(DOCINTO)?,
            insoptions: get(INSOPTIONS)?,
            exeoptions: get(EXEOPTIONS)?,
            diroptions: get(DIROPTIONS)?,
            liboptions: get(LIBOPTIONS)?,
            libdir: get(LIBDIR)?,
            nonfatal: get(NONFATAL)?.as_bytes() == b"1",
            socket: folder(SOCKET)?,
            t: folder(T)?,
            distdir: folder(DISTDIR)?,
        })
    }

    /// A path that an ebuild names, below the folder that helpers install to.
    #[must_use]
    pub fn below_ed(&self, path: &OsStr) -> PathBuf {
        let mut joined = self.ed.clone().into_os_string().into_vec();
        joined.push(b'/');
        joined.extend_from_slice(strip_one_slash(path.as_bytes()));
        OsString::from_vec(joined).into()
    }

    /// The offset prefix: what ED has more than D. Empty when there is none.
    #[must_use]
    pub fn eprefix(&self) -> &OsStr {
        let ed = self.ed.as_os_str().as_bytes();
        OsStr::from_bytes(
            ed.strip_prefix(self.d.as_os_str().as_bytes())
                .unwrap_or_default(),
        )
    }

    /// How a path in the image is named to a user: without D.
    #[must_use]
    pub fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        let bytes = path.as_os_str().as_bytes();
        match bytes.strip_prefix(self.d.as_os_str().as_bytes()) {
            Some(rest) if rest.first() == Some(&b'/') => Path::new(OsStr::from_bytes(rest)),
            _ => path,
        }
    }
}

fn strip_one_slash(path: &[u8]) -> &[u8] {
    path.strip_prefix(b"/").unwrap_or(path)
}

fn without_slash(path: OsString) -> PathBuf {
    let mut bytes = path.into_vec();
    while bytes.len() > 1 && bytes.last() == Some(&b'/') {
        bytes.pop();
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::{BTreeSet, HashMap};

    use super::*;

    fn state(values: &[(&str, &str)]) -> Result<HelperState, StateError> {
        let map: HashMap<_, _> = values.iter().copied().collect();
        HelperState::from_env(|name| map.get(name).map(OsString::from))
    }

    #[test]
    fn the_table_is_what_is_read() {
        let read = RefCell::new(BTreeSet::new());
        let _ = HelperState::from_env(|name| {
            read.borrow_mut().insert(name.to_owned());
            Some(if name == "__EBD_EAPI" { "8" } else { "/d" }.into())
        });
        let table: BTreeSet<_> = VARIABLES.iter().map(|row| row.name.to_owned()).collect();
        assert_eq!(table.len(), VARIABLES.len());
        assert_eq!(*read.borrow(), table);
        assert!(table.iter().all(|name| name.starts_with("__EBD_")));
    }

    #[test]
    fn trailing_slashes_and_sub_slots_do_not_matter() {
        let state = state(&[
            ("__EBD_EAPI", "6"),
            ("__EBD_D", "/b/image//"),
            ("__EBD_ED", "/b/image/prefix/"),
            ("__EBD_SLOT", "2/3.1"),
        ])
        .unwrap();
        assert_eq!(state.d, Path::new("/b/image"));
        assert_eq!(state.eprefix(), "/prefix");
        assert_eq!(state.slot, "2");
        for path in ["/etc/x", "etc/x"] {
            assert_eq!(
                state.below_ed(OsStr::new(path)),
                Path::new("/b/image/prefix/etc/x")
            );
        }
        assert_eq!(
            state.shown(Path::new("/b/image/prefix/x")),
            Path::new("/prefix/x")
        );
        assert_eq!(
            state.shown(Path::new("/b/imagex/x")),
            Path::new("/b/imagex/x")
        );
    }

    #[test]
    fn eapis_without_offset_prefix_install_to_d() {
        for (eapi, ed) in [("2", "/d"), ("3", "/d/p")] {
            let state = state(&[
                ("__EBD_EAPI", eapi),
                ("__EBD_D", "/d/"),
                ("__EBD_ED", "/d/p/"),
            ]);
            assert_eq!(state.unwrap().ed, Path::new(ed));
        }
    }

    #[test]
    fn a_missing_variable_is_named() {
        assert_eq!(state(&[]), Err(StateError::Missing("__EBD_EAPI")));
        assert_eq!(
            state(&[("__EBD_EAPI", "8")]),
            Err(StateError::Missing("__EBD_D"))
        );
        assert_eq!(
            state(&[("__EBD_EAPI", "8"), ("__EBD_D", "")]),
            Err(StateError::Missing("__EBD_D"))
        );
        assert!(matches!(
            state(&[("__EBD_EAPI", "x y"), ("__EBD_D", "/d")]),
            Err(StateError::Eapi(_))
        ));
    }
}
