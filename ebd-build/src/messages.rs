//! The messages that a phase left for the user: `temp/logging/PHASE`, lines of a level and a text.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use ebd_fs::Dir;
use ebd_pms::Phase;

/// How much of the messages of a phase is told.
const MAX_BYTES: u64 = 1 << 20;

/// What kind of message it is, by the command that an ebuild calls for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageLevel {
    /// `elog`.
    Log,
    /// `ewarn`.
    Warn,
    /// `eqawarn`.
    Qa,
    /// `eerror`.
    Error,
}

impl MessageLevel {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "LOG" => Self::Log,
            "WARN" => Self::Warn,
            "QA" => Self::Qa,
            "ERROR" => Self::Error,
            _ => return None,
        })
    }

    /// The name in the files, which is Portage's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "LOG",
            Self::Warn => "WARN",
            Self::Qa => "QA",
            Self::Error => "ERROR",
        }
    }
}

impl fmt::Display for MessageLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The messages that there were before a phase began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before(u64);

impl Before {
    /// Notes what there is in T.
    pub(crate) fn note(temp: &Dir, phase: Phase) -> Self {
        let length = open(temp, phase)
            .map_err(io::Error::from)
            .and_then(|file| Ok(file.metadata()?.len()));
        Self(length.unwrap_or_default())
    }

    /// Calls back with each message that has come since. What the phase made unreadable is not told.
    pub(crate) fn tell(self, temp: &Dir, phase: Phase, mut sink: impl FnMut(MessageLevel, &str)) {
        let mut bytes = Vec::new();
        let read = open(temp, phase)
            .map_err(io::Error::from)
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(self.0))?;
                file.take(MAX_BYTES).read_to_end(&mut bytes)
            });
        if read.is_err() {
            return;
        }
        for line in String::from_utf8_lossy(&bytes).lines() {
            let (level, text) = line.split_once(' ').unwrap_or((line, ""));
            if let Some(level) = MessageLevel::parse(level) {
                sink(level, text);
            }
        }
    }
}

/// T is the build user's: no symlink in it is followed, and nothing but a file is read.
fn open(temp: &Dir, phase: Phase) -> Result<File, ebd_fs::Error> {
    temp.open_file(format!("logging/{}", phase.name()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn told(before: Before, temp: &Dir) -> Vec<String> {
        let mut told = Vec::new();
        before.tell(temp, Phase::Setup, |level, text| {
            told.push(format!("{level}|{text}"));
        });
        told
    }

    #[test]
    fn new_messages_are_told_and_links_are_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("logging/setup");
        let dir = Dir::open(temp.path()).unwrap();
        assert!(told(Before::note(&dir, Phase::Setup), &dir).is_empty());
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, "LOG before\n").unwrap();
        let before = Before::note(&dir, Phase::Setup);
        fs::write(
            &file,
            b"LOG before\nWARN  two\nERROR\nnonsense here\nQA \xff\n",
        )
        .unwrap();
        assert_eq!(told(before, &dir), ["WARN| two", "ERROR|", "QA|\u{fffd}"]);
        fs::rename(&file, temp.path().join("other")).unwrap();
        symlink("../other", &file).unwrap();
        assert!(told(Before(0), &dir).is_empty());
    }
}
