//! Files with a package pattern and words on each line.

use std::collections::HashMap;
use std::path::Path;

use super::error::{ConfigError, ConfigProblem, ConfigWarning};
use super::lines::{self, Folders, Line, Token};
use super::origin::Place;
use super::pattern::{Package, Pattern, PatternError, PatternSyntax, glob, ordered};

/// What such a file says, in the order of its lines. Lines with the same pattern are one entry, as in Portage.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackageTable {
    normal: HashMap<String, Vec<Entry>>,
    wild: Vec<(String, Vec<Entry>)>,
}

#[derive(Debug, Clone)]
struct Entry {
    text: String,
    pattern: Pattern,
    words: Vec<Token>,
}

/// What the words of a line are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    /// USE flags.
    Flags {
        /// Whether `NAME:` is a prefix for the words that follow.
        prefixes: bool,
        /// Whether what is no flag (`-*` among others) is reported and left out.
        checked: bool,
    },
    /// Anything.
    Plain,
}

impl PackageTable {
    pub(crate) fn read(
        path: &Path,
        folders: Folders,
        syntax: PatternSyntax,
        words: Words,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<Self, ConfigError> {
        let mut table = Self::default();
        table.extend(path, folders, syntax, words, warnings)?;
        Ok(table)
    }

    /// Adds another file.
    pub(crate) fn extend(
        &mut self,
        path: &Path,
        folders: Folders,
        syntax: PatternSyntax,
        words: Words,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<(), ConfigError> {
        for line in lines::read(path, folders)? {
            if let Some((pattern, text, tokens)) = split(line, syntax, words, warnings) {
                self.add(pattern, text, tokens);
            }
        }
        Ok(())
    }

    fn add(&mut self, pattern: Pattern, text: String, mut words: Vec<Token>) {
        let name = pattern.name();
        let entries = if pattern.is_wild() {
            let found = self.wild.iter().position(|(other, _)| *other == name);
            let index = found.unwrap_or_else(|| {
                self.wild.push((name, Vec::new()));
                self.wild.len().saturating_sub(1)
            });
            match self.wild.get_mut(index) {
                Some((_, entries)) => entries,
                None => return,
            }
        } else {
            self.normal.entry(name).or_default()
        };
        match entries.iter_mut().find(|entry| entry.text == text) {
            Some(entry) => entry.words.append(&mut words),
            None => entries.push(Entry {
                text,
                pattern,
                words,
            }),
        }
    }

    /// Takes out what stands for `*/*`, which holds for the whole system.
    pub(crate) fn take_global(&mut self) -> Vec<Token> {
        const ALL: &str = "*/*";
        let mut taken = Vec::new();
        for (name, entries) in &mut self.wild {
            if name == ALL
                && let Some(index) = entries.iter().position(|entry| entry.text == ALL)
            {
                taken = entries.remove(index).words;
            }
        }
        taken
    }

    /// The words for a package, those of less specific patterns first.
    pub(crate) fn lookup(&self, package: Package<'_>) -> Vec<&[Token]> {
        let name = package.cpv.cp();
        let normal = self.normal.get(&name).into_iter().flatten();
        let wild = self
            .wild
            .iter()
            .filter(|(pattern, _)| glob(pattern, &name))
            .flat_map(|(_, entries)| entries);
        let items = normal
            .chain(wild)
            .map(|entry| (&entry.pattern, &entry.words));
        ordered(items, package)
            .into_iter()
            .map(Vec::as_slice)
            .collect()
    }
}

fn split(
    line: Line,
    syntax: PatternSyntax,
    words: Words,
    warnings: &mut Vec<ConfigWarning>,
) -> Option<(Pattern, String, Vec<Token>)> {
    let place = line.place;
    let mut rest = line.words.into_iter();
    let text = rest.next()?;
    let pattern = pattern(&text, syntax, &place, warnings)?;
    let mut tokens = Vec::new();
    let mut prefix = String::new();
    for word in rest {
        let Words::Flags { prefixes, checked } = words else {
            tokens.push(word);
            continue;
        };
        if let Some(name) = word.strip_suffix(':')
            && prefixes
        {
            prefix = format!("{}_", name.to_lowercase());
            continue;
        }
        let (minus, flag) = match word.strip_prefix('-') {
            Some(flag) => ("-", flag),
            None => ("", word.as_str()),
        };
        if checked && !is_flag(flag) {
            let kind = ConfigProblem::Flag { text: word };
            warnings.push(ConfigWarning::at(place.clone(), kind));
            continue;
        }
        tokens.push(format!("{minus}{prefix}{flag}"));
    }
    let tokens = tokens
        .into_iter()
        .map(|text| Token {
            text,
            place: place.clone(),
        })
        .collect();
    Some((pattern, text, tokens))
}

/// Parses a pattern; what is none is reported.
pub(crate) fn pattern(
    text: &str,
    syntax: PatternSyntax,
    place: &Place,
    warnings: &mut Vec<ConfigWarning>,
) -> Option<Pattern> {
    let text = text.to_owned();
    let kind = match Pattern::parse(&text, syntax) {
        Ok(pattern) => return Some(pattern),
        Err(PatternError::Atom(problem)) => ConfigProblem::Atom { text, problem },
        Err(PatternError::UseDeps) => ConfigProblem::UseInAtom { text },
    };
    warnings.push(ConfigWarning::at(place.clone(), kind));
    None
}

pub(crate) fn is_flag(text: &str) -> bool {
    ebd_pms::names::is_valid(ebd_pms::names::NameKind::UseFlag, text)
}
