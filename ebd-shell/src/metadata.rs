//! One ebuild's metadata, as `bash-lib/metadata.bash` makes it.

use std::path::Path;
use std::rc::Rc;

use ebd_pms::{Accumulated, Eapi, Feature, Key, Phase};

use crate::code::Script;
use crate::error::{Abort, Cause, Run, Stop, unsupported};
use crate::meter;
use crate::name::{Name, NameMap};
use crate::pms::{self, Eclasses, Native, Pms};
use crate::shell::{Limits, Names, Shell};
use crate::text::{Plain, Recorder, Text};
use crate::vars::{Attributes, Value};

/// Which ebuild is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Ebuild<'a> {
    /// Its EAPI, which its text says.
    pub eapi: Eapi,
    /// CATEGORY.
    pub category: &'a str,
    /// PN.
    pub pn: &'a str,
    /// PV.
    pub pv: &'a str,
    /// PR.
    pub pr: &'a str,
    /// PVR.
    pub pvr: &'a str,
    /// The file.
    pub path: &'a Path,
}

/// The values of an ebuild's metadata variables. White space is folded; what is empty is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    values: Vec<(&'static str, Vec<u8>)>,
}

impl Metadata {
    /// The value of a key, empty when there is none: a metadata variable, `DEFINED_PHASES`, `INHERIT` or `INHERITED`.
    #[must_use]
    pub fn get(&self, key: &str) -> &[u8] {
        self.values
            .iter()
            .find(|(found, _)| *found == key)
            .map_or(&[], |(_, value)| value)
    }

    /// All keys with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        self.values
            .iter()
            .map(|(key, value)| (*key, value.as_slice()))
    }
}

/// Evaluates ebuilds. One for each thread; what it needs is made once.
pub struct Engine {
    names: Names,
    pms_names: pms::Names,
    commands: NameMap<Native<Plain>>,
    phases: Vec<(Name, Phase)>,
    limits: Limits,
    watch: Option<meter::Watch>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// An engine with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// An engine with limits.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            names: Names::default(),
            pms_names: pms::Names::default(),
            commands: pms::commands(),
            phases: Phase::ALL
                .iter()
                .map(|phase| (Name::new(phase.function().as_bytes()), *phase))
                .collect(),
            limits,
            watch: None,
        }
    }

    /// Lets `watch` end evaluations: it is asked many times a second, also while a pattern is matched, and ends the evaluation with
    /// [`Cause::Stopped`] when it returns true.
    #[must_use]
    pub fn watched_by(mut self, watch: impl Fn() -> bool + 'static) -> Self {
        self.watch = Some(Rc::new(watch));
        self
    }

    /// Evaluates an ebuild.
    ///
    /// # Errors
    /// Why there is no metadata: an error of the ebuild, or [`Cause::Fallback`] when bash must be asked.
    pub fn evaluate(
        &self,
        ebuild: &Ebuild<'_>,
        script: &Script,
        eclasses: &dyn Eclasses,
    ) -> Result<Metadata, Box<Abort>> {
        self.with_shell(&self.commands, self.limits, ebuild, eclasses, |shell| {
            pms::run_file(shell, script)?;
            let values = self.finish(shell)?;
            Ok(Metadata {
                values: values
                    .into_iter()
                    .map(|(key, value)| (key, value.into_bytes()))
                    .collect(),
            })
        })
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn commands(&self) -> &NameMap<Native<Plain>> {
        &self.commands
    }

    /// Runs something in a shell that is prepared for an ebuild.
    pub(crate) fn with_shell<T: Text, R>(
        &self,
        commands: &NameMap<Native<T>>,
        limits: Limits,
        ebuild: &Ebuild<'_>,
        eclasses: &dyn Eclasses,
        run: impl FnOnce(&mut Shell<'_, T>) -> Run<R>,
    ) -> Result<R, Box<Abort>> {
        let _metered = meter::begin(limits.bytes, self.watch.clone());
        let pms = Pms {
            eapi: ebuild.eapi,
            eclasses,
            commands,
            joined: Default::default(),
            inherit: T::default(),
            exports: Vec::new(),
            depth: 0,
            names: &self.pms_names,
        };
        let compat = ebuild.eapi.bash_compat();
        let compat = u32::from(compat.major) * 10 + u32::from(compat.minor);
        let mut shell = Shell::new(&self.names, pms, compat, limits);
        shell.options.failglob = ebuild.eapi.has(Feature::GlobalFailglob);
        set_variables(&mut shell, ebuild);
        let result = match (run(&mut shell), meter::check()) {
            // Whatever it did or found last, it did with texts that lack something.
            (_, Err(stop)) => Err(shell.locate(stop)),
            (result, Ok(())) => result,
        };
        result.map_err(|stop| match stop {
            Stop::Abort(abort) => abort,
            Stop::Exit(status) | Stop::Return(status) => Box::new(Abort {
                cause: Cause::Exited(status),
                stack: Vec::new(),
                printed: shell.printed,
            }),
            Stop::Break(_) | Stop::Continue(_) => Box::new(Abort {
                cause: Cause::Fallback(crate::Fallback::Unsupported("break without a loop")),
                stack: Vec::new(),
                printed: shell.printed,
            }),
        })
    }

    /// The keys that have a value, with their values.
    pub(crate) fn finish<T: Text>(&self, shell: &mut Shell<'_, T>) -> Run<Vec<(&'static str, T)>> {
        if shell.status != 0 {
            return Err(shell.locate(Cause::SourceStatus(shell.status).into()));
        }
        for row in Accumulated::ALL {
            check_variable(shell, &Name::new(row.key.as_str().as_bytes()))?;
        }
        self.join(shell)?;
        let mut phases: Vec<T> = Vec::new();
        for (name, phase) in &self.phases {
            if phase_exists(shell.pms.eapi, *phase) && shell.functions.contains_key(name) {
                let marks = shell.recorder.definition(name);
                phases.push(T::of(phase.name().as_bytes().to_vec(), &marks));
            }
        }
        if phases.is_empty() {
            phases.push(T::of(b"-".to_vec(), &T::Marks::default()));
        }
        let phases = T::join(&phases, b" ", &T::Marks::default());
        shell.options.noglob = true;
        let eapi = shell.pms.eapi;
        let mut values = Vec::with_capacity(20);
        for key in Key::ALL {
            if key.is_computed() || !key.is_recorded(eapi) {
                continue;
            }
            let name = Name::new(key.as_str().as_bytes());
            check_variable(shell, &name)?;
            let Some(value) = shell.vars.scalar(&name).filter(|value| !value.is_empty()) else {
                continue;
            };
            let value = value.clone();
            values.push((key.as_str(), shell.folded(&value)));
        }
        values.push((Key::DefinedPhases.as_str(), phases));
        values.push((
            Key::Inherit.as_str(),
            std::mem::take(&mut shell.pms.inherit),
        ));
        let inherited = shell.vars.scalar(&shell.pms.names.inherited);
        values.push(("INHERITED", inherited.cloned().unwrap_or_default()));
        Ok(values)
    }

    /// Joins what the ebuild assigned to the accumulated variables with what its eclasses did.
    fn join<T: Text>(&self, shell: &mut Shell<'_, T>) -> Run {
        let names = shell.pms.names;
        if shell.pms.eapi.has(Feature::RdependFallback) {
            let rdepend = Name::new(b"RDEPEND");
            if shell.vars.scalar(&rdepend).is_none() {
                let depend = shell.vars.scalar(&Name::new(b"DEPEND"));
                let depend = depend.cloned().unwrap_or_default();
                shell.assign(&rdepend, depend, false)?;
            }
        }
        let joined = shell.pms.joined.clone();
        for (index, name) in names.accumulated_in(shell.pms.eapi) {
            let mut addition = T::default();
            if shell
                .vars
                .scalar(name)
                .is_some_and(|value| !value.is_empty())
            {
                addition.append_bytes(b" ", &T::Marks::default());
            }
            if let Some(joined) = joined.get(index) {
                addition.append(joined);
            }
            shell.assign(name, addition, true)?;
        }
        Ok(())
    }
}

fn phase_exists(eapi: Eapi, phase: Phase) -> bool {
    Phase::of(eapi).any(|found| found == phase)
}

/// Attributes change what the library would do with a variable.
fn check_variable<T: Text>(shell: &Shell<'_, T>, name: &Name) -> Run {
    match shell.vars.get(name).map(|variable| variable.attributes) {
        Some(attributes) if attributes.has(Attributes::READONLY) => {
            let accumulated = Accumulated::ALL
                .iter()
                .any(|row| row.key.as_str().as_bytes() == name.bytes());
            if accumulated {
                return Err(shell.locate(Cause::Readonly(name.to_string()).into()));
            }
            Ok(())
        }
        Some(attributes) if attributes.changes_value() || attributes.has(Attributes::NAMEREF) => {
            Err(unsupported("a metadata variable with attributes"))
        }
        _ => Ok(()),
    }
}

/// The variables that PMS defines in global scope, and bash's own.
fn set_variables<T: Text>(shell: &mut Shell<'_, T>, ebuild: &Ebuild<'_>) {
    let Ebuild {
        category,
        pn,
        pv,
        pr,
        pvr,
        path,
        ..
    } = ebuild;
    let path = path.as_os_str().as_encoded_bytes();
    let folder = memchr::memrchr(b'/', path).map_or(path, |at| path.get(..at).unwrap_or_default());
    let base = format!("/var/tmp/portage/{category}/{pn}-{pvr}");
    let named = shell.recorder.ebuild_name();
    let mut set = |name: &[u8], value: Vec<u8>| {
        shell.vars.entry(&Name::new(name)).value = Value::Scalar(T::of(value, &named));
    };
    set(b"EBUILD", path.to_vec());
    set(b"CATEGORY", category.as_bytes().to_vec());
    set(b"PN", pn.as_bytes().to_vec());
    set(b"PV", pv.as_bytes().to_vec());
    set(b"PR", pr.as_bytes().to_vec());
    set(b"PVR", pvr.as_bytes().to_vec());
    set(b"P", format!("{pn}-{pv}").into_bytes());
    set(b"PF", format!("{pn}-{pvr}").into_bytes());
    for name in ["EPREFIX", "SYSROOT", "ESYSROOT", "BROOT"] {
        set(name.as_bytes(), Vec::new());
    }
    set(b"ROOT", b"/".to_vec());
    set(b"EROOT", b"/".to_vec());
    set(b"FILESDIR", [folder, b"/files"].concat());
    set(b"DISTDIR", b"/var/cache/distfiles".to_vec());
    set(b"WORKDIR", format!("{base}/work").into_bytes());
    set(b"S", format!("{base}/work/{pn}-{pv}").into_bytes());
    set(b"T", format!("{base}/temp").into_bytes());
    set(b"D", format!("{base}/image/").into_bytes());
    set(b"HOME", format!("{base}/homedir").into_bytes());
    set(b"EBUILD_PHASE", b"depend".to_vec());
    set(b"PATH", b"/dev/null".to_vec());
    set(b"LC_ALL", b"C".to_vec());
    set(b"OPTIND", b"1".to_vec());
    set(b"ECLASS_DEPTH", b"0".to_vec());
    shell
        .vars
        .entry(&Name::new(b"ECLASS_DEPTH"))
        .attributes
        .set(Attributes::INTEGER);
    shell
        .vars
        .entry(&Name::new(b"LC_ALL"))
        .attributes
        .set(Attributes::EXPORT);
}
