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
    pub(crate) fn push(&mut self, file: &'a MaskFile) {
        for entry in &file.entries {
            self.entries.retain(|old| old.text != entry.text);
            if !entry.removes {
                self.entries.push(entry);
            }
        }
    }

    /// The first line that fits a package.
    pub(crate) fn find(&self, package: Package<'_>) -> Option<(&'a str, &'a Place)> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.pattern.matches(package))?;
        Some((&entry.text, &entry.place))
    }
}
