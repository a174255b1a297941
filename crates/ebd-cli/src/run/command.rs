//! The command words of `ebd run`.

use std::str::FromStr;

use ebd_pms::Phase;

/// What a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Remove the build folder.
    Clean,
    /// Bring distfiles.
    Fetch,
    /// Write the package's Manifest.
    Manifest,
    /// A phase, with those before it.
    Phase(Phase),
}

impl FromStr for Command {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "clean" => Ok(Self::Clean),
            "fetch" => Ok(Self::Fetch),
            "digest" | "manifest" => Ok(Self::Manifest),
            "qmerge" | "merge" | "unmerge" | "package" | "rpm" | "instprep" => Err(format!(
                "{word}: ebd run takes packages up to their image; it does not merge or package"
            )),
            word => Phase::from_name(word).map(Self::Phase).ok_or_else(|| {
                let mut known: Vec<&str> = Phase::ALL.iter().map(|phase| phase.name()).collect();
                known.splice(0..0, ["clean", "fetch", "manifest"]);
                format!("{word}: no such phase; there are {}", known.join(", "))
            }),
        }
    }
}
