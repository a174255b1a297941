//! What a shell has besides variables and functions.

use std::collections::BTreeMap;

/// `shopt`, `set -o`, `umask` and traps. An empty one says nothing about the shell, not that all is off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShellState {
    /// The options of `shopt`, and whether they are on.
    pub shopt: BTreeMap<String, bool>,
    /// The options of `set -o`, and whether they are on.
    pub set: BTreeMap<String, bool>,
    /// The file mode creation mask.
    pub umask: Option<u16>,
    /// Traps: names of signals (`SIGINT`, `EXIT`), and the commands to run; none to ignore the signal.
    pub traps: BTreeMap<String, Vec<u8>>,
}

impl ShellState {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shopt.is_empty()
            && self.set.is_empty()
            && self.umask.is_none()
            && self.traps.is_empty()
    }

    /// Takes over what `other` says.
    pub fn merge(&mut self, other: Self) {
        self.shopt.extend(other.shopt);
        self.set.extend(other.set);
        self.umask = other.umask.or(self.umask);
        self.traps.extend(other.traps);
    }
}
