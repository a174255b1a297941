//! The options of install(1) that ebuilds give to `insopts` and its kin.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::error::InstallError;

/// Options that are understood, or those of a program that understands all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Options {
    Native(Attributes),
    Program(Vec<OsString>),
}

/// What an installed file or folder gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) mode: u32,
    pub(crate) user: Option<OsString>,
    pub(crate) group: Option<OsString>,
    pub(crate) preserve_timestamps: bool,
}

impl Options {
    pub(crate) fn mode(mode: u32) -> Self {
        Self::Native(Attributes {
            mode,
            ..Attributes::default()
        })
    }

    /// Splits a text into words and understands them, or leaves them to install(1).
    pub(crate) fn parse(text: &OsStr) -> Result<Self, InstallError> {
        let words: Vec<OsString> = shlex::bytes::split(text.as_bytes())
            .ok_or_else(|| InstallError::Options(text.to_owned()))?
            .into_iter()
            .map(OsString::from_vec)
            .collect();
        Ok(Attributes::understand(&words).map_or(Self::Program(words), Self::Native))
    }
}

impl Default for Attributes {
    /// What install(1) does without options.
    fn default() -> Self {
        Self {
            mode: 0o755,
            user: None,
            group: None,
            preserve_timestamps: false,
        }
    }
}

impl Attributes {
    /// `None` if there is anything that only install(1) can do.
    fn understand(words: &[OsString]) -> Option<Self> {
        let mut attributes = Self::default();
        let mut words = words.iter().map(|word| word.as_bytes());
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix(b"--") {
                let (name, value) = match long.iter().position(|byte| *byte == b'=') {
                    Some(at) => (long.get(..at)?, long.get(at + 1..)),
                    None => (long, None),
                };
                match name {
                    b"preserve-timestamps" if value.is_none() => {
                        attributes.preserve_timestamps = true;
                    }
                    b"mode" => attributes.set(b'm', value.or_else(|| words.next())?)?,
                    b"owner" => attributes.set(b'o', value.or_else(|| words.next())?)?,
                    b"group" => attributes.set(b'g', value.or_else(|| words.next())?)?,
                    _ => return None,
                }
                continue;
            }
            let mut letters = word.strip_prefix(b"-").filter(|rest| !rest.is_empty())?;
            while let Some((letter, rest)) = letters.split_first() {
                letters = rest;
                match letter {
                    b'p' => attributes.preserve_timestamps = true,
                    // The folders above are made in any case, and -c has no meaning any more.
                    b'D' | b'c' => {}
                    b'm' | b'o' | b'g' => {
                        let value = if rest.is_empty() { words.next()? } else { rest };
                        attributes.set(*letter, value)?;
                        break;
                    }
                    _ => return None,
                }
            }
        }
        Some(attributes)
    }

    fn set(&mut self, letter: u8, value: &[u8]) -> Option<()> {
        let account = || Some(OsString::from_vec(value.to_vec()));
        match letter {
            b'm' => self.mode = octal(value)?,
            b'o' => self.user = account(),
            _ => self.group = account(),
        }
        Some(())
    }
}

fn octal(text: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(text).ok()?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    u32::from_str_radix(digits, 8)
        .ok()
        .filter(|mode| *mode <= 0o7777)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn native(text: &str) -> Attributes {
        match Options::parse(OsStr::new(text)).unwrap() {
            Options::Native(attributes) => attributes,
            Options::Program(words) => panic!("{text:?} is left to install(1): {words:?}"),
        }
    }

    #[test]
    fn every_spelling_of_known_options_is_understood() {
        for text in [
            "-m0640 -o bin -g daemon -p",
            "-m 0640 -obin -gdaemon -p",
            "-pm0640 --owner=bin --group daemon",
            "--mode=640 -D -c -o 'bin' -g \"daemon\" --preserve-timestamps",
            "-m 7777 -Dpm 640 -obin -g daemon",
        ] {
            let expected = Attributes {
                mode: 0o640,
                user: Some("bin".into()),
                group: Some("daemon".into()),
                preserve_timestamps: true,
            };
            assert_eq!(native(text), expected, "{text}");
        }
        assert_eq!(native(""), Attributes::default());
    }

    #[test]
    fn everything_else_is_left_to_the_program() {
        for text in [
            "-s",
            "-m0644 -v",
            "-m u=rw",
            "-m 8",
            "-m 10000",
            "-m",
            "--strip",
            "-",
            "file",
            "--mode",
            "-m +644",
            "--backup=numbered",
        ] {
            assert!(
                matches!(Options::parse(OsStr::new(text)), Ok(Options::Program(_))),
                "{text}"
            );
        }
        assert!(matches!(
            Options::parse(OsStr::new("-m '0644")),
            Err(InstallError::Options(_))
        ));
    }

    proptest! {
        #[test]
        fn no_options_make_it_panic(text in any::<String>()) {
            let _ = Options::parse(OsStr::new(&text));
        }

        #[test]
        fn words_that_are_understood_are_not_lost(mode in 0..0o10000_u32, owner in "[a-z]{1,8}", split: bool) {
            let text = if split { format!("-m {mode:o} -o {owner}") } else { format!("-m{mode:o} --owner={owner}") };
            let attributes = native(&text);
            prop_assert_eq!(attributes.mode, mode);
            prop_assert_eq!(attributes.user, Some(owner.into()));
        }
    }
}
