//! The command words of `ebd run`.

use std::str::FromStr;

use ebd_pms::Phase;

/// What a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Remove the build folder.
    Clean,
    /// A phase, with those before it.
    Phase(Phase),
}

impl FromStr for Command {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "clean" => Ok(Self::Clean),
            word => Phase::from_name(word).map(Self::Phase).ok_or_else(|| {
                let mut known: Vec<&str> = Phase::ALL.iter().map(|phase| phase.name()).collect();
                known.insert(0, "clean");
                format!("{word}: no such phase; there are {}", known.join(", "))
            }),
        }
    }
}
