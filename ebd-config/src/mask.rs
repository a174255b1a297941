//! `package.mask` and `package.unmask`.

use std::path::Path;

use super::error::{ConfigError, ConfigWarning};
use super::flags::FolderRules;
use super::lines;
use super::origin::Place;
use super::pattern::{Package, Pattern};
use super::table;

/// One file: what is masked, and what is not any more.
#[derive(Debug, Clone, Default)]
pub(crate) struct MaskFile {
    entries: Vec<MaskEntry>,
}

#[derive(Debug, Clone)]
pub(crate) struct MaskEntry {
    removes: bool,
    text: String,
    pattern: Pattern,
    place: Place,
}

/// Several files on top of each other.
#[derive(Debug, Default)]
pub(crate) struct MaskStack<'a> {
    entries: Vec<&'a MaskEntry>,
}

impl MaskFile {
    pub(crate) fn read(
        path: &Path,
        rules: FolderRules,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<Self, ConfigError> {
        let mut entries = Vec::new();
        for token in lines::read_tokens(path, rules.folders)? {
            let (removes, text) = match token.text.strip_prefix('-') {
                Some(text) => (true, text),
                None => (false, token.text.as_str()),
            };
            let mut syntax = rules.patterns();
            syntax.use_deps = true;
            if let Some(pattern) = table::pattern(text, syntax, &token.place, warnings) {
                entries.push(MaskEntry {
                    removes,
                    text: text.to_owned(),
                    pattern,
                    place: token.place,
                });
            }
        }
        Ok(Self { entries })
    }
}

impl<'a> MaskStack<'a> {
    /// Puts a file on top: its `-` lines take away what files below say. A line that is there already keeps its place.
    pub(crate) fn push(&mut self, file: &'a MaskFile) {
        for entry in &file.entries {
            if entry.removes {
                self.entries.retain(|old| old.text != entry.text);
            } else if !self.entries.iter().any(|old| old.text == entry.text) {
                self.entries.push(entry);
            }
        }
    }

    /// Adds another stack without taking anything away.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
    }

    /// The first line that fits a package, those with wildcards last.
    pub(crate) fn find(&self, package: Package<'_>) -> Option<(&'a str, &'a Place)> {
        let find = |wild: bool| {
            self.entries
                .iter()
                .find(|entry| entry.pattern.is_wild() == wild && entry.pattern.matches(package))
        };
        let entry = find(false).or_else(|| find(true))?;
        Some((&entry.text, &entry.place))
    }
}
