//! How far a merge or removal has come, as its journal says.

use std::fmt;

use ebd_pms::Cpv;

use crate::changes::{Journal, MergeError};

/// A point that a merge or removal has passed. Those of a package that is removed name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage<'a> {
    /// The journal says what is to be done.
    Begin,
    /// `pkg_preinst` may have run.
    Preinst,
    /// `pkg_preinst` has run.
    PreinstDone,
    /// There may be copies of files beside their places.
    Staging,
    /// From here on everything is finished and nothing undone.
    Commit,
    /// All files have their places.
    Placed,
    /// Libraries that have to stay are registered.
    Preserved,
    /// `pkg_prerm` may have run.
    Prerm(&'a Cpv),
    /// `pkg_prerm` has run.
    PrermDone(&'a Cpv),
    /// The files of a package are removed.
    FilesRemoved(&'a Cpv),
    /// `pkg_postrm` may have run.
    Postrm(&'a Cpv),
    /// `pkg_postrm` has run.
    PostrmDone(&'a Cpv),
    /// The VDB entry of a package is removed.
    Gone(&'a Cpv),
    /// The VDB entry of the merged package has its name.
    Entry,
    /// `pkg_postinst` may have run.
    Postinst,
    /// `pkg_postinst` has run.
    PostinstDone,
}

/// The mark in the journal. Journals of earlier versions are finished, too: the words stay as they are.
impl fmt::Display for Stage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, cpv, end) = match self {
            Self::Begin => ("begin", None, ""),
            Self::Preinst => ("preinst", None, ""),
            Self::PreinstDone => ("preinst", None, " done"),
            Self::Staging => ("staging", None, ""),
            Self::Commit => ("commit", None, ""),
            Self::Placed => ("placed", None, ""),
            Self::Preserved => ("preserved", None, ""),
            Self::Prerm(cpv) => ("prerm", Some(cpv), ""),
            Self::PrermDone(cpv) => ("prerm", Some(cpv), " done"),
            Self::FilesRemoved(cpv) => ("files", Some(cpv), ""),
            Self::Postrm(cpv) => ("postrm", Some(cpv), ""),
            Self::PostrmDone(cpv) => ("postrm", Some(cpv), " done"),
            Self::Gone(cpv) => ("gone", Some(cpv), ""),
            Self::Entry => ("record", None, ""),
            Self::Postinst => ("postinst", None, ""),
            Self::PostinstDone => ("postinst", None, " done"),
        };
        f.write_str(word)?;
        if let Some(cpv) = cpv {
            write!(f, " {cpv}")?;
        }
        f.write_str(end)
    }
}

impl Journal {
    /// Marks that a stage is entered; the mark is on the disk when this returns.
    pub(crate) fn enter(&mut self, stage: &Stage<'_>) -> Result<(), MergeError> {
        self.mark(&stage.to_string())
    }

    /// Returns whether a stage was entered.
    pub(crate) fn entered(&self, stage: &Stage<'_>) -> bool {
        self.has(&stage.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_earlier_versions() {
        let cpv = Cpv::parse("a/b-1").unwrap();
        for (stage, mark) in [
            (Stage::Begin, "begin"),
            (Stage::Preinst, "preinst"),
            (Stage::PreinstDone, "preinst done"),
            (Stage::Staging, "staging"),
            (Stage::Commit, "commit"),
            (Stage::Placed, "placed"),
            (Stage::Preserved, "preserved"),
            (Stage::Prerm(&cpv), "prerm a/b-1"),
            (Stage::PrermDone(&cpv), "prerm a/b-1 done"),
            (Stage::FilesRemoved(&cpv), "files a/b-1"),
            (Stage::Postrm(&cpv), "postrm a/b-1"),
            (Stage::PostrmDone(&cpv), "postrm a/b-1 done"),
            (Stage::Gone(&cpv), "gone a/b-1"),
            (Stage::Entry, "record"),
            (Stage::Postinst, "postinst"),
            (Stage::PostinstDone, "postinst done"),
        ] {
            assert_eq!(stage.to_string(), mark);
        }
    }
}
