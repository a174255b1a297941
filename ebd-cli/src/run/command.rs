//! The command words of `ebd run`.

use std::str::FromStr;

use ebd_pms::Phase;

use crate::error::Error;

/// What a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Remove the build folder.
    Clean,
    /// Bring distfiles.
    Fetch,
    /// Write the package's Manifest.
    Manifest,
    /// Merge the image.
    Qmerge,
    /// Everything up to the image, and merge it.
    Merge,
    /// Remove the installed package.
    Unmerge,
    /// Write a binary package.
    Package,
    /// A phase, with those before it.
    Phase(Phase),
}

impl FromStr for Command {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "clean" => Ok(Self::Clean),
            "fetch" => Ok(Self::Fetch),
            "digest" | "manifest" => Ok(Self::Manifest),
            "qmerge" => Ok(Self::Qmerge),
            "merge" => Ok(Self::Merge),
            "unmerge" => Ok(Self::Unmerge),
            "package" => Ok(Self::Package),
            "rpm" => Err(Error::NotWritten(word.to_owned())),
            // What Portage does then is a part of install.
            "instprep" => Ok(Self::Phase(Phase::Install)),
            word => Phase::from_name(word).map(Self::Phase).ok_or_else(|| {
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
            }),
        }
    }
}
