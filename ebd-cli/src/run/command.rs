//! The command words of `ebd run`.

use std::str::FromStr;

use ebd_merge::package::Step;
use ebd_pms::Phase;

use crate::error::Error;

/// What a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Write the package's Manifest.
    Manifest,
    /// Something that is done with the package.
    Step(Step),
}

impl FromStr for Command {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let step = match word {
            "digest" | "manifest" => return Ok(Self::Manifest),
            "clean" => Step::Clean,
            "fetch" => Step::Fetch,
            "qmerge" => Step::Qmerge,
            "merge" => Step::Merge,
            "unmerge" => Step::Unmerge,
            "package" => Step::Package,
            "rpm" => return Err(Error::NotWritten(word.to_owned())),
            // What Portage does then is a part of install.
            "instprep" => Step::Phase(Phase::Install),
            word => Phase::from_name(word).map(Step::Phase).ok_or_else(|| {
                let mut known: Vec<&str> = Phase::ALL.iter().map(|phase| phase.name()).collect();
                known.splice(
                    0..0,
                    [
                        "clean", "fetch", "manifest", "package", "qmerge", "merge", "unmerge",
                    ],
                );
                Error::NoSuchPhase {
                    word: word.to_owned(),
                    known: known.join(", "),
                }
            })?,
        };
        Ok(Self::Step(step))
    }
}
