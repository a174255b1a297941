//! Where a setting comes from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: Arc<Path>,
    /// Number of the line, from 1.
    pub line: u32,
}

/// The kinds of places that settings come from, weakest first for all variables but `USE`, whose order is `USE_ORDER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// `/etc/profile.env`.
    EnvD,
    /// `profiles/make.defaults` and `package.use` of the ebuild's repository and its masters.
    Repository,
    /// `FEATURES=test` enables the flag `test`.
    Features,
    /// Defaults in the ebuild's IUSE.
    Ebuild,
    /// `make.globals`, or the defaults that are built in.
    Globals,
    /// The profile.
    Profile,
    /// `make.conf`, and `*/*` lines of `package.use`, `package.env` and `package.license`.
    MakeConf,
    /// `package.use` and `package.env` for the package.
    Package,
    /// The environment of the caller.
    Environment,
    /// Found out or forced by ebd: paths, `use.mask`, `use.force`.
    Derived,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The kind of place.
    pub layer: Layer,
    /// The line, when it was read from a file.
    pub place: Option<Place>,
}

/// The value of a variable, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The value.
    pub value: String,
    /// Where it comes from; several for variables that accumulate.
    pub origins: Vec<Origin>,
}

impl Layer {
    /// The name that `USE_ORDER` has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EnvD => "env.d",
            Self::Repository => "repo",
            Self::Features => "features",
            Self::Ebuild => "pkginternal",
            Self::Globals => "globals",
            Self::Profile => "defaults",
            Self::MakeConf => "conf",
            Self::Package => "pkg",
            Self::Environment => "env",
            Self::Derived => "derived",
        }
    }
}

impl Place {
    pub(crate) fn new(file: &Arc<Path>, line: u32) -> Self {
        Self {
            file: Arc::clone(file),
            line,
        }
    }
}

impl Origin {
    pub(crate) const fn at(layer: Layer, place: Place) -> Self {
        Self {
            layer,
            place: Some(place),
        }
    }

    pub(crate) const fn without_place(layer: Layer) -> Self {
        Self { layer, place: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{} ({place})", self.layer),
            None => self.layer.fmt(f),
        }
    }
}
