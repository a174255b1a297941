//! The one installed package that a user means.

use std::path::PathBuf;

use ebd_pms::{Atom, AtomError, AtomOptions, Cpv, Eapi};

use crate::InstalledPackages;

/// Why a text does not name one installed package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// It is no atom.
    #[error(transparent)]
    Atom(Box<AtomError>),
    /// The VDB cannot be read.
    #[error(transparent)]
    Vdb(Box<ebd_repo::Error>),
    /// Nothing matches.
    #[error("{atom}: no such package is installed below {}", root.display())]
    None {
        /// The text.
        atom: String,
        /// The ROOT.
        root: PathBuf,
    },
    /// More than one package matches.
    #[error("{atom} matches several packages, name one: {}", names(candidates))]
    Several {
        /// The text.
        atom: String,
        /// The packages.
        candidates: Vec<Cpv>,
    },
}

fn names(packages: &[Cpv]) -> String {
    let names: Vec<String> = packages.iter().map(|cpv| format!("={cpv}")).collect();
    names.join(" ")
}

impl InstalledPackages {
    /// Returns the one package that a text names: an exact name and version, or an atom that nothing else matches.
    ///
    /// # Errors
    /// When the text is no atom, when none or several packages match, or when the VDB cannot be read.
    pub fn find(&self, text: &str) -> Result<Cpv, FindError> {
        if let Ok(cpv) = Cpv::parse(text)
            && self.record(&cpv).is_dir()
        {
            return Ok(cpv);
        }
        let options = AtomOptions::ebuild(Eapi::LATEST).with_repository();
        let atom =
            Atom::parse_with(text, options).map_err(|error| FindError::Atom(Box::new(error)))?;
        let mut candidates = self
            .matches(&atom)
            .map_err(|error| FindError::Vdb(Box::new(error)))?;
        match (candidates.pop(), candidates.is_empty()) {
            (Some(cpv), true) => Ok(cpv),
            (Some(cpv), false) => {
                candidates.push(cpv);
                Err(FindError::Several {
                    atom: text.to_owned(),
                    candidates,
                })
            }
            (None, _) => Err(FindError::None {
                atom: text.to_owned(),
                root: self
                    .folder()
                    .ancestors()
                    .nth(3)
                    .map_or_else(|| PathBuf::from("/"), PathBuf::from),
            }),
        }
    }
}
