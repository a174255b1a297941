//! Which variables and functions belong into an environment.

mod portage;

use ebd_pms::Eapi;

use crate::environment::Environment;
use crate::pattern::Patterns;

/// What to remove from an environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    variables: Patterns,
    functions: Patterns,
    keep_variables: Option<Patterns>,
    keep_functions: Option<Patterns>,
    writable: bool,
}

impl Rules {
    /// Rules that remove nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes variables.
    #[must_use]
    pub fn drop_variables<P: AsRef<[u8]>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.variables.extend(patterns);
        self
    }

    /// Removes functions.
    #[must_use]
    pub fn drop_functions<P: AsRef<[u8]>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.functions.extend(patterns);
        self
    }

    /// Removes variables other than these.
    #[must_use]
    pub fn keep_variables<P: AsRef<[u8]>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.keep_variables.get_or_insert_default().extend(patterns);
        self
    }

    /// Removes functions other than these.
    #[must_use]
    pub fn keep_functions<P: AsRef<[u8]>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.keep_functions.get_or_insert_default().extend(patterns);
        self
    }

    /// Makes variables and functions writable, so that the environment can be loaded twice.
    #[must_use]
    pub fn make_writable(mut self) -> Self {
        self.writable = true;
        self
    }

    /// Variables that bash sets itself or that change how it works, but for `PATH` and `SHELL`; the names exported functions are passed
    /// under. What Portage takes for such variables of bash 5.3.
    #[must_use]
    pub fn bash() -> Self {
        Self::new().drop_variables(portage::BASH)
    }

    /// What is kept from one phase to the next, as Portage does: without the variables that the package manager sets anew for every phase,
    /// those of bash and of the machine, `FEATURES`, and the functions of the package manager. Locale, `PATH` and the lists of paths of the
    /// sandbox stay.
    ///
    /// Nothing is read-only afterwards.
    #[must_use]
    pub fn between_phases(eapi: Eapi) -> Self {
        portage::saved(eapi)
            .drop_variables(portage::unless_extra())
            .drop_variables(portage::SANDBOX_STATE)
            .drop_variables(portage::FEATURES)
    }

    /// What is saved with a binary or installed package (`environment.bz2`), as Portage does: more than [between
    /// phases](Self::between_phases) goes, such as `PATH`, `SANDBOX_*`, `S`, `MAKEOPTS`; name and version of the package stay.
    #[must_use]
    pub fn at_save(eapi: Eapi) -> Self {
        portage::saved(eapi)
            .drop_variables(portage::INIT_PHASES)
            .drop_variables(["PATH", "SANDBOX_*"])
    }

    /// What is taken from a saved environment when a phase of a binary or installed package begins, as Portage does: settings of the
    /// machine and the user come from now, not from then.
    ///
    /// `binary`: the package is a binary one; its name and version, which may have changed, come from where it is now in either case.
    #[must_use]
    pub fn at_load(eapi: Eapi, binary: bool) -> Self {
        let rules = portage::saved(eapi)
            .drop_variables([
                "PATH",
                "SANDBOX_*",
                "PORTAGE_BZIP2_COMMAND",
                "PORTAGE_BUNZIP2_COMMAND",
            ])
            .drop_variables(portage::FEATURES)
            .drop_variables(portage::LOCALE);
        if binary {
            rules.drop_variables(portage::IDENTITY)
        } else {
            rules.drop_variables(portage::unless_extra())
        }
    }

    /// Whether a variable is removed.
    #[must_use]
    pub fn drops_variable(&self, name: &[u8]) -> bool {
        let kept = self.keep_variables.as_ref();
        self.variables.matches(name) || kept.is_some_and(|kept| !kept.matches(name))
    }

    /// Whether a function is removed.
    #[must_use]
    pub fn drops_function(&self, name: &[u8]) -> bool {
        let kept = self.keep_functions.as_ref();
        self.functions.matches(name) || kept.is_some_and(|kept| !kept.matches(name))
    }
}

impl Environment<'_> {
    /// Removes what the rules say.
    pub fn filter(&mut self, rules: &Rules) {
        self.retain_variables(|name, variable| {
            variable.attributes.readonly &= !rules.writable;
            !rules.drops_variable(name)
        });
        self.retain_functions(|name, function| {
            function.attributes.readonly &= !rules.writable;
            !rules.drops_function(name)
        });
    }
}
